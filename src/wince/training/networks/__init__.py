"""Networks: architectures, losses, initial weights and checkpoints."""
