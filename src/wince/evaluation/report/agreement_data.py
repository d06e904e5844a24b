"""Data of the plots that compare scores with labels over subjects; entries of metrics.json."""

from dataclasses import replace
from typing import Any

import numpy as np

from wince.evaluation import bootstrap
from wince.evaluation.all_metrics import error_metrics
from wince.evaluation.arrays import Floats, ratio, sums_by_subject
from wince.evaluation.predictions import Predictions

BINS = 10
INTERVAL_KEYS = ("mae", "bias", "pcc", "icc", "ccc")
"""Metrics of a subject that have an interval. The weights of wMAE are those of whole subjects."""
MOST_INTERVALS = 60
"""With more subjects there are no intervals within subjects."""


def calibration_bins(table: Predictions, counts: Floats) -> list[dict[str, Any]]:
    """Return mean score and mean label of frames in bins of the score, each a tenth of the frames.

    Args:
        table: The predictions.
        counts: How often each resample contains each subject, shape (B, S).

    Returns:
        For each bin the number of frames, both means, and the ends of the 95 % interval of the
        mean label (NaN with fewer than six subjects in the bin).
    """
    edges = np.unique(np.quantile(table.predicted, np.linspace(0, 1, BINS + 1)[1:-1]))
    place, subjects = np.digitize(table.predicted, edges), len(table.subjects)
    bins = []
    for number in np.unique(place):
        rows = place == number
        labels, scores, owner = table.pspi[rows], table.predicted[rows], table.subject[rows]
        sums = sums_by_subject(owner, np.ones_like(labels), labels, subjects=subjects)
        resampled = counts @ sums
        few = bootstrap.too_few(int((sums[:, 0] > 0).sum()))
        means = np.empty(0) if few else ratio(resampled[:, 1], resampled[:, 0])
        low, high = bootstrap.interval(means)
        bins.append(
            {
                "frames": int(rows.sum()),
                "mean_predicted": float(scores.mean()),
                "mean_label": float(labels.mean()),
                "low": low,
                "high": high,
            }
        )
    return bins


def subject_intervals(
    table: Predictions, resamples: int, seed: int
) -> list[dict[str, list[float]]]:
    """Return the 95 % intervals of each subject's metrics, from resamples of its sequences.

    Neighbouring frames are nearly equal, so that whole sequences are resampled. A subject of fewer
    than six sequences has no interval.

    Args:
        table: The predictions.
        resamples: Number of resamples.
        seed: Random seed.

    Returns:
        For each subject the ends by metric; empty without an interval.
    """
    if len(table.subjects) > MOST_INTERVALS:
        return [{} for _ in table.subjects]
    return [
        _intervals(table.take(np.flatnonzero(table.subject == number)), resamples, seed)
        for number in range(len(table.subjects))
    ]


def _intervals(of_subject: Predictions, resamples: int, seed: int) -> dict[str, list[float]]:
    count = len(of_subject.sequences)
    if bootstrap.too_few(count) or not resamples:
        return {}
    # Its sequences take the place of subjects.
    by_sequence = replace(of_subject, subject=of_subject.sequence, subjects=of_subject.sequences)
    counts = bootstrap.subject_counts(count, resamples, seed)
    return {
        metric.key: list(bootstrap.interval(metric.resampled(counts)))
        for metric in error_metrics(by_sequence)
        if metric.key in INTERVAL_KEYS
    }
