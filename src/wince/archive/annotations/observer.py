"""Event logs that Noldus Observer exports: one row for each start, stop or point of a behaviour.

The behaviour is an action unit, such as AU4 or 4_Brow Lowerer; a modifier is its intensity.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from wince.archive.annotations import unit_names
from wince.archive.annotations.annotation import Annotation, Interval
from wince.archive.annotations.clock import Clock
from wince.archive.annotations.frame_table import Row
from wince.errors import DataError

FORM = "event log of Observer"
TIMES = ("time_relative_sf", "time_relative_s", "time_relative_hms", "time_relative_hmsf")
BEHAVIOUR, EVENT = "behavior", "event_type"
START, STOP = "state start", "state stop"
MODIFIER = "modifier_"


def fits(header: Sequence[str]) -> bool:
    """Return whether a header, in lower case, is of such a log."""
    return {BEHAVIOUR, EVENT} <= set(header) and any(name in header for name in TIMES)


def read(path: Path, rows: Sequence[Row], clock: Clock, renames: Mapping[str, str]) -> Annotation:
    """Return the annotation in the rows of a log.

    Args:
        path: The log.
        rows: Its rows, as (line, cells by column).
        clock: Converts the times.
        renames: Names that the user states -> name in wince.

    Raises:
        DataError: A time or intensity is wrong, or a state starts and never stops.
    """
    column = next(name for name in TIMES if name in rows[0][1])
    intensities = unit_names.Intensities(path)
    unknown: Counter[str] = Counter()
    started: dict[str, tuple[int, float, Mapping[str, str]]] = {}
    intervals: list[Interval] = []
    for line, cells in rows:
        behaviour, event = cells[BEHAVIOUR], cells[EVENT].lower()
        codes = unit_names.parse_codes(behaviour, renames)
        if codes is None:
            if behaviour and event != STOP:
                unknown[behaviour] += 1
            continue
        seconds = clock.parse(cells[column], line, column)
        first, onset, onset_cells = line, seconds, cells
        if event == START:
            if behaviour in started:
                raise _unpaired(path, line, behaviour, "starts again before it stops")
            started[behaviour] = (line, seconds, cells)
            continue
        if event == STOP:
            if behaviour not in started:
                raise _unpaired(path, line, behaviour, "stops before it starts")
            first, onset, onset_cells = started.pop(behaviour)
        modifier = _modifier(onset_cells)
        for unit, letter in codes:
            intensity = intensities.parse(unit, letter or modifier, first)
            intervals.append(Interval(first, onset, seconds, unit, intensity))
    for behaviour, (line, _, _) in started.items():
        raise _unpaired(path, line, behaviour, "starts and never stops")
    coded = frozenset(interval.unit for interval in intervals)
    return Annotation(path, FORM, tuple(intervals), True, coded, unknown)


def _modifier(cells: Mapping[str, str]) -> str:
    """Return the first modifier that is not empty, "" if there is none."""
    return next((cell for name, cell in cells.items() if name.startswith(MODIFIER) and cell), "")


def _unpaired(path: Path, line: int, behaviour: str, problem: str) -> DataError:
    return DataError(
        f"{path}, line {line}: the state {behaviour} {problem}. Correct the log in Observer, and "
        "export one observation of one person."
    )
