"""The last layer of a ResNet-18: replaced by a new one, or reduced to its first outputs."""

import torch
from torch import nn


def with_new_head(network: nn.Module, outputs: int) -> nn.Module:
    """Return the network with an untrained linear head; all other layers are unchanged."""
    head = network.fc
    assert isinstance(head, nn.Linear)
    network.fc = nn.Linear(head.in_features, outputs)
    return network.to(memory_format=torch.channels_last)


def first_outputs(network: nn.Module, count: int) -> nn.Module:
    """Return the network with the first `count` outputs of its head only."""
    head = network.fc
    assert isinstance(head, nn.Linear)
    network.fc = nn.Linear(head.in_features, count)
    network.fc.load_state_dict({name: v[:count] for name, v in head.state_dict().items()})
    return network
