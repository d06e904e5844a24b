"""What every reader of annotations returns: when which action unit was how strong."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

SCORE = "score"
"""Name of the unit of an interval whose intensity is the score itself: PSPI from 0 to 16, or the
archive's label on another scale."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A time in which an action unit has one intensity.

    Attributes:
        line: Line in the file; for files without lines, the number of the annotation.
        onset: In seconds from the first frame of the video.
        offset: First moment after it, in seconds. Not above `onset` for a moment of one frame.
        unit: Name of the action unit, AU1 to AU99, or SCORE.
        intensity: 0 to 5; for AU43 0 or 1; for SCORE on its scale; NaN if the file does not
            state it.
    """

    line: int
    onset: float
    offset: float
    unit: str
    intensity: float


@dataclass(frozen=True, slots=True)
class Annotation:
    """The annotation of one video in one file.

    Attributes:
        path: The file.
        form: What the file is, for people, such as "table of events".
        intervals: In the order of the file.
        complete: Whether a unit that is coded is 0 outside its intervals, as in a list of events.
            In a table of frames, a frame without a row has no value.
        coded: Units that the file has values of, or states as columns or tiers, even if they never
            occur.
        unknown: Names that are no action unit, and how often each occurs.
        notes: How the file was read where that is not obvious, in sentences.
        untimed: Annotations of units that have no time, or end before they begin. They are left
            out of `intervals`.
    """

    path: Path
    form: str
    intervals: tuple[Interval, ...]
    complete: bool
    coded: frozenset[str]
    unknown: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    untimed: int = 0
