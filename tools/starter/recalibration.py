"""Calibrates the packaged model again from the kept predictions of the folds' models.

The network stays as it is. Only what follows from the raw scores is measured again: PSPI, levels,
intervals and their metrics. The other metrics of the card need the models of the folds, which are
not kept.

The kept scores of a fold are stretched by a fit on the other folds, as in `stretch.cross_fitted`.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tools.starter import card_metrics, model_card, package
from tools.starter.rated_faces import BY_EXPRESSION
from wince import csv_reader, file_names
from wince.errors import DataError
from wince.files import write_json

_COLUMNS = ("subject", "sequence", "pspi", "predicted", "fold", "expression")


@dataclass(frozen=True, slots=True)
class KeptPredictions:
    """Predictions that `package.write_predictions` wrote, one row for each face.

    Attributes:
        subject: Who it is, text (N,).
        expression: Expression that the collection names, text (N,).
        by_expression: Which faces were chosen for it, (N,).
        pspi: Rated PSPI, (N,).
        raw: Stretched score of the fold's model, (N,).
        fold: Fold of each face, from 0, (N,).
    """

    subject: NDArray[np.str_]
    expression: NDArray[np.str_]
    by_expression: NDArray[np.bool_]
    pspi: NDArray[np.float32]
    raw: NDArray[np.float64]
    fold: NDArray[np.intp]

    @classmethod
    def read(cls, path: Path) -> "KeptPredictions":
        """Read a table of predictions; raise DataError when it is not one."""
        rows = [row for _, row in csv_reader.read_rows(path, _COLUMNS)]
        if not rows:
            raise DataError(f"{path} has no rows: expected the readings.csv of a run folder.")
        text = {name: np.array([row[name] for row in rows]) for name in _COLUMNS}
        return cls(
            subject=text["subject"],
            expression=text["expression"],
            by_expression=text["sequence"] == BY_EXPRESSION,
            pspi=text["pspi"].astype(np.float32),
            raw=text["predicted"].astype(np.float64),
            fold=text["fold"].astype(np.intp) - 1,
        )

    def __getitem__(self, rows: NDArray[np.bool_]) -> "KeptPredictions":
        return KeptPredictions(*(getattr(self, name)[rows] for name in self.__slots__))


def recalibrate(folder: Path, predictions: Path) -> None:
    """Write the calibration and its metrics into model.json, and the model card anew.

    Args:
        folder: Folder of the packaged model.
        predictions: The readings.csv of the run that made it.

    Raises:
        DataError: The table is not of the model's faces.
    """
    path = folder / file_names.MODEL_MANIFEST
    manifest = json.loads(path.read_text("utf-8"))
    faces = KeptPredictions.read(predictions)
    expected, count = manifest["trained_on"]["faces"], len(faces.subject)
    if count != expected:
        raise DataError(
            f"{predictions} has {count:,} faces, and {path} states {expected:,}. Give the "
            "readings.csv of the run that made the model."
        )
    others = [faces[faces.fold != number] for number in range(faces.fold.max() + 1)]
    of_folds = [package.calibrate(part.raw, part) for part in others]
    fitted = package.calibrate(faces.raw, faces)
    manifest["version"] = package.VERSION
    manifest["calibration"] = fitted.to_dict()
    manifest["trained_on"]["calibration"] = package.calibration_text(fitted)
    manifest["figures"] |= card_metrics.calibrated_metrics(faces.raw, faces, faces.fold, of_folds)
    write_json(path, manifest)
    model_card.write(folder)
