"""Models of time: small networks that score a frame from its features and those before it."""
