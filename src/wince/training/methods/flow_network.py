"""Frames and their optical flow in a small 3D network, as Zhao et al. 2019 in the report.

Each clip ends with the frame that it scores. A clip has grey values and movement to the right and
down, which is what the two streams of such methods have (Simonyan & Zisserman 2014, Two-stream
convolutional networks, NIPS), in one network.
"""

import math
import time
from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from wince import scale
from wince.errors import DataError
from wince.evaluation.metrics import agreement
from wince.training.data.folds import Rows
from wince.training.data.frames import Frames
from wince.training.data.pixel_cache import Pixels, model_view
from wince.training.fitting.batches import EpochSampler, level_weights
from wince.training.methods.fold_scorer import FoldResult, FoldTask
from wince.training.methods.optical_flow import optical_flow
from wince.training.over_time.sequences import by_sequence

LENGTH = 8
"""Frames of a clip."""
RATE = 2e-3
WIDTHS = (16, 32, 64)
TIMED = 20


class FlowNetwork(nn.Module):
    """Three 3D convolutions on grey values and movement, and a linear layer."""

    def __init__(self) -> None:
        """Build the network with random weights."""
        super().__init__()
        layers: list[nn.Module] = []
        strides = ((1, 2, 2), (2, 2, 2), (2, 2, 2))
        for before, after, stride in zip((3, *WIDTHS), WIDTHS, strides, strict=False):
            layers += [
                nn.Conv3d(before, after, 3, stride=stride, padding=1, bias=False),
                nn.BatchNorm3d(after),
                nn.ReLU(inplace=True),
            ]
        self.body = nn.Sequential(*layers, nn.AdaptiveAvgPool3d(1), nn.Flatten())
        self.fc = nn.Linear(WIDTHS[-1], 1)

    def forward(self, grey: Tensor) -> Tensor:
        """Return scores (N,) of clips of grey values from 0 to 1, shape (N, LENGTH, H, W)."""
        count, length, height, width = grey.shape
        frames = grey.reshape(-1, 1, height, width)
        before = torch.cat([grey[:, :1], grey[:, :-1]], 1).reshape(-1, 1, height, width)
        flow = optical_flow(before, frames).reshape(count, length, 2, height, width)
        clips = torch.cat([grey[:, :, None] - 0.5, flow], 2).transpose(1, 2)
        scores: Tensor = self.fc(self.body(clips))[:, 0]
        return scores


def score_fold(task: FoldTask) -> FoldResult:
    """Train on a fold for the recipe's epochs; keep the best epoch by CCC on its validation part.

    Raises:
        DataError: The data has no sequences.
    """
    split, frames = task.split, task.data.frames
    clips = clip_rows(frames)
    grey = _grey(task.pixels, task)
    labels = frames.score.astype(np.float32)
    network = _trained(task, grey, clips, labels)
    return FoldResult(
        _scores(network, grey, clips, split.validation),
        _scores(network, grey, clips, split.test),
        sum(weights.numel() for weights in network.parameters()),
        _milliseconds(network, task.settings.spec.size),
    )


def _trained(
    task: FoldTask, grey: NDArray[np.uint8], clips: NDArray[np.intp], labels: NDArray[np.float32]
) -> FlowNetwork:
    """Return a trained network with the weights of its best epoch."""
    split, recipe, seed = task.split, task.settings.recipe, task.settings.seed
    torch.manual_seed(seed)
    network = FlowNetwork()
    draw = level_weights(labels[split.train], recipe.balance) if recipe.balance else None
    sampler = EpochSampler(len(split.train), seed, draw)
    steps = max(3, recipe.epochs * math.ceil(len(split.train) / recipe.batch))
    optimizer = torch.optim.AdamW(network.parameters(), RATE, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, RATE, total_steps=steps, pct_start=max(0.1, 2 / steps)
    )
    best_value, best_weights = -np.inf, network.state_dict()
    for epoch in range(recipe.epochs):
        sampler.set_epoch(epoch)
        network.train()
        for rows in _batches(split.train[np.fromiter(sampler, np.intp)], recipe.batch):
            batch = _changed(torch.from_numpy(grey[clips[rows]]).float() / 255)
            loss = functional.smooth_l1_loss(network(batch), torch.from_numpy(labels[rows]))
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]  # no types there
            optimizer.step()
            schedule.step()
        value = agreement.ccc(
            labels[split.validation], _scores(network, grey, clips, split.validation)
        )
        value = -1.0 if np.isnan(value) else value
        if value > best_value:
            best_value = value
            best_weights = {name: each.clone() for name, each in network.state_dict().items()}
        task.progress("Clips, epoch", epoch + 1, recipe.epochs)
    network.load_state_dict(best_weights)
    return network


def clip_rows(frames: Frames) -> NDArray[np.intp]:
    """Return the rows of each frame's clip, shape (N, LENGTH), the frame itself last.

    Clips stay within a sequence of a subject; at its start the first frame is repeated.

    Raises:
        DataError: Most sequences are shorter than a clip.
    """
    sequences = by_sequence(frames, np.arange(len(frames)))
    if len(frames) < LENGTH * len(sequences):
        raise DataError(
            f"Optical flow needs sequences: {len(frames):,} frames are in {len(sequences):,} of "
            f"them, and a clip has {LENGTH} frames. Leave this method out."
        )
    clips = np.empty((len(frames), LENGTH), np.intp)
    for rows in sequences:
        places = np.arange(len(rows))[:, None] + np.arange(1 - LENGTH, 1)
        clips[rows] = rows[places.clip(0)]
    return clips


def _grey(pixels: Pixels, task: FoldTask) -> NDArray[np.uint8]:
    """Return the grey values of all frames, uint8 (N, S, S)."""
    side = task.settings.spec.size
    grey = np.empty((len(pixels), side, side), np.uint8)
    for rows in _batches(np.arange(len(pixels)), 256):
        view = torch.from_numpy(model_view(pixels[rows], task.settings.spec))
        grey[rows] = view.float().mean(3).round().to(torch.uint8).numpy()
    return grey


def _changed(clips: Tensor) -> Tensor:
    """Return clips mirrored and with other light, the same for all frames of a clip."""
    mirrored = torch.rand(len(clips)) < 0.5
    clips = torch.where(mirrored[:, None, None, None], clips.flip(3), clips)
    light = 1 + 0.2 * torch.randn(len(clips), 1, 1, 1)
    return (clips * light).clamp(0, 1)


def _batches(rows: Rows, size: int) -> Iterator[Rows]:
    """Yield rows in batches, the last one possibly smaller."""
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


@torch.no_grad()
def _scores(
    network: FlowNetwork, grey: NDArray[np.uint8], clips: NDArray[np.intp], rows: Rows
) -> NDArray[np.float64]:
    """Return the scores of rows on the scale."""
    network.eval()
    scores = [
        network(torch.from_numpy(grey[clips[batch]]).float() / 255) for batch in _batches(rows, 64)
    ]
    top = scale.PSPI_MAXIMUM
    return torch.cat(scores).clamp(0, top).double().numpy() if scores else np.empty(0)


@torch.no_grad()
def _milliseconds(network: FlowNetwork, side: int) -> float:
    """Return the time of one clip on one thread, the median of several."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    times = []
    for _ in range(TIMED):
        start = time.perf_counter()
        network(torch.rand(1, LENGTH, side, side))
        times.append(1000 * (time.perf_counter() - start))
    torch.set_num_threads(threads)
    return float(np.median(times))
