"""Fitting: the starter model's two lessons, each resumable at its last epoch."""

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

from wince.training import losses, network
from wince.training.landmarks import OTHER_SIDE
from wince.training.module import ActionUnitModule, FaceModule, MeshModule
from wince.training.rated import MARGIN, Faces, shown

CLOSED_EYES = 2.5  # how many times as often as others they are drawn


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
    knows of lids and lips is not lost; the result has the action units alone.
    """
    units, shapes = train.ratings.shape[2], train.blendshapes.shape[1]
    module = ActionUnitModule(
        network.with_head(start, units + shapes),
        shown(lesson.size),
        MARGIN,
        (lesson.body_rate, lesson.head_rate),
    )
    weights = draws(train)
    sampler = WeightedRandomSampler(weights.tolist(), len(train))
    _fit(
        module,
        lesson,
        folder,
        _batches(_rated(train), lesson.batch, sampler),
        averaging=EMAWeightAveraging(decay=0.99),
    )
    return network.first_outputs(module.network, units)


def draws(faces: Faces) -> NDArray[np.float64]:
    """Return how often to draw each face (N,): the inverse root of how common its score is.

    Closed eyes are one face in eighteen, and one unit of PSPI alone: they are drawn more often.
    """
    score = np.clip(np.round(faces.pspi).astype(int), 0, 9)
    closed = np.where(faces.units[:, -1] >= 0.5, CLOSED_EYES, 1.0)
    return np.asarray(closed / np.sqrt(np.bincount(score, minlength=10)[score]))


def _fit(
    module: FaceModule,
    lesson: Lesson,
    folder: Path,
    train: DataLoader[tuple[torch.Tensor, ...]],
    averaging: EMAWeightAveraging | None = None,
) -> None:
    last = folder / "last.ckpt"
    trainer = lightning.Trainer(
        accelerator="cpu",
        precision="bf16-mixed",
        max_epochs=lesson.epochs,
        default_root_dir=folder,
        logger=CSVLogger(folder, name="", version="history"),
        callbacks=[
            ModelCheckpoint(folder, filename="last", save_last=False, enable_version_counter=False),
            RichProgressBar(refresh_rate=20),
            *([averaging] if averaging else []),
        ],
        enable_model_summary=False,
        log_every_n_steps=20,
    )
    trainer.fit(module, train, ckpt_path=str(last) if last.exists() else None, weights_only=False)
    # A lesson resumed when it is over would otherwise come back without its averaged weights.
    module.load_state_dict(torch.load(last, weights_only=False)["state_dict"])


def _batches(
    data: Dataset[tuple[torch.Tensor, ...]], size: int, sampler: WeightedRandomSampler | None = None
) -> DataLoader[tuple[torch.Tensor, ...]]:
    return DataLoader(data, size, shuffle=sampler is None, sampler=sampler, drop_last=True)


def _pixels(faces: Faces) -> torch.Tensor:
    return torch.from_numpy(faces.crops).permute(0, 3, 1, 2)


def _rated(faces: Faces) -> TensorDataset:
    units = torch.from_numpy(faces.units)
    units[:, -1] *= losses.EYES
    shapes = torch.from_numpy(_standard(faces.blendshapes[:, OTHER_SIDE] + faces.blendshapes))
    return TensorDataset(_pixels(faces), units, torch.from_numpy(faces.pspi), shapes)


def _standard(values: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray((values - values.mean(0)) / (values.std(0) + 1e-3))
