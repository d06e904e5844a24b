"""Errors of predictions in points of PSPI: MAE, MSE, RMSE and mean error.

Each metric is a function of sums over frames. So one formula serves all frames, each subject and
each bootstrap resample of subjects: `mae_of` takes the sums, `mae` takes labels and predictions.
With e = p - t (prediction minus label), the sums are n, Σ|e|, Σe² and Σe. All means divide by n.

The labels t and the predictions p are points of PSPI, shape (N,). DataError is raised if they do
not match or contain NaN or infinity.
"""

import numpy as np
from numpy.typing import ArrayLike

from wince.evaluation.arrays import Floats, Indices, paired, ratio, subject_index, sums_by_subject


def error_sums(truth: ArrayLike, predicted: ArrayLike, subject: Indices | None = None) -> Floats:
    """Return the sums that the metrics of this module need, by subject.

    Args:
        truth: Labels t, PSPI, shape (N,).
        predicted: Predictions p, shape (N,).
        subject: Subject number of each row, shape (N,); None for a single subject.

    Returns:
        Shape (S, 4): n, Σ|e|, Σe², Σe.

    Raises:
        DataError: The arrays do not match or contain NaN or infinity.
    """
    labels, scores = paired(truth, predicted)
    error = scores - labels
    index = subject_index(subject, error.size)
    return sums_by_subject(index, np.ones_like(error), np.abs(error), error**2, error)


def mae_of(sums: Floats) -> Floats:
    """Return the mean absolute error, Σ|e| / n, of sums (..., 4), shape (...)."""
    return ratio(sums[..., 1], sums[..., 0])


def mse_of(sums: Floats) -> Floats:
    """Return the mean squared error, Σe² / n, of sums (..., 4), shape (...)."""
    return ratio(sums[..., 2], sums[..., 0])


def rmse_of(sums: Floats) -> Floats:
    """Return the root of the mean squared error, √(Σe² / n), of sums (..., 4), shape (...)."""
    return np.sqrt(mse_of(sums))


def bias_of(sums: Floats) -> Floats:
    """Return the mean error, Σe / n, of sums (..., 4), shape (...)."""
    return ratio(sums[..., 3], sums[..., 0])


def mae(truth: ArrayLike, predicted: ArrayLike) -> float:
    """Return the mean absolute error, (1/n) Σ|p - t|.

    Returns:
        Points of PSPI, 0 (best) or more.

    >>> mae([0, 0, 4], [1, 0, 2])
    1.0
    """
    return float(mae_of(error_sums(truth, predicted))[0])


def mse(truth: ArrayLike, predicted: ArrayLike) -> float:
    """Return the mean squared error, (1/n) Σ(p - t)².

    Returns:
        Squared points of PSPI, 0 (best) or more.

    >>> mse([0, 0, 4], [1, 0, 1])
    3.3333333333333335
    """
    return float(mse_of(error_sums(truth, predicted))[0])


def rmse(truth: ArrayLike, predicted: ArrayLike) -> float:
    """Return the root of the mean squared error, √((1/n) Σ(p - t)²).

    Returns:
        Points of PSPI, 0 (best) or more.

    >>> rmse([0, 0, 4, 4], [1, 1, 4, 2])
    1.224744871391589
    """
    return float(rmse_of(error_sums(truth, predicted))[0])


def bias(truth: ArrayLike, predicted: ArrayLike) -> float:
    """Return the mean error, (1/n) Σ(p - t).

    Returns:
        Points of PSPI; positive when the predictions are too high.

    >>> bias([0, 0, 4, 4], [1, 1, 4, 4])
    0.5
    """
    return float(bias_of(error_sums(truth, predicted))[0])
