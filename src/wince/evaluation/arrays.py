"""Arrays that the metrics share: pairs of labels and predictions, and sums by subject."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wince.errors import DataError
from wince.scale import PSPI, Scale

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]


def paired(truth: ArrayLike, predicted: ArrayLike) -> tuple[Floats, Floats]:
    """Return labels and predictions as two float64 arrays of shape (N,), N >= 1.

    Raises:
        DataError: The shapes differ, there is no row, or a value is NaN or infinite.
    """
    labels, scores = np.asarray(truth, np.float64), np.asarray(predicted, np.float64)
    if labels.ndim != 1 or labels.shape != scores.shape or labels.size == 0:
        raise DataError(
            "A metric needs as many predictions as labels, in two arrays of shape (N,), N of at "
            f"least 1; found shapes {labels.shape} and {scores.shape}."
        )
    if not (np.isfinite(labels).all() and np.isfinite(scores).all()):
        raise DataError("A metric needs finite numbers; found NaN or infinity among them.")
    return labels, scores


def whole_points(scores: ArrayLike, scale: Scale = PSPI) -> Floats:
    """Return scores rounded half up to the points that they are counted by; whole ones for PSPI.

    Args:
        scores: Scores, shape (N,).
        scale: Their scale, of which the points are `bin_width` apart.

    >>> whole_points([0.49, 0.5, 2.5]).tolist()
    [0.0, 1.0, 3.0]
    """
    steps = np.floor((np.asarray(scores, np.float64) - scale.low) / scale.bin_width + 0.5)
    return np.asarray(steps * scale.bin_width + scale.low)


def subject_index(subject: Indices | None, rows: int) -> Indices:
    """Return the subject number (0 to S-1) of each row; all are 0 if `subject` is None.

    Args:
        subject: Subject numbers, shape (N,), or None.
        rows: N.

    Raises:
        DataError: `subject` does not have shape (N,).
    """
    if subject is None:
        return np.zeros(rows, np.intp)
    index = np.asarray(subject)
    if index.shape != (rows,):
        raise DataError(f"Expected the subject of each of {rows} rows; found shape {index.shape}.")
    return index


def sums_by_subject(subject: Indices, *columns: ArrayLike, subjects: int | None = None) -> Floats:
    """Return the sum of each column over the rows of each subject.

    Args:
        subject: Subject numbers, shape (N,).
        *columns: K arrays of shape (N,).
        subjects: S, if it is known. Subjects without a row get zeros.

    Returns:
        Shape (S, K).
    """
    count = int(subject.max(initial=-1)) + 1 if subjects is None else subjects
    return np.column_stack(
        [np.bincount(subject, np.asarray(column, np.float64), count) for column in columns]
    )


def ratio(numerator: ArrayLike, denominator: ArrayLike) -> Floats:
    """Return the elementwise quotient, NaN (undefined) where the denominator is 0."""
    above, below = np.asarray(numerator, np.float64), np.asarray(denominator, np.float64)
    above, below = np.broadcast_arrays(above, below)
    quotient: Floats = np.full(above.shape, np.nan)
    return np.divide(above, below, out=quotient, where=below != 0)


def mean_defined(values: Floats, axis: int = -1) -> Floats:
    """Return the mean of the values that are not NaN along an axis; NaN where all are NaN."""
    defined = ~np.isnan(values)
    return ratio(np.where(defined, values, 0.0).sum(axis), defined.sum(axis))
