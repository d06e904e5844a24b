"""The stages of training. A stopped stage resumes at its last complete epoch."""

from collections.abc import Sequence
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
from tools.starter.heads import with_new_head
from tools.starter.lightning_modules import ActionUnitModule, FaceModule, MeshModule
from tools.starter.rated_faces import MARGIN, Faces, face_spec
from tools.starter.recipe import Stage
from wince import scale
from wince.faces.spec import FaceSpec
from wince.training.fitting import augment
from wince.training.fitting.trainer import has_fast_bfloat16
from wince.training.networks import losses, network

LAST = "last.ckpt"
CLOSED_EYES = 2.5  # how many times as often faces with closed eyes are drawn
WEIGHT_OF_ONE = 2 / 3  # how often a face rated once is drawn beside one rated twice
# Share of the network's own prediction in the target of a rated face, in self-training:
OWN_SHARE = 0.3
OWN_SHARE_OF_ONE = 0.5  # of a face rated once
PREDICTION_BATCH = 64
UNITS = len(scale.UNIT_NAMES)


def train_mesh(
    faces: Faces, stage: Stage, folder: Path, start: nn.Module | None = None
) -> nn.Module:
    """Return a ResNet-18 trained to predict landmarks and blendshapes.

    Args:
        faces: Faces, rated or not.
        stage: Settings.
        folder: Where the checkpoint and the history go.
        start: A network with the same outputs to start from; None for random weights.
    """
    shapes = torch.from_numpy(_standardised(faces.blendshapes))
    data = TensorDataset(_pixels(faces), torch.from_numpy(faces.points), shapes)
    outputs = faces.points.shape[1] * 2 + shapes.shape[1]
    rates = stage.body_rate, stage.head_rate
    module = MeshModule(start or network.build(outputs), face_spec(stage.size), MARGIN, rates)
    _fit(module, stage, folder, _batches(data, stage.batch))
    return module.network


def train_action_units(start: nn.Module, faces: Faces, stage: Stage, folder: Path) -> nn.Module:
    """Return the network trained on rated faces, its weights averaged.

    Its outputs are the six action units, then the blendshapes (mean of left and right). Predicting
    the blendshapes too keeps what the network knows of lids and lips.

    Args:
        start: A network from `train_mesh` or from an earlier stage of this kind.
        faces: Rated faces.
        stage: Settings.
        folder: Where the checkpoint and the history go.
    """
    units, shapes = torch.from_numpy(_scaled(faces.units)), _blendshapes([faces])
    start = with_new_head(start, UNITS + shapes.shape[1])
    data = TensorDataset(_pixels(faces), units, torch.from_numpy(faces.pspi), shapes)
    sampler = WeightedRandomSampler(sampling_weights(faces).tolist(), len(faces))
    return _train_units(start, data, sampler, stage, folder, decay=0.99)


def self_train(
    start: nn.Module, rated: Faces, others: Faces, stage: Stage, folder: Path
) -> nn.Module:
    """Return the network trained on its own predictions and the ratings, its weights averaged.

    The network predicts each face and its mirror image. The mean of both predictions is the target
    of an unrated face, and a share of the target of a rated one (self-training: Xie et al. 2020,
    arXiv:1911.04252). So the network learns what averaging two predictions would give at twice the
    time, and sees more people than were rated.

    Args:
        start: A network from `train_action_units`.
        rated: Faces rated twice.
        others: Faces without a rating or with one. Both parts are drawn equally often.
        stage: Settings.
        folder: Where the checkpoint and the history go.
    """
    parts = [rated, others]
    predictions = [_mirrored_predictions(start, part, face_spec(stage.size)) for part in parts]
    targets = [_targets(*pair) for pair in zip(parts, predictions, strict=True)]
    units, pspi = zip(*targets, strict=True)
    data = TensorDataset(
        torch.cat([_pixels(part) for part in parts]),
        torch.cat(units),
        torch.cat(pspi),
        _blendshapes(parts),
    )
    weights = sampling_weights(rated), 1 / _root_frequency(pspi[1].numpy())
    equal_parts = np.concatenate([part / part.sum() for part in weights])
    sampler = WeightedRandomSampler(equal_parts.tolist(), 2 * len(rated))
    return _train_units(start, data, sampler, stage, folder, decay=0.998)


