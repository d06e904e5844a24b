"""Whether a model's probabilities and intervals are right.

Proper scores of the level probabilities (Brier score, ranked probability score), the expected
calibration error and reliability diagram of the stated level, and the coverage of the interval.

The proper scores take the probabilities p of K classes in their order, shape (N, K), rows that sum
to 1, and the numbers of the true classes, 0 to K-1, shape (N,). DataError is raised if the shapes
do not match, a probability is not finite, or a class is not 0 to K-1.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wince.errors import DataError
from wince.evaluation.arrays import Floats, Indices, ratio, subject_index, sums_by_subject

BINS = 10
"""Equal-width bins of the confidence, 0 to 1."""


def brier_rows(probabilities: ArrayLike, truth: Indices) -> Floats:
    """Return the Brier score of each row, shape (N,); see `brier`."""
    stated, outcome = _checked(probabilities, truth)
    return np.asarray(((stated - outcome) ** 2).sum(1))


def rps_rows(probabilities: ArrayLike, truth: Indices) -> Floats:
    """Return the ranked probability score of each row, (N,); see `ranked_probability_score`."""
    stated, outcome = _checked(probabilities, truth)
    gap = np.cumsum(stated - outcome, axis=1)[:, :-1]
    return np.asarray((gap**2).sum(1) / gap.shape[1])


def brier(probabilities: ArrayLike, truth: Indices) -> float:
    """Return the Brier score, the mean of Σ_k (p_k - o_k)².

    Brier 1950, Mon Weather Rev 78:1-3, in its original form for several classes (not halved). o_k
    is 1 for the true class and 0 for the others.

    Returns:
        0 (best) to 2.

    >>> brier([[0.5, 0.5, 0.0]], [0])
    0.5
    """
    return float(brier_rows(probabilities, truth).mean())


def ranked_probability_score(probabilities: ArrayLike, truth: Indices) -> float:
    """Return the ranked probability score, the mean of (1/(K-1)) Σ_{k<K} (P_k - O_k)².

    Epstein 1969, J Appl Meteorol 8:985-987, divided by K-1. P and O are cumulative over the
    classes in their order, so a class next to the true one costs less than one far away.

    Returns:
        0 (best) to 1.

    >>> ranked_probability_score([[0.5, 0.5, 0.0]], [0])
    0.125
    """
    return float(rps_rows(probabilities, truth).mean())


def bin_of(confidence: ArrayLike) -> Indices:
    """Return the bin number, 0 to BINS-1, of each confidence, 0 to 1, shape (N,).

    A bin includes its lower end; the last bin also includes 1.
    """
    values = np.asarray(confidence, np.float64)
    # Compared with the ends, because a product such as 0.29 * 100 is below 29.
    return np.clip(np.digitize(values, np.arange(BINS) / BINS) - 1, 0, BINS - 1)


def reliability_sums(
    confidence: ArrayLike, correct: ArrayLike, subject: Indices | None = None
) -> Floats:
    """Return the sums that the calibration error and the reliability diagram need.

    Args:
        confidence: Probability given to the stated class, 0 to 1, shape (N,).
        correct: Whether the stated class was right, shape (N,).
        subject: Subject number of each row, shape (N,); None for a single subject.

    Returns:
        Shape (S, BINS, 3): frames, Σ confidence, Σ correct.
    """
    stated, right = np.asarray(confidence, np.float64), np.asarray(correct, np.float64)
    index = subject_index(subject, stated.size)
    subjects = int(index.max()) + 1
    cell = index * BINS + bin_of(stated)
    sums = sums_by_subject(cell, np.ones_like(stated), stated, right, subjects=subjects * BINS)
    return sums.reshape(subjects, BINS, 3)


def calibration_error_of(sums: Floats) -> Floats:
    """Return the expected calibration error of sums (..., BINS, 3); see `calibration_error`."""
    gap = np.abs(sums[..., 1] - sums[..., 2]).sum(-1)
    return ratio(gap, sums[..., 0].sum(-1))


def calibration_error(confidence: ArrayLike, correct: ArrayLike) -> float:
    """Return the expected calibration error, Σ_bins (n_bin / n) |accuracy - mean confidence|.

    Guo et al. 2017, ICML, with ten bins of equal width.

    Args:
        confidence: Probability given to the stated class, 0 to 1, shape (N,).
        correct: Whether the stated class was right, shape (N,).

    Returns:
        0 (best) to 1.

    >>> calibration_error([0.75, 0.75, 0.75, 0.75], [True, True, False, False])
    0.25
    """
    return float(calibration_error_of(reliability_sums(confidence, correct))[0])


def covered(interval: Floats, truth: ArrayLike) -> NDArray[np.bool_]:
    """Return whether each label, shape (N,), is in its interval, shape (N, 2), ends included.

    >>> covered(np.array([[0, 1], [0, 1]]), [1, 2]).tolist()
    [True, False]
    """
    labels = np.asarray(truth, np.float64)
    return np.asarray((interval[:, 0] <= labels) & (labels <= interval[:, 1]))


def _checked(probabilities: ArrayLike, truth: Indices) -> tuple[Floats, Floats]:
    """Return probabilities and outcomes (1 for the true class, else 0), both of shape (N, K)."""
    stated, index = np.asarray(probabilities, np.float64), np.asarray(truth)
    if stated.ndim != 2 or stated.shape[1] < 2 or index.shape != stated.shape[:1] or not index.size:
        raise DataError(
            "Expected probabilities of shape (N, K) for N true classes, K of at least 2; found "
            f"shapes {stated.shape} and {index.shape}."
        )
    if not np.isfinite(stated).all() or not np.isin(index, np.arange(stated.shape[1])).all():
        raise DataError("Expected finite probabilities and class numbers from 0 to K-1.")
    return stated, np.eye(stated.shape[1])[index]
