"""Sequences in the order of time, and stretches of them."""

import numpy as np
import pytest

from wince.training.data.frames import TEXT_COLUMNS, Frames
from wince.training.over_time.sequences import by_sequence, step_seconds, stretches


def test_stretches_cover_every_frame_once_at_every_offset() -> None:
    sequences = [np.arange(11), np.arange(20, 23)]
    for offset in range(1, 5):
        parts = stretches(sequences, 4, offset)
        assert sorted(np.concatenate(parts).tolist()) == [*range(11), 20, 21, 22]
        assert all(1 <= len(part) <= 4 and (np.diff(part) == 1).all() for part in parts)


def frames_at(times: list[str], names: list[str]) -> Frames:
    """Return the frames of one sequence with these times and names."""
    columns = dict.fromkeys(TEXT_COLUMNS, np.full(len(names), ""))
    known = {"seconds": np.array(times), "frame": np.array(names)}
    units = np.full((len(names), 6), np.nan, np.float32)
    return Frames(**{**columns, **known}, score=np.zeros(len(names)), units=units, groups={})


@pytest.mark.parametrize(
    ("times", "names", "order"),
    [
        (["0.3", "0.1", "0.2"], ["f1", "f2", "f3"], [1, 2, 0]),  # seconds, whatever the names are
        (["0.3", "", "0.2"], ["f9", "f10", "f1"], [2, 0, 1]),  # a time is missing: numbers
        (["", "", ""], ["c", "a", "b"], [1, 2, 0]),
    ],
)
def test_frames_are_in_the_order_of_time(
    times: list[str], names: list[str], order: list[int]
) -> None:
    (rows,) = by_sequence(frames_at(times, names), np.arange(3))
    assert rows.tolist() == order


def test_the_step_is_the_usual_time_between_frames() -> None:
    names = [f"f{number}" for number in range(5)]
    rows = np.arange(5)
    known = frames_at(["0.3", "0", "0.1", "0.2", "5"], ["f3", "f0", "f1", "f2", "f50"])
    assert step_seconds(known, rows) == pytest.approx(0.1)
    unknown = frames_at([""] * 5, names)
    assert step_seconds(unknown, rows) is None
    assert step_seconds(unknown, rows, 25.0) == pytest.approx(0.04)
    every_fifth = frames_at([""] * 5, [f"f{5 * number}" for number in range(5)])
    assert step_seconds(every_fifth, rows, 25.0) == pytest.approx(0.2)
