"""Fitting: the starter model's lessons, each resumable at its last epoch."""

from dataclasses import dataclass
from pathlib import Path

import lightning
import numpy as np
import torch
from lightning.pytorch.callbacks import EMAWeightAveraging, ModelCheckpoint, RichProgressBar
from lightning.pytorch.loggers import CSVLogger
from numpy.typing import NDArray
from torch import nn
from torch.utils.data import DataLoader, Dataset, TensorDataset, WeightedRandomSampler

from tools.starter.face_mesh import OTHER_SIDE
from tools.starter.lightning_modules import ActionUnitModule, FaceModule, MeshModule
from tools.starter.rated_faces import MARGIN, Faces, shown
from wince import scale
from wince.faces.spec import FaceSpec
from wince.training import augment, losses, network

LAST = "last.ckpt"
CLOSED_EYES = 2.5  # how many times as often as others they are drawn
OWN_SHARE = 0.3  # of a network's own answer in what it is taught about a face rated twice
OWN_SHARE_OF_ONE = 0.5  # the same of a face rated once
WEIGHT_OF_ONE = 2 / 3  # how often a face rated once is drawn beside one rated twice
READ_AT_ONCE = 64  # faces
UNITS = len(scale.UNIT_NAMES)


@dataclass(frozen=True, slots=True)
class Lesson:
    """One fit: pictures of `size` pixels, so many epochs, and the highest learning rates."""

    size: int
    epochs: int
    batch: int
    body_rate: float
    head_rate: float


def learn_mesh(
    faces: Faces, lesson: Lesson, folder: Path, start: nn.Module | None = None
) -> nn.Module:
    """Teach a ResNet-18 to predict landmarks and blendshapes; return it."""
    shapes = torch.from_numpy(_standard(faces.blendshapes))
    data = TensorDataset(_pixels(faces), torch.from_numpy(faces.points), shapes)
    outputs = faces.points.shape[1] * 2 + shapes.shape[1]
    module = MeshModule(
        start or network.build(outputs),
        shown(lesson.size),
        MARGIN,
        (lesson.body_rate, lesson.head_rate),
    )
    _fit(module, lesson, folder, _batches(data, lesson.batch))
    return module.network


def learn_action_units(start: nn.Module, train: Faces, lesson: Lesson, folder: Path) -> nn.Module:
    """Teach a network that knows landmarks the six action units; return its averaged weights.

    It goes on predicting the blendshapes, mean of left and right, beside them, so that what it
    knows of lids and lips is not lost: its outputs are the action units, then the blendshapes.
    """
    units, shapes = torch.from_numpy(_stretched(train.units)), _shapes(train)
    start = network.with_head(start, UNITS + shapes.shape[1])
    data = TensorDataset(_pixels(train), units, torch.from_numpy(train.pspi), shapes)
    return _learn_units(start, data, draws(train), len(train), lesson, folder, decay=0.99)


def learn_answers(
    start: nn.Module, train: Faces, unrated: Faces, lesson: Lesson, folder: Path
) -> nn.Module:
    """Teach a network from `learn_action_units` its own answers; return its averaged weights.

    It reads each face and its mirror image. The mean of both readings is what it is taught about
    an unrated face, and a share of what it is taught about a rated one (self-training: Xie et al.
    2020, arXiv:1911.04252); `train` and `unrated`, some of whom may have been rated once, are drawn
    equally often. So it learns for good what averaging two readings would have to buy with twice
    the time, and sees more people than were rated.
    """
    parts = train, unrated
    said = [_mirrored_answers(start, part, shown(lesson.size)) for part in parts]
    units, scores = zip(*map(_taught, parts, said), strict=True)
    both = draws(train), 1 / _common(scores[1].numpy())
    data = TensorDataset(
        torch.cat([_pixels(part) for part in parts]),
        torch.cat(units),
        torch.cat(scores),
        _shapes(*parts),
    )
    weights = np.concatenate([part / part.sum() for part in both])
    return _learn_units(start, data, weights, 2 * len(train), lesson, folder, decay=0.998)


