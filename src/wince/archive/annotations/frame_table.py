"""A table of frames: one row for each frame or moment, one column for each action unit.

The time is in one of the columns seconds, time, timestamp (seconds or a timecode), time_ms
(milliseconds) or frame (a number). Units are columns such as au4, AU04 or Brow Lowerer; the column
pspi, or that of another target, gives the score itself. An empty cell states nothing.
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from wince.archive.annotations import unit_names
from wince.archive.annotations.annotation import SCORE, Annotation, Interval
from wince.archive.annotations.clock import Clock
from wince.errors import DataError
from wince.scale import PSPI, Scale

FORM = "table of frames"
SECONDS = {"seconds": 1.0, "time": 1.0, "timestamp": 1.0, "time_ms": 1000.0}
"""Columns of times, and how many of their units are a second."""
FRAME = "frame"
RATE_TOLERANCE = 0.01
COUNT_TOLERANCE = 0.02
"""Largest share by which rate and number of frames may differ from the video's."""
LONGEST_HOLD = 1.5
"""For how many usual distances of rows a row's values hold, if the next row comes later."""

Row = tuple[int, Mapping[str, str]]


def fits(header: Sequence[str], renames: Mapping[str, str], target: Scale = PSPI) -> bool:
    """Return whether a header, in lower case, has a time and a score or an action unit."""
    values = {*unit_columns(header, renames), target.name.lower()}
    return bool({*SECONDS, FRAME} & set(header) and values & set(header))


def unit_columns(
    header: Sequence[str], renames: Mapping[str, str], target: Scale = PSPI
) -> dict[str, str]:
    """Return the columns of action units and scores: name of the column -> name of the unit.

    Args:
        header: Names of the columns, in lower case.
        renames: Names that the user states -> name in wince.
        target: The scale of the scores; their column has its name.
    """
    columns = {}
    for name in header:
        codes = None if name.isdigit() else unit_names.parse_codes(name, renames)
        if codes and len(codes) == 1 and not codes[0][1]:
            columns[name] = codes[0][0]
    if target.is_pspi:
        return columns
    units = {name: unit for name, unit in columns.items() if unit != SCORE}
    return units | {name: SCORE for name in header if name == target.name.lower()}


def read(
    path: Path,
    rows: Sequence[Row],
    clock: Clock,
    renames: Mapping[str, str],
    target: Scale = PSPI,
) -> Annotation:
    """Return the annotation in rows of a table of frames.

    Args:
        path: The table.
        rows: The rows of one video, as (line, cells by column).
        clock: Converts the times.
        renames: Names that the user states -> name in wince.
        target: The scale of the scores.

    Raises:
        DataError: A value is wrong, the times go back, or the frame rate is not the video's.
    """
    header = list(rows[0][1])
    columns = unit_columns(header, renames, target)
    intensities = unit_names.Intensities(path, target)
    onsets, notes = _onsets(path, rows, clock)
    intervals: list[Interval] = []
    lines = [line for line, _ in rows]
    spans = holds(path, lines, onsets, clock)
    for (line, cells), (onset, offset) in zip(rows, spans, strict=True):
        intervals += (
            Interval(line, onset, offset, unit, intensities.parse(unit, cells[name], line))
            for name, unit in columns.items()
            if cells[name]
        )
    unknown = {name: len(rows) for name in header if name[:2] == "au" and name not in columns}
    coded = frozenset(columns.values())
    return Annotation(path, FORM, tuple(intervals), False, coded, unknown, notes)


def _onsets(path: Path, rows: Sequence[Row], clock: Clock) -> tuple[list[float], tuple[str, ...]]:
    """Return the time of each row, and how frames were counted, in sentences."""
    header = rows[0][1]
    frames = [frame_number(path, line, row[FRAME]) for line, row in rows if FRAME in header]
    column = next((name for name in SECONDS if name in header), None)
    if column is None:
        first = first_frame(path, frames, clock, is_listed=True)
        _check_count(path, max(frames) - first + 1, clock)
        note = f"{path.name} counts frames from {first}."
        return [clock.of_frame(frame - first) for frame in frames], (note,)
    seconds = [clock.parse(row[column], line, column, SECONDS[column]) for line, row in rows]
    if frames:
        _check_rate(path, frames, seconds, clock)
    return seconds, ()


