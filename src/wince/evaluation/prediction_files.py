"""Predictions and training labels from CSV files."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from wince.csv_reader import read_columns
from wince.errors import DataError
from wince.evaluation.arrays import Floats
from wince.evaluation.predictions import Predictions, from_columns
from wince.files import sha256
from wince.scale import PSPI_MAXIMUM, check_range


@dataclass(frozen=True, slots=True)
class TrainingLabels:
    """What is known of the frames a model was trained on: labels (M,), and subjects or None."""

    source: str
    pspi: Floats
    subjects: frozenset[str] | None


def read_predictions(path: Path | str) -> Predictions:
    """Read a predictions file: comma-separated UTF-8 with a header line, one row per frame.

    Columns as in `predictions.from_columns`. Raises DataError, with file and line, when it cannot
    be read or a value is not what it should be.
    """
    columns, lines = read_columns(Path(path))
    table = from_columns(columns, str(path), lambda row: f"{path}, line {lines[row]}")
    return replace(table, sha256=sha256(Path(path)))


def read_training_labels(path: Path | str) -> TrainingLabels:
    """Read the labels a model was trained on: a CSV with `pspi` and, if it can be had, `subject`.

    A `manifest.csv` of the training frames will do. Raises DataError with file and line.
    """
    columns, lines = read_columns(Path(path))
    if "pspi" not in columns or not columns["pspi"]:
        raise DataError(
            f"{path} is to say what the model was trained on: expected a column pspi with at least "
            f"one row; found the columns {', '.join(columns)} and {len(lines)} rows."
        )
    labels = []
    for cell, line in zip(columns["pspi"], lines, strict=True):
        try:
            labels.append(check_range(float(cell), 0.0, PSPI_MAXIMUM, "pspi"))
        except ValueError:
            raise DataError(
                f"{path}, line {line}: pspi is {cell[:40]!r}; expected a number from 0 to 16."
            ) from None
    subjects = (
        frozenset(name.strip() for name in columns["subject"]) if "subject" in columns else None
    )
    return TrainingLabels(str(path), np.array(labels), subjects)
