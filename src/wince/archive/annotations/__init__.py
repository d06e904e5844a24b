"""Annotations of recordings: one reader for each form, all with the same result."""
