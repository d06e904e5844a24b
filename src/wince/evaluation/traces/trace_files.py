"""Traces from the files that wince writes, and events from a table."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from wince import csv_reader
from wince.errors import DataError
from wince.evaluation.arrays import Floats
from wince.evaluation.prediction_columns import SCALE, required_columns
from wince.evaluation.prediction_files import read_predictions
from wince.evaluation.traces.trace import FRAME, SECONDS, Event, Trace, from_predictions
from wince.scale import PSPI, PSPI_MAXIMUM

Row = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Form:
    """A table of scores over time, told by its columns.

    Attributes:
        names: Columns that together name a sequence.
        score: Column of the score.
        ends: Columns of the interval; none if it has no intervals.
        measure: What the score is.
        highest: The highest score; NaN if it is not known.
    """

    names: tuple[str, ...]
    score: str
    ends: tuple[str, ...] = ()
    measure: str = "PSPI"
    highest: float = PSPI_MAXIMUM

    @property
    def needed(self) -> tuple[str, ...]:
        """The columns without which a table is not of this form."""
        return (*self.names, FRAME, SECONDS, self.score, *self.ends)


FORMS = (
    _Form(("file", "face"), "pspi", ("pspi_low", "pspi_high")),  # wince assess
    _Form(("source", "person"), "pspi"),  # wince watch --csv
    _Form(("sequence",), "pspi"),  # wince score
    _Form(("sequence",), "expression_index", (), "Expression index", math.nan),
)


def read_traces(
    path: Path, renames: Mapping[str, str] = csv_reader.NO_RENAMES
) -> tuple[Trace, ...]:
    """Return the traces of a CSV file of predictions, `assess`, `watch` or `score`.

    Args:
        path: The file.
        renames: Columns with another name in the file, see `csv_reader.parse_renames`.

    Raises:
        DataError: The file cannot be read, is none of these, a value is wrong, or no row has a
            score.
    """
    names = csv_reader.read_header(path, renames)
    required = required_columns(PSPI)
    if set(required) <= set(names) or ({*required, "score", SCALE} - {"pspi"}) <= set(names):
        return tuple(
            from_predictions(read_predictions(path, renames=renames, distinct_subjects=True))
        )
    form = next((form for form in FORMS if set(form.needed) <= set(names)), None)
    if form is None:
        raise DataError(
            f"{path} is no table of scores over time. Expected a CSV file of predictions "
            f"({', '.join(required)}), or one that wince assess, watch or score wrote; found the "
            f"columns {', '.join(names[:12]) or 'none'}."
        )
    traces = tuple(_traces(path, form, renames))
    if not traces:
        raise DataError(f"{path}: no row has a score. There is nothing to plot.")
    return traces


def _traces(path: Path, form: _Form, renames: Mapping[str, str]) -> Iterator[Trace]:
    """Yield the trace of each sequence that has a score, in the order of the file."""
    rows_by_keys: dict[tuple[str, ...], list[tuple[int, Row]]] = {}
    for line, cells in csv_reader.read_rows(path, form.needed, renames):
        keys = tuple(cells[name] for name in form.names)
        if all(keys) and (cells[FRAME] or cells[SECONDS]):
            rows_by_keys.setdefault(keys, []).append((line, cells))
    names = _sequence_names(form, list(rows_by_keys))
    for name, rows in zip(names, rows_by_keys.values(), strict=True):
        trace = _trace(path, form, name, rows)
        if not np.isnan(trace.predicted).all():
            yield trace


def _sequence_names(form: _Form, keys: Sequence[tuple[str, ...]]) -> list[str]:
    """Return short names: files without folders, and the face or person where there are several."""
    files = {key[0] for key in keys}
    short = len({Path(file).name for file in files}) == len(files)
    names = [Path(key[0]).name if short else key[0] for key in keys]
    if len(files) == len(keys):
        return names
    return [f"{name}, {form.names[1]} {key[1]}" for name, key in zip(names, keys, strict=True)]


def _trace(path: Path, form: _Form, name: str, rows: Sequence[tuple[int, Row]]) -> Trace:
    """Return the trace of one sequence, in the order of time."""
    axis = SECONDS if all(cells[SECONDS] for _, cells in rows) else FRAME
    x = _numbers(path, rows, axis)
    if np.isnan(x).any():
        line = next(line for line, cells in rows if not cells[axis])
        raise DataError(
            f"{path}, line {line}: {axis} is empty; expected a number. "
            "Fill the cell, or remove the line."
        )
    order = np.argsort(x, kind="stable")
    ends = [_numbers(path, rows, end)[order] for end in form.ends]
    return Trace(
        "",
        name,
        axis,
        x[order],
        _numbers(path, rows, form.score)[order],
        form.measure,
        form.highest,
        PSPI if form.measure == PSPI.name else None,
        interval=np.column_stack(ends) if ends else None,
    )


def _numbers(path: Path, rows: Sequence[tuple[int, Row]], column: str) -> Floats:
    """Return a column of numbers, NaN for empty cells."""
    values = []
    for line, cells in rows:
        values.append(_number(path, line, column, cells[column]) if cells[column] else math.nan)
    return np.array(values, np.float64)


def _sequence_problem(
    path: Path, line: int, name: str, traces: Sequence[Trace], matches: Sequence[int]
) -> str:
    """Return why an event belongs to no sequence or to several, and what to do."""
    if matches:
        titles = ", ".join(traces[number].title for number in matches[:5])
        return (
            f"{path}, line {line}: {len(matches)} sequences are called {name!r:.60}: {titles}. "
            "Write the subject before the name of the sequence, such as subject/sequence, or plot "
            "their tables one at a time."
        )
    titles = ", ".join(trace.title for trace in traces[:5])
    return (
        f"{path}, line {line}: no sequence is called {name!r:.60}; expected one of {titles}"
        f"{' and others' if len(traces) > 5 else ''}. Correct the name, or remove the line."
    )


def _number(path: Path, line: int, column: str, cell: str) -> float:
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise DataError(
            f"{path}, line {line}: {column} is {cell!r:.40}; expected a number. Correct the cell."
        )
    return value


def add_events(
    traces: Sequence[Trace], path: Path, renames: Mapping[str, str] = csv_reader.NO_RENAMES
) -> list[Trace]:
    """Return the traces with the events of a CSV file.

    Args:
        traces: The traces.
        path: A file with the columns sequence, start, end (may be empty) and event. The name of a
            sequence is that of the trace, with or without its subject; start and end are on the
            axis of the trace.
        renames: Columns with another name in the file, see `csv_reader.parse_renames`.

    Raises:
        DataError: The file cannot be read, a value is wrong, or an event belongs to no sequence, to
            several, or lies outside its sequence.
    """
    events: dict[int, list[Event]] = {}
    for line, cells in csv_reader.read_rows(path, ("sequence", "start", "end", "event"), renames):
        names = (cells["sequence"], f"{cells['sequence']}.csv")
        matches = [
            number
            for number, trace in enumerate(traces)
            if trace.title in names or trace.name in names or Path(trace.name).stem in names
        ]
        if len(matches) != 1:
            raise DataError(_sequence_problem(path, line, cells["sequence"], traces, matches))
        trace = traces[matches[0]]
        start = _number(path, line, "start", cells["start"])
        end = _number(path, line, "end", cells["end"]) if cells["end"] else start
        if not trace.x[0] <= start <= end <= trace.x[-1]:
            raise DataError(
                f"{path}, line {line}: the event is from {start:g} to {end:g}; expected times that "
                f"rise within {trace.title}, from {trace.x[0]:g} to {trace.x[-1]:g} "
                f"({trace.axis}). Correct the times, or remove the line."
            )
        events.setdefault(matches[0], []).append(Event(start, end, cells["event"]))
    return [
        replace(trace, events=tuple(events.get(number, ()))) for number, trace in enumerate(traces)
    ]
