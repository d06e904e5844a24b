"""Training: from prepared faces to a checkpoint and a packaged model. Needs `wince[train]`."""
