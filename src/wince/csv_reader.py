"""Rows of CSV files with their line numbers, as spreadsheets really write them."""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

from wince.errors import DataError

DELIMITERS = ",;\t"


def header(path: Path) -> list[str]:
    """Return the column names of a CSV file, in small letters; [] when it is empty or no text."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            first = file.readline(65536)
    except (OSError, UnicodeDecodeError):
        return []
    return [
        name.strip().lower() for name in next(csv.reader([first], delimiter=_delimiter(first)), [])
    ]


def read(path: Path, needed: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield (line number, cells by column name in small letters) for each row of a CSV file.

    A byte-order mark is skipped; commas, semicolons and tabs are told apart by the header. Missing
    cells at a row's end are "", blank lines are passed over.

    Raises DataError when the file cannot be read, lacks a needed column or has a row that is longer
    than its header.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            first = file.readline()
            names = [
                name.strip().lower()
                for name in next(csv.reader([first], delimiter=_delimiter(first)), [])
            ]
            _check_header(path, names, needed)
            reader = csv.reader(file, delimiter=_delimiter(first))
            for cells in reader:
                if any(cell.strip() for cell in cells):
                    line = reader.line_num + 1
                    _check_length(path, line, cells, names)
                    cells += [""] * (len(names) - len(cells))
                    yield line, dict(zip(names, map(str.strip, cells), strict=False))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(
            f"{path} cannot be read as a UTF-8 CSV file ({error}). Save it as CSV in UTF-8."
        ) from error


def _delimiter(first: str) -> str:
    return max(DELIMITERS, key=first.count)


def _check_header(path: Path, names: list[str], needed: Sequence[str]) -> None:
    missing = [name for name in needed if name not in names]
    if missing:
        raise DataError(
            f"{path}, line 1: expected the columns {', '.join(needed)}, "
            f"found {', '.join(names) or 'nothing'}; {', '.join(missing)} is missing."
        )
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        raise DataError(
            f"{path}, line 1: the column {twice[0]!r} stands twice. Rename one of them."
        )


def _check_length(path: Path, line: int, cells: list[str], names: list[str]) -> None:
    if len(cells) > len(names) and any(cell.strip() for cell in cells[len(names) :]):
        raise DataError(
            f"{path}, line {line}: expected {len(names)} cells as in the header, "
            f"found {len(cells)}. Put cells that hold a comma in double quotes."
        )
