"""The CSV file of `wince watch --csv`: one row per frame."""

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
    "pspi",
    "level",
    "confidence",
    *scale.UNIT_NAMES,
    "track_pspi",
    "track_level",
    "announced",
    "eyes",
    "away",
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
    state: TrackState | None,
    latency: float,
) -> dict[str, Any]:
    """Return the values of a row by column; columns that do not apply are missing.

    Args:
        frame: The frame.
        seconds: Its time in the session.
        assessment: None if no face was found.
        state: State of the track after the frame; None before the first face.
        latency: Seconds from the frame to its result.
    """
    row: dict[str, Any] = {
        "seconds": round(seconds, 3),
        "frame": frame.index,
        "face": int(assessment is not None),
        "milliseconds": round(1000 * latency, 1),
    }
    if assessment is not None:
        row |= {"pspi": assessment.pspi, "level": assessment.level and str(assessment.level)}
        row |= {"confidence": assessment.confidence, **(assessment.action_units or {})}
    if state is not None:
        row |= {
            "track_pspi": state.pspi,
            "track_level": str(state.level),
            "announced": int(state.announced),
            "eyes": state.eyes,
            "away": state.away,
        }
    return row
