"""A finished model scored on a part of a prepared folder, ready to be evaluated."""

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from wince import file_names, subject_ids
from wince.archive.balanced_split import PARTS
from wince.archive.prepared_folder import PreparedFolder
from wince.errors import DataError
from wince.evaluation import run_record
from wince.evaluation.frame_flow import FlowStep
from wince.evaluation.prediction_files import TrainingLabels
from wince.evaluation.predictions import Predictions
from wince.named_scales import described
from wince.runtime.estimator import Estimator
from wince.scale import Scale
from wince.training.data import folds
from wince.training.data.folds import Rows, subject_list
from wince.training.data.prepared import ModelData, manifest_sha256, open_data
from wince.training.export import model_card
from wince.training.predictions import prediction_table
from wince.training.predictions.frame_scores import score_frames

ALL = "all"
"""The part that has all frames."""
PART = "part"
"""Column of the predictions of all frames: which part each is in."""
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class ModelPredictions:
    """Predictions of a model, with what their evaluation needs.

    Attributes:
        table: The predictions.
        training: The labels that the model was trained on, None where they are not known.
        notes: Sentences on what is left out.
        about: Sentences on model and data for the report.
        flow: How many frames there were before those of the part.
        hashes: SHA-256 of the model, the manifest and the frames of the part.
        data: How the hash of the frames is computed again, see `run_record.data_record`.
    """

    table: Predictions
    training: TrainingLabels | None
    notes: tuple[str, ...]
    about: tuple[str, ...]
    flow: tuple[FlowStep, ...] = ()
    hashes: Mapping[str, str] = field(default_factory=dict)
    data: Mapping[str, Any] | None = None


def predict(
    model: Path,
    prepared_folder: Path | None,
    out: Path,
    *,
    part: str = "test",
    allow_overlap: bool = False,
    distinct_subjects: bool = False,
    progress: Progress | None = None,
) -> ModelPredictions:
    """Score a part of a prepared folder with a model, and write predictions.csv.

    Args:
        model: A run folder, a folder with model.json, its .onnx file, or "starter".
        prepared_folder: A prepared folder, None for the one that a run was trained on.
        out: The folder of predictions.csv.
        part: "train", "val", "test" or "all".
        allow_overlap: Whether the model may have seen subjects of the part. They are marked.
        distinct_subjects: Whether names that are spelled differently are different subjects.
        progress: Called with (images done, images in all).

    Raises:
        DataError: The model has seen subjects of the part, the part is empty, or the folder cannot
            be used with this model.
        ModelError: The model cannot be loaded.
        FileWriteError: The predictions cannot be written.
    """
    estimator = Estimator(model)
    config = _run_config(model)
    data = open_data(_prepared_folder(prepared_folder, config, model), estimator.spec)
    refuse_other_scale(data.prepared, estimator.scale)
    rows = rows_of_part(data, part)
    subjects = set(data.frames.subject[rows].tolist())
    subjects_seen = estimator.manifest.get("subjects_seen", ())
    shared = subject_ids.common(
        subjects, subjects_seen, distinct=distinct_subjects or data.prepared.distinct_subjects
    )
    if shared and not allow_overlap:
        raise DataError(
            f"The model has seen people that it is to be tested on: {subject_list(shared)} of the "
            f"part {part} of {data.prepared.folder} are in its list of subjects. Such results "
            "flatter the model. Test on other people, or pass --allow-overlap, and every output "
            "will be marked."
        )
    scores = score_frames(estimator, estimator.spec, data, rows, progress)
    unscorable = data.unscorable if part == ALL else data.unscorable.of_part(part)
    columns = prediction_table.columns(
        scores, data.frames, estimator.calibration, unscorable=unscorable, seen_subjects=shared
    )
    if part == ALL:
        parts = [*data.frames.split[rows].tolist(), *unscorable.frames.split.tolist()]
        columns.setdefault(PART, parts)
    table = prediction_table.write(out / file_names.PREDICTIONS, columns)
    no_match = subject_ids.no_match(subjects, f"the part {part}", subjects_seen, "the model's list")
    notes = [no_match] if no_match and not _is_own_data(data, config) else []
    about = (*model_card.about(estimator.manifest), _measured_on(data, part))
    hashes = {
        "model": str(estimator.manifest["sha256"]),
        "manifest": manifest_sha256(data.prepared),
        "split": folds.sha256_of_parts({part: rows}, data.frames),
    }
    frames = run_record.data_record(data.prepared.folder, [estimator.spec], kind="part", part=part)
    return ModelPredictions(
        table, _training(data, config), tuple(notes), about, _flow(data, table), hashes, frames
    )


