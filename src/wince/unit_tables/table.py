"""One table of action units, read: its rows as numbers, with the reason where there are none."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from wince import csv_reader
from wince.errors import DataError
from wince.unit_tables.tools import TOOLS, Measure, Tool, recognise

NO_FACE = "no face"
NOT_JUDGED = "not judged by the program"
LINES_ABOVE = 40
"""Some programs write lines about the recording above the header."""
RANGES = {"0-5": 5.0, "0-1": 1.0}
"""Ranges of numbers that a user can state, with their maximum."""

_LETTERS = {"notactive": 0.0, "a": 1.0, "b": 2.0, "c": 3.0, "d": 4.0, "e": 5.0}
_FAILURES = {"find_failed": NO_FACE, "fit_failed": NOT_JUDGED, "unknown": NOT_JUDGED}
_EMPTY = ("", "nan", "na", "null")
_TIMECODE = re.compile(r"(?:(\d+):)?(\d+):(\d+(?:\.\d+)?)")
_LIMITS = {
    Measure.INTENSITY: (0.0, 5.0),
    Measure.CLOSURE: (0.0, 1.0),
    Measure.PROBABILITY: (0.0, 1.0),
    Measure.PERCENT: (0.0, 100.0),
}


@dataclass(frozen=True, slots=True)
class UnitRow:
    """One row of a table.

    Attributes:
        line: Its line in the file.
        frame: Number of the frame; counted from 1 if the table has none.
        seconds: Its time; None if the table has none.
        units: Value of each action unit as the program gives it; None without a face.
        reason: Why there are no values.
    """

    line: int
    frame: int
    seconds: float | None
    units: Mapping[str, float] | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class UnitTable:
    """A table of one person.

    Attributes:
        path: The file.
        tool: The program that wrote it.
        rows: In the order of the file.
        measures: What the values mean; no Measure.FACEREADER or UNKNOWN_RANGE.
    """

    path: Path
    tool: Tool
    rows: tuple[UnitRow, ...]
    measures: Mapping[str, Measure]


def read(path: Path, *, unit_range: str | None = None, face: str | None = None) -> UnitTable:
    """Return a table.

    Args:
        path: A file of one of the programs in TOOLS.
        unit_range: One of RANGES, for programs that write numbers of an unknown range.
        face: Which face, if the table has several.

    Raises:
        DataError: The file is of no known program, or a value is wrong. The message names file and
            line, and says what to do.
    """
    tool, above = _find_header(path)
    reader = _Reader(path, tool, above, unit_range, face)
    rows = tuple(reader.rows())
    if not rows:
        raise DataError(f"{path}: the table of {tool.name} has no rows.")
    return UnitTable(path, tool, rows, reader.measures())


def _find_header(path: Path) -> tuple[Tool, int]:
    """Return the program that wrote a file, and the number of lines above the header."""
    for above, header in enumerate(csv_reader.first_lines(path, LINES_ABOVE)):
        try:
            tool = recognise(header)
        except DataError as error:
            raise DataError(f"{path}: {error}") from None
        if tool is not None:
            return tool, above
    names = ", ".join(tool.name for tool in TOOLS)
    raise DataError(
        f"{path}: no table of action units was recognised in its first {LINES_ABOVE} lines. Known "
        f"are tables of {names}, with their own column names."
    )


class _Reader:
    """Reads the rows of one file, and remembers what its values look like."""

    def __init__(
        self, path: Path, tool: Tool, above: int, unit_range: str | None, face: str | None
    ) -> None:
        self._path, self._tool, self._above = path, tool, above
        self._unit_range, self._face = unit_range, face
        self._columns: Mapping[str, Sequence[str]] = {}
        self._has_letters = self._has_numbers = False
        self._highest = 0.0

    def rows(self) -> Iterator[UnitRow]:
        """Yield the rows of the chosen face."""
        tool = self._tool
        faces: set[str] = set()
        previous = -math.inf
        rows = csv_reader.read_rows(self._path, (), above=self._above)
        for count, (line, cells) in enumerate(self._camera_rows(rows), 1):
            if not self._columns:  # the same in every row
                self._columns = tool.columns(list(cells)) or {}
            if tool.faces and (number := cells.get(tool.faces, "")):
                faces.add(number)
                if self._face is not None and number != self._face:
                    continue
            row = self._row(line, count, cells)
            if len(faces) > 1 and self._face is None:
                raise DataError(
                    f"{self._path}, line {line}: the table has the faces "
                    f"{', '.join(sorted(faces))} in its column {tool.faces}; choose one with "
                    "--face."
                )
            if row.seconds is not None and row.seconds < previous:
                raise DataError(
                    f"{self._path}, line {line}: the time goes back from {previous:g} to "
                    f"{row.seconds:g} s. Put each recording into a file of its own."
                )
            previous = row.seconds if row.seconds is not None else previous
            yield row

    def _camera_rows(
        self, rows: Iterator[tuple[int, dict[str, str]]]
    ) -> Iterator[tuple[int, dict[str, str]]]:
        """Yield the rows of the camera, without those of other instruments."""
        column = self._tool.only_rows
        for line, cells in rows:
            if column is None or cells.get(column, ""):
                yield line, cells

    def _row(self, line: int, count: int, cells: Mapping[str, str]) -> UnitRow:
        frame = next((cells[name] for name in self._tool.frame if cells.get(name)), str(count))
        number = self._number(frame, "the frame", line)
        if number != int(number) or number < 0:
            raise self._wrong(line, "a whole number as the frame", frame)
        seconds = self._seconds(cells, line)
        if any(cells.get(name) in ("0", "0.0") for name in self._tool.no_face):
            return UnitRow(line, int(number), seconds, None, NO_FACE)
        units: dict[str, float] = {}
        for unit, columns in self._columns.items():
            values = [self._value(unit, cells[name], line) for name in columns]
            reason = next((value for value in values if isinstance(value, str)), None)
            if reason is not None:
                return UnitRow(line, int(number), seconds, None, reason)
            units[unit] = max(value for value in values if not isinstance(value, str))
        return UnitRow(line, int(number), seconds, units, None)

    def _seconds(self, cells: Mapping[str, str], line: int) -> float | None:
        for name, per_second in self._tool.seconds.items():
            cell = cells.get(name, "")
            if not cell:
                continue
            if per_second:
                return self._number(cell, "the time", line) / per_second
            match = _TIMECODE.fullmatch(cell)
            if match is None:
                raise self._wrong(line, "a time such as 00:01:02.040", cell)
            hours, minutes, seconds = match.groups()
            return 3600 * int(hours or 0) + 60 * int(minutes) + float(seconds)
        return None

    def _value(self, unit: str, cell: str, line: int) -> float | str:
        """Return a value, or the reason why there is none."""
        text = cell.lower()
        if text in _EMPTY:
            return NO_FACE
        measure = self._tool.measures[unit]
        if measure is Measure.FACEREADER:
            if text in _FAILURES:
                return _FAILURES[text]
            if text in _LETTERS:
                self._has_letters = True
                return _LETTERS[text]
            self._has_numbers = True
        value = self._number(cell, unit, line)
        low, high = _LIMITS.get(measure, (-math.inf, math.inf))
        if measure in (Measure.FACEREADER, Measure.UNKNOWN_RANGE):
            low, high = 0.0, RANGES.get(self._unit_range or "", 5.0)
            self._highest = max(self._highest, value)
        if not low <= value <= high:
            raise self._wrong(line, f"{unit} from {low:g} to {high:g}", cell)
        return value

    def measures(self) -> dict[str, Measure]:
        """Return what the values of the rows that were read mean.

        Raises:
            DataError: The range of the numbers is not known, or a file has letters and numbers.
        """
        if self._has_letters and self._has_numbers:
            raise DataError(
                f"{self._path}: action units are letters in some rows and numbers in others. "
                "Export the table again with one of them."
            )
        return {unit: self._measure(measure) for unit, measure in self._tool.measures.items()}

    def _measure(self, measure: Measure) -> Measure:
        if measure is Measure.FACEREADER and self._has_letters:
            return Measure.INTENSITY
        if measure not in (Measure.FACEREADER, Measure.UNKNOWN_RANGE):
            return measure
        if self._unit_range is None and self._highest <= 1:
            raise DataError(
                f"{self._path}: the action units are numbers up to {self._highest:g}, and "
                f"{self._tool.name} does not say of which range. State it: --unit-range 0-5 for "
                "FACS intensities, or --unit-range 0-1."
            )
        if self._unit_range is None and measure is Measure.FACEREADER:
            raise DataError(
                f"{self._path}: the action units are numbers, and FaceReader does not say of which "
                "range. State it with --unit-range 0-5 or --unit-range 0-1."
            )
        return Measure.PROBABILITY if self._unit_range == "0-1" else Measure.INTENSITY

    def _number(self, cell: str, what: str, line: int) -> float:
        try:
            value = float(cell)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise self._wrong(line, f"a number as {what}", cell)
        return value

    def _wrong(self, line: int, expected: str, cell: str) -> DataError:
        return DataError(
            f"{self._path}, line {line}: expected {expected}, found {cell[:40]!r}. This is read as "
            f"a table of {self._tool.name}."
        )


def rows_without_values(rows: Sequence[UnitRow]) -> dict[str, int]:
    """Return how many rows have no values, by reason."""
    reasons = [row.reason for row in rows if row.reason is not None]
    return {reason: reasons.count(reason) for reason in dict.fromkeys(reasons)}
