"""Faces: where they are in a picture, and each one cut out upright at a stated size."""
