"""Whether predictions rise and fall with the labels: PCC, ICC(3,1) and CCC.

The three metrics are functions of central moments. `moments` computes these by subject, and `pool`
combines them exactly for any resample of subjects.

Undefined is NaN: PCC if the labels or the predictions do not vary; ICC and CCC if the labels do not
vary, because the formulas then give 0 for all predictions. Constant predictions for labels that
vary have an ICC and a CCC of 0, which is a valid value.

The labels t and the predictions p have shape (N,). DataError is raised if they do not match or
contain NaN or infinity.
"""

import numpy as np
from numpy.typing import ArrayLike

from wince.evaluation.arrays import Floats, Indices, paired, ratio, subject_index, sums_by_subject

CONSTANT = 1e-9
"""Values with a standard deviation (in points) below this are constant apart from rounding."""


def moments(
    truth: ArrayLike,
    predicted: ArrayLike,
    subject: Indices | None = None,
    subjects: int | None = None,
) -> Floats:
    """Return the moments that the metrics of this module need, by subject.

    Args:
        truth: Labels t, shape (N,).
        predicted: Predictions p, shape (N,).
        subject: Subject number of each row, shape (N,); None for a single subject.
        subjects: S, if it is known. A subject without a row has n = 0.

    Returns:
        Shape (S, 6): n, mean t̄, mean p̄, Σ(t-t̄)², Σ(p-p̄)², Σ(t-t̄)(p-p̄). Computed in two passes,
        because Σt² - n t̄² loses its digits when values hardly vary.

    Raises:
        DataError: The arrays do not match or contain NaN or infinity.
    """
    labels, scores = paired(truth, predicted)
    index = subject_index(subject, labels.size)
    totals = sums_by_subject(index, np.ones_like(labels), labels, scores, subjects=subjects)
    means = np.nan_to_num(ratio(totals[:, 1:], totals[:, :1]))
    from_t, from_p = labels - means[index, 0], scores - means[index, 1]
    squares = sums_by_subject(index, from_t**2, from_p**2, from_t * from_p, subjects=subjects)
    return np.column_stack([totals[:, 0], means, squares])


def pool(parts: Floats, counts: Floats) -> Floats:
    """Return the moments of all frames together, in each resample of subjects.

    Args:
        parts: Moments by subject, shape (S, 6).
        counts: How often each resample contains each subject, shape (B, S).

    Returns:
        Shape (B, 6). Exact; Chan, Golub & LeVeque 1983, Am Stat 37:242-247.
    """
    n, mean_t, mean_p, *squares = parts.T
    total = counts @ n
    pooled_t = np.nan_to_num(ratio(counts @ (n * mean_t), total))
    pooled_p = np.nan_to_num(ratio(counts @ (n * mean_p), total))
    weight = counts * n
    from_t, from_p = mean_t - pooled_t[:, None], mean_p - pooled_p[:, None]
    between = [(weight * product).sum(1) for product in (from_t**2, from_p**2, from_t * from_p)]
    within = [counts @ part for part in squares]
    sums = [inside + across for inside, across in zip(within, between, strict=True)]
    return np.column_stack([total, pooled_t, pooled_p, *sums])


def _nan_if_constant(squares: Floats, n: Floats) -> Floats:
    """Return sums of squared deviations, NaN where they are no more than rounding errors."""
    return np.where(squares > n * CONSTANT**2, squares, np.nan)


def pcc_of(parts: Floats) -> Floats:
    """Return Pearson's correlation of moments (..., 6), shape (...); see `pcc`."""
    n, _, _, tt, pp, tp = np.moveaxis(parts, -1, 0)
    product = _nan_if_constant(tt, n) * _nan_if_constant(pp, n)
    return np.asarray(np.clip(tp / np.sqrt(product), -1.0, 1.0))


def icc_of(parts: Floats) -> Floats:
    """Return ICC(3,1) of moments (..., 6), shape (...); see `icc`."""
    n, _, _, tt, pp, tp = np.moveaxis(parts, -1, 0)
    return np.asarray(2 * tp / (_nan_if_constant(tt, n) + pp))


def ccc_of(parts: Floats) -> Floats:
    """Return Lin's concordance of moments (..., 6), shape (...); see `ccc`."""
    n, mean_t, mean_p, tt, pp, tp = np.moveaxis(parts, -1, 0)
    return np.asarray(2 * tp / (_nan_if_constant(tt, n) + pp + n * (mean_t - mean_p) ** 2))


def slope_of(parts: Floats) -> Floats:
    """Return the calibration slope of moments (..., 6), shape (...); see `calibration_line`."""
    n, _, _, _, pp, tp = np.moveaxis(parts, -1, 0)
    return np.asarray(tp / _nan_if_constant(pp, n))


def intercept_of(parts: Floats) -> Floats:
    """Return the calibration intercept of moments (..., 6), shape (...)."""
    return np.asarray(parts[..., 1] - slope_of(parts) * parts[..., 2])


def calibration_line(truth: ArrayLike, predicted: ArrayLike) -> tuple[float, float]:
    """Return slope and intercept of the least-squares line from predictions to labels.

    t = a + b p. A slope below 1 means that the predictions are too extreme, above 1 that they
    are too close to their mean. Steyerberg et al. 2010, Epidemiology 21:128-138.

    Returns:
        b and a, best 1 and 0; NaN if the predictions do not vary.

    >>> calibration_line([1, 3, 5], [0, 1, 2])
    (2.0, 1.0)
    """
    parts = moments(truth, predicted)
    return float(slope_of(parts)[0]), float(intercept_of(parts)[0])


def pcc(truth: ArrayLike, predicted: ArrayLike) -> float:
    """Return Pearson's correlation, Σ(t-t̄)(p-p̄) / √(Σ(t-t̄)² Σ(p-p̄)²).

    Pearson 1895, Proc R Soc Lond 58:240-242. Dividing by n or by n - 1 gives the same value.

    Returns:
        -1 to 1 (best); NaN if the labels or the predictions do not vary.

    >>> round(pcc([1, 2, 3, 4], [2, 1, 4, 4]), 6)
    0.774597
    """
    return float(pcc_of(moments(truth, predicted))[0])


def icc(truth: ArrayLike, predicted: ArrayLike) -> float:
    """Return the intraclass correlation ICC(3,1), consistency: (BMS - EMS) / (BMS + EMS).

    Shrout & Fleiss 1979, Psychol Bull 86:420-428, with two raters: the label and the model. BMS
    and EMS are the mean squares between frames and of the residual. With two raters the formula
    equals 2 Σ(t-t̄)(p-p̄) / (Σ(t-t̄)² + Σ(p-p̄)²), so n or n - 1 makes no difference. A constant
    offset between labels and predictions does not lower the value; a different spread does.

    Returns:
        -1 to 1 (best); NaN if the labels do not vary.

    >>> round(icc([1, 2, 3, 4], [3, 4, 5, 6]), 6)
    1.0
    """
    return float(icc_of(moments(truth, predicted))[0])


def ccc(truth: ArrayLike, predicted: ArrayLike) -> float:
    """Return Lin's concordance correlation, 2 s_tp / (s_t² + s_p² + (t̄ - p̄)²).

    Lin 1989, Biometrics 45:255-268. As in that paper, variances and covariance divide by n, not by
    n - 1. A constant offset between labels and predictions lowers the value.

    Returns:
        -1 to 1 (best); NaN if the labels do not vary.

    >>> round(ccc([1, 2, 3, 4], [3, 4, 5, 6]), 6)
    0.384615
    """
    return float(ccc_of(moments(truth, predicted))[0])
