"""The page that assesses on the device itself: its files, and the folder that hosts can serve."""
