"""Measurements of speed, memory and accuracy. Not part of the wheel."""
