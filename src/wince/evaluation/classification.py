"""Predictions as classes: four levels, the literature's six classes, pain or not at a cut.

Everything is a function of the confusion matrix (..., K, K), rows the true class, columns the
predicted one; leading axes are subjects or resamples. Undefined is NaN: the recall of a class that
does not occur, the precision of one that is never predicted.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from wince.errors import DataError
from wince.evaluation.arrays import Floats, Indices, mean_defined, ratio, subject_index
from wince.scale import BINARY_CUTS, LEVEL_CUTS, LEVELS, SIX_CLASS_CUTS, SIX_CLASSES


@dataclass(frozen=True, slots=True)
class Scheme:
    """A way to cut PSPI into classes: its key, its title, its classes in order, and the cuts."""

    key: str
    title: str
    classes: tuple[str, ...]
    cuts: tuple[float, ...]

    def of(self, pspi: ArrayLike) -> Indices:
        """Return the class number (N,) of scores (N,); beyond the scale, the end class."""
        return np.digitize(np.asarray(pspi, np.float64), self.cuts)


SCHEMES: tuple[Scheme, ...] = (
    Scheme("four_levels", "Four levels", tuple(str(level) for level in LEVELS), LEVEL_CUTS),
    Scheme("six_classes", "Six classes", SIX_CLASSES, SIX_CLASS_CUTS),
    *(
        Scheme(f"binary_{cut}", f"PSPI ≥ {cut}", ("below", "pain"), (cut - 0.5,))
        for cut in BINARY_CUTS
    ),
)


def confusion(truth: ArrayLike, predicted: ArrayLike, classes: int) -> Floats:
    """Return the confusion matrix (K, K) of class numbers (N,), rows true, columns predicted.

    Raises DataError when the shapes differ or a number is not 0 to K-1.
    """
    return np.asarray(confusion_by_subject(truth, predicted, classes)[0])


def confusion_by_subject(
    truth: ArrayLike,
    predicted: ArrayLike,
    classes: int,
    subject: Indices | None = None,
) -> Floats:
    """Return one confusion matrix per subject, (S, K, K)."""
    left, right = np.asarray(truth), np.asarray(predicted)
    if left.ndim != 1 or left.shape != right.shape or left.size == 0:
        raise DataError(
            "A confusion matrix needs as many predicted classes as true ones, in two arrays of "
            f"shape (N,) with N of at least 1; found shapes {left.shape} and {right.shape}."
        )
    for numbers in (left, right):
        if not np.isin(numbers, np.arange(classes)).all():
            raise DataError(f"Expected class numbers from 0 to {classes - 1}; found others.")
    index = subject_index(subject, left.size)
    subjects = int(index.max()) + 1
    cell = (index * classes + left.astype(np.intp)) * classes + right.astype(np.intp)
    counted = np.bincount(cell, minlength=subjects * classes * classes)
    return np.asarray(counted.reshape(subjects, classes, classes), np.float64)


def accuracy(matrix: Floats) -> Floats:
    """Return the share of frames on the diagonal."""
    return ratio(np.trace(matrix, axis1=-2, axis2=-1), matrix.sum((-2, -1)))


def recall(matrix: Floats) -> Floats:
    """Return TP / (TP + FN) of each class (..., K), NaN for a class that does not occur."""
    return ratio(_hits(matrix), matrix.sum(-1))


def precision(matrix: Floats) -> Floats:
    """Return TP / (TP + FP) of each class (..., K), NaN for a class that is never predicted."""
    return ratio(_hits(matrix), matrix.sum(-2))


def f1(matrix: Floats) -> Floats:
    """Return 2 TP / (2 TP + FP + FN) of each class (..., K), NaN if neither true nor predicted."""
    return ratio(2 * _hits(matrix), matrix.sum(-1) + matrix.sum(-2))


def macro_precision(matrix: Floats) -> Floats:
    """Return the mean precision over the classes that are predicted."""
    return mean_defined(precision(matrix))


def balanced_accuracy(matrix: Floats) -> Floats:
    """Return the mean recall over the classes that occur (Brodersen et al. 2010, ICPR)."""
    return mean_defined(recall(matrix))


def macro_f1(matrix: Floats) -> Floats:
    """Return the mean F1 over the classes that occur or are predicted."""
    return mean_defined(f1(matrix))


def kappa(matrix: Floats) -> Floats:
    """Return quadratic-weighted kappa, 1 - ΣwO / ΣwE with w = (i - j)² and E from the margins.

    Cohen 1968, Psychol Bull 70:213-220. NaN when only one class is true: it is then 0 (or 0/0)
    whatever is predicted. With two classes it is Cohen's plain kappa.
    """
    classes = matrix.shape[-1]
    weight = np.subtract.outer(np.arange(classes), np.arange(classes)) ** 2.0
    true, said = matrix.sum(-1), matrix.sum(-2)
    observed = (weight * matrix).sum((-2, -1)) * matrix.sum((-2, -1))
    expected = (weight * true[..., :, None] * said[..., None, :]).sum((-2, -1))
    occurring = (true > 0).sum(-1)
    return np.where(occurring > 1, 1.0 - ratio(observed, expected), np.nan)


def distance(matrix: Floats) -> Floats:
    """Return the mean number of classes between true and predicted: the MAE of class numbers."""
    classes = matrix.shape[-1]
    weight = np.abs(np.subtract.outer(np.arange(classes), np.arange(classes)))
    return ratio((weight * matrix).sum((-2, -1)), matrix.sum((-2, -1)))


def _hits(matrix: Floats) -> Floats:
    return np.diagonal(matrix, axis1=-2, axis2=-1)