def _taught(faces: Faces, said: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the action units (N, 6) and PSPI (N,) between a network's answers and the ratings."""
    share = np.select([~faces.rated, faces.once], [1.0, OWN_SHARE_OF_ONE], OWN_SHARE)
    own = torch.from_numpy(share.astype(np.float32))
    units = torch.from_numpy(np.nan_to_num(_stretched(faces.units)))
    score = torch.from_numpy(np.nan_to_num(faces.pspi))
    by_own = losses.pspi(losses.clamp_units(said))
    return torch.lerp(units, said, own[:, None]), torch.lerp(score, by_own, own)


def _learn_units(
    start: nn.Module,
    data: TensorDataset,
    weights: NDArray[np.float64],
    draws_each_epoch: int,
    lesson: Lesson,
    folder: Path,
    decay: float,
) -> nn.Module:
    rates = lesson.body_rate, lesson.head_rate
    module = ActionUnitModule(start, shown(lesson.size), MARGIN, rates)
    sampler = WeightedRandomSampler(weights.tolist(), draws_each_epoch)
    batches = _batches(data, lesson.batch, sampler)
    _fit(module, lesson, folder, batches, averaging=EMAWeightAveraging(decay=decay))
    return module.network


def _mirrored_answers(start: nn.Module, faces: Faces, spec: FaceSpec) -> torch.Tensor:
    """Return the action units (N, 6), the mean over each face as in use and its mirror image."""
    module = ActionUnitModule(start, spec, MARGIN, (0.0, 0.0)).eval()
    said = []
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        for crops in torch.split(_pixels(faces), READ_AT_ONCE):
            with torch.autocast("cpu", enabled=False):
                picture = augment.centre_crop(crops, spec.size, MARGIN)
            said.append((module(picture) + module(picture.flip(3)))[:, :UNITS] / 2)
    return torch.cat(said).clone()


def draws(faces: Faces) -> NDArray[np.float64]:
    """Return how often to draw each face (N,): the inverse root of how common its score is.

    Closed eyes are one face in eighteen, and one unit of PSPI alone: they are drawn more often.
    Faces rated once are drawn less often, as their ratings are less sure.
    """
    closed = np.where(faces.units[:, -1] >= 0.5, CLOSED_EYES, 1.0)
    sure = np.where(faces.once, WEIGHT_OF_ONE, 1.0)
    return np.asarray(closed * sure / _common(faces.pspi))


def _common(pspi: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the root of how many of the scores (N,) are as large as each, rounded."""
    score = np.clip(np.round(pspi).astype(int), 0, 9)
    return np.asarray(np.sqrt(np.bincount(score, minlength=10)[score]))


def _fit(
    module: FaceModule,
    lesson: Lesson,
    folder: Path,
    train: DataLoader[tuple[torch.Tensor, ...]],
    averaging: EMAWeightAveraging | None = None,
) -> None:
    last = folder / LAST
    module.train()  # Lightning leaves a network that has answered before in the mode for answering
    trainer = lightning.Trainer(
        accelerator="cpu",
        precision="bf16-mixed",
        max_epochs=lesson.epochs,
        default_root_dir=folder,
        logger=CSVLogger(folder, name="history"),
        callbacks=[
            ModelCheckpoint(
                folder, filename=Path(LAST).stem, save_last=False, enable_version_counter=False
            ),
            RichProgressBar(refresh_rate=20),
            *([averaging] if averaging else []),
        ],
        enable_model_summary=False,
        log_every_n_steps=20,
    )
    trainer.fit(module, train, ckpt_path=str(last) if last.exists() else None, weights_only=True)
    # A lesson resumed when it is over would otherwise come back without its averaged weights.
    module.load_state_dict(torch.load(last, weights_only=True)["state_dict"])


def _batches(
    data: Dataset[tuple[torch.Tensor, ...]], size: int, sampler: WeightedRandomSampler | None = None
) -> DataLoader[tuple[torch.Tensor, ...]]:
    return DataLoader(data, size, shuffle=sampler is None, sampler=sampler, drop_last=True)


def _pixels(faces: Faces) -> torch.Tensor:
    return torch.from_numpy(faces.crops).permute(0, 3, 1, 2)


def _stretched(units: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(units * np.array([1] * (UNITS - 1) + [losses.AU43_SCALE], np.float32))


def _shapes(*parts: Faces) -> torch.Tensor:
    """Return the blendshapes, mean of left and right, standardised over all parts together."""
    shapes = np.concatenate([part.blendshapes for part in parts])
    return torch.from_numpy(_standard(shapes[:, OTHER_SIDE] + shapes))


def _standard(values: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray((values - values.mean(0)) / (values.std(0) + 1e-3))
