"""How the packaged model is made. Not part of the wheel."""
