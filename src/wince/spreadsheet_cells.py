"""CSV files whose texts a spreadsheet must not take for formulas.

Names of files, subjects and groups come from outside, and a spreadsheet calculates what begins with
`=`, `+`, `-` or `@`. So such texts are written with an apostrophe before them, which spreadsheets
do not show, and read without it.
"""

import csv
import re
from collections.abc import Iterable, Iterator
from typing import IO, Any

_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_NUMBER = r"[-+]?[\d.]+(?:[eE][-+]?\d+)?"
_NUMBERS = re.compile(rf"{_NUMBER}(?: {_NUMBER})*")


def guarded(value: Any) -> Any:
    """Return a cell with an apostrophe before a text that begins like a formula.

    A text that begins with apostrophes before such a character gets one more, so that `unguarded`
    is the inverse. Numbers, also as text, and other values are returned as they are.
    """
    if not isinstance(value, str) or not _FORMULA.match(value) or _NUMBERS.fullmatch(value):
        return value
    return f"'{value}"


def unguarded(text: str) -> str:
    """Return the text that `guarded` was given."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text


class Writer:
    """Writes rows to a CSV file with guarded cells."""

    def __init__(self, file: IO[str]) -> None:
        """Write to a text file, which must be open with `newline=""`."""
        self._rows = csv.writer(file, lineterminator="\n")

    def write(self, *rows: Iterable[Any]) -> None:
        """Write rows."""
        self._rows.writerows([guarded(cell) for cell in row] for row in rows)


def read_lists(file: IO[str]) -> Iterator[list[str]]:
    """Yield the rows of a CSV file, the header first."""
    for row in csv.reader(file):
        yield [unguarded(cell) for cell in row]


def read_dicts(file: IO[str]) -> Iterator[dict[str, str]]:
    """Yield the rows of a CSV file below its header by column name."""
    rows = read_lists(file)
    names = next(rows, [])
    for row in rows:
        yield dict(zip(names, row, strict=False))
