"""Errors in which the rare strong expressions count as much as the many calm faces.

Wang et al. 2017 (arXiv:1702.06925; the authors' published script was read): within each subject,
every PSPI value that occurs is weighted by its inverse frequency. A subject's wMAE is therefore
the plain mean, over the values he or she shows, of the MAE at that value.
"""

import numpy as np
from numpy.typing import ArrayLike

from wince.evaluation.arrays import Floats, Indices, paired, ratio, subject_index, sums_by_subject


def inverse_frequency(truth: ArrayLike, subject: Indices | None = None) -> Floats:
    """Return the weight (N,) of each frame: 1 / frames of its subject with the same PSPI.

    truth: PSPI (N,). The weights of a subject sum to the number of values that occur.
    """
    labels = np.asarray(truth, np.float64)
    index = subject_index(subject, labels.size)
    _, value = np.unique(labels, return_inverse=True)
    cell = index * (value.max(initial=0) + 1) + value
    _, member, size = np.unique(cell, return_inverse=True, return_counts=True)
    return 1.0 / size[member]


def weighted_sums(truth: ArrayLike, predicted: ArrayLike, subject: Indices | None = None) -> Floats:
    """Return the sums (S, 3) that the metrics below need: Σw, Σw|e|, Σwe².

    truth, predicted: PSPI (N,); subject: number of each row's subject (N,), all one when None.
    Raises DataError for arrays that do not match.
    """
    labels, scores = paired(truth, predicted)
    index = subject_index(subject, labels.size)
    weight, error = inverse_frequency(labels, index), scores - labels
    return sums_by_subject(index, weight, weight * np.abs(error), weight * error**2)


def wmae_of(sums: Floats) -> Floats:
    """Return Σw|p - t| / Σw."""
    return ratio(sums[..., 1], sums[..., 0])


def wmse_of(sums: Floats) -> Floats:
    """Return Σw(p - t)² / Σw."""
    return ratio(sums[..., 2], sums[..., 0])


def wmae(truth: ArrayLike, predicted: ArrayLike, subject: Indices | None = None) -> float:
    """Return the inverse-frequency weighted MAE over all frames, in points.

    >>> wmae([0, 0, 0, 4], [0, 0, 0, 1])
    1.5
    """
    return float(wmae_of(weighted_sums(truth, predicted, subject).sum(axis=0)))


def wmse(truth: ArrayLike, predicted: ArrayLike, subject: Indices | None = None) -> float:
    """Return the inverse-frequency weighted MSE over all frames, in squared points."""
    return float(wmse_of(weighted_sums(truth, predicted, subject).sum(axis=0)))
