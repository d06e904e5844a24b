"""The files of `wince watch`: one CSV row per frame, and the summary as JSON."""

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from wince import scale
from wince.cli.line_file import LineFile
from wince.files import refuse_existing
from wince.runtime.assessment import Assessment
from wince.runtime.track import TrackState
from wince.video import VideoFrame

COLUMNS = (
    "seconds",
    "frame",
    "face",
    "reasons",
    "pspi",
    "level",
    "between",
    "confidence",
    *scale.UNIT_NAMES,
    "filtered_pspi",
    "statement",
    "track_pspi",
    "track_level",
    "track_between",
    "announced",
    "eyes",
    "age",
    "milliseconds",
)


@contextmanager
def rows_file(path: Path) -> Iterator["csv.DictWriter[str]"]:
    """Create a CSV file and yield the writer of its rows.

    Args:
        path: Where nothing exists yet.

    Raises:
        FileWriteError: The file exists already, or it or a row cannot be written.
    """
    refuse_existing(path, "Choose another name for --csv.")
    with LineFile(path) as file:
        rows = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        rows.writeheader()
        yield rows


def frame_row(
    frame: VideoFrame,
    seconds: float,
    assessment: Assessment | None,
    state: TrackState,
    latency: float,
) -> dict[str, Any]:
    """Return the values of a row by column; columns that do not apply are missing.

    Args:
        frame: The frame.
        seconds: Its time in the session.
        assessment: None if no face was found.
        state: State of the track after the frame.
        latency: Seconds from the frame to its result.
    """
    statement = state.statement
    return {
        "seconds": round(seconds, 3),
        "frame": frame.index,
        "face": int(assessment is not None),
        **({} if assessment is None else _assessment_cells(assessment)),
        "filtered_pspi": state.score and state.score.pspi,
        "statement": str(statement.kind),
        "track_pspi": statement.pspi,
        "track_level": statement.level and str(statement.level),
        "track_between": statement.between and ";".join(statement.between),
        "announced": int(statement.announced),
        "eyes": state.eyes,
        "age": statement.age,
        "milliseconds": round(1000 * latency, 1),
    }


def _assessment_cells(assessment: Assessment) -> dict[str, Any]:
    """Return the cells of a face: its scores, or the reasons why it cannot be judged."""
    if not assessment.quality.usable:
        return {"reasons": ";".join(assessment.quality.reasons)}
    return {
        "pspi": assessment.pspi,
        "level": str(assessment.level),
        "between": assessment.between and ";".join(assessment.between),
        "confidence": assessment.confidence,
        **(assessment.action_units or {}),
    }
