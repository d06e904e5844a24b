"""Predictors that do not look at the face: always zero, the mean, the majority.

On the UNBC-McMaster archive four frames in five have PSPI 0, so "always zero" has an accuracy of
.83 in four levels and an MAE of .45. A model has learned something only if it is better than these
predictors.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import PurePath

import numpy as np

from wince.errors import DataError
from wince.evaluation.arrays import Floats, Indices, whole_points
from wince.evaluation.metrics.classification import schemes
from wince.evaluation.prediction_files import TrainingLabels
from wince.evaluation.predictions import Predictions
from wince.scale import Scale

TRIVIAL_PREDICTORS = ("zero", "mean", "majority")
TRIVIAL_TITLES = {"zero": "Always zero", "mean": "The mean", "majority": "The majority"}


@dataclass(frozen=True, slots=True)
class LabelStatistics:
    """What the trivial predictors know of the labels, for each of N rows.

    Rows differ only if there are folds: each row then has the statistics of the labels that the
    model of its fold was trained on, or of the other folds.

    Attributes:
        source: Which labels these are, in words.
        mean: Mean label, shape (N,).
        commonest: Most frequent rounded label, shape (N,).
        classes: Number of the most frequent class, shape (N,), by key of the scheme.
        prior: Frequencies of the K levels, shape (N, K).
    """

    source: str
    mean: Floats
    commonest: Floats
    classes: dict[str, Indices]
    prior: Floats

    def take(self, rows: Indices) -> "LabelStatistics":
        """Return the statistics of some of the rows."""
        return LabelStatistics(
            self.source,
            self.mean[rows],
            self.commonest[rows],
            {key: numbers[rows] for key, numbers in self.classes.items()},
            self.prior[rows],
        )


def summarise_labels(
    table: Predictions,
    training: TrainingLabels | None = None,
    fold_labels: Mapping[str, Floats] | None = None,
) -> LabelStatistics:
    """Return the statistics of the training labels, or of the next best labels.

    Args:
        table: The predictions to evaluate.
        training: The training labels. If neither these nor `fold_labels` are known, the labels of
            the other folds in the table are used, when it has a column `fold` with two or more
            values; otherwise the evaluated labels, which favours the trivial predictors a little.
        fold_labels: Training labels of the model of each fold, by name of the fold.

    Raises:
        DataError: `fold_labels` lacks a fold of the table.
    """
    all_rows = np.arange(len(table))
    if fold_labels is not None:
        parts = _parts_of_folds(table, fold_labels)
        source = "the training labels of each fold"
    elif training is not None:
        parts = [(all_rows, training.pspi)]
        source = f"the {len(training.pspi):,} training labels in {PurePath(training.source).name}"
    elif table.fold is not None and len(np.unique(table.fold)) > 1:
        parts = [
            (np.flatnonzero(table.fold == name), table.pspi[table.fold != name])
            for name in np.unique(table.fold)
        ]
        source = "the labels of the other folds in the table"
    else:
        parts = [(all_rows, table.pspi)]
        source = "the evaluated labels themselves (in-sample: the training labels are not known)"
    return _from_parts(source, len(table), parts, table.scale)


def _parts_of_folds(
    table: Predictions, fold_labels: Mapping[str, Floats]
) -> list[tuple[Indices, Floats]]:
    """Return the rows of each fold with the labels that its model was trained on."""
    names = [] if table.fold is None else np.unique(table.fold).tolist()
    missing = [name for name in names if name not in fold_labels]
    if missing or not names:
        raise DataError(
            f"{table.source}: expected a column fold whose folds have training labels, which are "
            f"{', '.join(fold_labels)}; found {', '.join(missing) or 'no column fold'}."
        )
    return [(np.flatnonzero(table.fold == name), fold_labels[name]) for name in names]


def predict(name: str, table: Predictions, statistics: LabelStatistics) -> Predictions:
    """Return the table with the predictions of a trivial predictor.

    Args:
        name: One of TRIVIAL_PREDICTORS.
        table: The predictions of the model.
        statistics: What the trivial predictors know of the labels.

    Raises:
        DataError: There is no trivial predictor of this name.
    """
    if name not in TRIVIAL_PREDICTORS:
        raise DataError(
            f"Expected one of the trivial predictors {', '.join(TRIVIAL_PREDICTORS)}; "
            f"found {name!r}."
        )
    scores = {
        "zero": np.full(len(table), table.scale.low),
        "mean": statistics.mean,
        "majority": statistics.commonest,
    }
    return replace(table, predicted=scores[name], probabilities=None, interval=None)


def _from_parts(
    source: str, rows: int, parts: list[tuple[Indices, Floats]], scale: Scale
) -> LabelStatistics:
    """Return the statistics of parts: (row numbers, labels that these rows know)."""
    mean, commonest = np.empty(rows), np.empty(rows)
    prior = np.empty((rows, len(scale.cuts) + 1))
    every_scheme = schemes(scale)
    classes = {scheme.key: np.empty(rows, np.intp) for scheme in every_scheme}
    for members, labels in parts:
        values, counts = np.unique(whole_points(labels, scale), return_counts=True)
        mean[members], commonest[members] = labels.mean(), values[counts.argmax()]
        levels = np.digitize(labels, scale.cuts)
        prior[members] = np.bincount(levels, minlength=prior.shape[1]) / len(labels)
        for scheme in every_scheme:
            frequency = np.bincount(scheme.of(labels), minlength=len(scheme.classes))
            classes[scheme.key][members] = frequency.argmax()
    return LabelStatistics(source, mean, commonest, classes, prior)
