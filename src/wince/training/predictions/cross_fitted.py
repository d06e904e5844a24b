"""Predictions of a cross-validation, each fold calibrated on the scores of the other folds.

Every raw score is from a model that was not trained on the subject, so all subjects but those of a
fold can calibrate that fold. Their models were trained on the fold's subjects, so this is
cross-conformal prediction (Vovk 2015, Ann Math Artif Intell 74:9; Barber et al. 2021, Ann Stat
49:486), by subject.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wince.evaluation.prediction_columns import RAW, scale_of
from wince.training.predictions import subject_calibration
from wince.training.predictions.prediction_table import Columns, calibrated_cells


@dataclass(frozen=True, slots=True)
class FoldScores:
    """Raw scores of a cross-validation, of the frames that have one.

    Attributes:
        row: Row of the table, (N,).
        raw: Raw scores, (N,).
        rating: Their labels, (N,).
        subject: Subject of each frame, text (N,).
        fold: Fold of each frame, text (N,).
    """

    row: NDArray[np.intp]
    raw: NDArray[np.float64]
    rating: NDArray[np.float64]
    subject: NDArray[np.str_]
    fold: NDArray[np.str_]

    def __getitem__(self, rows: NDArray[Any]) -> "FoldScores":
        return FoldScores(*(getattr(self, name)[rows] for name in self.__slots__))


def raw_fold_scores(table: Columns) -> FoldScores:
    """Return the raw scores of a table of a cross-validation.

    A table of an earlier version has no raw scores; there the predictions are the raw scores.
    """
    raw = table.get(RAW, table["predicted"])
    rows = [row for row, cell in enumerate(raw) if cell]
    cells: Mapping[str, Sequence[str]] = {"raw": raw, **{n: table[n] for n in ("subject", "fold")}}
    chosen = {name: np.array([values[row] for row in rows]) for name, values in cells.items()}
    return FoldScores(
        np.array(rows, np.intp),
        chosen["raw"].astype(np.float64),
        np.array([table[scale_of(table).column][row] for row in rows]).astype(np.float64),
        chosen["subject"],
        chosen["fold"],
    )


def cross_fitted(table: Columns) -> dict[str, list[str]]:
    """Return a table of a cross-validation with the predictions calibrated anew.

    Args:
        table: Columns of `prediction_table.columns`, of all folds. With one fold nothing changes.
    """
    calibrated = {name: list(cells) for name, cells in table.items()}
    scores, scale = raw_fold_scores(table), scale_of(table)
    folds = np.unique(scores.fold)
    if len(folds) < 2:
        return calibrated
    for name in folds:
        others, tested = scores[scores.fold != name], scores[scores.fold == name]
        others = others[~np.isin(others.subject, tested.subject)]
        if not len(others.row):
            continue
        fitted = subject_calibration.fit_on(scale, others.raw, others.rating, others.subject)
        cells = calibrated_cells(fitted, tested.raw.tolist())
        for column, values in cells.items():
            for row, value in zip(tested.row.tolist(), values, strict=True):
                calibrated[column][row] = value
    return calibrated
