"""Predictions and training labels from CSV files."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from wince.csv_reader import read_columns
from wince.errors import DataError
from wince.evaluation.arrays import Floats
from wince.evaluation.prediction_columns import from_columns
from wince.evaluation.predictions import Predictions
from wince.files import sha256
from wince.scale import PSPI_MAXIMUM, check_range


@dataclass(frozen=True, slots=True)
class TrainingLabels:
    """The labels that a model was trained on.

    Attributes:
        source: Name of the file, or other words, for messages and reports.
        pspi: Label of each of M frames, shape (M,).
        subjects: Names of the subjects; None if they are not known.
    """

    source: str
    pspi: Floats
    subjects: frozenset[str] | None


def read_predictions(path: Path | str) -> Predictions:
    """Read predictions from comma-separated UTF-8 text with a header line and a row per frame.

    Args:
        path: A file with the columns described at `prediction_columns.from_columns`.

    Raises:
        DataError: The file cannot be read, or a value is wrong; the message names file and line.
    """
    columns, lines = read_columns(Path(path))
    table = from_columns(columns, str(path), lambda row: f"{path}, line {lines[row]}")
    return replace(table, sha256=sha256(Path(path)))


def read_training_labels(path: Path | str) -> TrainingLabels:
    """Read the labels that a model was trained on.

    Args:
        path: A CSV file with the column `pspi` and, if it is known, `subject`, such as the
            manifest.csv of the training frames.

    Raises:
        DataError: The file cannot be read, or a value is wrong; the message names file and line.
    """
    columns, lines = read_columns(Path(path))
    if "pspi" not in columns or not columns["pspi"]:
        raise DataError(
            f"{path} does not contain training labels: expected a column pspi with at least one "
            f"row; found the columns {', '.join(columns)} and {len(lines)} rows."
        )
    labels = []
    for cell, line in zip(columns["pspi"], lines, strict=True):
        try:
            labels.append(check_range(float(cell), 0.0, PSPI_MAXIMUM, "pspi"))
        except ValueError:
            raise DataError(
                f"{path}, line {line}: pspi is {cell[:40]!r}; expected a number from 0 to 16."
            ) from None
    subjects = frozenset(columns["subject"]) if "subject" in columns else None
    return TrainingLabels(str(path), np.array(labels), subjects)
