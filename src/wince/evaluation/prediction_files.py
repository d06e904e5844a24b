"""Predictions and training labels from CSV files."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from wince import csv_reader, subject_ids
from wince.errors import DataError
from wince.evaluation.arrays import Floats
from wince.evaluation.prediction_columns import SCALE, from_columns, scale_of
from wince.evaluation.predictions import Predictions
from wince.files import sha256
from wince.named_scales import refuse_other
from wince.scale import PSPI, Scale, check_range


@dataclass(frozen=True, slots=True)
class TrainingLabels:
    """The labels that a model was trained on.

    Attributes:
        source: Name of the file, or other words, for messages and reports.
        pspi: Label of each of M frames on `scale`, shape (M,).
        subjects: Names of the subjects; None if they are not known.
        notes: How the file was read where that is not obvious, in sentences.
        scale: The scale of the labels.
    """

    source: str
    pspi: Floats
    subjects: frozenset[str] | None
    notes: tuple[str, ...] = ()
    scale: Scale = PSPI


def read_predictions(
    path: Path | str,
    *,
    renames: Mapping[str, str] = csv_reader.NO_RENAMES,
    distinct_subjects: bool = False,
    scale: Scale | None = None,
) -> Predictions:
    """Read predictions from a CSV file with a header line and a row per frame.

    Args:
        path: A file with the columns described at `prediction_columns.from_columns`.
        renames: Columns with another name in the file, see `csv_reader.parse_renames`.
        distinct_subjects: Whether names that are spelled differently are different subjects.
        scale: The scale of labels and predictions; None for what the file records, or PSPI.

    Raises:
        ScaleError: The file records another scale than `scale`.
        DataError: The file cannot be read, or a value is wrong; the message names file and line.
            Or two names may be the same subject, see `wince.subject_ids`.
    """
    path = Path(path)
    columns, lines = csv_reader.read_columns(path, renames)
    if any(columns.get(SCALE, ())):
        refuse_other(scale, scale_of(columns), path)
    if scale is not None:
        columns = _with_label(columns, scale)
    table = from_columns(columns, str(path), lambda row: f"{path}, line {lines[row]}", scale)
    subjects = {*table.subjects, *table.unscored.subject.tolist()}
    subject_ids.refuse_alike(subjects, path, distinct=distinct_subjects)
    return replace(table, sha256=sha256(path), notes=tuple(csv_reader.notes(path, renames)))


def _with_label(columns: Mapping[str, list[str]], scale: Scale) -> dict[str, list[str]]:
    """Return columns whose label, which may have the scale's name, is `scale.column`."""
    label, name = scale.column, scale.name.lower()
    if label in columns or name not in columns:
        return dict(columns)
    return {label if key == name else key: cells for key, cells in columns.items()}


def read_training_labels(
    path: Path | str,
    *,
    renames: Mapping[str, str] = csv_reader.NO_RENAMES,
    scale: Scale = PSPI,
) -> TrainingLabels:
    """Read the labels that a model was trained on.

    Args:
        path: A CSV file with the column `pspi` and, if it is known, `subject`, such as the
            manifest.csv of the training frames. On another scale the column is `score`, or has the
            scale's name.
        renames: Columns with another name in the file, see `csv_reader.parse_renames`.
        scale: The scale of the labels.

    Raises:
        DataError: The file cannot be read, or a value is wrong; the message names file and line.
    """
    path = Path(path)
    columns, lines = csv_reader.read_columns(path, renames)
    columns, label = _with_label(columns, scale), scale.column
    if label not in columns or not columns[label]:
        raise DataError(
            f"{path} does not contain training labels: expected a column {label} with at least one "
            f"row; found the columns {', '.join(columns)} and {len(lines)} rows."
        )
    labels = []
    for cell, line in zip(columns[label], lines, strict=True):
        try:
            labels.append(check_range(float(cell), scale.low, scale.high, label))
        except ValueError:
            raise DataError(
                f"{path}, line {line}: {label} is {cell[:40]!r}; expected a number from "
                f"{scale.low:g} to {scale.high:g}."
            ) from None
    subjects = frozenset(filter(None, columns.get("subject", ()))) or None
    notes = csv_reader.notes(path, renames)
    if subjects is None:
        notes.append(
            f"{path.name} names no subject, so it is not known whether the model was trained on "
            "subjects of this test."
        )
    return TrainingLabels(str(path), np.array(labels), subjects, tuple(notes), scale)
