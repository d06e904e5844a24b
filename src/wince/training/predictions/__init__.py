"""Predictions of a finished model for a part of a prepared folder."""
