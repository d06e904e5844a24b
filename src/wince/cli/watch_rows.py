"""The rows of `wince watch --csv`: one for each followed person in each frame."""

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wince.cli import score_columns
from wince.cli.line_file import LineFile
from wince.faces.face import KEYPOINTS
from wince.runtime.assessment import Assessment, DetectedFace
from wince.runtime.person_assessor import PersonFrame
from wince.runtime.track import TrackState
from wince.scale import UNIT_NAMES
from wince.score_scale import Scale
from wince.video import VideoFrame

BOX = ("x0", "y0", "x1", "y1")
ANGLES = ("yaw", "pitch", "roll")
COLUMNS = (
    "source",
    "seconds",
    "frame",
    "person",
    "faces",
    "face",
    "reasons",
    "pspi",
    "level",
    "between",
    "confidence",
    *UNIT_NAMES,
    "filtered_pspi",
    "statement",
    "track_pspi",
    "track_level",
    "track_between",
    "announced",
    "eyes",
    "age",
    "milliseconds",
    *(f"box_{corner}" for corner in BOX),
    *(f"{name}_{axis}" for name in KEYPOINTS for axis in "xy"),
    *ANGLES,
)
"""The columns for PSPI."""


@dataclass(frozen=True, slots=True)
class FrameResult:
    """What is known of one person after a frame.

    Attributes:
        frame: The frame, without its pixels.
        seconds: Its time in the session.
        person: Number of the person; None before the first face.
        persons: All persons in the frame.
        assessment: Assessment of the person's face in this frame alone; None without a face.
        state: State of the person's track after the frame.
        latency: Seconds from the frame to its assessment.
    """

    frame: VideoFrame
    seconds: float
    person: int | None
    persons: PersonFrame
    assessment: Assessment | None
    state: TrackState
    latency: float


@contextmanager
def rows_file(path: Path, scale: Scale) -> Iterator["csv.DictWriter[str]"]:
    """Create a CSV file and yield the writer of its rows.

    Args:
        path: Where nothing exists yet.
        scale: The scale of the scores.

    Raises:
        FileWriteError: The file or a row cannot be written.
    """
    with LineFile(path) as file:
        rows = csv.DictWriter(file, score_columns.columns(COLUMNS, scale), lineterminator="\n")
        rows.writeheader()
        yield rows


def frame_row(result: FrameResult) -> dict[str, Any]:
    """Return the values of a row by column; `source` and columns that do not apply are missing."""
    assessment, state = result.assessment, result.state
    statement = state.statement
    values = {
        "seconds": round(result.seconds, 3),
        "frame": result.frame.index,
        "person": result.person,
        "faces": len(result.persons.faces),
        "face": int(assessment is not None),
        **({} if assessment is None else _assessment_cells(assessment)),
        "filtered_pspi": state.score and state.score.score,
        "statement": str(statement.kind),
        "track_pspi": statement.score,
        "track_level": statement.level and str(statement.level),
        "track_between": statement.between and ";".join(statement.between),
        "announced": int(statement.announced),
        "eyes": state.eyes,
        "age": statement.age,
        "milliseconds": round(1000 * result.latency, 1),
    }
    return score_columns.cells(values, statement.scale)


def _assessment_cells(assessment: Assessment) -> dict[str, Any]:
    """Return the cells of a face: its scores, or the reasons why it cannot be judged."""
    place = _place_cells(assessment.face)
    if not assessment.quality.usable:
        return {"reasons": ";".join(assessment.quality.reasons), **place}
    return {
        **place,
        "pspi": assessment.score,
        "level": assessment.level and str(assessment.level),
        "between": assessment.between and ";".join(assessment.between),
        "confidence": assessment.confidence,
        **(assessment.action_units or {}),
    }


def _place_cells(face: DetectedFace) -> dict[str, float]:
    """Return the cells of a face's place: box and key points in pixels, angles in degrees."""
    box = {f"box_{corner}": value for corner, value in zip(BOX, face.box, strict=True)}
    points = {
        f"{name}_{axis}": value
        for name, point in face.keypoints.items()
        for axis, value in zip("xy", point, strict=True)
    }
    return {**box, **points, **{angle: getattr(face, angle) for angle in ANGLES}}
