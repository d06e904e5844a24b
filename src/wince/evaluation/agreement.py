"""Whether predictions rise and fall with the labels: PCC, ICC(3,1) and CCC.

All three are functions of central moments, kept per subject and pooled exactly for any resample
of subjects. Undefined is NaN: PCC when either side does not vary; ICC and CCC when the labels do
not vary, where the formulas give 0 whatever is predicted. (A prediction that does not vary while
the labels do has ICC and CCC of 0: that is a real, and the worst useful, score.)
"""

import numpy as np
from numpy.typing import ArrayLike

from wince.evaluation.arrays import Floats, Indices, paired, ratio, subject_index, sums_by_subject

CONSTANT = 1e-9
"""A standard deviation below this (in points) is rounding: the values do not vary."""


def moments(
    truth: ArrayLike,
    predicted: ArrayLike,
    subject: Indices | None = None,
    subjects: int | None = None,
) -> Floats:
    """Return (S, 6): n, mean t, mean p, Σ(t-t̄)², Σ(p-p̄)², Σ(t-t̄)(p-p̄), of each subject.

    truth, predicted: (N,); subject: number of each row's subject (N,), all one when None;
    subjects: S when known (a subject without a row has n = 0). Raises DataError for arrays that
    do not match. Two passes, because Σt² - n t̄² loses its digits when values hardly vary.
    """
    labels, scores = paired(truth, predicted)
    index = subject_index(subject, labels.size)
    totals = sums_by_subject(index, np.ones_like(labels), labels, scores, subjects=subjects)
    means = np.nan_to_num(ratio(totals[:, 1:], totals[:, :1]))
    left, right = labels - means[index, 0], scores - means[index, 1]
    spread = sums_by_subject(index, left**2, right**2, left * right, subjects=subjects)
    return np.column_stack([totals[:, 0], means, spread])


def pool(parts: Floats, counts: Floats) -> Floats:
    """Return the moments (B, 6) of all frames together when subject s is taken counts[b, s] times.

    parts: moments (S, 6); counts: (B, S). Exact (Chan, Golub & LeVeque 1983).
    """
    n, mean_t, mean_p, *spread = parts.T
    total = counts @ n
    overall_t = np.nan_to_num(ratio(counts @ (n * mean_t), total))
    overall_p = np.nan_to_num(ratio(counts @ (n * mean_p), total))
    weight = counts * n
    off_t, off_p = mean_t - overall_t[:, None], mean_p - overall_p[:, None]
    between = [(weight * product).sum(1) for product in (off_t**2, off_p**2, off_t * off_p)]
    within = [counts @ part for part in spread]
    sums = [inside + across for inside, across in zip(within, between, strict=True)]
    return np.column_stack([total, overall_t, overall_p, *sums])


def _varies(squares: Floats, n: Floats) -> Floats:
    """Return the sums of squares, NaN where they are no more than rounding."""
    return np.where(squares > n * CONSTANT**2, squares, np.nan)


def pcc_of(parts: Floats) -> Floats:
    """Return Pearson's correlation, Σ(t-t̄)(p-p̄) / √(Σ(t-t̄)² Σ(p-p̄)²)."""
    n, _, _, tt, pp, tp = np.moveaxis(parts, -1, 0)
    return np.asarray(np.clip(tp / np.sqrt(_varies(tt, n) * _varies(pp, n)), -1.0, 1.0))


def icc_of(parts: Floats) -> Floats:
    """Return ICC(3,1), consistency: (BMS - EMS) / (BMS + EMS) with two raters, label and model.

    Shrout & Fleiss 1979, Psychol Bull 86:420-428. With two raters it equals
    2 Σ(t-t̄)(p-p̄) / (Σ(t-t̄)² + Σ(p-p̄)²): an offset between the two costs nothing, a different
    spread does.
    """
    n, _, _, tt, pp, tp = np.moveaxis(parts, -1, 0)
    return np.asarray(2 * tp / (_varies(tt, n) + pp))


def ccc_of(parts: Floats) -> Floats:
    """Return Lin's concordance: 2 s_tp / (s_t² + s_p² + (t̄ - p̄)²), moments divided by n.

    Lin 1989, Biometrics 45:255-268, whose moments are divided by n, not n - 1. An offset costs.
    """
    n, mean_t, mean_p, tt, pp, tp = np.moveaxis(parts, -1, 0)
    return np.asarray(2 * tp / (_varies(tt, n) + pp + n * (mean_t - mean_p) ** 2))


def pcc(truth: ArrayLike, predicted: ArrayLike) -> float:
    """Return Pearson's correlation (-1 to 1) of two arrays (N,), NaN when one does not vary.

    >>> round(pcc([1, 2, 3, 4], [2, 1, 4, 4]), 6)
    0.774597
    """
    return float(pcc_of(moments(truth, predicted))[0])


def icc(truth: ArrayLike, predicted: ArrayLike) -> float:
    """Return ICC(3,1), consistency, of two arrays (N,), NaN when the labels do not vary.

    >>> round(icc([1, 2, 3, 4], [3, 4, 5, 6]), 6)
    1.0
    """
    return float(icc_of(moments(truth, predicted))[0])


def ccc(truth: ArrayLike, predicted: ArrayLike) -> float:
    """Return Lin's concordance of two arrays (N,), NaN when the labels do not vary.

    >>> round(ccc([1, 2, 3, 4], [3, 4, 5, 6]), 6)
    0.384615
    """
    return float(ccc_of(moments(truth, predicted))[0])