def frame_number(path: Path, line: int, text: str) -> int:
    """Return a frame's number; raise DataError if it is none."""
    if not text.isdigit() or len(text) > 9:
        raise DataError(
            f"{path}, line {line}: expected the number of a frame, found {text[:40]!r}."
        )
    return int(text)


def first_frame(path: Path, frames: Sequence[int], clock: Clock, *, is_listed: bool) -> int:
    """Return the number of the first frame of a video, 0 or 1.

    It is what the user states, or else follows from a frame 0, from a number that is too high when
    counted from 0, and in a list of frames from a frame 1.

    Args:
        path: The annotation, for errors.
        frames: All numbers of frames in it.
        clock: Knows how many frames the video has.
        is_listed: Whether frames are listed one by one, so that the list begins with the first.

    Raises:
        DataError: The numbers fit both.
    """
    if clock.first_frame is not None:
        return clock.first_frame
    if 0 in frames:
        return 0
    if max(frames) >= clock.frames or (is_listed and 1 in frames):
        return 1
    raise DataError(
        f"{path} has frames from {min(frames):,} to {max(frames):,} of a video with "
        f"{clock.frames:,}. They may count from 0 or from 1; labels would move by a frame. State "
        "which: --first-frame 0 or --first-frame 1."
    )


def _check_count(path: Path, count: int, clock: Clock) -> None:
    """Raise DataError if frames are numbered far beyond the video's, at the video's rate."""
    present = len(clock.times)
    if clock.stated_rate or count <= present * (1 + COUNT_TOLERANCE) + 2:
        return
    raise DataError(
        f"{path} numbers {count:,} frames, but the video has {present:,} ({clock.rate:g} frames a "
        "second). If the annotation was made at another rate, state it: --annotation-fps N, or a "
        "column annotation_fps in the table of videos."
    )


def _check_rate(path: Path, frames: Sequence[int], seconds: Sequence[float], clock: Clock) -> None:
    """Raise DataError if the columns of frames and of times contradict the video's rate."""
    steps = seconds[-1] - seconds[0]
    if steps <= 0 or clock.stated_rate:
        return
    rate = (frames[-1] - frames[0]) / steps
    if abs(rate - clock.rate) > RATE_TOLERANCE * clock.rate + 1 / steps:
        raise DataError(
            f"{path} has {rate:.4g} frames a second by its columns {FRAME} and time, but the video "
            f"has {clock.rate:.4g}. Check that it belongs to this video. If its times are right, "
            f"state the rate of its frames: --annotation-fps {rate:.4g}."
        )


def holds(
    path: Path, lines: Sequence[int], onsets: Sequence[float], clock: Clock
) -> Iterator[tuple[float, float]]:
    """Yield (onset, offset) of each row: it holds until the next row, but not over a gap.

    Args:
        path: The table, for errors.
        lines: The line of each row.
        onsets: The time of each row in seconds.
        clock: Gives how long a single row holds.

    Raises:
        DataError: The time of a row is not after that of the row before.
    """
    for line, (before, after) in zip(lines[1:], itertools.pairwise(onsets), strict=True):
        if after <= before:
            raise DataError(
                f"{path}, line {line}: the time goes back from {before:.6g} to {after:.6g} s, or "
                "stays the same. Keep one row for each moment, in the order of time."
            )
    step = float(np.median(np.diff(onsets))) if len(onsets) > 1 else clock.frame_seconds
    for onset, following in itertools.zip_longest(onsets, onsets[1:]):
        longest = onset + LONGEST_HOLD * step
        yield onset, onset + step if following is None else min(following, longest)
