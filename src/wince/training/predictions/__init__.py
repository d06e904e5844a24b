"""Predictions of an exported model for the frames of a prepared folder."""
