"""Which columns of a table are groups (age, sex, skin tone, ...), unless the user names them.

A column without a meaning of its own is a group if it has at most 50 different values, and they are
words or whole numbers, or each subject has one value only. Columns that programs for facial
analysis write (timestamp, AU04_r, gaze_0_x, pose_Rx, ...) are measurements of a frame, and never
groups.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

from wince import csv_reader
from wince.archive.table_options import TableOptions
from wince.errors import DataError

MOST_VALUES = 50
_MEASUREMENTS = re.compile(
    r"au_?\d+.*|action unit .*|time|timestamp|confidence|success|face|face_?id|face_?score"
    r"|(facerect|gaze|pose|eye_lmk|approx|head)[_ ]?.*|[xyz]_\d+|p_([rt][xyz]|scale|\d+)"
    r"|pitch|roll|valence|arousal|seconds"
)


def further_columns(table: Path, known: Collection[str], options: TableOptions) -> list[str]:
    """Return the columns of a table that have no meaning of their own.

    Args:
        table: The table.
        known: Columns that have one.
        options: How the table is read.
    """
    header = csv_reader.read_header(table, options.renames)
    return [name for name in header if name and name not in (*known, options.label_column)]


def names(
    table: Path, needed: Sequence[str], known: Collection[str], options: TableOptions
) -> tuple[str, ...]:
    """Return the group columns of a table, in its order: those that the user names, or `choose`.

    Args:
        table: The table.
        needed: Columns that it must have.
        known: Columns that have a meaning of their own.
        options: How the table is read.

    Raises:
        DataError: A column that the user names as a group is missing, or has another meaning.
    """
    candidates = further_columns(table, known, options)
    wrong = [name for name in options.groups if name not in candidates]
    if wrong:
        raise DataError(
            f"{table}, line 1: there is no group column {wrong[0]!r}. Expected one of "
            f"{', '.join(candidates) or 'none'}."
        )
    if options.groups:
        return tuple(name for name in candidates if name in options.groups)
    rows = csv_reader.read_rows(table, needed, options.renames)
    return choose(candidates, (row for _, row in rows))


def notes(
    table: Path, known: Collection[str], groups: Collection[str], options: TableOptions
) -> list[str]:
    """Return how a table was read where that is not obvious, in sentences.

    Args:
        table: The table.
        known: Columns that have a meaning of their own.
        groups: Columns that are groups.
        options: How the table is read.
    """
    sentences = csv_reader.notes(table, options.renames)
    if options.pspi_range:
        low, high = options.pspi_range
        sentences.append(
            f"PSPI in {table.name} is on a scale from {low:g} to {high:g} (stated with --range) "
            "and was converted to 0 to 16."
        )
    unused = [name for name in further_columns(table, known, options) if name not in groups]
    if unused:
        sentences.append(
            f"Columns of {table.name} that are not used, because they are not groups of subjects: "
            f"{', '.join(unused)}. Name those that are groups with --group-column."
        )
    return sentences


def choose(candidates: Sequence[str], rows: Iterable[Mapping[str, str]]) -> tuple[str, ...]:
    """Return the columns that are groups, in order.

    Args:
        candidates: Columns without a meaning of their own.
        rows: The table's rows, with the column `subject`.
    """
    columns = {name: _Column() for name in candidates if not _MEASUREMENTS.fullmatch(name)}
    if columns:
        for row in rows:
            for name, column in columns.items():
                column.add(row["subject"], row[name])
    return tuple(name for name, column in columns.items() if column.is_group)


class _Column:
    """What has been seen in one column."""

    def __init__(self) -> None:
        self.by_subject: dict[str, str] = {}
        self.values: set[str] = set()
        self.has_fractions = False
        self.varies_in_subject = False

    def add(self, subject: str, value: str) -> None:
        if value and len(self.values) <= MOST_VALUES:
            self.values.add(value)
            self.has_fractions = self.has_fractions or _is_fraction(value)
            if self.by_subject.setdefault(subject, value) != value:
                self.varies_in_subject = True

    @property
    def is_group(self) -> bool:
        few = 0 < len(self.values) <= MOST_VALUES
        return few and not (self.has_fractions and self.varies_in_subject)


def _is_fraction(text: str) -> bool:
    try:
        return not float(text).is_integer()
    except ValueError:
        return False
