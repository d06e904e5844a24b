"""Limits of agreement (Bland-Altman) of frames that belong to subjects.

Differences d = p - t of one person resemble each other, so their standard deviation has two parts,
between and within subjects, from a one-way analysis of variance (Bland & Altman 2007, J Biopharm
Stat 17:571-582, section 3, for true values that vary).
"""

import numpy as np
from numpy.typing import ArrayLike

from wince.evaluation.arrays import Floats, Indices, paired, ratio, subject_index, sums_by_subject

Z = 1.959964
"""0.975 quantile of the normal distribution."""


def difference_sums(
    truth: ArrayLike, predicted: ArrayLike, subject: Indices | None = None
) -> Floats:
    """Return n, Σd and Σd² of each subject, shape (S, 3).

    Args:
        truth: Labels t, shape (N,).
        predicted: Predictions p, shape (N,).
        subject: Subject number of each row, shape (N,); None for a single subject.

    Raises:
        DataError: The arrays do not match or contain NaN or infinity.
    """
    labels, scores = paired(truth, predicted)
    gap = scores - labels
    return sums_by_subject(subject_index(subject, gap.size), np.ones_like(gap), gap, gap**2)


def limits_resampled(sums: Floats, counts: Floats) -> Floats:
    """Return the mean difference and both limits of agreement in each resample of subjects.

    With k subjects of n_i frames, N in all: MSW = Σ(d - d̄_i)² / (N - k), MSB = Σ n_i (d̄_i - d̄)² /
    (k - 1), and variance = MSW + max(0, MSB - MSW) / m with m = (N² - Σ n_i²) / ((k - 1) N). The
    limits are d̄ ± 1.96 √variance.

    Args:
        sums: Sums of each subject, shape (S, 3), the result of `difference_sums`.
        counts: How often each resample contains each subject, shape (B, S).

    Returns:
        Shape (B, 3): mean, low, high. The limits are NaN with fewer than two subjects or without a
        subject of two frames.
    """
    n, total, squares = sums.T
    mean = np.nan_to_num(ratio(total, n))
    frames, subjects = counts @ n, counts @ (n > 0)
    overall = ratio(counts @ total, frames)
    within = ratio(np.maximum(0, counts @ (squares - n * mean**2)), frames - subjects)
    spread = (counts * n * (mean - overall[:, None]) ** 2).sum(1)
    between = ratio(spread, subjects - 1)
    size = ratio(frames**2 - counts @ n**2, (subjects - 1) * frames)
    variance = within + np.maximum(0, ratio(between - within, size))
    half = Z * np.sqrt(variance)
    return np.column_stack([overall, overall - half, overall + half])


def limits_of_agreement(
    truth: ArrayLike, predicted: ArrayLike, subject: Indices
) -> tuple[float, float]:
    """Return the low and the high limit of agreement, in points.

    >>> low, high = limits_of_agreement([0, 0, 0, 0], [1, 3, 1, 3], np.array([0, 0, 1, 1]))
    >>> round(low, 3), round(high, 3)
    (-0.772, 4.772)
    """
    sums = difference_sums(truth, predicted, subject)
    _, low, high = limits_resampled(sums, np.ones((1, len(sums))))[0]
    return float(low), float(high)
