"""Recurrent layers, GRU or LSTM, for whole sequences and one frame at a time."""

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional


class Recurrent(nn.Module):
    """A GRU (Cho et al. 2014) or LSTM (Hochreiter & Schmidhuber 1997), added to its inputs.

    Attributes:
        state_size: Numbers in the state of one face.
    """

    def __init__(self, kind: Literal["gru", "lstm"], width: int) -> None:
        """Make an untrained layer of `width` inputs and outputs."""
        super().__init__()
        self.kind, self.width = kind, width
        self.layer = (nn.GRU if kind == "gru" else nn.LSTM)(width, width, batch_first=True)
        self.state_size = width if kind == "gru" else 2 * width

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the outputs (N, T, width) for sequences (N, T, width)."""
        outputs: Tensor = inputs + self.layer(inputs)[0]
        return outputs

    def step(self, inputs: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """Return outputs and new states after one frame.

        Args:
            inputs: The frame of N faces (N, width).
            state: Their states (N, state_size).
        """
        hidden = state[:, : self.width]
        weight_input, weight_hidden, bias_input, bias_hidden = self.layer.all_weights[0]
        of_input = functional.linear(inputs, weight_input, bias_input)
        of_hidden = functional.linear(hidden, weight_hidden, bias_hidden)
        if self.kind == "gru":
            reset_in, update_in, new_in = of_input.chunk(3, 1)
            reset_hidden, update_hidden, new_hidden = of_hidden.chunk(3, 1)
            reset, update = (
                torch.sigmoid(reset_in + reset_hidden),
                torch.sigmoid(update_in + update_hidden),
            )
            new = torch.tanh(new_in + reset * new_hidden)
            hidden = (1 - update) * new + update * hidden
            return inputs + hidden, hidden
        entry, forget, new, exit_gate = (of_input + of_hidden).chunk(4, 1)
        cell = torch.sigmoid(forget) * state[:, self.width :]
        cell = cell + torch.sigmoid(entry) * torch.tanh(new)
        hidden = torch.sigmoid(exit_gate) * torch.tanh(cell)
        return inputs + hidden, torch.cat([hidden, cell], 1)
