"""Weighted errors, in which the few frames with strong pain count as much as the many with none.

Within each subject every whole point of PSPI that occurs is weighted by its inverse frequency: the
weight w of a frame is 1 / (frames of the same subject with the same PSPI, rounded half up). So the
wMAE of a subject is the plain mean, over the points that occur, of the MAE there.

Source: Wang et al. 2017, arXiv:1702.06925, checked against the authors' published script. Their
labels are whole numbers. Labels that are not, such as means of raters, are rounded for the weights
only; otherwise each value would be a class of its own, and wMAE would equal MAE.

The labels t and the predictions p are points of PSPI, shape (N,), with the subject number of each
row, None for a single subject. DataError is raised if labels and predictions do not match or
contain NaN or infinity.
"""

import numpy as np
from numpy.typing import ArrayLike

from wince.evaluation.arrays import (
    Floats,
    Indices,
    paired,
    ratio,
    subject_index,
    sums_by_subject,
    whole_points,
)
from wince.scale import PSPI, Scale


def inverse_frequency(
    truth: ArrayLike, subject: Indices | None = None, scale: Scale = PSPI
) -> Floats:
    """Return the weight of each frame, 1 / (frames of its subject with the same rounded label).

    Args:
        truth: Labels, shape (N,).
        subject: Subject number of each row, shape (N,); None for a single subject.
        scale: Scale of the labels, by whose points they are rounded.

    Returns:
        Shape (N,), above 0 to 1. The weights of a subject sum to the number of its points.

    >>> inverse_frequency([0, 0, 0, 0, 4]).tolist()
    [0.25, 0.25, 0.25, 0.25, 1.0]
    >>> inverse_frequency([0.0, 0.1, 0.2, 0.3, 4.2]).tolist()
    [0.25, 0.25, 0.25, 0.25, 1.0]
    """
    points = whole_points(truth, scale)
    index = subject_index(subject, points.size)
    _, value = np.unique(points, return_inverse=True)
    cell = index * (value.max(initial=0) + 1) + value
    _, member, size = np.unique(cell, return_inverse=True, return_counts=True)
    return 1.0 / size[member]


def weighted_sums(
    truth: ArrayLike, predicted: ArrayLike, subject: Indices | None = None, scale: Scale = PSPI
) -> Floats:
    """Return the sums that the metrics of this module need, by subject.

    Args:
        truth: Labels t, PSPI, shape (N,).
        predicted: Predictions p, shape (N,).
        subject: Subject number of each row, shape (N,); None for a single subject.
        scale: Scale of the labels.

    Returns:
        Shape (S, 3): Σw, Σw|e|, Σwe², with e = p - t.

    Raises:
        DataError: The arrays do not match or contain NaN or infinity.
    """
    labels, scores = paired(truth, predicted)
    index = subject_index(subject, labels.size)
    weight, error = inverse_frequency(labels, index, scale), scores - labels
    return sums_by_subject(index, weight, weight * np.abs(error), weight * error**2)


def wmae_of(sums: Floats) -> Floats:
    """Return the weighted MAE, Σw|e| / Σw, of sums (..., 3), shape (...)."""
    return ratio(sums[..., 1], sums[..., 0])


def wmse_of(sums: Floats) -> Floats:
    """Return the weighted MSE, Σwe² / Σw, of sums (..., 3), shape (...)."""
    return ratio(sums[..., 2], sums[..., 0])


def wmae(truth: ArrayLike, predicted: ArrayLike, subject: Indices | None = None) -> float:
    """Return the weighted mean absolute error over all frames, Σw|p - t| / Σw.

    Returns:
        Points of PSPI, 0 (best) or more.

    >>> wmae([0, 0, 0, 4], [0, 0, 0, 1])
    1.5
    """
    return float(wmae_of(weighted_sums(truth, predicted, subject).sum(axis=0)))


def wmse(truth: ArrayLike, predicted: ArrayLike, subject: Indices | None = None) -> float:
    """Return the weighted mean squared error over all frames, Σw(p - t)² / Σw.

    Returns:
        Squared points of PSPI, 0 (best) or more.

    >>> wmse([0, 0, 0, 4], [0, 0, 0, 1])
    4.5
    """
    return float(wmse_of(weighted_sums(truth, predicted, subject).sum(axis=0)))
