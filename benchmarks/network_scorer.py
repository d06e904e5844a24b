"""A network of wince on one fold, trained as `wince train` does and scored without an export."""

import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from wince.faces.spec import FaceSpec
from wince.scale import PSPI_MAXIMUM
from wince.training.data.pixel_cache import model_view
from wince.training.export import trained_network
from wince.training.fitting.fit import fit
from wince.training.methods.fold_scorer import FoldResult, FoldTask

BATCH, TIMED = 64, 20


def network_scorer(task: FoldTask) -> FoldResult:
    """Train a network on a fold with the task's recipe; score its validation and test part."""
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder)
        fit(
            *(task.pixels, task.data.frames, task.split, task.settings, run),
            message=lambda text: print(text, flush=True),
        )
        network = trained_network.load(run).network
    spec = task.settings.spec
    return FoldResult(
        scores(network, model_view(task.pixels[task.split.validation], spec), spec),
        scores(network, model_view(task.pixels[task.split.test], spec), spec),
        sum(weights.numel() for weights in network.parameters()),
        _milliseconds(network, spec),
    )


@torch.no_grad()
def scores(network: nn.Module, views: NDArray[np.uint8], spec: FaceSpec) -> NDArray[np.float64]:
    """Return the scores (N,) of what the network sees, uint8 (N, S, S, 3)."""
    parts = [
        network(_normalised(views[start : start + BATCH], spec))[:, 0]
        for start in range(0, len(views), BATCH)
    ]
    return torch.cat(parts).clamp(0, PSPI_MAXIMUM).double().numpy()


def _normalised(views: NDArray[np.uint8], spec: FaceSpec) -> Tensor:
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in (spec.mean, spec.std))
    images = torch.from_numpy(views).permute(0, 3, 1, 2).float() / 255
    return (images - mean) / std


@torch.no_grad()
def _milliseconds(network: nn.Module, spec: FaceSpec) -> float:
    """Return the time of one image, the median of several."""
    image = torch.rand(1, 3, spec.size, spec.size)
    times = []
    for _ in range(TIMED):
        start = time.perf_counter()
        network(image)
        times.append(1000 * (time.perf_counter() - start))
    return float(np.median(times))
