"""A temporal convolutional network for whole sequences and one frame at a time."""

import torch
from torch import Tensor, nn
from torch.nn import functional

KERNEL = 3


class Convolutional(nn.Module):
    """Causal dilated convolutions with residual connections (Bai et al. 2018, arXiv:1803.01271).

    The dilations are 1, 2, 4 and so on, until a frame depends on `window` frames or more. The state
    has the past inputs of each layer.

    Attributes:
        state_size: Numbers in the state of one face.
    """

    def __init__(self, width: int, window: int) -> None:
        """Make untrained layers.

        Args:
            width: Inputs and outputs.
            window: Frames that an output depends on, at least.
        """
        super().__init__()
        self.width = width
        self.dilations: list[int] = []
        while 1 + (KERNEL - 1) * sum(self.dilations) < window:
            self.dilations.append(2 ** len(self.dilations))
        self.layers = nn.ModuleList(
            nn.Conv1d(width, width, KERNEL, dilation=dilation) for dilation in self.dilations
        )
        self.pasts = [(KERNEL - 1) * dilation for dilation in self.dilations]
        self.state_size = width * sum(self.pasts)

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the outputs (N, T, width) for sequences (N, T, width)."""
        values = inputs.transpose(1, 2)
        for layer, past in zip(self.layers, self.pasts, strict=True):
            values = values + functional.relu(layer(functional.pad(values, (past, 0))))
        return values.transpose(1, 2)

    def step(self, inputs: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """Return outputs and new states after one frame.

        Args:
            inputs: The frame of N faces (N, width).
            state: Their states (N, state_size).
        """
        values, states = inputs, []
        parts = torch.split(state, [self.width * past for past in self.pasts], 1)
        for layer, past, part in zip(self.layers, self.pasts, parts, strict=True):
            known = torch.cat([part.reshape(-1, self.width, past), values[:, :, None]], 2)
            states.append(known[:, :, 1:].flatten(1))
            values = values + functional.relu(layer(known)[:, :, 0])
        return values, torch.cat(states, 1)
