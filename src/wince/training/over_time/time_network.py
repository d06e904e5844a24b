"""A model of time: from the features of a face's frames to what its last frame shows."""

from typing import Literal, get_args

import torch
from torch import Tensor, nn

from wince.training.over_time.attention import WindowedAttention
from wince.training.over_time.convolutional import Convolutional
from wince.training.over_time.recurrent import Recurrent

Kind = Literal["gru", "lstm", "tcn", "transformer"]
KindOrSingle = Literal[Kind, "per frame"]
KINDS: tuple[Kind, ...] = get_args(Kind)
PER_FRAME: Literal["per frame"] = "per frame"
"""The same network without time: each frame alone. What a model of time has to beat."""
WIDTH = 64
DROPOUT = 0.3
LEAST_DEVIATION = 1e-3  # a feature that varies less counts as constant


class SingleFrame(nn.Module):
    """A layer for each frame alone, in the place of a core.

    Attributes:
        state_size: 0, there is no state.
    """

    state_size = 0

    def __init__(self, width: int) -> None:
        """Make an untrained layer of `width` inputs and outputs."""
        super().__init__()
        self.layer = nn.Linear(width, width)

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the outputs (..., width) for inputs (..., width)."""
        outputs: Tensor = inputs + torch.relu(self.layer(inputs))
        return outputs

    def step(self, inputs: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """Return the outputs (N, width), and the empty states (N, 0) unchanged."""
        return self(inputs), state


class TimeNetwork(nn.Module):
    """Standardised features, one linear layer, a causal core, and a linear output.

    `forward` takes whole sequences from an empty state, `step` one frame with the state before it.
    Both give the same outputs. A state of zeros is empty.

    Attributes:
        state_size: Numbers in the state of one face.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, kind: KindOrSingle, features: int, outputs: int, window: int) -> None:
        """Make an untrained network.

        Args:
            kind: The core; PER_FRAME for none.
            features: F, number of features of a frame.
            outputs: K, number of outputs: six action units, or PSPI.
            window: Frames that an output depends on: of a transformer exactly, of a tcn at least.
                A gru or lstm depends on all frames before.
        """
        super().__init__()
        self.register_buffer("mean", torch.zeros(features))
        self.register_buffer("deviation", torch.ones(features))
        self.input = nn.Sequential(nn.Linear(features, WIDTH), nn.ReLU(), nn.Dropout(DROPOUT))
        self.core: SingleFrame | Recurrent | Convolutional | WindowedAttention
        if kind == "per frame":
            self.core = SingleFrame(WIDTH)
        elif kind == "tcn":
            self.core = Convolutional(WIDTH, window)
        elif kind == "transformer":
            self.core = WindowedAttention(WIDTH, window)
        else:
            self.core = Recurrent(kind, WIDTH)
        self.output = nn.Linear(WIDTH, outputs)
        self.state_size = self.core.state_size

    def standardise_by(self, features: Tensor) -> None:
        """Take mean and standard deviation of each feature from training frames (M, F)."""
        self.mean.copy_(features.mean(0))
        self.deviation.copy_(features.std(0).clamp(min=LEAST_DEVIATION))

    def forward(self, features: Tensor) -> Tensor:
        """Return the outputs (N, T, K) for sequences of features (N, T, F)."""
        outputs: Tensor = self.output(self.core(self._entered(features)))
        return outputs

    def step(self, features: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """Return the outputs and new states after one frame.

        Args:
            features: The frame of N faces (N, F).
            state: Their states (N, state_size).
        """
        values, state = self.core.step(self._entered(features), state)
        return self.output(values), state

    def _entered(self, features: Tensor) -> Tensor:
        entered: Tensor = self.input((features - self.mean) / self.deviation)
        return entered
