"""The sentences about a result in five languages, and the voices of this machine."""
