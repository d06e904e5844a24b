"""Weighted errors, in which the few frames with strong pain count as much as the many with none.

Within each subject every PSPI value that occurs is weighted by its inverse frequency: the weight w
of a frame is 1 / (frames of the same subject with the same PSPI). So the wMAE of a subject is the
plain mean, over the PSPI values of the subject, of the MAE at that value.

Source: Wang et al. 2017, arXiv:1702.06925, checked against the authors' published script.
"""

import numpy as np
from numpy.typing import ArrayLike

from wince.evaluation.arrays import Floats, Indices, paired, ratio, subject_index, sums_by_subject


def inverse_frequency(truth: ArrayLike, subject: Indices | None = None) -> Floats:
    """Return the weight of each frame, 1 / (frames of its subject with the same PSPI).

    Args:
        truth: Labels, PSPI, shape (N,).
        subject: Subject number of each row, shape (N,); None for a single subject.

    Returns:
        Shape (N,), above 0 to 1. The weights of a subject sum to the number of its PSPI values.

    >>> inverse_frequency([0, 0, 0, 0, 4]).tolist()
    [0.25, 0.25, 0.25, 0.25, 1.0]
    """
    labels = np.asarray(truth, np.float64)
    index = subject_index(subject, labels.size)
    _, value = np.unique(labels, return_inverse=True)
    cell = index * (value.max(initial=0) + 1) + value
    _, member, size = np.unique(cell, return_inverse=True, return_counts=True)
    return 1.0 / size[member]


def weighted_sums(truth: ArrayLike, predicted: ArrayLike, subject: Indices | None = None) -> Floats:
    """Return the sums that the metrics of this module need, by subject.

    Args:
        truth: Labels t, PSPI, shape (N,).
        predicted: Predictions p, shape (N,).
        subject: Subject number of each row, shape (N,); None for a single subject.

    Returns:
        Shape (S, 3): Σw, Σw|e|, Σwe², with e = p - t.

    Raises:
        DataError: The arrays do not match or contain NaN or infinity.
    """
    labels, scores = paired(truth, predicted)
    index = subject_index(subject, labels.size)
    weight, error = inverse_frequency(labels, index), scores - labels
    return sums_by_subject(index, weight, weight * np.abs(error), weight * error**2)


def wmae_of(sums: Floats) -> Floats:
    """Return the weighted MAE, Σw|e| / Σw, of sums (..., 3), shape (...)."""
    return ratio(sums[..., 1], sums[..., 0])


def wmse_of(sums: Floats) -> Floats:
    """Return the weighted MSE, Σwe² / Σw, of sums (..., 3), shape (...)."""
    return ratio(sums[..., 2], sums[..., 0])


def wmae(truth: ArrayLike, predicted: ArrayLike, subject: Indices | None = None) -> float:
    """Return the weighted mean absolute error over all frames, Σw|p - t| / Σw.

    Args:
        truth: Labels, PSPI, shape (N,).
        predicted: Predictions, shape (N,).
        subject: Subject number of each row, shape (N,); None for a single subject.

    Returns:
        Points of PSPI, 0 (best) or more.

    Raises:
        DataError: The arrays do not match or contain NaN or infinity.

    >>> wmae([0, 0, 0, 4], [0, 0, 0, 1])
    1.5
    """
    return float(wmae_of(weighted_sums(truth, predicted, subject).sum(axis=0)))


def wmse(truth: ArrayLike, predicted: ArrayLike, subject: Indices | None = None) -> float:
    """Return the weighted mean squared error over all frames, Σw(p - t)² / Σw.

    Args:
        truth: Labels, PSPI, shape (N,).
        predicted: Predictions, shape (N,).
        subject: Subject number of each row, shape (N,); None for a single subject.

    Returns:
        Squared points of PSPI, 0 (best) or more.

    Raises:
        DataError: The arrays do not match or contain NaN or infinity.

    >>> wmse([0, 0, 0, 4], [0, 0, 0, 1])
    4.5
    """
    return float(wmse_of(weighted_sums(truth, predicted, subject).sum(axis=0)))
