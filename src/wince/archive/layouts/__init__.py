"""The layouts of archives that are read: one file for each."""
