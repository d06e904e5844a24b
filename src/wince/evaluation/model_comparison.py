"""Two models on the same frames: the metrics of both, and differences on the same resamples."""

from pathlib import PurePath
from typing import Any

import numpy as np

from wince import subject_ids
from wince.errors import DataError
from wince.evaluation import bootstrap
from wince.evaluation.all_metrics import all_metrics
from wince.evaluation.predictions import Predictions
from wince.evaluation.trivial_predictors import LabelStatistics


def compare(
    table: Predictions,
    other: Predictions,
    statistics: LabelStatistics,
    resamples: int,
    seed: int,
) -> dict[str, Any]:
    """Return the metrics of the other model, and the differences (table minus other).

    Args:
        table: Predictions of this model.
        other: Predictions of the other model, in the same order (see `match_frames`).
        statistics: What the trivial predictors know of the labels.
        resamples: Number of bootstrap resamples of the subjects.
        seed: Random seed of the bootstrap.

    Returns:
        The entry `against` of metrics.json.
    """
    counts = bootstrap.subject_counts(len(table.subjects), resamples, seed)
    metrics = {metric.key: metric for metric in all_metrics(table, prior=statistics.prior)}
    other_metrics = {metric.key: metric for metric in all_metrics(other, prior=statistics.prior)}
    # Metrics of the labels or of the prior alone do not depend on the model.
    shared = [
        key
        for key in metrics
        if key in other_metrics and not key.startswith("label_") and "_prior" not in key
    ]
    return {
        "source": _other_name(table, other),
        "sha256": other.sha256,
        "model": bootstrap.as_data(
            {
                key: bootstrap.estimate_metric(metric, counts)
                for key, metric in other_metrics.items()
            }
        ),
        "difference": bootstrap.as_data(
            {key: bootstrap.difference(metrics[key], other_metrics[key], counts) for key in shared}
        ),
    }


def _other_name(table: Predictions, other: Predictions) -> str:
    """Return the file name of the other table, with its folder if both have the same name."""
    if other.name != table.name:
        return other.name
    return "/".join(PurePath(other.source).parts[-2:])


def match_frames(
    table: Predictions, other: Predictions, *, distinct_names: bool = False
) -> Predictions:
    """Return the other table in the order of the first.

    Args:
        table: The first table.
        other: The other table. Its names may differ in leading zeros, case and spaces, if that
            leaves each frame one partner.
        distinct_names: Whether names that are spelled differently are different ones.

    Raises:
        DataError: The tables do not contain the same frames, or give a frame different labels.
    """
    keys, other_keys = _frame_keys(table, distinct=True), _frame_keys(other, distinct=True)
    if not distinct_names and set(keys) != set(other_keys):
        loose, other_loose = _frame_keys(table), _frame_keys(other)
        if len(set(loose)) == len(loose) and set(loose) == set(other_loose):
            keys, other_keys = loose, other_loose
    row_of = {key: row for row, key in enumerate(other_keys)}
    missing = [key for key in keys if key not in row_of]
    if missing or len(keys) != len(row_of):
        frame = ", ".join(missing[0] if missing else next(iter(row_of.keys() - set(keys))))
        present, absent = (table, other) if missing else (other, table)
        raise DataError(
            f"{table.source} and {other.source} must have predictions for the same frames to be "
            f"compared; found {len(keys):,} and {len(row_of):,}, and {frame} has one in "
            f"{present.source} but not in {absent.source}."
        )
    if table.scale != other.scale:
        raise DataError(
            f"{table.source} has scores of {table.scale.words}, {other.source} of "
            f"{other.scale.words}. Compare predictions on one scale."
        )
    ordered = other.take(np.array([row_of[key] for key in keys]))
    different = np.flatnonzero(ordered.pspi != table.pspi)
    if different.size:
        row = int(different[0])
        raise DataError(
            f"{table.source} and {other.source} give different labels to {different.size:,} "
            f"frames, the first being {', '.join(keys[row])}: {table.scale.name} "
            f"{table.pspi[row]:g} and {ordered.pspi[row]:g}. Compare predictions that were "
            "made with the same labels."
        )
    return ordered


def _frame_keys(table: Predictions, *, distinct: bool = False) -> list[tuple[str, str]]:
    """Return (subject/sequence, frame) of each row, see `subject_ids.key`."""
    sequences = [
        "/".join(subject_ids.key(name, distinct=distinct) for name in sequence.split("/"))
        for sequence in table.sequences
    ]
    return [
        (sequences[sequence], subject_ids.key(str(frame), distinct=distinct))
        for sequence, frame in zip(table.sequence, table.frame, strict=True)
    ]
