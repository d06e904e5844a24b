"""Whether stated probabilities and intervals can be believed.

Proper scores of the level probabilities (Brier, ranked probability score), set against a constant
prior; expected calibration error and the reliability diagram of the stated confidence; coverage of
the 90 % interval. Probabilities are (N, K), rows sum to 1, classes in order.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wince.errors import DataError
from wince.evaluation.arrays import Floats, Indices, ratio, subject_index, sums_by_subject

BINS = 10
"""Equal-width bins of the confidence, 0 to 1."""


def brier_rows(probabilities: ArrayLike, truth: Indices) -> Floats:
    """Return each row's Brier score (N,), Σ_k (p_k - o_k)², from 0 (best) to 2.

    Brier 1950, Mon Weather Rev 78:1-3, in its original form for several classes.
    """
    stated, happened = _checked(probabilities, truth)
    return np.asarray(((stated - happened) ** 2).sum(1))


def rps_rows(probabilities: ArrayLike, truth: Indices) -> Floats:
    """Return each row's ranked probability score (N,), from 0 (best) to 1.

    (1/(K-1)) Σ_{k<K} (P_k - O_k)² with cumulative P and O: a level next to the true one costs less
    than one far away. Epstein 1969, J Appl Meteorol 8:985-987, divided by K-1.
    """
    stated, happened = _checked(probabilities, truth)
    gap = np.cumsum(stated - happened, axis=1)[:, :-1]
    return np.asarray((gap**2).sum(1) / gap.shape[1])


def brier(probabilities: ArrayLike, truth: Indices) -> float:
    """Return the mean Brier score of probabilities (N, K) for the true classes (N,)."""
    return float(brier_rows(probabilities, truth).mean())


def ranked_probability_score(probabilities: ArrayLike, truth: Indices) -> float:
    """Return the mean ranked probability score of probabilities (N, K) for true classes (N,)."""
    return float(rps_rows(probabilities, truth).mean())


def bin_of(confidence: ArrayLike) -> Indices:
    """Return the bin (N,), 0 to BINS-1, of confidences 0 to 1; a bin includes its lower edge."""
    values = np.asarray(confidence, np.float64)
    # Compared with the edges, because products such as 0.29 * 100 fall short of theirs.
    return np.clip(np.digitize(values, np.arange(BINS) / BINS) - 1, 0, BINS - 1)


def reliability_sums(
    confidence: ArrayLike, correct: ArrayLike, subject: Indices | None = None
) -> Floats:
    """Return per subject and bin (S, BINS, 3): frames, Σ confidence, Σ correct.

    confidence: 0 to 1 (N,); correct: whether the stated class was right (N,).
    """
    stated, right = np.asarray(confidence, np.float64), np.asarray(correct, np.float64)
    index = subject_index(subject, stated.size)
    subjects = int(index.max()) + 1
    cell = index * BINS + bin_of(stated)
    sums = sums_by_subject(cell, np.ones_like(stated), stated, right, subjects=subjects * BINS)
    return sums.reshape(subjects, BINS, 3)


def calibration_error_of(sums: Floats) -> Floats:
    """Return the expected calibration error: Σ over bins of (n_bin/n) |accuracy - confidence|.

    Guo et al. 2017, ICML, equal-width bins. sums: (..., BINS, 3).
    """
    gap = np.abs(sums[..., 1] - sums[..., 2]).sum(-1)
    return ratio(gap, sums[..., 0].sum(-1))


def calibration_error(confidence: ArrayLike, correct: ArrayLike) -> float:
    """Return the expected calibration error (0 to 1) of confidences (N,) that were right or not."""
    return float(calibration_error_of(reliability_sums(confidence, correct))[0])


def covered(interval: Floats, truth: ArrayLike) -> NDArray[np.bool_]:
    """Return whether each label (N,) lies within its interval (N, 2), both ends included."""
    labels = np.asarray(truth, np.float64)
    return np.asarray((interval[:, 0] <= labels) & (labels <= interval[:, 1]))


def _checked(probabilities: ArrayLike, truth: Indices) -> tuple[Floats, Floats]:
    stated, index = np.asarray(probabilities, np.float64), np.asarray(truth)
    if stated.ndim != 2 or stated.shape[1] < 2 or index.shape != stated.shape[:1] or not index.size:
        raise DataError(
            "Expected probabilities of shape (N, K) for N true classes, K of at least 2; found "
            f"shapes {stated.shape} and {index.shape}."
        )
    if not np.isfinite(stated).all() or not np.isin(index, np.arange(stated.shape[1])).all():
        raise DataError("Expected finite probabilities and class numbers from 0 to K-1.")
    return stated, np.eye(stated.shape[1])[index]
