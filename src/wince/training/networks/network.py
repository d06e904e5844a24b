"""torchvision's ResNet-18 with one linear layer on global average pooling, and its export form."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torchvision.models import resnet18


def build(outputs: int) -> nn.Module:
    """Return an untrained ResNet-18 whose last layer is linear, 512 -> `outputs`."""
    network: nn.Module = resnet18(num_classes=outputs)
    return network.to(memory_format=torch.channels_last)


class ExportedNetwork(nn.Module):
    """A network as it is exported: from pixels to scores and their activation maps.

    The last layer is linear on an average over the last grid, so each output is exactly the sum of
    its map plus the bias. This equals Grad-CAM at the last layer (Selvaraju et al. 2017) and needs
    no gradient.
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
        """Wrap a trained network.

        Args:
            network: A network whose children end with a pooling layer and the last layer `fc`.
            mean: Mean of each colour channel on the 0-1 scale.
            std: Standard deviation of each colour channel on the 0-1 scale.
            scales: Factors of the outputs.
            offsets: Added to the outputs after the factors; empty for none.
        """
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
        """Return scores (N, K) and maps (N, K, h, w) of RGB pixels 0-255 (N, S, S, 3)."""
        # By whole rows: three numbers at a time would take onnxruntime as long as two layers.
        side, rows = pixels.shape[2], pixels.flatten(2).float()
        rows = (rows - self.mean.repeat(side)) / self.std.repeat(side)
        features = self.body(rows.reshape(-1, side, side, 3).permute(0, 3, 1, 2))
        cells = features.shape[2] * features.shape[3]
        maps = nn.functional.conv2d(features, self.weight) / cells
        return maps.sum(dim=(2, 3)) + self.bias, maps
