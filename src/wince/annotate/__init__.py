"""A copy of the photo with the assessment drawn beside it."""
