"""Tables that programs for facial analysis write: FaceReader, OpenFace and others, frame by frame.

They are read as `wince score` reads them. Only values on the FACS scale make PSPI.
"""

from pathlib import Path

from wince.archive.annotations import frame_table
from wince.archive.annotations.annotation import Annotation, Interval
from wince.archive.annotations.clock import Clock
from wince.errors import DataError
from wince.unit_tables import table
from wince.unit_tables.tools import FACS_MEASURES


def read(path: Path, clock: Clock, unit_range: str | None) -> Annotation:
    """Return the annotation in a table of such a program.

    Args:
        path: The table of one video.
        clock: Converts the times.
        unit_range: "0-5" or "0-1", for programs that write numbers of an unknown range.

    Raises:
        DataError: The table cannot be read, or its values are not on the FACS scale.
    """
    units = table.read(path, unit_range=unit_range)
    coded = [unit for unit, measure in units.measures.items() if measure in FACS_MEASURES]
    if not coded:
        raise DataError(
            f"{path} is a table of {units.tool.name}, whose values are not FACS intensities, so no "
            "PSPI can be computed from them. Score it with `wince score` instead."
        )
    numbers = [row.frame for row in units.rows]
    without_times = any(row.seconds is None for row in units.rows)
    first = 0
    if without_times:
        first = frame_table.first_frame(path, numbers, clock, is_listed=True)
    onsets = [
        clock.of_frame(row.frame - first) if row.seconds is None else row.seconds
        for row in units.rows
    ]
    lines = [row.line for row in units.rows]
    holds = frame_table.holds(path, lines, onsets, clock)
    intervals = [
        Interval(row.line, onset, offset, unit, row.units[unit])
        for row, (onset, offset) in zip(units.rows, holds, strict=True)
        if row.units is not None
        for unit in coded
    ]
    note = f"{path.name} was computed by {units.tool.name} and not coded by people."
    form = f"table of {units.tool.name}"
    return Annotation(path, form, tuple(intervals), False, frozenset(coded), {}, (note,))
