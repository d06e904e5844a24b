"""Published methods of pain estimation, to be compared on the same folds."""
