"""Training across sites that share weights and counts, but no faces: federated averaging."""
