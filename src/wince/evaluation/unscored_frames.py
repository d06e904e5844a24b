"""Labelled frames without a score: how many there are, and metrics that count them as errors.

An image in which no face is found, or that cannot be read, has no score. Without these frames a
model looks better than it is, above all if faces with strong expressions are the ones that are not
found. So they are counted, and the metrics of classes are given a second time with each of these
frames as an error: it is in no class, so it adds to the frames of its true class and to no class
that is predicted.

Errors in points, correlation and AUC need a number for each frame and cannot be computed so.
"""

from collections import Counter
from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

from wince.evaluation import bootstrap
from wince.evaluation.all_metrics import (
    Formula,
    Metric,
    column_mean,
    from_matrices,
    from_sums,
    of_subjects_with_values,
    value_of_class,
)
from wince.evaluation.arrays import Floats, mean_defined, sums_by_subject
from wince.evaluation.metrics import calibration_metrics, classification
from wince.evaluation.metrics.classification import Scheme, level_scheme, schemes
from wince.evaluation.prediction_columns import FURTHER_RATINGS
from wince.evaluation.predictions import Predictions
from wince.scale import Scale

MOST_VALUES = 50
"""Columns with more different values are not counted by value."""


def describe(table: Predictions, resamples: int, seed: int) -> dict[str, Any]:
    """Return the entry `not_scored` of metrics.json.

    Args:
        table: The predictions, with their frames without a score.
        resamples: Bootstrap resamples of the subjects for the intervals; 0 for none.
        seed: Random seed of the bootstrap.
    """
    unscored = table.unscored
    count = len(unscored)
    subjects, by_class = set(unscored.subject.tolist()), bool(schemes(table.scale))
    return {
        "frames": count,
        "labelled": len(table) + count,
        "subjects": len(subjects),
        "subjects_without_score": len(subjects - set(table.subjects)),
        "reasons": dict(Counter(unscored.reason.tolist()).most_common()),
        "levels": _by_level(table),
        "groups": _by_group(table) if count else {},
        "as_errors": _as_errors(table, resamples, seed) if count and by_class else None,
        "zero_as_errors": _always_zero(table) if count and by_class else None,
    }


def sentence(not_scored: dict[str, Any], pooled: Mapping[str, float], scale: Scale) -> str:
    """Return what a reader must know of the frames without a score, in words.

    Args:
        not_scored: The result of `describe`, with at least one frame.
        pooled: Pooled metrics of the frames that have a score.
        scale: The scale of the labels.
    """
    reasons = ", ".join(f"{count:,} {reason}" for reason, count in not_scored["reasons"].items())
    levels = ", ".join(
        f"{level} {counts['not_scored']:,} of {counts['labelled']:,}"
        for level, counts in not_scored["levels"].items()
        if counts["not_scored"]
    )
    missing = (
        f"{not_scored['frames']:,} of {not_scored['labelled']:,} labelled frames have no score "
        f"({reasons}) and are missing from the metrics."
    )
    scheme = level_scheme(scale)
    if scheme is None:
        return f"{missing} Errors and correlation cannot be computed for them."
    key = f"{scheme.key}_accuracy"
    counted = not_scored["as_errors"]["pooled"][key]
    return (
        f"{missing} By true level: {levels}. Counted as errors, they lower the accuracy in "
        f"{scheme.title.lower()} from {pooled[key]:.3f} to {counted:.3f}; "
        "errors in points, correlation and AUC cannot be computed for them."
    )


def _by_level(table: Predictions) -> dict[str, dict[str, int]]:
    """Return labelled frames and frames without a score by true level."""
    scheme = level_scheme(table.scale)
    if scheme is None:
        return {}
    size = len(scheme.classes)
    scored = np.bincount(scheme.of(table.pspi), minlength=size).tolist()
    missing = np.bincount(scheme.of(table.unscored.pspi), minlength=size).tolist()
    return {
        level: {"labelled": scored[number] + missing[number], "not_scored": missing[number]}
        for number, level in enumerate(scheme.classes)
    }


