"""Batches of faces from the pixel cache, in an order that only seed and epoch decide."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from wince.errors import DataError
from wince.scale import PSPI, Scale
from wince.training.data.folds import Rows
from wince.training.data.frames import Frames
from wince.training.fitting.regressor import Batch, epoch_seed
from wince.training.networks import losses


class FaceDataset(Dataset[Batch]):
    """Some rows of prepared data with their labels, read a batch at a time."""

    def __init__(
        self, pixels: NDArray[np.uint8], frames: Frames, rows: Rows, weights: NDArray[np.float64]
    ) -> None:
        """Select rows of prepared data.

        Args:
            pixels: Images of all frames, uint8 (M, S, S, 3).
            frames: All frames.
            rows: The rows to use (N,).
            weights: Weight of each row's loss (N,).
        """
        self.pixels, self.rows = pixels, rows
        units = frames.units[rows].copy()
        units[:, -1] *= losses.AU43_SCALE
        self.units = torch.from_numpy(units)
        label = frames.scale.to_raw(frames.score[rows]).astype(np.float32)
        self.label = torch.from_numpy(label)
        self.weights = torch.from_numpy(weights.astype(np.float32))

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> Batch:
        return self.__getitems__([index])

    def __getitems__(self, indices: Sequence[int]) -> Batch:
        """Return a batch, copied from the cache file without any work per face."""
        selected = torch.tensor(indices)
        rows = self.rows[selected.numpy()]
        order = np.argsort(rows, kind="stable")  # so that the file is read forwards
        crops = np.empty((len(rows), *self.pixels.shape[1:]), np.uint8)
        crops[order] = self.pixels[rows[order]]
        return (
            torch.from_numpy(crops).permute(0, 3, 1, 2),
            self.units[selected],
            self.label[selected],
            self.weights[selected],
        )


class EpochSampler(Sampler[int]):
    """Draws an epoch's order from seed and epoch, and gives each process its own share."""

    def __init__(
        self,
        count: int,
        seed: int,
        weights: NDArray[np.float64] | None = None,
        *,
        rank: int = 0,
        world: int = 1,
    ) -> None:
        """Draw from `count` faces.

        Args:
            count: Number of faces.
            seed: Seed of the run.
            weights: Weight of each face (count,). With weights, faces are drawn with replacement
                in proportion, so that rare ones come more often.
            rank: Number of this process.
            world: Number of processes.
        """
        self.count, self.seed, self.rank, self.world = count, seed, rank, world
        self.weights = None if weights is None else torch.from_numpy(weights)
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Set the epoch to draw for; Lightning calls it before each epoch."""
        self.epoch = epoch

    def __len__(self) -> int:
        return self.count // self.world

    def __iter__(self) -> Iterator[int]:
        draw = torch.Generator().manual_seed(epoch_seed(self.seed, self.epoch))
        if self.weights is None:
            order = torch.randperm(self.count, generator=draw)
        else:
            order = torch.multinomial(self.weights, self.count, replacement=True, generator=draw)
        share: list[int] = order[self.rank :: self.world][: len(self)].tolist()
        return iter(share)


def training_batches(
    faces: FaceDataset, batch: int, sampler: EpochSampler, workers: int = 0
) -> DataLoader[Batch]:
    """Return shuffled batches; a last one that is not full is dropped, unless it is the only."""
    return DataLoader(
        faces,
        batch,
        sampler=sampler,
        collate_fn=_unchanged,
        drop_last=len(sampler) >= batch,
        num_workers=workers,
    )


def validation_batches(
    faces: FaceDataset, batch: int, *, rank: int = 0, world: int = 1
) -> DataLoader[Batch]:
    """Return batches in order; each of `world` processes gets every `world`-th face."""
    share = range(rank, len(faces), world)
    return DataLoader(faces, batch, sampler=list(share), collate_fn=_unchanged)


def level_weights(
    score: NDArray[np.floating[Any]], power: float, scale: Scale = PSPI
) -> NDArray[np.float64]:
    """Return a weight for each face (N,): its level's frequency to the power of -`power`, mean 1.

    Args:
        score: Labels (N,).
        power: 0 gives equal weights, 1 gives every level that occurs the same sum of weights.
        scale: The scale of the labels. One without levels gives equal weights.
    """
    levels = np.searchsorted(scale.cuts, score, side="right")
    weights = np.bincount(levels).clip(1)[levels] ** -power
    return np.asarray(weights / weights.mean())


def with_units(frames: Frames, rows: Rows) -> Rows:
    """Return the rows whose six action units are all known.

    Raises:
        DataError: No row has them all.
    """
    known = rows[frames.units_known[rows]]
    if not len(known):
        raise DataError(
            "No frame to train or validate on has all six action units, which --head action-units "
            "learns. Use --head pspi, or prepare an archive with FACS labels."
        )
    return known


def _unchanged(batch: Any) -> Batch:
    crops, units, label, weights = batch
    tensors: tuple[Tensor, Tensor, Tensor, Tensor] = crops, units, label, weights
    return tensors
