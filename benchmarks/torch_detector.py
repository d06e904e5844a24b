"""The face finder in eager torch, as a program that uses torch throughout would run it."""

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

from wince.faces import detect

CHANNELS = (24, 24, 28, 32, 36, 42, 48, 56, 64, 72, 80, 88, 96, 96, 96, 96, 96)
HALVED = (3, 6, 12)  # blocks that halve the grid
EARLY = 11  # the block whose grid of 16 x 16 is read too; the other is the last, 8 x 8


class BlazeFace(nn.Module):
    """The packaged face finder with as many channels as it was published with."""

    def __init__(self) -> None:
        super().__init__()
        self._given = {
            one.name.removesuffix("_half"): numpy_helper.to_array(one).astype(np.float32)
            for one in onnx.load(detect.detector_path()).graph.initializer
        }
        self.first = self._layer("conv2d", 3, CHANNELS[0], 5, 2)
        pairs = list(pairwise(CHANNELS))
        self.deep = nn.ModuleList(
            self._layer(f"depthwise_conv2d{_nth(n)}", 1, before, 3, 1 + (n in HALVED), before)
            for n, (before, _) in enumerate(pairs, 1)
        )
        self.wide = nn.ModuleList(
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
        kernel, bias = (self._given[f"{name}_{part}"] for part in ("weight", "bias"))
        layer.weight.data = torch.from_numpy(kernel[:outputs, :inputs].copy())
        layer.bias.data = torch.from_numpy(bias[:outputs].copy())
        return layer

    def forward(self, squares: Tensor) -> tuple[Tensor, Tensor]:
        """Take RGB from -1 to 1 (1, 128, 128, 3); return boxes (1, 896, 16) and scores."""
        x = self.first(F.pad(squares.permute(0, 3, 1, 2), (1, 2, 1, 2))).relu()
        for number, (deep, wide) in enumerate(zip(self.deep, self.wide, strict=True), 1):
            halved = number in HALVED
            kept = F.max_pool2d(x, 2) if halved else x
            more = wide.out_channels - kept.shape[1]
            found = wide(deep(F.pad(x, (0, 1, 0, 1)) if halved else x))
            x = (found + (F.pad(kept, (0, 0, 0, 0, 0, more)) if more else kept)).relu()
            if number == EARLY:
                early = x

        def read(name: str, length: int) -> Tensor:
            grids = self.heads[f"{name}_8"](early), self.heads[f"{name}_16"](x)
            return torch.cat([one.permute(0, 2, 3, 1).reshape(1, -1, length) for one in grids], 1)

        return read("regressor", 16), read("classificator", 1)


@contextmanager
def in_torch(network: BlazeFace) -> Iterator[None]:
    """Let `wince.faces.detect` find faces by this network in place of onnxruntime."""

    def run(_: None, inputs: dict[str, NDArray[np.float32]]) -> list[NDArray[np.float32]]:
        (squares,) = inputs.values()
        return [one.numpy() for one in network(torch.from_numpy(squares))]

    session = SimpleNamespace(run=run, get_inputs=lambda: [SimpleNamespace(name="input")])
    with mock.patch.object(detect, "_session", lambda: session):
        yield


def _nth(number: int) -> str:
    return f"_{number - 1}" if number > 1 else ""
