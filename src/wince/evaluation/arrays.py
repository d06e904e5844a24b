"""Arrays as the metrics want them: paired, finite, and summed by subject."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wince.errors import DataError

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]


def paired(truth: ArrayLike, predicted: ArrayLike) -> tuple[Floats, Floats]:
    """Return two arrays of shape (N,), N >= 1, as float64.

    Raises DataError when the shapes differ, when there is no row, or when a value is not finite:
    a metric of such arrays would be a number that means nothing.
    """
    left, right = np.asarray(truth, np.float64), np.asarray(predicted, np.float64)
    if left.ndim != 1 or left.shape != right.shape or left.size == 0:
        raise DataError(
            "A metric needs as many predictions as labels, in two arrays of shape (N,), N of at "
            f"least 1; found shapes {left.shape} and {right.shape}."
        )
    if not (np.isfinite(left).all() and np.isfinite(right).all()):
        raise DataError("A metric needs finite numbers; found NaN or infinity among them.")
    return left, right


def subject_index(subject: Indices | None, rows: int) -> Indices:
    """Return the subject's number (0 to S-1) of each of N rows; without subjects, all are one.

    Raises DataError when there are not as many as rows.
    """
    if subject is None:
        return np.zeros(rows, np.intp)
    index = np.asarray(subject)
    if index.shape != (rows,):
        raise DataError(f"Expected the subject of each of {rows} rows; found shape {index.shape}.")
    return index


def sums_by_subject(subject: Indices, *columns: ArrayLike, subjects: int | None = None) -> Floats:
    """Return the sums (S, k) of k columns (N,) over the rows of each subject.

    subjects: S, when it is known; subjects without a row then get zeros.
    """
    count = int(subject.max(initial=-1)) + 1 if subjects is None else subjects
    return np.column_stack(
        [np.bincount(subject, np.asarray(column, np.float64), count) for column in columns]
    )


def ratio(above: ArrayLike, below: ArrayLike) -> Floats:
    """Return above / below elementwise, NaN where below is 0: undefined, not zero."""
    over, under = np.asarray(above, np.float64), np.asarray(below, np.float64)
    over, under = np.broadcast_arrays(over, under)
    quotient: Floats = np.full(over.shape, np.nan)
    return np.divide(over, under, out=quotient, where=under != 0)


def mean_defined(values: Floats, axis: int = -1) -> Floats:
    """Return the mean along an axis of the values that are not NaN, NaN where all are."""
    defined = ~np.isnan(values)
    return ratio(np.where(defined, values, 0.0).sum(axis), defined.sum(axis))