def sampling_weights(faces: Faces) -> NDArray[np.float64]:
    """Return how often to draw each face (N,): the inverse root of its score's frequency.

    Closed eyes are one face in eighteen and only one point of PSPI, so they are drawn more often.
    Faces rated once are drawn less often, because their ratings are less certain.
    """
    closed = np.where(faces.units[:, -1] >= 0.5, CLOSED_EYES, 1.0)
    certainty = np.where(faces.rated_once, WEIGHT_OF_ONE, 1.0)
    return np.asarray(closed * certainty / _root_frequency(faces.pspi))


def _root_frequency(pspi: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the square root of how many scores round to the same number, for each score (N,)."""
    score = np.clip(np.round(pspi).astype(int), 0, 9)
    return np.asarray(np.sqrt(np.bincount(score, minlength=10)[score]))


def _targets(faces: Faces, predictions: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return targets between ratings and predictions: action units (N, 6) and PSPI (N,)."""
    shares = np.select([~faces.rated, faces.rated_once], [1.0, OWN_SHARE_OF_ONE], OWN_SHARE)
    prediction_share = torch.from_numpy(shares.astype(np.float32))
    units = torch.from_numpy(np.nan_to_num(_scaled(faces.units)))
    score = torch.from_numpy(np.nan_to_num(faces.pspi))
    predicted_score = losses.pspi(predictions.clamp(0, losses.AU43_SCALE))
    return torch.lerp(units, predictions, prediction_share[:, None]), torch.lerp(
        score, predicted_score, prediction_share
    )


def _train_units(
    start: nn.Module,
    data: TensorDataset,
    sampler: WeightedRandomSampler,
    stage: Stage,
    folder: Path,
    decay: float,
) -> nn.Module:
    rates = stage.body_rate, stage.head_rate
    module = ActionUnitModule(start, face_spec(stage.size), MARGIN, rates)
    batches = _batches(data, stage.batch, sampler)
    _fit(module, stage, folder, batches, averaging=EMAWeightAveraging(decay=decay))
    return module.network


def _mirrored_predictions(start: nn.Module, faces: Faces, spec: FaceSpec) -> torch.Tensor:
    """Return action units (N, 6), the mean over each face and its mirror image."""
    module = ActionUnitModule(start, spec, MARGIN, (0.0, 0.0)).eval()
    units = []
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, has_fast_bfloat16()):
        for stored in torch.split(_pixels(faces), PREDICTION_BATCH):
            with torch.autocast("cpu", enabled=False):
                crops = augment.centre_crop(stored, spec.size, MARGIN)
            units.append((module(crops) + module(crops.flip(3)))[:, :UNITS] / 2)
    return torch.cat(units).clone()


def _fit(
    module: FaceModule,
    stage: Stage,
    folder: Path,
    batches: DataLoader[tuple[torch.Tensor, ...]],
    averaging: EMAWeightAveraging | None = None,
) -> None:
    last = folder / LAST
    module.train()  # Lightning leaves a network in evaluation mode if it was in that before
    trainer = lightning.Trainer(
        accelerator="cpu",
        precision="bf16-mixed" if has_fast_bfloat16() else "32-true",
        max_epochs=stage.epochs,
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
    trainer.fit(module, batches, ckpt_path=str(last) if last.exists() else None, weights_only=True)
    # A stage that was complete when resumed would come back without its averaged weights.
    module.load_state_dict(torch.load(last, weights_only=True)["state_dict"])


def _batches(
    data: Dataset[tuple[torch.Tensor, ...]], size: int, sampler: WeightedRandomSampler | None = None
) -> DataLoader[tuple[torch.Tensor, ...]]:
    return DataLoader(data, size, shuffle=sampler is None, sampler=sampler, drop_last=True)


def _pixels(faces: Faces) -> torch.Tensor:
    return torch.from_numpy(faces.crops).permute(0, 3, 1, 2)


def _scaled(units: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return action units (N, 6) as the network predicts them: AU43 multiplied by AU43_SCALE."""
    return np.asarray(units * np.array([1] * (UNITS - 1) + [losses.AU43_SCALE], np.float32))


def _blendshapes(parts: Sequence[Faces]) -> torch.Tensor:
    """Return the sum of left and right blendshapes, standardised over all parts together."""
    shapes = np.concatenate([part.blendshapes for part in parts])
    return torch.from_numpy(_standardised(shapes[:, OTHER_SIDE] + shapes))


def _standardised(values: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray((values - values.mean(0)) / (values.std(0) + 1e-3))
