"""A table of events: one row for each time in which an action unit is shown.

Columns: onset (or start, begin), offset (or end, stop) or duration, unit (or au, action unit,
code) and intensity (or level). Times are seconds or timecodes; columns such as onset_ms and
onset_frame have milliseconds or frame numbers, the offset frame being the last one of the event.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from wince.archive.annotations import frame_table, unit_names
from wince.archive.annotations.annotation import Annotation, Interval
from wince.archive.annotations.clock import Clock
from wince.archive.annotations.frame_table import Row
from wince.errors import DataError

FORM = "table of events"
ONSETS = ("onset", "start", "begin", "start_time", "begin_time")
OFFSETS = ("offset", "end", "stop", "end_time", "stop_time")
DURATIONS = ("duration",)
UNITS = ("unit", "au", "action_unit", "action unit", "code")
INTENSITIES = ("intensity", "level", "strength")
FRAME, MILLISECONDS = "_frame", "_ms"
"""Ends of the names of columns with frame numbers and with milliseconds."""


@dataclass(frozen=True, slots=True)
class _Columns:
    onset: str
    unit: str
    offset: str | None
    duration: str | None
    intensity: str | None


def fits(header: Sequence[str]) -> bool:
    """Return whether a header, in lower case, has an onset and an action unit."""
    return _columns(header) is not None


def _columns(header: Sequence[str]) -> _Columns | None:
    onset, offset, duration = (
        _first(header, [f"{name}{end}" for name in names for end in ("", FRAME, MILLISECONDS)])
        for names in (ONSETS, OFFSETS, DURATIONS)
    )
    unit = _first(header, UNITS)
    if onset is None or unit is None:
        return None
    return _Columns(onset, unit, offset, duration, _first(header, INTENSITIES))


def _first(header: Sequence[str], names: Sequence[str]) -> str | None:
    return next((name for name in names if name in header), None)


def read(path: Path, rows: Sequence[Row], clock: Clock, renames: Mapping[str, str]) -> Annotation:
    """Return the annotation in rows of a table of events.

    Args:
        path: The table.
        rows: The rows of one video, as (line, cells by column).
        clock: Converts the times.
        renames: Names that the user states -> name in wince.

    Raises:
        DataError: A time or an intensity is wrong, or an event ends before it begins.
    """
    columns = _columns(list(rows[0][1]))
    assert columns is not None  # `fits` holds
    first, notes = 0, []
    if columns.onset.endswith(FRAME):
        numbers = _frame_numbers(path, rows, columns)
        first = frame_table.first_frame(path, numbers, clock, is_listed=False)
        notes.append(f"{path.name} counts frames from {first}.")
    intensities = unit_names.Intensities(path)
    unknown: Counter[str] = Counter()
    intervals: list[Interval] = []
    for line, row in rows:
        codes = unit_names.parse_codes(row[columns.unit], renames)
        if codes is None:
            unknown[row[columns.unit]] += 1
            continue
        onset, offset = _times(path, line, row, columns, clock, first)
        stated = row[columns.intensity] if columns.intensity else ""
        intervals += (
            Interval(line, onset, offset, unit, intensities.parse(unit, letter or stated, line))
            for unit, letter in codes
        )
    coded = frozenset(interval.unit for interval in intervals)
    return Annotation(path, FORM, tuple(intervals), True, coded, unknown, tuple(notes))


def _frame_numbers(path: Path, rows: Sequence[Row], columns: _Columns) -> list[int]:
    """Return the numbers of all frames that events begin or end with."""
    names = [columns.onset]
    if columns.offset and columns.offset.endswith(FRAME):
        names.append(columns.offset)
    return [
        frame_table.frame_number(path, line, row[name])
        for line, row in rows
        for name in names
        if row[name] or name == columns.onset
    ]


def _times(
    path: Path, line: int, row: Mapping[str, str], columns: _Columns, clock: Clock, first: int
) -> tuple[float, float]:
    """Return onset and offset of a row in seconds; a row without an end is one moment."""
    onset = _time(path, line, columns.onset, row[columns.onset], clock, first)
    offset = onset
    if columns.offset and row[columns.offset]:
        # An event by frames contains its last frame.
        offset = _time(path, line, columns.offset, row[columns.offset], clock, first - 1)
    elif columns.duration and row[columns.duration]:
        offset = onset + _time(path, line, columns.duration, row[columns.duration], clock, 0)
    if onset < 0 or offset < onset:
        raise DataError(
            f"{path}, line {line}: expected an event that begins at 0 or later and ends after it "
            f"begins, found {onset:.6g} to {offset:.6g} s."
        )
    return onset, offset


def _time(path: Path, line: int, column: str, text: str, clock: Clock, first: int) -> float:
    if column.endswith(FRAME):
        return clock.of_frame(frame_table.frame_number(path, line, text) - first)
    return clock.parse(text, line, column, 1000 if column.endswith(MILLISECONDS) else 1)
