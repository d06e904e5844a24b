"""What was found out about one video, for the sheet of recordings in the report."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Recording:
    """A video of an archive, a row without one, or a video without a row.

    Attributes:
        video: Path below the archive's folder.
        line: Line of its row in the table, 0 without one.
        subject: The person, "" if unknown.
        sequence: Name of the recording.
        problem: Why no frame of it can be used, "" if some can.
        seconds: Its length.
        frame_rate: Frames per second.
        variable_rate: Whether the distances of its frames differ.
        breaks_off: Whether the file stops before the end that it states.
        frames: Number of frames in the file.
        taken: Number of frames that `--fps` takes.
        labelled: Number of these that have a label.
        label: Where the labels come from, such as "annotations/p1.csv (table of events)", or "".
        of_video: Whether all frames have one label, the row's.
        annotated: Number of intervals or rows of the annotation.
        beyond_end: Of these, how many begin or end after the video.
        overlapping: How many overlap an earlier one of the same unit.
        without_intensity: How many units of PSPI have no intensity.
        untimed: Further annotations of units, which have no time in the video.
        unknown_units: Names that are no action unit, and how often each occurs.
        notes: What else to know about it, in sentences.
    """

    video: str
    line: int = 0
    subject: str = ""
    sequence: str = ""
    problem: str = ""
    seconds: float | None = None
    frame_rate: float | None = None
    variable_rate: bool = False
    breaks_off: bool = False
    frames: int = 0
    taken: int = 0
    labelled: int = 0
    label: str = ""
    of_video: bool = False
    annotated: int = 0
    beyond_end: int = 0
    overlapping: int = 0
    without_intensity: int = 0
    untimed: int = 0
    unknown_units: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the recording for report.json."""
        return asdict(self)
