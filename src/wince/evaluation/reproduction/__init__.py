"""Whether a run that is made again from its record gives the same results."""
