"""Find the faces in an image, and cut each one out upright in a given size."""
