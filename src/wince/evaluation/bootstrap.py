"""Confidence intervals by resampling subjects.

Frames of one person are not independent; neighbouring frames are nearly equal. So the bootstrap
resamples whole subjects, with replacement, as many as there are (cluster bootstrap; Field & Welsh
2007, J R Stat Soc B 69:369-390). An interval is between percentiles of the resampled values
(Efron & Tibshirani 1993, ch. 13). With few subjects the intervals are too narrow, and with fewer
than `FEWEST_SUBJECTS` there is none.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from wince.evaluation.all_metrics import Metric
from wince.evaluation.arrays import Floats, mean_defined, ratio

CONFIDENCE = 0.95
FEWEST_SUBJECTS = 6
"""With fewer subjects no interval is given. Of two subjects, half of the resamples are copies of
one of them, so the percentiles are little more than the values of the two."""
FEW_SUBJECTS = 10
"""With fewer subjects the report warns that the intervals are too narrow."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A metric with its intervals. Undefined values are NaN.

    Attributes:
        pooled: Value over all frames.
        pooled_interval: Its low and high end; NaN if `pooled_subjects` are too few, or if the
            metric is undefined in all resamples.
        pooled_subjects: Number of subjects whose frames decide the pooled value.
        subject_mean: Mean over the subjects for whom the metric is defined.
        subject_mean_interval: Its low and high end; NaN if there are too few such subjects.
        subjects_defined: Number of those subjects; None if the metric has no values by subject.
        subjects_undefined: Number of the other subjects; None if it has no values by subject.
        resamples_undefined: Number of resamples that the pooled interval leaves out.
    """

    pooled: float
    pooled_interval: tuple[float, float]
    pooled_subjects: int
    subject_mean: float
    subject_mean_interval: tuple[float, float]
    subjects_defined: int | None
    subjects_undefined: int | None
    resamples_undefined: int


def too_few(subjects: int) -> bool:
    """Return whether a value from this many subjects is given without an interval."""
    return subjects < FEWEST_SUBJECTS


def subject_counts(subjects: int, resamples: int, seed: int) -> Floats:
    """Return how often each resample contains each subject.

    Args:
        subjects: S.
        resamples: B.
        seed: Random seed; the same seed gives the same resamples.

    Returns:
        Shape (B, S); each row sums to S.
    """
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(subjects, np.full(subjects, 1 / subjects), resamples)
    return np.asarray(drawn, np.float64)


def interval(values: Floats, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Return the ends of the central part of resampled values, shape (B,), NaN left out."""
    defined = values[~np.isnan(values)]
    if not defined.size:
        return (np.nan, np.nan)
    low, high = np.quantile(defined, [(1 - confidence) / 2, (1 + confidence) / 2])
    return (float(low), float(high))


def mean_resampled(by_subject: Floats, counts: Floats) -> Floats:
    """Return the mean over the subjects of each resample, NaN left out.

    Args:
        by_subject: Value of each subject, shape (S,).
        counts: How often each resample contains each subject, shape (B, S).

    Returns:
        Shape (B,).
    """
    defined = ~np.isnan(by_subject)
    total = counts @ np.where(defined, by_subject, 0.0)
    return ratio(total, counts @ defined)


def estimate_metric(metric: Metric, counts: Floats) -> Estimate:
    """Return a metric with its intervals.

    Args:
        metric: The metric.
        counts: How often each resample contains each subject, shape (B, S). B = 0 gives no
            intervals.
    """
    return _with_intervals(
        metric.resampled(_all_once(counts)),
        _resampled(metric, counts),
        metric.by_subject,
        counts,
        metric.subjects,
    )


def difference(
    metric: Metric, other: Metric, counts: Floats, confidence: float = CONFIDENCE
) -> Estimate:
    """Return metric minus other, both computed on the same resamples of the same subjects.

    The mean over subjects is over the subjects for whom both are defined.

    Args:
        metric: One metric.
        other: The same metric of another model.
        counts: As for `estimate_metric`.
        confidence: Share of the resamples that the intervals contain.
    """
    once = _all_once(counts)
    by_subject = None
    if metric.by_subject is not None and other.by_subject is not None:
        by_subject = metric.by_subject - other.by_subject
    known = [count for count in (metric.subjects, other.subjects) if count is not None]
    return _with_intervals(
        metric.resampled(once) - other.resampled(once),
        _resampled(metric, counts) - _resampled(other, counts),
        by_subject,
        counts,
        min(known, default=None),
        confidence,
    )


def as_data(estimates: Mapping[str, Estimate]) -> dict[str, dict[str, Any]]:
    """Return estimates by key as plain data: name of each attribute -> key -> value."""
    with_subjects = {
        key: estimate
        for key, estimate in estimates.items()
        if estimate.subjects_defined is not None
    }
    data: dict[str, dict[str, Any]] = {
        "pooled": {key: estimate.pooled for key, estimate in estimates.items()},
        "pooled_interval": {
            key: list(estimate.pooled_interval) for key, estimate in estimates.items()
        },
        "pooled_subjects": {key: estimate.pooled_subjects for key, estimate in estimates.items()},
        "resamples_undefined": {
            key: estimate.resamples_undefined
            for key, estimate in estimates.items()
            if estimate.resamples_undefined
        },
        "subject_mean": {key: estimate.subject_mean for key, estimate in with_subjects.items()},
        "subject_mean_interval": {
            key: list(estimate.subject_mean_interval) for key, estimate in with_subjects.items()
        },
    }
    for name in ("subjects_defined", "subjects_undefined"):
        data[name] = {key: getattr(estimate, name) for key, estimate in with_subjects.items()}
    return data


def _with_intervals(
    pooled: Floats,
    resampled: Floats,
    by_subject: Floats | None,
    counts: Floats,
    deciding: int | None,
    confidence: float = CONFIDENCE,
) -> Estimate:
    """Return the estimate of a pooled value.

    Args:
        pooled: The value, shape (1,).
        resampled: Its values in the resamples, shape (B,).
        by_subject: Values of the subjects, shape (S,), or None.
        counts: How often each resample contains each subject, shape (B, S).
        deciding: Number of subjects that decide the pooled value, None for all.
        confidence: Share of the resamples that the intervals contain.
    """
    undefined = (np.nan, np.nan)
    subjects = counts.shape[1]
    pooled_subjects = subjects if deciding is None else deciding
    values = np.full(subjects, np.nan) if by_subject is None else by_subject
    defined = int((~np.isnan(values)).sum())
    return Estimate(
        pooled=float(pooled[0]),
        pooled_interval=(
            undefined if too_few(pooled_subjects) else interval(resampled, confidence)
        ),
        pooled_subjects=pooled_subjects,
        subject_mean=float(mean_defined(values)),
        subject_mean_interval=(
            undefined if too_few(defined) else interval(mean_resampled(values, counts), confidence)
        ),
        subjects_defined=None if by_subject is None else defined,
        subjects_undefined=None if by_subject is None else subjects - defined,
        resamples_undefined=int(np.isnan(resampled).sum()),
    )


def _all_once(counts: Floats) -> Floats:
    """Return the counts, shape (1, S), of the table itself: each subject once."""
    return np.ones((1, counts.shape[1]))


def _resampled(metric: Metric, counts: Floats) -> Floats:
    return metric.resampled(counts) if len(counts) else np.empty(0)
