"""How far predictions are from the labels, in points of PSPI.

Every metric is a function of sums over frames, so the same formula serves one array, each subject,
and every bootstrap resample of subjects: `*_of` takes sums (..., 4) and returns values (...).
"""

import numpy as np
from numpy.typing import ArrayLike

from wince.evaluation.arrays import Floats, Indices, paired, ratio, subject_index, sums_by_subject


def error_sums(truth: ArrayLike, predicted: ArrayLike, subject: Indices | None = None) -> Floats:
    """Return the sums (S, 4) that the metrics below need: frames, Σ|e|, Σe², Σe; e = p - t.

    truth, predicted: PSPI (N,); subject: number of each row's subject (N,), all one when None.
    Raises DataError for arrays that do not match.
    """
    labels, scores = paired(truth, predicted)
    error = scores - labels
    index = subject_index(subject, error.size)
    return sums_by_subject(index, np.ones_like(error), np.abs(error), error**2, error)


def mae_of(sums: Floats) -> Floats:
    """Return the mean absolute error, (1/n) Σ|p - t|."""
    return ratio(sums[..., 1], sums[..., 0])


def mse_of(sums: Floats) -> Floats:
    """Return the mean squared error, (1/n) Σ(p - t)²."""
    return ratio(sums[..., 2], sums[..., 0])


def rmse_of(sums: Floats) -> Floats:
    """Return the root of the mean squared error."""
    return np.sqrt(mse_of(sums))


def bias_of(sums: Floats) -> Floats:
    """Return the mean error, (1/n) Σ(p - t): positive when scores are too high."""
    return ratio(sums[..., 3], sums[..., 0])


def mae(truth: ArrayLike, predicted: ArrayLike) -> float:
    """Return the mean absolute error of predictions (N,) against labels (N,), in points.

    >>> mae([0, 0, 4], [1, 0, 2])
    1.0
    """
    return float(mae_of(error_sums(truth, predicted))[0])


def mse(truth: ArrayLike, predicted: ArrayLike) -> float:
    """Return the mean squared error of predictions (N,) against labels (N,), in squared points.

    >>> mse([0, 0, 3], [1, 0, 2])
    0.6666666666666666
    """
    return float(mse_of(error_sums(truth, predicted))[0])


def rmse(truth: ArrayLike, predicted: ArrayLike) -> float:
    """Return the root mean squared error of predictions (N,) against labels (N,), in points."""
    return float(rmse_of(error_sums(truth, predicted))[0])


def bias(truth: ArrayLike, predicted: ArrayLike) -> float:
    """Return the mean error of predictions (N,) against labels (N,), in points."""
    return float(bias_of(error_sums(truth, predicted))[0])
