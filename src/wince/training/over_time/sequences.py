"""Frames of prepared data by sequence, in the order of time."""

from collections.abc import Sequence

import numpy as np

from wince.evaluation.arrays import Floats
from wince.evaluation.traces.trace import frame_numbers
from wince.training.data.folds import Rows
from wince.training.data.frames import Frames


def by_sequence(frames: Frames, rows: Rows) -> list[Rows]:
    """Return the rows of each sequence in the order of time.

    Seconds decide if all frames of a sequence have them, otherwise the numbers at the end of the
    frames' names, as in the evaluation. Frames without an image are not among `rows`: the frames
    before and after them are neighbours.

    Args:
        frames: All frames.
        rows: The rows to use.
    """
    keys: dict[tuple[str, str], list[int]] = {}
    for row in rows.tolist():
        keys.setdefault((str(frames.subject[row]), str(frames.sequence[row])), []).append(row)
    return [_in_order(frames, np.array(members, np.intp)) for members in keys.values()]


def _in_order(frames: Frames, rows: Rows) -> Rows:
    seconds = _seconds(frames, rows)
    if np.isnan(seconds).any():
        seconds = frame_numbers(frames.frame[rows].tolist())
    return rows[np.argsort(seconds, kind="stable")]


def _seconds(frames: Frames, rows: Rows) -> Floats:
    return np.array([float(cell or "nan") for cell in frames.seconds[rows].tolist()])


def step_seconds(frames: Frames, rows: Rows, frame_rate: float | None = None) -> float | None:
    """Return the usual time between two frames of a sequence: the median of all, in seconds.

    Args:
        frames: All frames.
        rows: The rows to use.
        frame_rate: Frames a second of sequences without times. The numbers at the end of the
            frames' names are then frames.

    Returns:
        None if the times of no sequence are known.
    """
    steps = []
    for members in by_sequence(frames, rows):
        times = _seconds(frames, members)
        if np.isnan(times).any():
            numbers = frame_numbers(frames.frame[members].tolist())
            times = numbers / (frame_rate or np.nan)
        steps.append(np.diff(times))
    known = np.concatenate(steps)
    known = known[known > 0]  # not NaN
    return float(np.median(known)) if len(known) else None


def stretches(sequences: Sequence[Rows], length: int, offset: int) -> list[Rows]:
    """Cut sequences into stretches of a length; those at an end may be shorter.

    Args:
        sequences: Rows of each sequence in the order of time.
        length: Frames of a stretch.
        offset: Frames of the first stretch of each sequence, 1 to `length`.
    """
    return [
        rows[max(0, start) : start + length]
        for rows in sequences
        for start in range(offset - length, len(rows), length)
    ]
