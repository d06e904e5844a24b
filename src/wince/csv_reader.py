"""CSV files as spreadsheets write them: rows with line numbers, or whole columns.

Files are UTF-8, with or without a byte-order mark. Rows without any text are skipped. Cells are
stripped of spaces at both ends.
"""

import csv
import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path

from wince.errors import DataError

SEPARATORS = ",;\t"


def read_header(path: Path) -> list[str]:
    """Return the column names of a CSV file, in lower case; [] if it is empty or not text."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            header = file.readline(65536)
    except (OSError, UnicodeDecodeError):
        return []
    cells = next(csv.reader([header], delimiter=_separator(header, SEPARATORS)), [])
    return [name.strip().lower() for name in cells]


def read_rows(path: Path, needed: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield (line number, cells by column name in lower case) for each row of a CSV file.

    Args:
        path: A file whose cells are separated by commas, semicolons or tabs; the header decides.
            Cells that are missing at the end of a row are "".
        needed: Columns that must be present, in lower case.

    Raises:
        DataError: The file cannot be read, a needed column is missing, a column occurs twice, or a
            row is longer than the header.
    """
    rows = _rows(path, SEPARATORS)
    names = [name.lower() for name in next(rows)[1]]
    _check_header(path, names, needed)
    for line, cells in rows:
        if any(cells[len(names) :]):
            raise _wrong_count(path, line, cells, names)
        cells += [""] * (len(names) - len(cells))
        yield line, dict(zip(names, cells, strict=False))


def read_columns(path: Path) -> tuple[dict[str, list[str]], list[int]]:
    """Return the named columns of a comma-separated file, and the line on which each row ends.

    Raises:
        DataError: The file cannot be read, is empty, has other separators, names a column twice
            or has a row that is longer or shorter than its header.
    """
    rows = _rows(path, ",")
    names = next(rows)[1]
    if not any(names):
        raise DataError(
            f"{path} is empty, or its first line is: expected a header of column names."
        )
    if len(names) == 1 and any(mark in names[0] for mark in ";\t"):
        raise DataError(
            f"{path}, line 1: expected columns separated by commas; found {names[0][:80]!r}."
        )
    _check_header(path, names, ())
    table, lines = [], []
    for line, cells in rows:
        if len(cells) != len(names):
            raise _wrong_count(path, line, cells, names)
        table.append(cells)
        lines.append(line)
    columns = zip(*table, strict=True) if table else ((),) * len(names)
    named = {name: list(cells) for name, cells in zip(names, columns, strict=True) if name}
    return named, lines


def _rows(path: Path, separators: str) -> Iterator[tuple[int, list[str]]]:
    """Yield (line number, cells) of the header, which may be [], then of each row with text."""
    line = 1
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            header = file.readline()
            lines = itertools.chain([header], file)
            # Strict, because an unclosed quote would otherwise swallow the rows after it.
            reader = csv.reader(lines, delimiter=_separator(header, separators), strict=True)
            names = [name.strip() for name in next(reader, [])]
            yield reader.line_num, names
            for row in reader:
                line = reader.line_num
                cells = [cell.strip() for cell in row]
                if any(cells):
                    yield line, cells
    except UnicodeDecodeError:
        text = path.read_bytes().decode(errors="replace")
        line = text.partition("\ufffd")[0].count("\n") + 1
        raise DataError(
            f"{path} is not UTF-8 text (line {line}). Save it as 'CSV UTF-8'."
        ) from None
    except csv.Error as error:
        raise DataError(
            f"{path}, after line {line}: not readable as CSV ({error}). Look for a double quote "
            "that is not closed."
        ) from None
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}.") from error


def _separator(header: str, separators: str) -> str:
    return max(separators, key=header.count)


def _check_header(path: Path, names: list[str], needed: Sequence[str]) -> None:
    missing = [name for name in needed if name not in names]
    if missing:
        raise DataError(
            f"{path}, line 1: expected the columns {', '.join(needed)}, "
            f"found {', '.join(names) or 'nothing'}; {', '.join(missing)} is missing."
        )
    repeated = sorted({name for name in names if name and names.count(name) > 1})
    if repeated:
        raise DataError(
            f"{path}, line 1: the column {repeated[0]!r} occurs more than once. Rename one of them."
        )


def _wrong_count(path: Path, line: int, cells: list[str], names: list[str]) -> DataError:
    return DataError(
        f"{path}, line {line}: expected {len(names)} values as in the header, found {len(cells)}. "
        "Put values that contain a comma in double quotes."
    )
