"""Confidence intervals by resampling subjects.

Frames of one person, even of one sequence, are near-copies of each other, so frames are not
resampled: whole subjects are, with replacement, as many as there are (the cluster bootstrap;
Field & Welsh 2007, J R Stat Soc B 69:369-390). Intervals are percentiles of the resampled values
(Efron & Tibshirani 1993, ch. 13). With few subjects they are too narrow, and one subject has none.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from wince.evaluation.arrays import Floats, mean_defined, ratio
from wince.evaluation.metrics import Metric

CONFIDENCE = 0.95
FEW_SUBJECTS = 10
"""Below this many the report warns that intervals are too narrow."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure's value over all frames and as mean over subjects, each with its interval.

    pooled, subject_mean: value; *_interval: (low, high), NaN when there are fewer than two subjects
    or no resample in which the figure is defined; subjects_defined and subjects_undefined: how many
    subjects the mean is over, and how many it leaves out, None for a figure that single subjects do
    not have; resamples_undefined: how many resamples the pooled interval leaves out. Undefined is
    NaN.
    """

    pooled: float
    pooled_interval: tuple[float, float]
    subject_mean: float
    subject_mean_interval: tuple[float, float]
    subjects_defined: int | None
    subjects_undefined: int | None
    resamples_undefined: int


def subject_counts(subjects: int, resamples: int, seed: int) -> Floats:
    """Return how often each subject is drawn in each resample, (B, S); rows sum to S."""
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(subjects, np.full(subjects, 1 / subjects), resamples)
    return np.asarray(drawn, np.float64)


def interval(values: Floats) -> tuple[float, float]:
    """Return the central 95 % of resampled values (B,), ignoring undefined ones."""
    defined = values[~np.isnan(values)]
    if not defined.size:
        return (np.nan, np.nan)
    low, high = np.quantile(defined, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return (float(low), float(high))


def mean_resampled(by_subject: Floats, counts: Floats) -> Floats:
    """Return the mean over the subjects drawn (B,) of a value per subject (S,), NaN left out."""
    defined = ~np.isnan(by_subject)
    drawn = counts @ defined
    total = counts @ np.where(defined, by_subject, 0.0)
    return ratio(total, drawn)


def estimate(metric: Metric, counts: Floats) -> Estimate:
    """Return a figure with its intervals; counts: (B, S), B = 0 for no intervals."""
    return _estimate(
        _pooled(metric, _once(counts)), _pooled(metric, counts), metric.by_subject, counts
    )


def difference(metric: Metric, other: Metric, counts: Floats) -> Estimate:
    """Return figure - other, both computed on the same resamples of the same subjects.

    The mean over subjects is over those for whom both are defined.
    """
    once = _once(counts)
    by_subject = None
    if metric.by_subject is not None and other.by_subject is not None:
        by_subject = metric.by_subject - other.by_subject
    return _estimate(
        _pooled(metric, once) - _pooled(other, once),
        _pooled(metric, counts) - _pooled(other, counts),
        by_subject,
        counts,
    )


def as_data(found: Mapping[str, Estimate]) -> dict[str, dict[str, Any]]:
    """Return estimates by key as plain data by part: each part maps keys to numbers."""
    own = {key: one for key, one in found.items() if one.subjects_defined is not None}
    return {
        "pooled": {key: one.pooled for key, one in found.items()},
        "pooled_interval": {key: list(one.pooled_interval) for key, one in found.items()},
        "resamples_undefined": {
            key: one.resamples_undefined for key, one in found.items() if one.resamples_undefined
        },
        "subject_mean": {key: one.subject_mean for key, one in own.items()},
        "subject_mean_interval": {key: list(one.subject_mean_interval) for key, one in own.items()},
        "subjects_defined": {key: one.subjects_defined for key, one in own.items()},
        "subjects_undefined": {key: one.subjects_undefined for key, one in own.items()},
    }


def _estimate(
    once: Floats, resampled: Floats, by_subject: Floats | None, counts: Floats
) -> Estimate:
    values = np.full(counts.shape[1], np.nan) if by_subject is None else by_subject
    defined = int((~np.isnan(values)).sum())
    return Estimate(
        pooled=float(once[0]),
        pooled_interval=interval(resampled) if counts.shape[1] > 1 else (np.nan, np.nan),
        subject_mean=float(mean_defined(values)),
        subject_mean_interval=(
            interval(mean_resampled(values, counts)) if defined > 1 else (np.nan, np.nan)
        ),
        subjects_defined=None if by_subject is None else defined,
        subjects_undefined=None if by_subject is None else len(values) - defined,
        resamples_undefined=int(np.isnan(resampled).sum()),
    )


def _once(counts: Floats) -> Floats:
    return np.ones((1, counts.shape[1]))


def _pooled(metric: Metric, counts: Floats) -> Floats:
    return metric.resampled(counts) if len(counts) else np.empty(0)
