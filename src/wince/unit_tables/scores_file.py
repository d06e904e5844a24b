"""The scores of tables as one CSV file, with labels beside them if there are any."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from wince import csv_reader, spreadsheet_cells
from wince.errors import DataError
from wince.files import write_text
from wince.scale import PSPI_MAXIMUM, UNIT_NAMES, check_range
from wince.unit_tables.scores import TableScores
from wince.unit_tables.table import UnitTable

NO_ROW = "no row in the table"


@dataclass(frozen=True, slots=True)
class Label:
    """A label of a frame, and whose face it is."""

    subject: str
    pspi: float


Labels = Mapping[tuple[str, int], Label]
"""By sequence and frame."""


def read_labels(
    path: Path, renames: Mapping[str, str] = csv_reader.NO_RENAMES
) -> dict[tuple[str, int], Label]:
    """Return the labels of a file with the columns subject, sequence, frame and pspi.

    Raises:
        DataError: The file or a value is wrong, or a frame occurs twice.
    """
    labels: dict[tuple[str, int], Label] = {}
    needed = ("subject", "sequence", "frame", "pspi")
    for line, cells in csv_reader.read_rows(path, needed, renames):
        try:
            frame = int(cells["frame"])
            pspi = check_range(float(cells["pspi"]), 0.0, PSPI_MAXIMUM, "pspi")
        except ValueError as error:
            raise DataError(
                f"{path}, line {line}: expected a whole number as the frame and a pspi from 0 to "
                f"16, found {cells['frame']!r:.40} and {cells['pspi']!r:.40}."
            ) from error
        key = (cells["sequence"], frame)
        if key in labels:
            raise DataError(
                f"{path}, line {line}: frame {frame} of {key[0]} occurs twice. Keep one row."
            )
        labels[key] = Label(cells["subject"], pspi)
    return labels


def sequence_name(path: Path) -> str:
    """Return the name of a table's sequence: the file without its ending."""
    return path.stem


def write_scores(path: Path, scored: Sequence[tuple[UnitTable, TableScores]]) -> None:
    """Write one row for each row of the tables: its score, its units, or why there is none."""
    (name,) = {scores.name for _, scores in scored}
    units = [unit for unit in UNIT_NAMES if unit in scored[0][0].measures]
    header = ["sequence", "frame", "seconds", name, *units, "not_scored"]
    rows = [
        [
            sequence_name(table.path),
            row.frame,
            "" if row.seconds is None else round(row.seconds, 6),
            "" if value is None else round(value, 6),
            *(round(counted[unit], 6) if counted else "" for unit in units),
            row.reason or "",
        ]
        for table, scores in scored
        for row, value, counted in zip(table.rows, scores.values, scores.units, strict=True)
    ]
    _write(path, header, rows)


def write_predictions(
    path: Path, scored: Sequence[tuple[UnitTable, TableScores]], labels: Labels
) -> dict[str, int]:
    """Write one row for each label, in the form that `wince evaluate --predictions` reads.

    Returns:
        How many labels and rows have no partner, by what is missing.

    Raises:
        DataError: No label belongs to a row, or a table has a frame twice.
    """
    values: dict[tuple[str, int], tuple[float | None, str]] = {}
    for table, scores in scored:
        for row, value in zip(table.rows, scores.values, strict=True):
            key = (sequence_name(table.path), row.frame)
            if key in values:
                raise DataError(
                    f"{table.path}, line {row.line}: frame {row.frame} of {key[0]} occurs twice. "
                    "Sequences are named after their files, so the names must differ."
                )
            values[key] = (value, row.reason or "")
    if not values.keys() & labels.keys():
        sequences = sorted({sequence for sequence, _ in labels})
        raise DataError(
            f"No label belongs to a row of the tables. Sequences are named after the files: "
            f"{', '.join(sorted({name for name, _ in values})[:5])}; the labels have "
            f"{', '.join(sequences[:5])}. The numbers of the frames must agree too."
        )
    rows = []
    for (sequence, frame), label in labels.items():
        value, reason = values.get((sequence, frame), (None, NO_ROW))
        predicted = "" if value is None else round(value, 6)
        rows.append([label.subject, sequence, frame, label.pspi, predicted, reason])
    _write(path, ["subject", "sequence", "frame", "pspi", "predicted", "not_scored"], rows)
    return {
        "labels without a row": len(labels.keys() - values.keys()),
        "rows without a label": len(values.keys() - labels.keys()),
    }


def _write(path: Path, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    text = io.StringIO()
    spreadsheet_cells.Writer(text).write(header, *rows)
    write_text(path, text.getvalue())
