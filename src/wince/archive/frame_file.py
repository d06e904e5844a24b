"""What every layout yields: a record for each file that may be a frame, and the frame's label."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

RATINGS = ("vas", "opr", "sen", "aff", "nrs")
"""Ratings of a sequence: the subject's own on a 10 cm line (0-10), the observer's (0-5), the
subject's for the sensory and the affective side of the pain, and the subject's own as a number
(0-10)."""
NO_RATINGS: tuple[float | None, ...] = (None,) * len(RATINGS)
FRAME_MARK = "#frame="
"""Between the path of a video and the number of a frame in it, in the name of a frame."""

UnitValues = tuple[float, float, float, float, float, float]
"""AU4, AU6, AU7, AU9, AU10 (0 to 5) and AU43 (0 or 1), the order of `wince.scale.UNIT_NAMES`."""

Box = tuple[float, float, float, float]
"""x0, y0, x1, y1 in pixels of the upright image."""


@dataclass(frozen=True, slots=True)
class FrameFile:
    """A file, or a frame of a video, that may be a frame. No pixel of it has been read yet.

    Attributes:
        name: Path below the archive's folder, with forward slashes. For a frame of a video it is
            the video's path, FRAME_MARK, and the number of the frame in the video from 0.
        subject: Name of the person, "" if unknown.
        sequence: Name of the recording. A single image is a sequence of its own.
        frame: Name or number of the frame in its sequence.
        label: Path of the label file below the archive's folder, "" if there is none.
        line: Line of `label` that is about this frame, 0 if the whole file is.
        missing: If `label` is "", what was expected and what is there instead.
        row: Cells of that line by column name, for archives whose labels are one table.
        ratings: The sequence's RATINGS, each None if not rated.
        groups: Values of the layout's group columns (age, sex, ...), in the layout's order.
        remarks: Problems with this frame's ratings.
        video: Path of the video below the archive's folder, "" for an image.
        seconds: Time of the frame in its sequence, None if unknown.
        recordings: What the report states of the video, at its first frame only, and of
            annotations without a video, at the first frame of all; see `Recording`.
    """

    name: str
    subject: str
    sequence: str
    frame: str
    label: str = ""
    line: int = 0
    missing: str = ""
    row: dict[str, str] = field(default_factory=dict)
    ratings: tuple[float | None, ...] = NO_RATINGS
    groups: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    video: str = ""
    seconds: float | None = None
    recordings: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Label:
    """What an archive states about one frame.

    Attributes:
        score: PSPI, or the score on the scale that the archive is prepared for.
        action_units: The six units of PSPI, None if the archive does not give them.
        spread: Distance in PSPI between two ratings of the frame, None if there are not two.
        box: The labelled face, None if not given.
        refused: Why the archive itself calls the frame unusable, "" if it does not.
        doubt: Why the label may be wrong, such as action units that contradict the PSPI, or "".
    """

    score: float
    action_units: UnitValues | None = None
    spread: float | None = None
    box: Box | None = None
    refused: str = ""
    doubt: str = ""
