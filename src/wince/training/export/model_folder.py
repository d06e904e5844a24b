"""A model folder, written from a trained network: what can be served, and what it was measured at.

model.onnx           the network, checked against torch
predictions.csv      its scores of the test part
evaluation/          metrics, plots and the report of these predictions
model.json           the model manifest
MODEL_CARD.md        the model card, written last: its presence means that all is there
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import wince
from wince import file_names
from wince.errors import ModelError
from wince.evaluation import run_record
from wince.evaluation.evaluate import evaluate
from wince.evaluation.report.result_files import write_results
from wince.runtime.calibration import Calibration
from wince.training.data import folds
from wince.training.data.folds import Split
from wince.training.data.prepared import ModelData, manifest_sha256, open_data
from wince.training.export import (
    model_card,
    model_manifest,
    onnx_precision,
    run_description,
    trained_network,
    unseen_scores,
)
from wince.training.export.onnx_export import Precision
from wince.training.export.run_description import ModelDescription
from wince.training.export.trained_network import TrainedNetwork
from wince.training.export.unseen_scores import UnseenScores
from wince.training.fitting import run_config
from wince.training.predictions import prediction_table, subject_calibration
from wince.training.predictions.frame_scores import score_frames
from wince.training.predictions.prediction_table import Columns

Progress = Callable[[str, int, int], None]
"""Called with (step, done, in all)."""


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A written model folder.

    Attributes:
        export: `precision`, `difference` (of fp32 ONNX from torch) and `megabytes`. For another
            precision than fp32 also `held_out` (which part was scored), `frames`, and `costs`, by
            precision: `mae`, `pcc`, `milliseconds` and `megabytes`.
        metrics: Evaluation of the test part, None without one.
        predictions: Columns of predictions.csv, None without a test part.
    """

    export: Mapping[str, Any]
    metrics: Mapping[str, Any] | None
    predictions: Columns | None


def write(
    network: TrainedNetwork,
    description: ModelDescription,
    out: Path,
    data: ModelData | None = None,
    split: Split | None = None,
    *,
    precision: Precision = "fp32",
    unseen: UnseenScores | None = None,
    made: Mapping[str, Any] | None = None,
    report: bool = True,
    progress: Progress = lambda step, done, total: None,
) -> ModelFolder:
    """Export a network, check it against torch, calibrate it, measure it and describe it.

    Args:
        network: The trained network.
        description: Its name, title and provenance.
        out: The model folder.
        data: Prepared data to calibrate and measure on. Without it the model gets a calibration
            that allows any error, and is not measured.
        split: Rows of `data.frames`: int8 takes its ranges from the training part, the validation
            part calibrates, the test part is measured. Given exactly when `data` is.
        precision: Type of the weights in model.onnx.
        unseen: Scores to calibrate with, instead of those of the validation part.
        made: Versions and hardware of its training, None if they are not known.
        report: Whether evaluation/ is written.
        progress: Called while the model is exported and tested.

    Raises:
        ModelError: ONNX and torch differ by more than 1e-4, or int8 is asked for without data.
        FileWriteError: A file cannot be written. Then there is neither model.onnx nor model.json.
    """
    with _complete_or_absent(out):
        return _write(
            network,
            description,
            out,
            data,
            split,
            precision=precision,
            unseen=unseen,
            made=made,
            report=report,
            progress=progress,
        )


@contextmanager
def _complete_or_absent(out: Path) -> Iterator[None]:
    """Remove a new model.onnx whose manifest the block has not written, and an old manifest."""
    model, manifest = out / file_names.MODEL, out / file_names.MODEL_MANIFEST
    before = _identity(model)
    try:
        yield
    except BaseException:
        if _identity(model) != before:
            manifest.unlink(missing_ok=True)
            model.unlink(missing_ok=True)
        raise


def _identity(path: Path) -> tuple[int, int] | None:
    """Return what differs when a file was replaced; None if there is none."""
    try:
        state = path.stat()
    except FileNotFoundError:
        return None
    return state.st_ino, state.st_mtime_ns


def _write(
    network: TrainedNetwork,
    description: ModelDescription,
    out: Path,
    data: ModelData | None,
    split: Split | None,
    *,
    precision: Precision,
    unseen: UnseenScores | None,
    made: Mapping[str, Any] | None,
    report: bool,
    progress: Progress,
) -> ModelFolder:
    """Do what `write` describes."""
    path = out / file_names.MODEL
    progress("Exporting", 0, 1)
    exported = onnx_precision.export_model(network, path, precision, data, split)
    progress("Exporting", 1, 1)
    fitted, metrics, predictions = subject_calibration.uncalibrated(network.scale), None, None
    if data is not None and split is not None:
        scorer = onnx_precision.scorer(path, network.head)
        unseen = unseen or unseen_scores.of_validation_part(scorer, network.spec, data, split)
        fitted = unseen.calibrate()
        if len(split.test):
            scores = score_frames(
                scorer, network.spec, data, split.test, partial(progress, "Testing")
            )
            predictions = prediction_table.columns(
                scores,
                data.frames,
                fitted,
                unscorable=folds.unscorable_in_test(split, data),
                seen_subjects=network.meta["subjects_seen"],
                fold=description.fold,
            )
            about = _about(network, description, data)
            metrics = _measure(predictions, out, data, split, description, about, report=report)
    words = (unseen and unseen.words) or description.trained_on["calibration"]
    description = _calibrated(description, words, fitted)
    _write_manifest(out, network, description, fitted, metrics, exported, made)
    model_card.write(out)
    return ModelFolder(exported, metrics, predictions)


