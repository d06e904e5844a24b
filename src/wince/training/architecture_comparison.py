"""Architectures compared on the same folds: held-out accuracy against speed and size.

OUT/resnet18/ ...       a cross-validation for each architecture
OUT/comparison.json ... see `architecture_results`
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from wince import file_names, onnx_session
from wince.errors import ModelError
from wince.evaluation.all_metrics import Metric, error_metrics
from wince.evaluation.bootstrap import difference, subject_counts
from wince.evaluation.model_comparison import match_frames
from wince.evaluation.predictions import Predictions
from wince.evaluation.trivial_predictors import TRIVIAL_PREDICTORS, predict, summarise_labels
from wince.training import architecture_results
from wince.training.architecture_results import (
    MEASURE,
    SHOWN,
    ArchitectureComparison,
    ArchitectureResult,
    Lead,
    best_trivial,
)
from wince.training.cross_validation import CrossValidation, cross_validate_data, folder_name
from wince.training.data.folds import make_folds
from wince.training.data.prepared import open_data
from wince.training.export import model_manifest
from wince.training.fitting import history, launch
from wince.training.fitting.run_settings import Settings
from wince.training.networks import architectures
from wince.training.run import Reporter

CHOICE = ("resnet18", "resnet50", "efficientnet_b4", "inception_v3", "vit_small", "mobilenet")
RESAMPLES = 1000
TIMED = 30  # images, one at a time on one thread


def compare(
    prepared_folder: Path,
    out: Path,
    settings: Settings,
    *,
    names: Sequence[str] = CHOICE,
    folds: str = "5",
    first: int | None = None,
    reporter: Reporter | None = None,
) -> ArchitectureComparison:
    """Cross-validate architectures on the same folds and seed.

    Args:
        prepared_folder: A folder that `wince prepare` wrote.
        out: Where all is written.
        settings: Settings of each run; `architecture` is replaced.
        names: The architectures.
        folds: As for `cross_validate`.
        first: As for `cross_validate`.
        reporter: Where progress is reported.

    Raises:
        ModelError: An architecture is unknown or cannot take the image size; nothing is trained.
        DataError: There are too few subjects, or a fold has nothing to learn.
        FileWriteError: A file cannot be written.
    """
    launch.check(settings.devices)
    reporter = reporter or Reporter()
    every_settings = [replace(settings, architecture=name) for name in dict.fromkeys(names)]
    if not every_settings:
        raise ModelError(f"Name architectures to compare: {', '.join(CHOICE)}.")
    for variant in every_settings:
        architectures.face_spec(variant.architecture, variant.recipe.spec)
    data = open_data(prepared_folder, settings.spec)
    every_fold = make_folds(data.frames, folds, settings.seed)
    rows, validations = [], {}
    for variant in every_settings:
        name = variant.architecture
        count = len(every_fold[:first])
        reporter.message(f"{name}, {count} of {len(every_fold)} folds:")
        validation = cross_validate_data(data, out / name, variant, folds, first, reporter)
        if validation.predictions is None:
            return ArchitectureComparison(out, (), {}, {}, None, "", is_main=False)
        rows.append(_result(variant, validation, out / name / folder_name(every_fold[0])))
        validations[name] = validation
    architecture_results.sort_best_first(rows)
    comparison = _compared(out, rows, validations)
    architecture_results.write(comparison)
    return comparison


def latency(path: Path, size: int) -> float:
    """Return the milliseconds that a model.onnx takes for one image on one thread, the median."""
    session = onnx_session.open_session(path)
    image = np.random.default_rng(0).integers(0, 256, (1, size, size, 3), dtype=np.uint8)
    milliseconds = []
    for _ in range(TIMED):
        start = time.perf_counter()
        session.run(None, {"pixels": image})
        milliseconds.append((time.perf_counter() - start) * 1000)
    return float(np.median(milliseconds))


def _result(settings: Settings, validation: CrossValidation, run: Path) -> ArchitectureResult:
    """Return an architecture's row; `run` is the run folder of its first fold."""
    pooled = validation.metrics["model"]["pooled"]
    network = architectures.build(settings.architecture, settings.outputs, settings.spec.size)
    model = run / file_names.MODEL
    histories = validation.folder.glob(f"fold-*/{history.CSV_FILE}")
    seconds = sum(history.read_seconds(path) for path in histories)
    manifest = model_manifest.read(run)
    return ArchitectureResult(
        architecture=settings.architecture,
        **{key: float(pooled[key]) for key in SHOWN},
        parameters=sum(weights.numel() for weights in network.parameters()),
        megabytes=model.stat().st_size / 1e6,
        milliseconds=latency(model, settings.spec.size),
        hours=seconds / 3600,
        began_from=str(manifest["trained_on"]["settings"]["began from"]),
    )


def _compared(
    out: Path, rows: Sequence[ArchitectureResult], validations: Mapping[str, CrossValidation]
) -> ArchitectureComparison:
    """Return the comparison of architectures that are sorted best first."""
    tables = {
        name: validation.predictions
        for name, validation in validations.items()
        if validation.predictions is not None
    }
    best = validations[rows[0].architecture]
    baselines = best.metrics["baselines"]
    trivial = {
        name: {key: float(baselines[name]["pooled"][key]) for key in SHOWN}
        for name in TRIVIAL_PREDICTORS
    }
    table = tables[rows[0].architecture]
    statistics = summarise_labels(table, fold_labels=best.fold_labels)
    strongest = predict(best_trivial(trivial), table, statistics)
    gains = {name: _measure_lead(predictions, strongest) for name, predictions in tables.items()}
    lead = None
    if len(rows) > 1:
        lead = _measure_lead(*(tables[row.architecture] for row in rows[:2]))
    caution = best.metrics["overlap"]["label"] or ""
    notes = tuple(best.metrics["caveats"])
    return ArchitectureComparison(out, tuple(rows), trivial, gains, lead, caution, notes)


def _measure_lead(first: Predictions, second: Predictions) -> Lead:
    """Return the first's value of the deciding metric minus the second's, with its interval."""
    counts = subject_counts(len(first.subjects), RESAMPLES, 0)
    result = difference(
        _deciding_metric(first), _deciding_metric(match_frames(first, second)), counts
    )
    return Lead(result.pooled, *result.pooled_interval)


def _deciding_metric(predictions: Predictions) -> Metric:
    return next(metric for metric in error_metrics(predictions) if metric.key == MEASURE)