def _by_group(table: Predictions) -> dict[str, dict[str, dict[str, int]]]:
    """Return labelled frames and frames without a score by value of each column to group by."""
    columns: dict[str, dict[str, dict[str, int]]] = {}
    of_scored = table.group_columns()
    others = {**table.unscored.columns, "subject": table.unscored.subject}
    for name in sorted({*of_scored, *others} - {*FURTHER_RATINGS}):
        scored, missing = (
            Counter(cells[name].tolist() if name in cells else []) for cells in (of_scored, others)
        )
        values = sorted({*scored, *missing})
        if 1 < len(values) <= MOST_VALUES:
            columns[name] = {
                value: {
                    "labelled": scored[value] + missing[value],
                    "not_scored": missing[value],
                }
                for value in values
            }
    return columns


def _as_errors(table: Predictions, resamples: int, seed: int) -> dict[str, Any]:
    """Return the metrics of all labelled frames, those without a score counted as errors."""
    names, subject = np.unique(_subject_names(table), return_inverse=True)
    counts = bootstrap.subject_counts(len(names), resamples, seed)
    metrics = [
        metric
        for scheme in schemes(table.scale)
        for metric in _class_metrics(table, scheme, subject)
    ]
    if table.interval is not None:
        inside = calibration_metrics.covered(table.interval, table.pspi)
        inside = np.concatenate([inside, np.zeros(len(table.unscored), np.bool_)])
        sums = sums_by_subject(subject, np.ones(len(inside)), inside)
        metrics.append(from_sums("coverage", sums, partial(column_mean, 1)))
    return bootstrap.as_data(
        {metric.key: bootstrap.estimate_metric(metric, counts) for metric in metrics}
    )


def _class_metrics(table: Predictions, scheme: Scheme, subject: Any) -> list[Metric]:
    """Return the metrics of a scheme; a further class that never is true has no score."""
    classes = len(scheme.classes)
    no_class = np.full(len(table.unscored), classes)
    matrices = classification.confusion_by_subject(
        scheme.of(np.concatenate([table.pspi, table.unscored.pspi])),
        np.concatenate([scheme.of(table.predicted), no_class]),
        classes + 1,
        subject,
    )
    formulas: dict[str, Formula] = {
        "accuracy": classification.accuracy,
        "balanced_accuracy": classification.balanced_accuracy,
        "macro_f1": _macro_f1,
    }
    metrics = [from_matrices(f"{scheme.key}_{name}", matrices, f) for name, f in formulas.items()]
    for number, name in enumerate(scheme.classes):
        recall = partial(value_of_class, classification.recall, number)
        metric = from_matrices(f"{scheme.key}_{name}_recall", matrices, recall)
        metrics.append(of_subjects_with_values(metric))
    return metrics


def _macro_f1(matrix: Floats) -> Floats:
    """Return the mean F1 over the classes that occur or are predicted, without "no score"."""
    return mean_defined(classification.f1(matrix)[..., :-1])


def _always_zero(table: Predictions) -> dict[str, float]:
    """Return the same metrics of always zero, which needs no face, over all labelled frames."""
    labels = np.concatenate([table.pspi, table.unscored.pspi])
    values: dict[str, float] = {}
    for scheme in schemes(table.scale):
        true = scheme.of(labels)
        matrix = classification.confusion(true, np.zeros_like(true), len(scheme.classes))
        values |= {
            f"{scheme.key}_accuracy": float(classification.accuracy(matrix)),
            f"{scheme.key}_balanced_accuracy": float(classification.balanced_accuracy(matrix)),
            f"{scheme.key}_macro_f1": float(classification.macro_f1(matrix)),
        }
    return values


def _subject_names(table: Predictions) -> Any:
    """Return the name of the subject of each labelled frame, those without a score last."""
    return np.concatenate([np.array(table.subjects)[table.subject], table.unscored.subject])
