"""`wince reproduce`."""
