"""Packaged model files with their cards: data only."""
