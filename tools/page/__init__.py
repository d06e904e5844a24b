"""Programs that write what the page on the device shares with Python: constants, test vectors."""
