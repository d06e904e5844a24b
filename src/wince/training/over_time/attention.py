"""A transformer layer with a window of past frames, for sequences and one frame at a time."""

import torch
from torch import Tensor, nn
from torch.nn import functional

HEADS = 4


class WindowedAttention(nn.Module):
    """One transformer layer (Vaswani et al. 2017) whose attention is causal and has a window.

    How far back a frame is enters as a learned bias of each head. The state has keys and values of
    the past frames and, for each, whether there was such a frame.

    Attributes:
        state_size: Numbers in the state of one face.
    """

    def __init__(self, width: int, window: int) -> None:
        """Make an untrained layer.

        Args:
            width: Inputs and outputs, a multiple of HEADS.
            window: Frames that an output depends on.
        """
        super().__init__()
        self.width, self.window = width, window
        self.before_attention, self.before_dense = nn.LayerNorm(width), nn.LayerNorm(width)
        self.query_key_value = nn.Linear(width, 3 * width)
        self.joined = nn.Linear(width, width)
        self.dense = nn.Sequential(
            nn.Linear(width, 2 * width), nn.ReLU(), nn.Linear(2 * width, width)
        )
        self.distance_bias = nn.Parameter(torch.zeros(HEADS, window))  # by frames back, from 0
        self.state_size = (window - 1) * (2 * width + 1)

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the outputs (N, T, width) for sequences (N, T, width)."""
        count, length, _ = inputs.shape
        query, key, value = (
            part.reshape(count, length, HEADS, -1).transpose(1, 2)
            for part in self.query_key_value(self.before_attention(inputs)).chunk(3, 2)
        )
        position = torch.arange(length)
        back = position[:, None] - position[None, :]
        outside = (back < 0) | (back >= self.window)
        bias = self.distance_bias[:, back.clamp(0, self.window - 1)]
        attended = functional.scaled_dot_product_attention(
            query, key, value, attn_mask=bias.masked_fill(outside, -torch.inf)
        )
        return self._after_attention(inputs, attended.transpose(1, 2).flatten(2))

    def step(self, inputs: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """Return outputs and new states after one frame.

        Args:
            inputs: The frame of N faces (N, width).
            state: Their states (N, state_size).
        """
        past, width = self.window - 1, self.width
        query, key, value = self.query_key_value(self.before_attention(inputs)).chunk(3, 1)
        keys, values, valid = torch.split(state, [past * width, past * width, past], 1)
        keys = torch.cat([keys, key], 1).reshape(-1, self.window, width)
        values = torch.cat([values, value], 1).reshape(-1, self.window, width)
        valid = torch.cat([valid, torch.ones_like(key[:, :1])], 1)
        new_state = torch.cat([keys[:, 1:].flatten(1), values[:, 1:].flatten(1), valid[:, 1:]], 1)
        by_head = (-1, self.window, HEADS, width // HEADS)
        heads = query.reshape(-1, 1, HEADS, width // HEADS)
        scores = (heads * keys.reshape(by_head)).sum(3) * (width // HEADS) ** -0.5
        scores = scores + self.distance_bias.flip(1).T + (valid[:, :, None] - 1) * 1e9
        weights = torch.softmax(scores, 1)
        attended = (weights[:, :, :, None] * values.reshape(by_head)).sum(1).flatten(1)
        return self._after_attention(inputs, attended), new_state

    def _after_attention(self, inputs: Tensor, attended: Tensor) -> Tensor:
        values = inputs + self.joined(attended)
        result: Tensor = values + self.dense(self.before_dense(values))
        return result
