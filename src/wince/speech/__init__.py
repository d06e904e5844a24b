"""What is said about a level, in five languages, and the voices of this machine that say it."""