def refuse_other_scale(prepared: PreparedFolder, scale: Scale) -> None:
    """Raise DataError if the labels of a prepared folder are not on the scale of a model."""
    if prepared.scale != scale:
        raise DataError(
            f"{prepared.folder} has labels on the scale {described(prepared.scale)}, the model "
            f"gives {described(scale)}. Prepare the archive with the model's scale."
        )


def _flow(data: ModelData, table: Predictions) -> tuple[FlowStep, ...]:
    """Return the steps from the files of the archive to the labelled frames of a part."""
    report = data.prepared.report
    labelled = len(data.frames) + len(data.unscorable)
    reasons = Counter({check["reason"]: check["left_out"] for check in report["checks"]})
    reasons -= Counter(data.unscorable.reason.tolist())  # these are labelled frames
    other_parts = labelled - len(table) - len(table.unscored)
    return (
        FlowStep("Files found", report["archive"]["files_found"], dict(reasons.most_common())),
        FlowStep(
            "Labelled frames", labelled, {"in other parts": other_parts} if other_parts else {}
        ),
    )


def _measured_on(data: ModelData, part: str) -> str:
    prepared = data.prepared
    name = "all frames" if part == ALL else f"the {part} part (split {prepared.protocol})"
    return f"Measured on: {name} of {prepared.folder.resolve().name} ({prepared.provenance})."


def rows_of_part(data: ModelData, part: str) -> Rows:
    """Return the rows of "train", "val", "test" or "all"; raise DataError if there are none."""
    if part not in (*PARTS, ALL):
        raise DataError(f"Expected the part {', '.join(PARTS)} or {ALL}; found {part!r}.")
    split = data.frames.split
    rows = np.arange(len(split)) if part == ALL else np.flatnonzero(split == part)
    if not len(rows):
        raise DataError(
            f"The part {part} of {data.prepared.folder} has no frame that this model can score. "
            f"Choose another with --part, such as {ALL}."
        )
    return rows


def _run_config(model: Path) -> dict[str, Any]:
    """Return the config.json of a run folder, {} for any other model."""
    path = (model if model.is_dir() else model.parent) / file_names.CONFIG
    try:
        config = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return config if isinstance(config, dict) and {"data", "part"} <= set(config) else {}


def _prepared_folder(folder: Path | None, config: dict[str, Any], model: Path) -> Path:
    if folder is not None:
        return folder
    if not config:
        raise DataError(
            f"{model} is not a run folder, so it is not known what to test it on. Name a prepared "
            "folder with --data."
        )
    return Path(config["data"]["folder"])


def _training(data: ModelData, config: dict[str, Any]) -> TrainingLabels | None:
    """Return the labels that a run was trained on when `data` is the folder it was trained on."""
    if not _is_own_data(data, config) or config["part"]["name"] != folds.SPLIT:
        return None
    return folds.training_labels(data.frames, folds.from_prepared(data).train)


def _is_own_data(data: ModelData, config: dict[str, Any]) -> bool:
    """Return whether a run was trained on this prepared folder."""
    return bool(config) and config["data"]["manifest_sha256"] == manifest_sha256(data.prepared)
