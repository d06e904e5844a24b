"""Precision and recall over all thresholds: the curve, and the average precision.

Unlike the ROC curve, precision depends on how many frames are positive. A constant score puts all
frames at one threshold, so its average precision is the share of positive frames: the value to
compare with, and never more than that.
"""

import numpy as np
from numpy.typing import ArrayLike

from wince.evaluation.arrays import Floats, Indices, ratio
from wince.evaluation.metrics.roc import Flags, by_subject, checked_flags

MOST_CELLS = 2_000_000
"""Most values of a matrix of resamples and thresholds, which limits memory."""


def average_precision(positive: ArrayLike, score: ArrayLike) -> float:
    """Return the average precision, Σ_k P_k (R_k - R_{k-1}) over the distinct scores, descending.

    P_k and R_k are the precision and the recall of the frames that score at or above the k-th
    threshold, without interpolation; frames with the same score enter together.

    Args:
        positive: Whether each frame is positive, shape (N,).
        score: Predictions, shape (N,).

    Returns:
        0 to 1 (best), the share of positive frames for a constant score; NaN without positive
        frames.

    Raises:
        DataError: The arrays do not match, or `positive` contains anything but true and false.

    >>> round(average_precision([False, False, True, True], [0.1, 0.4, 0.35, 0.8]), 6)
    0.833333
    >>> average_precision([False, False, False, True], [1.0, 1.0, 1.0, 1.0])
    0.25
    """
    flags, scores = checked_flags(positive, score)
    subject = np.zeros(flags.size, np.intp)
    return float(average_precision_resampled(flags, scores, subject, np.ones((1, 1)))[0])


def average_precision_resampled(
    positive: Flags, score: Floats, subject: Indices, counts: Floats
) -> Floats:
    """Return the pooled average precision in each resample of subjects.

    Args:
        positive: Whether each frame is positive, shape (N,).
        score: Predictions, shape (N,).
        subject: Subject number of each row, shape (N,).
        counts: How often each resample contains each subject, shape (B, S).

    Returns:
        Shape (B,), NaN for a resample without positive frames.
    """
    # Recall grows only at scores of positive frames.
    thresholds = np.unique(score[positive])[::-1]
    total, area = np.zeros(len(counts)), np.zeros(len(counts))
    above = np.zeros((len(counts), 2))  # positive and all frames above the thresholds of a block
    position = np.searchsorted(-thresholds, -score)
    step = max(1, MOST_CELLS // max(len(counts), counts.shape[1]))
    for first in range(0, len(thresholds), step):
        size = min(step, len(thresholds) - first)
        rows = (position >= first) & (position < first + size)
        places = (subject[rows], position[rows] - first, counts.shape[1], size)
        gained = counts @ _cells(*places, positive[rows])
        called = above[:, 1:] + np.cumsum(counts @ _cells(*places), axis=1)
        right = above[:, :1] + np.cumsum(gained, axis=1)
        area += (np.nan_to_num(ratio(right, called)) * gained).sum(1)
        total += gained.sum(1)
        above = np.column_stack([right[:, -1], called[:, -1]])
    return ratio(area, total)


def _cells(
    subject: Indices, position: Indices, subjects: int, size: int, weight: Flags | None = None
) -> Floats:
    """Return how many frames, or positive frames, each subject has at each position, (S, K)."""
    cell = subject * size + position
    counts = np.bincount(cell, weight, subjects * size)
    return np.asarray(counts.reshape(subjects, size), np.float64)


def average_precision_by_subject(
    positive: Flags, score: Floats, subject: Indices, subjects: int
) -> Floats:
    """Return the average precision of each subject.

    Args:
        positive: Whether each frame is positive, shape (N,).
        score: Predictions, shape (N,).
        subject: Subject number of each row, shape (N,).
        subjects: S.

    Returns:
        Shape (S,), NaN for a subject without positive frames.
    """
    return by_subject(average_precision, positive, score, subject, subjects)


def cumulative_counts(
    positive: Flags, score: Floats, subject: Indices, subjects: int, thresholds: Floats
) -> tuple[Floats, Floats]:
    """Return how many positive and negative frames score at or above each threshold.

    Args:
        positive: Whether each frame is positive, shape (N,).
        score: Predictions, shape (N,).
        subject: Subject number of each row, shape (N,).
        subjects: S.
        thresholds: T thresholds, descending.

    Returns:
        Positive and negative frames of each subject, each of shape (S, T).
    """
    position = np.searchsorted(-thresholds, -score)
    size = len(thresholds) + 1
    right = _cells(subject, position, subjects, size, positive)[:, :-1]
    wrong = _cells(subject, position, subjects, size, ~positive)[:, :-1]
    return np.cumsum(right, axis=1), np.cumsum(wrong, axis=1)
