"""Predictions as classes: four levels, the six classes of the literature, pain or not at a cut.

Each metric is a function of a confusion matrix: rows are the true class, columns the predicted one.
`matrix` has shape (..., K, K); the leading axes are subjects or resamples. Undefined is NaN: the
recall of a class that does not occur, the precision of a class that is never predicted.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from wince.errors import DataError
from wince.evaluation.arrays import Floats, Indices, mean_defined, ratio, subject_index
from wince.scale import BINARY_CUTS, LEVEL_CUTS, LEVELS, SIX_CLASS_CUTS, SIX_CLASSES, Scale


@dataclass(frozen=True, slots=True)
class Scheme:
    """A division of a scale into classes.

    Attributes:
        key: Prefix of its metrics in metrics.json.
        title: Name for people.
        classes: Names of the K classes, lowest first.
        cuts: The K-1 lowest scores of the second to the last class.
    """

    key: str
    title: str
    classes: tuple[str, ...]
    cuts: tuple[float, ...]

    def of(self, scores: ArrayLike) -> Indices:
        """Return the class number of scores, shape (N,); the end class for scores off the scale."""
        return np.digitize(np.asarray(scores, np.float64), self.cuts)


SCHEMES: tuple[Scheme, ...] = (
    Scheme("four_levels", "Four levels", tuple(str(level) for level in LEVELS), LEVEL_CUTS),
    Scheme("six_classes", "Six classes", SIX_CLASSES, SIX_CLASS_CUTS),
    *(
        Scheme(f"binary_{cut}", f"PSPI ≥ {cut}", ("below", "pain"), (cut - 0.5,))
        for cut in BINARY_CUTS
    ),
)


def schemes(scale: Scale) -> tuple[Scheme, ...]:
    """Return the divisions of a scale: its levels first, and for PSPI those of the literature."""
    if scale.is_pspi:
        return SCHEMES
    if not scale.levels:
        return ()
    return (Scheme("levels", f"{len(scale.levels)} levels", scale.levels, scale.cuts),)


def level_scheme(scale: Scale) -> Scheme | None:
    """Return the division of a scale into its levels, None if it has none."""
    return next(iter(schemes(scale)), None)


def confusion(truth: ArrayLike, predicted: ArrayLike, classes: int) -> Floats:
    """Return the confusion matrix.

    Args:
        truth: True class numbers, 0 to K-1, shape (N,).
        predicted: Predicted class numbers, 0 to K-1, shape (N,).
        classes: K.

    Returns:
        Counts, shape (K, K); rows are the true class, columns the predicted one.

    Raises:
        DataError: The shapes differ, or a number is not 0 to K-1.

    >>> confusion([0, 0, 1], [0, 1, 1], classes=2).tolist()
    [[1.0, 1.0], [0.0, 1.0]]
    """
    return np.asarray(confusion_by_subject(truth, predicted, classes)[0])


def confusion_by_subject(
    truth: ArrayLike,
    predicted: ArrayLike,
    classes: int,
    subject: Indices | None = None,
) -> Floats:
    """Return the confusion matrix of each subject.

    Args:
        truth: True class numbers, 0 to K-1, shape (N,).
        predicted: Predicted class numbers, 0 to K-1, shape (N,).
        classes: K.
        subject: Subject number of each row, shape (N,); None for a single subject.

    Returns:
        Counts, shape (S, K, K); rows are the true class, columns the predicted one.

    Raises:
        DataError: The shapes differ, or a number is not 0 to K-1.
    """
    true, guess = np.asarray(truth), np.asarray(predicted)
    if true.ndim != 1 or true.shape != guess.shape or true.size == 0:
        raise DataError(
            "A confusion matrix needs as many predicted classes as true ones, in two arrays of "
            f"shape (N,) with N of at least 1; found shapes {true.shape} and {guess.shape}."
        )
    for numbers in (true, guess):
        if not np.isin(numbers, np.arange(classes)).all():
            raise DataError(f"Expected class numbers from 0 to {classes - 1}; found others.")
    index = subject_index(subject, true.size)
    subjects = int(index.max()) + 1
    cell = (index * classes + true.astype(np.intp)) * classes + guess.astype(np.intp)
    counts = np.bincount(cell, minlength=subjects * classes * classes)
    return np.asarray(counts.reshape(subjects, classes, classes), np.float64)


def accuracy(matrix: Floats) -> Floats:
    """Return the share of frames in the right class, 0 to 1, shape (...).

    >>> float(accuracy(np.array([[8, 2], [1, 9]])))
    0.85
    """
    return ratio(np.trace(matrix, axis1=-2, axis2=-1), matrix.sum((-2, -1)))


def recall(matrix: Floats) -> Floats:
    """Return TP / (TP + FN) of each class, 0 to 1, shape (..., K).

    NaN for a class that does not occur.

    >>> recall(np.array([[8, 2], [1, 9]])).tolist()
    [0.8, 0.9]
    """
    return ratio(_true_positives(matrix), matrix.sum(-1))


def precision(matrix: Floats) -> Floats:
    """Return TP / (TP + FP) of each class, 0 to 1, shape (..., K).

    NaN for a class that is never predicted.

    >>> precision(np.array([[9, 6], [1, 4]])).tolist()
    [0.9, 0.4]
    """
    return ratio(_true_positives(matrix), matrix.sum(-2))


def f1(matrix: Floats) -> Floats:
    """Return 2 TP / (2 TP + FP + FN) of each class, 0 to 1, shape (..., K).

    NaN for a class that neither occurs nor is predicted.

    >>> f1(np.array([[6, 2], [2, 6]])).tolist()
    [0.75, 0.75]
    """
    return ratio(2 * _true_positives(matrix), matrix.sum(-1) + matrix.sum(-2))


def macro_precision(matrix: Floats) -> Floats:
    """Return the mean precision over the classes that occur or are predicted, 0 to 1, shape (...).

    A class that occurs and is never predicted counts 0. Left out, it would give a constant
    prediction the precision of the commonest class alone.

    >>> float(macro_precision(np.array([[8, 0], [2, 0]])))
    0.4
    """
    concerned = matrix.sum(-1) + matrix.sum(-2) > 0
    return mean_defined(np.where(concerned, np.nan_to_num(precision(matrix)), np.nan))


def balanced_accuracy(matrix: Floats) -> Floats:
    """Return the mean recall over the classes that occur, 0 to 1, shape (...).

    Brodersen et al. 2010, ICPR.
    """
    return mean_defined(recall(matrix))


def macro_f1(matrix: Floats) -> Floats:
    """Return the mean F1 over the classes that occur or are predicted, 0 to 1, shape (...)."""
    return mean_defined(f1(matrix))


def kappa(matrix: Floats) -> Floats:
    """Return the quadratic weighted kappa, 1 - ΣwO / ΣwE, shape (...).

    Cohen 1968, Psychol Bull 70:213-220, with w = (i - j)², O the matrix and E the matrix expected
    from its margins. With two classes it is Cohen's unweighted kappa. 1 is the best value, 0 that
    of chance. NaN if only one class occurs, because the formula then gives 0 (or 0/0) for all
    predictions.

    >>> float(kappa(np.array([[6, 2], [2, 6]])))
    0.5
    """
    classes = matrix.shape[-1]
    weight = np.subtract.outer(np.arange(classes), np.arange(classes)) ** 2.0
    true, predicted = matrix.sum(-1), matrix.sum(-2)
    observed = (weight * matrix).sum((-2, -1)) * matrix.sum((-2, -1))
    expected = (weight * true[..., :, None] * predicted[..., None, :]).sum((-2, -1))
    occurring = (true > 0).sum(-1)
    return np.where(occurring > 1, 1.0 - ratio(observed, expected), np.nan)


def distance(matrix: Floats) -> Floats:
    """Return the mean of |predicted - true class number|, 0 (best) to K-1, shape (...).

    >>> float(distance(np.array([[2, 0, 1], [0, 1, 0], [0, 0, 0]])))
    0.5
    """
    classes = matrix.shape[-1]
    weight = np.abs(np.subtract.outer(np.arange(classes), np.arange(classes)))
    return ratio((weight * matrix).sum((-2, -1)), matrix.sum((-2, -1)))


def _true_positives(matrix: Floats) -> Floats:
    return np.diagonal(matrix, axis1=-2, axis2=-1)
