"""The network: torchvision's ResNet-18 with one linear layer on global average pooling."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torchvision.models import resnet18


def build(outputs: int) -> nn.Module:
    """Return an untrained ResNet-18 with a 512 -> `outputs` linear head, no activation."""
    network: nn.Module = resnet18(num_classes=outputs)
    return network.to(memory_format=torch.channels_last)


def with_head(network: nn.Module, outputs: int) -> nn.Module:
    """Return the network with a fresh linear head, everything below it kept."""
    network.fc = nn.Linear(512, outputs)
    return network.to(memory_format=torch.channels_last)


def first_outputs(network: nn.Module, count: int) -> nn.Module:
    """Return the network with only the first outputs of its head."""
    whole = network.fc
    assert isinstance(whole, nn.Linear)
    network.fc = nn.Linear(whole.in_features, count)
    network.fc.load_state_dict({name: v[:count] for name, v in whole.state_dict().items()})
    return network


class Shipped(nn.Module):
    """What is exported: pixels in, scores and their activation maps out.

    The head is linear on an average over the last grid, so each output is exactly the sum of its
    map plus the bias. This equals Grad-CAM at the last layer (Selvaraju et al. 2017) and needs no
    gradient.
    """

    mean: Tensor
    std: Tensor

    def __init__(
        self,
        network: nn.Module,
        mean: Sequence[float],
        std: Sequence[float],
        scales: Sequence[float],
        offsets: Sequence[float] = (),
    ) -> None:
        """Take a trained ResNet-18; its outputs are multiplied by `scales`, then offset."""
        super().__init__()
        self.body = nn.Sequential(*list(network.children())[:-2])
        head = network.fc
        assert isinstance(head, nn.Linear)
        factor = torch.tensor(scales, dtype=head.weight.dtype)
        self.weight = nn.Parameter((head.weight.detach() * factor[:, None])[:, :, None, None])
        self.bias = nn.Parameter(head.bias.detach() * factor)
        if len(offsets):
            self.bias.data += torch.tensor(offsets, dtype=factor.dtype)
        self.register_buffer("mean", torch.tensor(mean) * 255)
        self.register_buffer("std", torch.tensor(std) * 255)

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """Take RGB pixels 0-255 (N, S, S, 3); return scores (N, K) and maps (N, K, h, w)."""
        # By whole rows: three numbers at a time take onnxruntime as long as two layers.
        side, rows = pixels.shape[2], pixels.flatten(2).float()
        rows = (rows - self.mean.repeat(side)) / self.std.repeat(side)
        features = self.body(rows.reshape(-1, side, side, 3).permute(0, 3, 1, 2))
        cells = features.shape[2] * features.shape[3]
        maps = nn.functional.conv2d(features, self.weight) / cells
        return maps.sum(dim=(2, 3)) + self.bias, maps
