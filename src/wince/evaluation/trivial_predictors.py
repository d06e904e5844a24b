"""The trivial predictors every model is set beside: always zero, the mean, the majority.

Four frames in five of the UNBC archive have PSPI 0, so "always zero" has an accuracy of .83 and an
MAE of .45 there without looking at a face. A figure means nothing until it beats these.
"""

from dataclasses import dataclass, replace
from pathlib import PurePath

import numpy as np

from wince.errors import DataError
from wince.evaluation.arrays import Floats, Indices
from wince.evaluation.classification import SCHEMES
from wince.evaluation.prediction_files import TrainingLabels
from wince.evaluation.predictions import Predictions

TRIVIAL_PREDICTORS = ("zero", "mean", "majority")


@dataclass(frozen=True, slots=True)
class LabelStatistics:
    """What constant predictors say of each frame, and what they know it from.

    source: in words. mean, commonest: PSPI (N,). classes: the majority class number by scheme (N,).
    prior: frequencies of the four levels (N, 4). Rows differ only when there are folds.
    """

    source: str
    mean: Floats
    commonest: Floats
    classes: dict[str, Indices]
    prior: Floats

    def take(self, rows: Indices) -> "LabelStatistics":
        """Return the reference of some of the rows."""
        return LabelStatistics(
            self.source,
            self.mean[rows],
            self.commonest[rows],
            {key: numbers[rows] for key, numbers in self.classes.items()},
            self.prior[rows],
        )


def label_statistics(table: Predictions, training: TrainingLabels | None = None) -> LabelStatistics:
    """Return what the constant predictors know: the training labels, or the next best.

    With `training`, its labels. Else, with a column `fold` of two or more folds, the labels of the
    other folds. Else the evaluated labels themselves, which favours the baselines a little.
    """
    everything = np.arange(len(table))
    if training is not None:
        parts = [(everything, training.pspi)]
        source = f"the {len(training.pspi):,} training labels in {PurePath(training.source).name}"
    elif table.fold is not None and len(np.unique(table.fold)) > 1:
        parts = [
            (np.flatnonzero(table.fold == name), table.pspi[table.fold != name])
            for name in np.unique(table.fold)
        ]
        source = "the labels of the other folds"
    else:
        parts = [(everything, table.pspi)]
        source = "the evaluated labels themselves (in-sample: the training labels are not known)"
    return _from_parts(source, len(table), parts)


def predict(name: str, table: Predictions, known: LabelStatistics) -> Predictions:
    """Return the table with its predictions replaced by those of a trivial predictor.

    name: one of TRIVIAL_PREDICTORS. Raises DataError for another.
    """
    if name not in TRIVIAL_PREDICTORS:
        raise DataError(
            f"Expected one of the baselines {', '.join(TRIVIAL_PREDICTORS)}; found {name!r}."
        )
    scores = {"zero": np.zeros(len(table)), "mean": known.mean, "majority": known.commonest}[name]
    return replace(table, predicted=scores, probabilities=None, interval=None)


def _from_parts(source: str, rows: int, parts: list[tuple[Indices, Floats]]) -> LabelStatistics:
    mean, commonest, prior = (
        np.empty(rows),
        np.empty(rows),
        np.empty((rows, len(SCHEMES[0].classes))),
    )
    classes = {scheme.key: np.empty(rows, np.intp) for scheme in SCHEMES}
    for members, labels in parts:
        values, counts = np.unique(labels, return_counts=True)
        mean[members], commonest[members] = labels.mean(), values[counts.argmax()]
        for scheme in SCHEMES:
            frequency = np.bincount(scheme.of(labels), minlength=len(scheme.classes))
            classes[scheme.key][members] = frequency.argmax()
            if scheme is SCHEMES[0]:
                prior[members] = frequency / frequency.sum()
    return LabelStatistics(source, mean, commonest, classes, prior)
