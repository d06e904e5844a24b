"""Scores from tables of action units that other programs wrote."""
