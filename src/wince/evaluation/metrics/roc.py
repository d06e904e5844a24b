"""Whether frames with pain expression score higher than frames without: ROC curve and its area."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wince.errors import DataError
from wince.evaluation.arrays import Floats, Indices, paired, ratio

Flags = NDArray[np.bool_]
MANY_SUBJECTS = 500
"""With more subjects, a matrix of all pairs of subjects takes longer than sorting the frames."""


def at_least(pspi: ArrayLike, cut: int) -> Flags:
    """Return whether each PSPI value, shape (N,), is `cut` or more when rounded half up."""
    return np.asarray(np.asarray(pspi, np.float64) >= cut - 0.5)


def auc(positive: ArrayLike, score: ArrayLike) -> float:
    """Return the area under the ROC curve.

    This is the probability that a positive frame scores higher than a negative one; a tie counts
    one half (the Mann-Whitney statistic). Hanley & McNeil 1982, Radiology 143:29-36.

    Args:
        positive: Whether each frame is positive, shape (N,).
        score: Predictions, shape (N,); higher means more pain.

    Returns:
        0 to 1 (best), 0.5 for a constant score; NaN without positive or without negative frames.

    Raises:
        DataError: The arrays do not match, or `positive` contains anything but true and false.

    >>> auc([False, False, True, True], [0.1, 0.4, 0.35, 0.8])
    0.75
    """
    flags, scores = checked_flags(positive, score)
    return float(auc_resampled(flags, scores, np.zeros(flags.size, np.intp), np.ones((1, 1)))[0])


def roc_curve(positive: ArrayLike, score: ArrayLike) -> tuple[Floats, Floats, Floats]:
    """Return the points of the ROC curve from (0, 0) to (1, 1).

    A frame is called positive if its score is at or above the threshold.

    Args:
        positive: Whether each frame is positive, shape (N,).
        score: Predictions, shape (N,).

    Returns:
        False positive rates, true positive rates and thresholds, each of shape (M,). The first
        threshold is infinite. Rates are NaN without positive or without negative frames.

    Raises:
        DataError: The arrays do not match, or `positive` contains anything but true and false.

    >>> [rates.tolist() for rates in roc_curve([False, True], [1.0, 2.0])]
    [[0.0, 0.0, 1.0], [0.0, 1.0, 1.0], [inf, 2.0, 1.0]]
    """
    flags, scores = checked_flags(positive, score)
    order = np.argsort(-scores, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(scores[order])), flags.size - 1)
    true_positives = np.concatenate([[0.0], np.cumsum(flags[order])[ends]])
    false_positives = np.concatenate([[0.0], np.cumsum(~flags[order])[ends]])
    thresholds = np.concatenate([[np.inf], scores[order][ends]])
    return (
        ratio(false_positives, false_positives[-1]),
        ratio(true_positives, true_positives[-1]),
        thresholds,
    )


def auc_by_subject(positive: Flags, score: Floats, subject: Indices, subjects: int) -> Floats:
    """Return the area under the ROC curve of each subject.

    Args:
        positive: Whether each frame is positive, shape (N,).
        score: Predictions, shape (N,).
        subject: Subject number of each row, shape (N,).
        subjects: S.

    Returns:
        Shape (S,), NaN for a subject without positive or without negative frames.
    """
    return by_subject(auc, positive, score, subject, subjects)


def by_subject(
    measure: Callable[[Flags, Floats], float],
    positive: Flags,
    score: Floats,
    subject: Indices,
    subjects: int,
) -> Floats:
    """Return a measure of the frames of each subject, shape (S,); NaN for one without frames.

    Args:
        measure: Takes the flags and the scores of some frames.
        positive: Whether each frame is positive, shape (N,).
        score: Predictions, shape (N,).
        subject: Subject number of each row, shape (N,).
        subjects: S.
    """
    order = np.argsort(subject, kind="stable")
    ends = np.cumsum(np.bincount(subject, minlength=subjects))[:-1]
    parts = zip(np.split(positive[order], ends), np.split(score[order], ends), strict=True)
    return np.array([measure(*part) if part[0].size else np.nan for part in parts])


def auc_resampled(positive: Flags, score: Floats, subject: Indices, counts: Floats) -> Floats:
    """Return the pooled area under the ROC curve in each resample of subjects.

    Args:
        positive: Whether each frame is positive, shape (N,).
        score: Predictions, shape (N,).
        subject: Subject number of each row, shape (N,).
        counts: How often each resample contains each subject, shape (B, S).

    Returns:
        Shape (B,), NaN for a resample without positive or without negative frames.
    """
    if counts.shape[1] > MANY_SUBJECTS:
        return _auc_from_frames(positive, score, subject, counts)
    return _auc_from_pairs(positive, score, subject, counts)


def _auc_from_pairs(positive: Flags, score: Floats, subject: Indices, counts: Floats) -> Floats:
    """Count once how often positives of each subject exceed negatives of each other subject."""
    subjects = counts.shape[1]
    wins = np.zeros((subjects, subjects))
    scores, owners = score[positive], subject[positive]
    for other in range(subjects):
        negatives = np.sort(score[~positive & (subject == other)])
        below = np.searchsorted(negatives, scores, "left")
        not_above = np.searchsorted(negatives, scores, "right")
        wins[:, other] = np.bincount(owners, (below + not_above) / 2, subjects)
    positives = counts @ np.bincount(owners, minlength=subjects)
    negatives = counts @ np.bincount(subject[~positive], minlength=subjects)
    return ratio(((counts @ wins) * counts).sum(1), positives * negatives)


def _auc_from_frames(positive: Flags, score: Floats, subject: Indices, counts: Floats) -> Floats:
    """Sort the frames by score, then weight them; a few resamples at a time to limit memory."""
    order = np.argsort(score, kind="stable")
    flags, owners = positive[order], subject[order]
    starts = np.flatnonzero(np.append(True, np.diff(score[order]) != 0))
    areas, step = np.empty(len(counts)), max(1, 1_000_000 // score.size)
    for first in range(0, len(counts), step):
        weight = counts[first : first + step][:, owners]
        positives = np.add.reduceat(weight * flags, starts, axis=1)
        negatives = np.add.reduceat(weight * ~flags, starts, axis=1)
        wins = (positives * (np.cumsum(negatives, axis=1) - negatives / 2)).sum(1)
        areas[first : first + step] = ratio(wins, positives.sum(1) * negatives.sum(1))
    return areas


def checked_flags(positive: ArrayLike, score: ArrayLike) -> tuple[Flags, Floats]:
    """Return whether each frame is positive and its score; raise DataError if they do not match."""
    flags, scores = paired(positive, score)
    if not np.isin(flags, (0.0, 1.0)).all():
        raise DataError("An ROC curve needs labels that are true or false; found other numbers.")
    return flags.astype(bool), scores
