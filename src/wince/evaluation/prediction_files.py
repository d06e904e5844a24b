"""Predictions and training labels from CSV files."""

import csv
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

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
    columns, lines = _read_columns(Path(path))
    table = from_columns(columns, str(path), lambda row: f"{path}, line {lines[row]}")
    return replace(table, sha256=sha256(Path(path)))


def read_training_labels(path: Path | str) -> TrainingLabels:
    """Read the labels a model was trained on: a CSV with `pspi` and, if it can be had, `subject`.

    A `manifest.csv` of the training frames will do. Raises DataError with file and line.
    """
    columns, lines = _read_columns(Path(path))
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


def _read_columns(path: Path) -> tuple[dict[str, list[str]], list[int]]:
    """Return the columns of a CSV file as text, and the line on which each row ends."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.reader(file, strict=True)
            header = _header(next(rows, []), path)
            cells, lines = [], []
            for row in rows:
                if not row:
                    continue  # a blank line, such as the last one of many editors
                if len(row) != len(header):
                    raise DataError(
                        f"{path}, line {rows.line_num}: expected {len(header)} values as in the "
                        f"header, found {len(row)}."
                    )
                cells.append(row)
                lines.append(rows.line_num)
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path} is not UTF-8 text (byte {error.start}). Save it as 'CSV UTF-8'."
        ) from None
    except csv.Error as error:
        raise DataError(f"{path}, line {rows.line_num}: not readable as CSV ({error}).") from None
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}.") from error
    columns = zip(*cells, strict=True) if cells else ((),) * len(header)
    return {name: list(values) for name, values in zip(header, columns, strict=True)}, lines


def _header(row: list[str], path: Path) -> list[str]:
    names = [name.strip() for name in row]
    if not any(names):
        raise DataError(
            f"{path} is empty, or its first line is: expected a header of column names."
        )
    if len(names) == 1 and any(mark in names[0] for mark in ";\t"):
        raise DataError(
            f"{path}, line 1: expected columns separated by commas; found {names[0][:80]!r}."
        )
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DataError(f"{path}, line 1: the column {twice[0]!r} occurs more than once.")
    return names