def export_run(
    run: Path,
    out: Path,
    precision: Precision,
    prepared_folder: Path | None = None,
    cross_validation: Path | None = None,
    progress: Progress = lambda step, done, total: None,
) -> ModelFolder:
    """Write a model folder from a run's best checkpoint, at any precision.

    Args:
        run: A run folder.
        out: The model folder.
        precision: Type of the weights in model.onnx.
        prepared_folder: The prepared folder that the run was trained on, None for where it was.
        cross_validation: A cross-validation of the same data with the same settings. Its scores
            calibrate the model, instead of those of the validation part.
        progress: Called while the model is exported and tested.

    Raises:
        ModelError: The run has no checkpoint, the folder has been prepared anew since, or the
            cross-validation is of other data or settings.
        DataError: The prepared folder cannot be used.
        FileWriteError: A file cannot be written.
    """
    config = run_config.read(run)
    network = trained_network.load(run)
    data = open_data(prepared_folder or Path(config["data"]["folder"]), network.spec)
    if manifest_sha256(data.prepared) != config["data"]["manifest_sha256"]:
        raise ModelError(
            f"{data.prepared.folder} is not what {run} was trained on: it has been prepared anew "
            "since, or is another folder. Name the folder with --data, or train again."
        )
    split = folds.from_config(data, config["part"])
    description = run_description.describe(config, network, is_fold=split.name != folds.SPLIT)
    unseen = None
    if cross_validation is not None:
        tested = set(data.frames.subject[split.test].tolist())
        unseen = unseen_scores.of_cross_validation(cross_validation, config, tested)
    return write(
        network,
        description,
        out,
        data,
        split,
        precision=precision,
        unseen=unseen,
        made=_made(run),
        progress=progress,
    )


def _made(run: Path) -> dict[str, Any] | None:
    """Return what a run was trained with, None for a run without a record that can be read."""
    try:
        record = json.loads((run / file_names.RECORD).read_text("utf-8"))
        return run_record.made_with(record)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _calibrated(
    description: ModelDescription, words: str, calibration: Calibration
) -> ModelDescription:
    """Return the description with how the interval was made, and why there is none."""
    trained_on = {**description.trained_on, "calibration": _joined(words, calibration.note)}
    return replace(
        description, title=_joined(description.title, calibration.note), trained_on=trained_on
    )


def _write_manifest(
    out: Path,
    network: TrainedNetwork,
    description: ModelDescription,
    calibration: Calibration,
    metrics: Mapping[str, Any] | None,
    exported: Mapping[str, Any],
    made: Mapping[str, Any] | None,
) -> None:
    test_part = model_manifest.selected_metrics(metrics) if metrics else None
    model_manifest.write(
        out,
        name=description.name,
        version=_version(description),
        title=description.title,
        spec=network.spec,
        head=network.head,
        calibration=calibration,
        trained_on=description.trained_on,
        subjects_seen=network.meta["subjects_seen"],
        metrics={"test": test_part, "export": exported},
        made={"training": made, "export": run_record.made_with()},
    )


def _measure(
    predictions: Columns,
    out: Path,
    data: ModelData,
    split: Split,
    description: ModelDescription,
    about: Sequence[str],
    *,
    report: bool,
) -> dict[str, Any]:
    """Write predictions.csv and, with `report`, evaluation/; return the metrics."""
    table = prediction_table.write(out / file_names.PREDICTIONS, predictions)
    training = (
        folds.training_labels(data.frames, split.train) if description.trained_on_split else None
    )
    metrics = evaluate(table, training=training, about=about)
    if report:
        write_results(metrics, table, out / file_names.EVALUATION)
    return metrics


def _about(network: TrainedNetwork, description: ModelDescription, data: ModelData) -> list[str]:
    """Return what the report of the evaluation states about model and data."""
    manifest = {
        "name": description.name,
        "scale": network.scale.to_dict(),
        "face_spec": network.spec.to_dict(),
        "trained_on": description.trained_on,
    }
    folder = data.prepared.folder.resolve().name
    return [*model_card.about(manifest), f"Measured on: the test part of {folder}."]


def _joined(*sentences: str) -> str:
    return " ".join(filter(None, sentences))


def _version(description: ModelDescription) -> str:
    """Return the version of wince with eight digits that differ between trainings."""
    content = json.dumps(description.trained_on, sort_keys=True).encode()
    return f"{wince.__version__}+{hashlib.sha256(content).hexdigest()[:8]}"
