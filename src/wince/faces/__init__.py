"""Find the faces in an image, and cut each one out upright in a given size."""

MIN_SCORE = 0.5
"""Minimum score of the face detector, unless the caller sets another. It is above 0 and below 1."""

MIN_SCORE_RANGE = (0.05, 0.99)
"""Lowest and highest minimum score that users may set."""
