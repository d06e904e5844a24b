"""The data that a model learns from: prepared frames, splits, decoded images."""
