"""Confidence intervals by resampling subjects.

Frames of one person are not independent; neighbouring frames are nearly equal. So the bootstrap
resamples whole subjects, with replacement, as many as there are (cluster bootstrap; Field & Welsh
2007, J R Stat Soc B 69:369-390). An interval is between percentiles of the resampled values
(Efron & Tibshirani 1993, ch. 13). With few subjects the intervals are too narrow, so with fewer
than `FEW_SUBJECTS` there is also a t interval of the jackknife, and with fewer than
`FEWEST_SUBJECTS` no interval at all.
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
FEW_SUBJECTS = 20
"""With fewer subjects percentile intervals are too narrow; a t interval is given beside them."""
MOST_LEFT_OUT = 500
"""In a table of more subjects no metric is computed without each of them."""
T_QUANTILES = (
    *(2.570582, 2.446912, 2.364624, 2.306004, 2.262157, 2.228139, 2.200985),
    *(2.178813, 2.160369, 2.144787, 2.131450, 2.119905, 2.109816, 2.100922),
)
"""0.975 quantiles of Student's t with 5 to 18 degrees of freedom."""
UNDEFINED = (np.nan, np.nan)

Ends = tuple[float, float]


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
        pooled_t_interval: The t interval of the pooled value, see `t_interval`; None with enough
            subjects for the other one.
        subject_mean_t_interval: That of the mean over subjects.
    """

    pooled: float
    pooled_interval: Ends
    pooled_subjects: int
    subject_mean: float
    subject_mean_interval: Ends
    subjects_defined: int | None
    subjects_undefined: int | None
    resamples_undefined: int
    pooled_t_interval: Ends | None = None
    subject_mean_t_interval: Ends | None = None


@dataclass(frozen=True, slots=True)
class Resampled:
    """The pooled values of a metric for the table and for its resamples.

    Attributes:
        value: Value of the table, shape (1,).
        resamples: Values of the resamples, shape (B,).
        without_each: Values without each of the subjects, shape (S,); empty if not needed.
    """

    value: Floats
    resamples: Floats
    without_each: Floats

    def __sub__(self, other: "Resampled") -> "Resampled":
        return Resampled(
            self.value - other.value,
            self.resamples - other.resamples,
            self.without_each - other.without_each,
        )


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


def interval(values: Floats, confidence: float = CONFIDENCE) -> Ends:
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


def t_interval(value: float, without_each: Floats, subjects: int) -> Ends:
    """Return value ± t SE, with the standard error of the jackknife over subjects.

    SE² = (S-1)/S Σ(v_i - v̄)², where v_i is the value without subject i; t has `subjects` - 1
    degrees of freedom. Efron & Tibshirani 1993, ch. 11; MacKinnon, Nielsen & Webb 2023,
    J Econometrics 232:272-299 (CV3J) for clusters. The ends may lie outside the metric's range.

    Args:
        value: Value of the table.
        without_each: v_i, shape (S,).
        subjects: Number of subjects that decide the value, FEWEST_SUBJECTS to FEW_SUBJECTS - 1.
    """
    count = without_each.size
    squares = float(((without_each - without_each.mean()) ** 2).sum()) if count else np.nan
    margin = T_QUANTILES[subjects - FEWEST_SUBJECTS] * np.sqrt(
        (count - 1) / max(count, 1) * squares
    )
    return (float(value - margin), float(value + margin))


def has_t_interval(subjects: int) -> bool:
    """Return whether a value from this many subjects is given with a t interval too."""
    return FEWEST_SUBJECTS <= subjects < FEW_SUBJECTS


def estimate_metric(metric: Metric, counts: Floats) -> Estimate:
    """Return a metric with its intervals.

    Args:
        metric: The metric.
        counts: How often each resample contains each subject, shape (B, S). B = 0 gives no
            intervals.
    """
    return with_intervals(
        resample(metric, counts, metric.subjects), metric.by_subject, counts, metric.subjects
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
    by_subject = None
    if metric.by_subject is not None and other.by_subject is not None:
        by_subject = metric.by_subject - other.by_subject
    known = [count for count in (metric.subjects, other.subjects) if count is not None]
    deciding = min(known, default=None)
    values = resample(metric, counts, deciding) - resample(other, counts, deciding)
    return with_intervals(values, by_subject, counts, deciding, confidence)


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
    for part in ("pooled", "subject_mean"):
        name = f"{part}_t_interval"
        ends = {key: getattr(estimate, name) for key, estimate in estimates.items()}
        data[name] = {key: list(pair) for key, pair in ends.items() if pair is not None}
    for name in ("subjects_defined", "subjects_undefined"):
        data[name] = {key: getattr(estimate, name) for key, estimate in with_subjects.items()}
    return data


def resample(metric: Metric, counts: Floats, deciding: int | None = None) -> Resampled:
    """Return the pooled values of a metric for a table of S subjects and its resamples.

    Args:
        metric: The metric.
        counts: How often each resample contains each subject, shape (B, S).
        deciding: Number of subjects that decide the pooled value, None for all.
    """
    subjects = counts.shape[1]
    small = has_t_interval(subjects if deciding is None else deciding)
    leave_out = len(counts) and small and subjects <= MOST_LEFT_OUT
    return Resampled(
        metric.resampled(np.ones((1, subjects))),
        metric.resampled(counts) if len(counts) else np.empty(0),
        metric.resampled(1 - np.eye(subjects)) if leave_out else np.empty(0),
    )


def with_intervals(
    values: Resampled,
    by_subject: Floats | None,
    counts: Floats,
    deciding: int | None,
    confidence: float = CONFIDENCE,
) -> Estimate:
    """Return the estimate of a pooled value.

    Args:
        values: The value and its resamples.
        by_subject: Values of the subjects, shape (S,), or None.
        counts: How often each resample contains each subject, shape (B, S).
        deciding: Number of subjects that decide the pooled value, None for all.
        confidence: Share of the resamples that the intervals contain.
    """
    subjects = counts.shape[1]
    pooled_subjects = subjects if deciding is None else deciding
    of_subjects = np.full(subjects, np.nan) if by_subject is None else by_subject
    defined = of_subjects[~np.isnan(of_subjects)]
    pooled, mean = float(values.value[0]), float(mean_defined(of_subjects))
    intervals = len(counts) > 0 and confidence == CONFIDENCE
    without_each = (defined.sum() - defined) / max(defined.size - 1, 1)
    return Estimate(
        pooled=pooled,
        pooled_interval=(
            UNDEFINED if too_few(pooled_subjects) else interval(values.resamples, confidence)
        ),
        pooled_subjects=pooled_subjects,
        subject_mean=mean,
        subject_mean_interval=(
            UNDEFINED
            if too_few(defined.size)
            else interval(mean_resampled(of_subjects, counts), confidence)
        ),
        subjects_defined=None if by_subject is None else defined.size,
        subjects_undefined=None if by_subject is None else subjects - defined.size,
        resamples_undefined=int(np.isnan(values.resamples).sum()),
        pooled_t_interval=(
            t_interval(pooled, values.without_each, pooled_subjects)
            if intervals and has_t_interval(pooled_subjects)
            else None
        ),
        subject_mean_t_interval=(
            t_interval(mean, without_each, defined.size)
            if intervals and has_t_interval(defined.size)
            else None
        ),
    )
