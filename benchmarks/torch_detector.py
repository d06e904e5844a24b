"""The face detector in eager torch, as a program that uses torch throughout would run it."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from types import SimpleNamespace
from unittest import mock

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from onnx import numpy_helper
from torch import Tensor, nn

from wince.faces import network as face_network

CHANNELS = (24, 24, 28, 32, 36, 42, 48, 56, 64, 72, 80, 88, 96, 96, 96, 96, 96)
HALVING = (3, 6, 12)  # blocks that halve the grid
EARLY = 11  # the block whose grid of 16 x 16 is used too; the other one is the last, of 8 x 8


class BlazeFace(nn.Module):
    """The packaged face detector with as many channels as it was published with."""

    def __init__(self) -> None:
        """Take the weights from the packaged detector."""
        super().__init__()
        self._constants = {
            tensor.name.removesuffix("_half"): numpy_helper.to_array(tensor).astype(np.float32)
            for tensor in onnx.load(face_network.detector_path()).graph.initializer
        }
        self.first = self._layer("conv2d", 3, CHANNELS[0], 5, 2)
        pairs = list(pairwise(CHANNELS))
        self.depthwise = nn.ModuleList(
            self._layer(f"depthwise_conv2d{_suffix(n)}", 1, before, 3, 1 + (n in HALVING), before)
            for n, (before, _) in enumerate(pairs, 1)
        )
        self.pointwise = nn.ModuleList(
            self._layer(f"conv2d_{n}", before, after, 1)
            for n, (before, after) in enumerate(pairs, 1)
        )
        self.heads = nn.ModuleDict(
            {
                f"{name}_{side}": self._layer(f"{name}_{side}", inputs, outputs, 1)
                for name, side, inputs, outputs in (
                    ("regressor", 8, CHANNELS[EARLY], 32),
                    ("regressor", 16, CHANNELS[-1], 96),
                    ("classificator", 8, CHANNELS[EARLY], 2),
                    ("classificator", 16, CHANNELS[-1], 6),
                )
            }
        )

    def _layer(
        self, name: str, inputs: int, outputs: int, side: int, stride: int = 1, groups: int = 1
    ) -> nn.Conv2d:
        padding = side // 2 if stride == 1 else 0
        layer = nn.Conv2d(inputs * groups, outputs, side, stride, padding, groups=groups)
        kernel, bias = (self._constants[f"{name}_{part}"] for part in ("weight", "bias"))
        layer.weight = nn.Parameter(torch.from_numpy(kernel[:outputs, :inputs].copy()))
        layer.bias = nn.Parameter(torch.from_numpy(bias[:outputs].copy()))
        return layer

    def forward(self, squares: Tensor) -> tuple[Tensor, Tensor]:
        """Return boxes (1, 896, 16) and scores (1, 896, 1).

        Args:
            squares: RGB from -1 to 1, (1, 128, 128, 3).
        """
        x = self.first(F.pad(squares.permute(0, 3, 1, 2), (1, 2, 1, 2))).relu()
        for number, layers in enumerate(zip(self.depthwise, self.pointwise, strict=True), 1):
            depthwise, pointwise = layers
            halving = number in HALVING
            shortcut = F.max_pool2d(x, 2) if halving else x
            added = CHANNELS[number] - CHANNELS[number - 1]
            if added:
                shortcut = F.pad(shortcut, (0, 0, 0, 0, 0, added))
            x = (pointwise(depthwise(F.pad(x, (0, 1, 0, 1)) if halving else x)) + shortcut).relu()
            if number == EARLY:
                early = x

        def outputs(name: str, length: int) -> Tensor:
            grids = self.heads[f"{name}_8"](early), self.heads[f"{name}_16"](x)
            rows = [grid.permute(0, 2, 3, 1).reshape(1, -1, length) for grid in grids]
            return torch.cat(rows, 1)

        return outputs("regressor", 16), outputs("classificator", 1)


@contextmanager
def in_torch(network: BlazeFace) -> Iterator[None]:
    """Let `wince.faces` find faces with this network in place of onnxruntime."""

    def run(
        _: None, inputs: dict[str, NDArray[np.float32]], options: object = None
    ) -> list[NDArray[np.float32]]:
        (squares,) = inputs.values()
        return [output.numpy() for output in network(torch.from_numpy(squares))]

    session = SimpleNamespace(run=run, get_inputs=lambda: [SimpleNamespace(name="input")])
    with mock.patch.object(face_network, "_session", lambda: session):
        yield


def _suffix(number: int) -> str:
    return f"_{number - 1}" if number > 1 else ""
