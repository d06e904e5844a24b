"""The video networks of torchvision on clips of faces, for those with a GPU.

r3d_18, mc3_18 and r2plus1d_18 are ResNets of 18 layers with 3D, mixed and factorised convolutions
(Tran et al. 2018, CVPR: 6450-6459). Each clip ends with the frame that it scores. They begin from
weights learned on Kinetics-400 where these can be had.
"""

import math
import time
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from wince import scale
from wince.evaluation.metrics import agreement
from wince.training.data.folds import Rows
from wince.training.data.pixel_cache import model_view
from wince.training.fitting.batches import EpochSampler, level_weights
from wince.training.methods.flow_network import LENGTH, clip_rows
from wince.training.methods.fold_scorer import FoldResult, FoldScorer, FoldTask

NAMES = ("r3d_18", "mc3_18", "r2plus1d_18")
RATE = 1e-4
MEAN, DEVIATION = (0.43216, 0.394666, 0.37645), (0.22803, 0.22145, 0.216989)
"""Of the channels of the images that torchvision's weights learned from."""
KINETICS = "Kinetics-400 weights"
TIMED = 5


def scorer(name: str) -> FoldScorer:
    """Return what learns from folds and scores them, by the name of a network in NAMES."""
    return partial(_score_fold, name)


def build(name: str) -> tuple[nn.Module, str, str]:
    """Return a network with one output, where its weights are from, and what a user must know.

    Args:
        name: One of NAMES.

    Returns:
        The last is "" if the weights of Kinetics-400 are available.
    """
    from torchvision.models import video

    make, warning, origin = getattr(video, name), "", KINETICS
    try:
        network: nn.Module = make(weights="KINETICS400_V1")
    except (OSError, RuntimeError) as error:  # offline; RuntimeError: a damaged download
        reason = (str(error).splitlines() or [type(error).__name__])[0][:200]
        network, origin = make(), "random weights, because Kinetics-400 weights were not available"
        warning = (
            f"Kinetics-400 weights for {name} are not available here ({reason}). Training begins "
            "from random weights instead. To use them, fetch them once where there is a network, "
            f"into {torch.hub.get_dir()}/checkpoints."
        )
    network.fc = nn.Linear(network.fc.in_features, 1)  # type: ignore[arg-type,union-attr]  # a Linear
    return network, origin, warning


def _score_fold(name: str, task: FoldTask) -> FoldResult:
    """Train on a fold for the recipe's epochs; keep the best epoch by CCC on its validation part.

    Raises:
        DataError: The data has no sequences.
    """
    clips = clip_rows(task.data.frames)
    torch.manual_seed(task.settings.seed)
    network, origin, warning = build(name)
    if warning:
        task.message(warning)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    _train(network.to(device), task, clips)
    validation, test = (
        _scores(network, task, clips[rows]) for rows in (task.split.validation, task.split.test)
    )
    count = sum(weights.numel() for weights in network.parameters())
    milliseconds = _milliseconds(network.cpu(), task.settings.spec.size)
    return FoldResult(validation, test, count, milliseconds, origin)


def _train(network: nn.Module, task: FoldTask, clips: NDArray[np.intp]) -> None:
    """Train a network, which has the weights of its best epoch afterwards."""
    split, recipe = task.split, task.settings.recipe
    labels = task.data.frames.score.astype(np.float32)
    draw = level_weights(labels[split.train], recipe.balance) if recipe.balance else None
    sampler = EpochSampler(len(split.train), task.settings.seed, draw)
    steps = max(3, recipe.epochs * math.ceil(len(split.train) / recipe.batch))
    optimizer = torch.optim.AdamW(network.parameters(), RATE, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    best_ccc, best = -np.inf, network.state_dict()
    for epoch in range(recipe.epochs):
        sampler.set_epoch(epoch)
        network.train()
        order = split.train[np.fromiter(sampler, np.intp)]
        for start in range(0, len(order), recipe.batch):
            rows = order[start : start + recipe.batch]
            scores = network(_mirrored(_batch(task, clips[rows], network)))[:, 0]
            truth = torch.from_numpy(labels[rows]).to(scores.device)
            optimizer.zero_grad()
            functional.smooth_l1_loss(scores, truth).backward()  # type: ignore[no-untyped-call]  # no types there
            optimizer.step()
            schedule.step()
        scores_now = _scores(network, task, clips[split.validation])
        ccc = np.nan_to_num(agreement.ccc(labels[split.validation], scores_now), nan=-1.0)
        if ccc > best_ccc:
            best_ccc = ccc
            best = {name: values.clone() for name, values in network.state_dict().items()}
        task.progress("Clips, epoch", epoch + 1, recipe.epochs)
    network.load_state_dict(best)


def _batch(task: FoldTask, clips: NDArray[np.intp], network: nn.Module) -> Tensor:
    """Return clips as the network sees them, float32 (M, 3, LENGTH, S, S), on its device."""
    view = model_view(task.pixels[clips.ravel()], task.settings.spec)
    device = next(network.parameters()).device
    pixels = torch.from_numpy(view).to(device).float().div(255)
    pixels = (pixels - pixels.new_tensor(MEAN)) / pixels.new_tensor(DEVIATION)
    return pixels.reshape(*clips.shape, *pixels.shape[1:]).permute(0, 4, 1, 2, 3)


def _mirrored(clips: Tensor) -> Tensor:
    """Return clips half of which are mirrored, all frames of a clip alike."""
    mirrored = torch.rand(len(clips), device=clips.device) < 0.5
    return torch.where(mirrored[:, None, None, None, None], clips.flip(4), clips)


@torch.no_grad()
def _scores(network: nn.Module, task: FoldTask, clips: Rows) -> NDArray[np.float64]:
    """Return the scores of clips on the scale."""
    network.eval()
    size = task.settings.recipe.batch
    scores = [
        network(_batch(task, clips[start : start + size], network))[:, 0].cpu()
        for start in range(0, len(clips), size)
    ]
    top = scale.PSPI_MAXIMUM
    return torch.cat(scores).clamp(0, top).double().numpy() if scores else np.empty(0)


@torch.no_grad()
def _milliseconds(network: nn.Module, side: int) -> float:
    """Return the time of one clip on one thread of the processor, the median of several."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    times = []
    for _ in range(TIMED):
        start = time.perf_counter()
        network(torch.rand(1, 3, LENGTH, side, side))
        times.append(1000 * (time.perf_counter() - start))
    torch.set_num_threads(threads)
    return float(np.median(times))
