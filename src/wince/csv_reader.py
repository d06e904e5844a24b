"""The one reader of CSV files that people bring: rows with line numbers, or whole columns.

Files are UTF-8 or UTF-16 text, as spreadsheets write them. The columns are separated by commas,
semicolons or tabs: a first line `sep=;` decides, otherwise the header. Column names are compared in
lower case. Rows without any text are skipped. Cells are stripped of spaces at both ends and are ""
where a row is shorter than the header. A number with a decimal comma is read with a point, and a
text with an apostrophe before it so that it is no formula (`spreadsheet_cells`) without it.
"""

import codecs
import csv
import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TextIO

from wince.errors import DataError
from wince.files import refuse_irregular
from wince.spreadsheet_cells import unguarded

SEPARATORS = ",;\t"
NAMES = frozenset(
    ("subject", "sequence", "frame", "image", "image_path", "path", "label_path", "split", "fold")
)
"""Columns of names, in which a comma is never a decimal mark."""
NO_RENAMES: Mapping[str, str] = {}
_ENCODINGS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DECIMAL_COMMA = re.compile(r"(?<!\S)([+-]?\d*),(\d+(?:[eE][+-]?\d+)?)(?!\S)")
_DECIMAL_POINT = re.compile(r"[+-]?\d*\.\d+(?:[eE][+-]?\d+)?")


def parse_renames(options: Sequence[str]) -> dict[str, str]:
    """Return the columns that `--column NAME=COLUMN` renames: name in the file -> name in wince.

    Raises:
        DataError: An option has another form.
    """
    renames = {}
    for option in options:
        name, equals, column = (part.strip().lower() for part in option.partition("="))
        if not (name and equals and column):
            raise DataError(
                f"--column {option}: expected NAME=COLUMN, such as subject=Proband when the file "
                "calls the column of subjects Proband."
            )
        renames[column] = name
    return renames


def check_renames(renames: Mapping[str, str], paths: Sequence[Path]) -> None:
    """Raise DataError if no file has a column that `--column` names."""
    if not renames:
        return
    present = {name for path in paths for name in read_header(path)}
    for column, name in renames.items():
        if column not in present:
            raise DataError(
                f"--column {name}={column}: no file has the column {column!r}. Found "
                f"{', '.join(sorted(filter(None, present))) or 'none'} in "
                f"{', '.join(map(str, paths)) or 'no CSV file'}."
            )


def read_header(path: Path, renames: Mapping[str, str] = NO_RENAMES) -> list[str]:
    """Return the column names of a CSV file, in lower case; [] if it is empty or not a file."""
    try:
        with _open(path, errors="replace") as file:
            _, separator, header = _start(file)
    except (OSError, UnicodeError):
        return []
    cells = [unguarded(cell) for cell in next(csv.reader([header], delimiter=separator), [])]
    return _column_names(cells, renames)


def first_lines(path: Path, count: int) -> Iterator[list[str]]:
    """Yield the first lines of a file, each as the column names that it would be as a header.

    Raises:
        DataError: The file cannot be read.
    """
    try:
        with _open(path) as file:
            for line in itertools.islice(file, count):
                cells = next(csv.reader([line], delimiter=_separator(line)), [])
                yield _column_names(cells, NO_RENAMES)
    except UnicodeError as error:
        raise _wrong_encoding(path, error) from None
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}.") from error


def read_rows(
    path: Path,
    needed: Sequence[str],
    renames: Mapping[str, str] = NO_RENAMES,
    *,
    above: int = 0,
) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield (line number, cells by column name in lower case) for each row of a CSV file.

    Args:
        path: The file.
        needed: Columns that must be present, in lower case.
        renames: Columns with another name in the file, see `parse_renames`.
        above: Lines above the header, which are skipped.

    Raises:
        DataError: The file cannot be read, is empty, lacks a needed column, has a column twice, has
            a row that is longer than the header, or mixes decimal commas and points.
    """
    rows = _rows(path, above)
    names = _column_names(next(rows)[1], renames)
    _check_header(path, names, needed)
    decimals = _DecimalMarks(path)
    for line, cells in rows:
        if any(cells[len(names) :]):
            raise DataError(
                f"{path}, line {line}: expected {len(names)} values as in the header, found "
                f"{len(cells)}. Put values that contain the separator in double quotes."
            )
        padded = itertools.chain(cells, itertools.repeat(""))
        row = {name: cell for name, cell in zip(names, padded, strict=False) if name}
        yield line, {name: decimals.read(name, cell, line) for name, cell in row.items()}


def read_columns(
    path: Path, renames: Mapping[str, str] = NO_RENAMES
) -> tuple[dict[str, list[str]], list[int]]:
    """Return the columns of a CSV file by name in lower case, and the line where each row ends.

    Raises:
        DataError: As for `read_rows`.
    """
    rows = list(read_rows(path, (), renames))
    names = filter(None, read_header(path, renames))
    return {name: [row[name] for _, row in rows] for name in names}, [line for line, _ in rows]


def notes(path: Path, renames: Mapping[str, str] = NO_RENAMES) -> list[str]:
    """Return what was unusual about a file and how it was read, in sentences for reports."""
    rows = _rows(path)
    names = _column_names(next(rows)[1], renames)
    for line, cells in rows:
        for name, cell in zip(names, cells, strict=False):
            if name not in NAMES and _is_decimal_comma(cell):
                return [
                    f"{path.name} writes numbers with a decimal comma, such as {cell} in line "
                    f"{line}: they were read with a decimal point."
                ]
    return []


def _is_decimal_comma(cell: str) -> bool:
    """Return whether a cell consists of numbers of which one has a decimal comma."""
    if "," not in cell:
        return False
    return all(
        re.fullmatch(r"[+-]?\d+", token) or _DECIMAL_COMMA.fullmatch(token)
        for token in cell.split()
    )


class _DecimalMarks:
    """Reads decimal commas as points, and refuses a column that has both."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.points: dict[str, str] = {}
        self.commas: dict[str, str] = {}

    def read(self, column: str, cell: str, line: int) -> str:
        """Return a cell with a decimal point in place of a decimal comma."""
        if column in NAMES:
            return cell
        if _is_decimal_comma(cell):
            self.commas.setdefault(column, cell)
        elif _DECIMAL_POINT.fullmatch(cell):
            self.points.setdefault(column, cell)
        else:
            return cell
        if column in self.points and column in self.commas:
            raise DataError(
                f"{self.path}, line {line}: the column {column} has both {self.points[column]} and "
                f"{self.commas[column]}, so it is not known whether a comma is a decimal mark. "
                "Write all numbers with a decimal point."
            )
        return _DECIMAL_COMMA.sub(r"\1.\2", cell)


