"""Predictions and training labels from CSV files."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from wince import csv_reader, subject_ids
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
        notes: How the file was read where that is not obvious, in sentences.
    """

    source: str
    pspi: Floats
    subjects: frozenset[str] | None
    notes: tuple[str, ...] = ()


def read_predictions(
    path: Path | str,
    *,
    renames: Mapping[str, str] = csv_reader.NO_RENAMES,
    distinct_subjects: bool = False,
) -> Predictions:
    """Read predictions from a CSV file with a header line and a row per frame.

    Args:
        path: A file with the columns described at `prediction_columns.from_columns`.
        renames: Columns with another name in the file, see `csv_reader.parse_renames`.
        distinct_subjects: Whether names that are spelled differently are different subjects.

    Raises:
        DataError: The file cannot be read, or a value is wrong; the message names file and line.
            Or two names may be the same subject, see `wince.subject_ids`.
    """
    path = Path(path)
    columns, lines = csv_reader.read_columns(path, renames)
    table = from_columns(columns, str(path), lambda row: f"{path}, line {lines[row]}")
    subjects = {*table.subjects, *table.unscored.subject.tolist()}
    subject_ids.refuse_alike(subjects, path, distinct=distinct_subjects)
    return replace(table, sha256=sha256(path), notes=tuple(csv_reader.notes(path, renames)))


def read_training_labels(
    path: Path | str, *, renames: Mapping[str, str] = csv_reader.NO_RENAMES
) -> TrainingLabels:
    """Read the labels that a model was trained on.

    Args:
        path: A CSV file with the column `pspi` and, if it is known, `subject`, such as the
            manifest.csv of the training frames.
        renames: Columns with another name in the file, see `csv_reader.parse_renames`.

    Raises:
        DataError: The file cannot be read, or a value is wrong; the message names file and line.
    """
    path = Path(path)
    columns, lines = csv_reader.read_columns(path, renames)
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
    subjects = frozenset(filter(None, columns.get("subject", ()))) or None
    notes = csv_reader.notes(path, renames)
    if subjects is None:
        notes.append(
            f"{path.name} names no subject, so it is not known whether the model was trained on "
            "subjects of this test."
        )
    return TrainingLabels(str(path), np.array(labels), subjects, tuple(notes))
