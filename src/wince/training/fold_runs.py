"""The folds of a cross-validation: which there are, the folder of each, and what trains them."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from wince import file_names
from wince.errors import ModelError
from wince.evaluation import run_record
from wince.files import write_json
from wince.training.data import folds as splits
from wince.training.data.folds import Split
from wince.training.data.frames import Frames
from wince.training.data.prepared import ModelData
from wince.training.fitting.run_settings import Settings
from wince.training.run import Reporter, Run, train_split

TrainFold = Callable[[ModelData, Split, Settings, Path, Reporter], Run]
NETWORK_FOLD: TrainFold = partial(train_split, is_fold=True)
"""Trains a network on a fold."""


@dataclass(frozen=True, slots=True)
class FoldProtocol:
    """The folds of a cross-validation, and what they are made from.

    Attributes:
        folds: A number of folds, or "loso".
        first: How many of them are trained, None for all.
        seed: Seed of the assignment of subjects.
        every_fold: All folds.
    """

    folds: str
    first: int | None
    seed: int
    every_fold: Sequence[Split]

    @property
    def chosen(self) -> Sequence[Split]:
        """The folds that are trained."""
        return self.every_fold[: self.first]


def make_protocol(frames: Frames, folds: str, first: int | None, seed: int) -> FoldProtocol:
    """Return the folds of a cross-validation; raise DataError as `make_folds` does."""
    return FoldProtocol(folds, first, seed, splits.make_folds(frames, folds, seed))


def folder_name(fold: Split) -> str:
    """Return the name of a fold's run folder."""
    return "fold-" + re.sub(r"[^A-Za-z0-9_-]+", "_", fold.name)


def begin(frames: Frames, out: Path, protocol: FoldProtocol) -> run_record.Start:
    """Return the beginning of a cross-validation in a folder, which is claimed for it.

    Raises:
        DataError: A fold has nothing to learn.
        ModelError: The folder has another cross-validation.
    """
    for fold in protocol.chosen:  # all of them before any is trained, which may take hours
        splits.check(fold, frames)
    _claim(out, protocol)
    return run_record.begin(
        out / file_names.RECORD,
        [out / folder_name(fold) / file_names.PREDICTIONS for fold in protocol.chosen],
    )


def _claim(out: Path, protocol: FoldProtocol) -> None:
    """Write config.json, or check that the folder is this cross-validation's.

    The run of each fold checks the other settings.
    """
    path = out / file_names.CONFIG
    if not path.is_file():
        write_json(path, {"folds": protocol.folds, "first": protocol.first})
        return
    try:
        existing = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} cannot be read ({error}). Choose another --out.") from error
    if existing.get("folds") != protocol.folds:
        raise ModelError(
            f"{out} has something else (folds: {existing.get('folds', 'none, a single run')}; now "
            f"{protocol.folds}). Choose another --out."
        )