def _open(path: Path, errors: str = "strict") -> TextIO:
    """Open a CSV file in the encoding that its first bytes show."""
    refuse_irregular(path)
    with path.open("rb") as file:
        head = file.read(4)
    encoding = next((name for mark, name in _ENCODINGS if head.startswith(mark)), "utf-8")
    if encoding == "utf-8" and b"\0" in head[:2]:
        encoding = "utf-16-be" if head[:1] == b"\0" else "utf-16-le"
    return path.open(encoding=encoding, errors=errors, newline="")


def _start(file: TextIO, above: int = 0) -> tuple[int, str, str]:
    """Return the number of lines above the header, the separator, and the header."""
    for _ in range(above):
        file.readline()
    header = file.readline()
    stated = re.fullmatch(r'"?sep=([,;\t])"?\s*', header, re.IGNORECASE)
    if stated:
        return above + 1, stated[1], file.readline()
    return above, _separator(header), header


def _separator(header: str) -> str:
    """Return the separator that occurs most often in a header, outside of quotes."""
    return max(SEPARATORS, key=re.sub(r'"[^"]*"', "", header).count)


def _rows(path: Path, above: int = 0) -> Iterator[tuple[int, list[str]]]:
    """Yield (line number, cells) of the header, which may be [], then of each row with text."""
    line = 1
    try:
        with _open(path) as file:
            above, separator, header = _start(file, above)
            # Strict, because an unclosed quote would otherwise swallow the rows after it.
            reader = csv.reader(itertools.chain([header], file), delimiter=separator, strict=True)
            names = [unguarded(name.strip()) for name in next(reader, [])]
            yield reader.line_num + above, names
            for row in reader:
                line = reader.line_num + above
                cells = [unguarded(cell.strip()) for cell in row]
                if any(cells):
                    yield line, cells
    except UnicodeError as error:
        raise _wrong_encoding(path, error) from None
    except csv.Error as error:
        raise DataError(
            f"{path}, after line {line}: not readable as CSV ({error}). Look for a double quote "
            "that is not closed."
        ) from None
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}.") from error


def _wrong_encoding(path: Path, error: UnicodeError) -> DataError:
    if isinstance(error, UnicodeDecodeError) and error.encoding.startswith("utf-8"):
        text = path.read_bytes().decode(errors="replace")
        line = text.partition("\ufffd")[0].count("\n") + 1
        return DataError(
            f"{path} is not UTF-8 text (line {line}). It may be Windows-1252 or Latin-1, as a "
            "spreadsheet's plain 'CSV' is. Save it as 'CSV UTF-8'."
        )
    return DataError(f"{path} is not valid UTF-16 text ({error}). Save it as 'CSV UTF-8'.")


def _column_names(cells: Sequence[str], renames: Mapping[str, str]) -> list[str]:
    lower = [cell.strip().lower() for cell in cells]
    return [renames.get(name, name) for name in lower]


def _check_header(path: Path, names: list[str], needed: Sequence[str]) -> None:
    if len(names) == 1 and ("|" in names[0] or len(names[0].split()) > 2):
        raise DataError(
            f"{path}, line 1: expected columns separated by commas, semicolons or tabs; found "
            f"{names[0][:80]!r}."
        )
    missing = [name for name in needed if name not in names]
    if missing:
        noun = "column" if len(needed) == 1 else "columns"
        raise DataError(
            f"{path}, line 1: expected the {noun} {', '.join(needed)}, "
            f"found {', '.join(names) or 'nothing'}; {', '.join(missing)} is missing. Rename the "
            f"column, or state its name where the command has the option --column: "
            f"--column {missing[0]}=NAME."
        )
    if not any(names):
        raise DataError(
            f"{path} is empty, or its first line is: expected a header of column names."
        )
    repeated = sorted({name for name in names if name and names.count(name) > 1})
    if repeated:
        raise DataError(
            f"{path}, line 1: the column {repeated[0]!r} occurs more than once. Rename one of them."
        )
