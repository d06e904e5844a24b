"""The trace of a sequence: its scores over time, beside labels, intervals and events."""

import re
from dataclasses import dataclass, replace

import numpy as np

from wince.evaluation.arrays import Floats, Indices
from wince.evaluation.predictions import Predictions
from wince.scale import PSPI, PSPI_MAXIMUM, Scale

SECONDS = "seconds"
FRAME = "frame"
_GAP = 1.5
"""A step of more than this many usual steps is a gap."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened in a sequence.

    Attributes:
        start: When it began, on the axis of the trace.
        end: When it ended; the same as `start` for a moment.
        text: What it was.
    """

    start: float
    end: float
    text: str


@dataclass(frozen=True, slots=True)
class Trace:
    """N frames of one sequence, in the order of time.

    Attributes:
        subject: Whose face it is; empty if it is not known.
        name: Name of the sequence.
        axis: SECONDS or FRAME: what `x` is.
        x: Time of each frame, shape (N,), rising.
        predicted: Score of each frame, NaN where there is none, shape (N,).
        measure: What the score is: "PSPI", or the name of an index.
        highest: The highest score that can be; NaN if it is not known.
        scale: The scale of the score, None if it is on none.
        label: Label of each frame, shape (N,); None without labels.
        interval: Low and high end of each frame, shape (N, 2); None without intervals.
        events: What happened in the sequence.
    """

    subject: str
    name: str
    axis: str
    x: Floats
    predicted: Floats
    measure: str = "PSPI"
    highest: float = PSPI_MAXIMUM
    scale: Scale | None = PSPI
    label: Floats | None = None
    interval: Floats | None = None
    events: tuple[Event, ...] = ()

    @property
    def title(self) -> str:
        """The sequence, with the subject unless its name begins with it."""
        if not self.subject or self.name.startswith(self.subject):
            return self.name
        return f"{self.subject}/{self.name}"

    def with_gaps(self) -> "Trace":
        """Return the trace with a row of NaN in each gap, so that no line is drawn across it.

        A gap is a step in time of more than one and a half usual steps. The usual step is the
        median.
        """
        steps = np.diff(self.x)
        if not len(steps):
            return self
        after = np.flatnonzero(steps > _GAP * np.median(steps)) + 1

        def widened(values: Floats | None) -> Floats | None:
            return None if values is None else np.insert(values, after, np.nan, axis=0)

        middle = (self.x[after - 1] + self.x[after]) / 2
        return replace(
            self,
            x=np.insert(self.x, after, middle),
            predicted=np.insert(self.predicted, after, np.nan),
            label=widened(self.label),
            interval=widened(self.interval),
        )


def from_predictions(table: Predictions) -> list[Trace]:
    """Return the trace of each sequence of a table of predictions, in the order of their names.

    The axis is the column `seconds` if the table has it, otherwise the number at the end of each
    frame's name, otherwise the position in the sequence.
    """
    traces = []
    for number, name in enumerate(table.sequences):
        rows = np.flatnonzero(table.sequence == number)
        axis, x = frame_times(table, rows)
        order = np.argsort(x, kind="stable")
        rows = rows[order]
        subject = table.subjects[table.subject[rows[0]]]
        traces.append(
            Trace(
                subject,
                name.removeprefix(f"{subject}/"),
                axis,
                x[order],
                table.predicted[rows],
                label=table.pspi[rows],
                interval=None if table.interval is None else table.interval[rows],
                measure=table.scale.name,
                highest=table.scale.high,
                scale=table.scale,
            )
        )
    return traces


def frame_times(table: Predictions, rows: Indices) -> tuple[str, Floats]:
    """Return the axis of some rows of one sequence, and the time of each on it."""
    if table.seconds is not None and np.isfinite(table.seconds[rows]).all():
        return SECONDS, table.seconds[rows]
    return FRAME, frame_numbers(table.frame[rows].tolist())


def frame_numbers(names: list[str]) -> Floats:
    """Return the number at the end of each name, or positions if they are not all different."""
    numbers = [re.search(r"(\d+)\D*$", name) for name in names]
    values = [float(number[1]) for number in numbers if number]
    if len(set(values)) < len(names):
        return np.argsort(np.argsort(np.array(names))).astype(np.float64)
    return np.array(values)
