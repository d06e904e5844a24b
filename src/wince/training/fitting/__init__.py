"""Fitting a network: recipe, augmentation, batches, the Lightning module, and the run."""
