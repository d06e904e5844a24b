"""ResNet-18 with an eighth of its channels, for tests that need some network to train.

Its layers and blocks are those of ResNet-18, so whatever trains, exports, averages or quantises it
goes the same way. It has 0.2 million weights instead of 11 million, and no copy of it on the disk
has 45 MB or more.
"""

from typing import Any

import pytest
from torch import nn
from torchvision.models.resnet import BasicBlock, ResNet

NARROWER = 8


class NarrowResNet(ResNet):
    """ResNet-18 whose blocks have 8 to 64 channels instead of 64 to 512."""

    def __init__(self, num_classes: int) -> None:
        super().__init__(BasicBlock, [2, 2, 2, 2])
        self.fc = nn.Linear(512 // NARROWER, num_classes)

    def _make_layer(self, block: Any, planes: int, *args: Any, **options: Any) -> nn.Sequential:
        return super()._make_layer(block, planes // NARROWER, *args, **options)


def use(monkeypatch: pytest.MonkeyPatch) -> None:
    """Build this network where a ResNet-18 is built."""
    from wince.training.networks import network

    monkeypatch.setattr(network, "resnet18", NarrowResNet)
