"""Scores over time: the trace of each sequence, with its label, interval and events."""
