"""A shallow network of four convolutions, as early work on pain used."""

from torch import nn

WIDTHS = (32, 64, 96, 128)


class ShallowGrid(nn.Sequential):
    """Four convolutions, each with normalisation and halving: (N, 3, S, S) to (N, C, S/16, S/16).

    Attributes:
        channels: Number of features C.
    """

    def __init__(self) -> None:
        """Build the network with random weights."""
        layers: list[nn.Module] = []
        for before, after in zip((3, *WIDTHS), WIDTHS, strict=False):
            layers += [
                nn.Conv2d(before, after, 3, padding=1, bias=False),
                nn.BatchNorm2d(after),
                nn.ReLU(inplace=True),
                nn.MaxPool2d(2),
            ]
        super().__init__(*layers)
        self.channels = WIDTHS[-1]
