"""A finished model on a part of a prepared folder: predictions, and what they may be set beside."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from wince.archive.balanced_split import PARTS
from wince.errors import DataError
from wince.evaluation.prediction_files import TrainingLabels
from wince.runtime.estimator import Estimator
from wince.training import folds, model_card, predictions, prepared
from wince.training.folder import Loaded, open_folder

CONFIG = "config.json"
EVERYTHING = "all"
PREDICTIONS = "predictions.csv"
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Tested:
    """Where the predictions are, what the model was trained on where that is known, and doubts.

    about: sentences on model and data for the report.
    """

    predictions: Path
    training: TrainingLabels | None
    notes: tuple[str, ...]
    about: tuple[str, ...]


def test(
    model: Path,
    data: Path | None,
    out: Path,
    *,
    part: str = "test",
    allow_overlap: bool = False,
    progress: Progress | None = None,
) -> Tested:
    """Score a part of a prepared folder with a model; write out/predictions.csv.

    model: a run folder, a folder with model.json, or its .onnx file. data: a prepared folder, None
    for the one that a run was trained on. part: train, val, test or all.

    Raises DataError when the model has seen a subject of the part and `allow_overlap` is not given,
    when the part is empty, and when the folder cannot be used with this model; ModelError when the
    model cannot be loaded.
    """
    estimator = Estimator(model)
    config = _config(model)
    loaded = open_folder(_folder(data, config, model), estimator.spec)
    rows = _rows(loaded, part)
    seen = predictions.refuse_seen(
        estimator.manifest,
        loaded.frames.subject[rows].tolist(),
        f"the part {part} of {loaded.prepared.folder}",
        allow=allow_overlap,
    )
    scored = predictions.with_model(estimator, loaded.prepared, loaded.frames, rows, progress)
    table = predictions.columns(scored, loaded.frames, estimator.calibration, seen=seen)
    predictions.write(out / PREDICTIONS, table)
    notes = []
    if loaded.without_face:
        notes.append(
            f"{loaded.without_face:,} frames of the folder have no face that was found; this model "
            "cannot be shown them, and they count nowhere."
        )
    about = (*model_card.about(estimator.manifest), _measured_on(loaded, part))
    return Tested(out / PREDICTIONS, _training(loaded, config), tuple(notes), about)


def _measured_on(loaded: Loaded, part: str) -> str:
    folder = loaded.prepared
    which = "all frames" if part == EVERYTHING else f"the {part} part (split {folder.protocol})"
    return (
        f"Measured on: {which} of {folder.folder.resolve().name}, prepared from an archive of the "
        f"layout {folder.report['archive']['title']}."
    )


def _rows(loaded: Loaded, part: str) -> folds.Rows:
    if part not in (*PARTS, EVERYTHING):
        raise DataError(f"Expected the part {', '.join(PARTS)} or {EVERYTHING}; found {part!r}.")
    split = loaded.frames.split
    rows = np.arange(len(split)) if part == EVERYTHING else np.flatnonzero(split == part)
    if not len(rows):
        raise DataError(
            f"The part {part} of {loaded.prepared.folder} has no frame that this model can be "
            f"shown. Choose another with --part, such as {EVERYTHING}."
        )
    return rows


def _config(model: Path) -> dict[str, Any]:
    """Return the config.json of a run folder, {} for any other model."""
    path = (model if model.is_dir() else model.parent) / CONFIG
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) and "data" in found and "part" in found else {}


def _folder(data: Path | None, config: dict[str, Any], model: Path) -> Path:
    if data is not None:
        return data
    if not config:
        raise DataError(
            f"{model} is not a run folder, so it is not known what to test it on. Name a prepared "
            "folder with --data."
        )
    return Path(config["data"]["folder"])


def _training(loaded: Loaded, config: dict[str, Any]) -> TrainingLabels | None:
    """Return the labels that a run was trained on, when this is the folder it was trained on."""
    same = config and config["data"]["manifest_sha256"] == prepared.digest(loaded.prepared)
    if not same or config["part"]["name"] != folds.SPLIT:
        return None
    labels = loaded.frames.pspi[loaded.frames.split == PARTS[0]]
    return TrainingLabels("the training part", labels.astype(np.float64), None)
