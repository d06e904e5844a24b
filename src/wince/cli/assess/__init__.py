"""`wince assess`: the command, its inputs, and what it writes."""
