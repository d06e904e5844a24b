"""Training: from prepared data to a checkpoint and a model folder. Needs `wince[train]`."""
