"""What every layout gives: one record for each file that may be a frame, and its label."""

from dataclasses import dataclass, field

RATINGS = ("vas", "opr", "sen", "aff")
"""Sequence ratings in order: the person's own on a 10 cm line (0-10), the observer's (0-5), and the
person's words for the sensory and the affective side of the pain."""

UnitValues = tuple[float, float, float, float, float, float]
"""AU4, AU6, AU7, AU9, AU10 (0 to 5) and AU43 (0 or 1), the order of `wince.scale.UNIT_NAMES`."""


@dataclass(frozen=True, slots=True)
class FrameFile:
    """A file that may be a frame, before anything of it was opened.

    name: its path below the archive's folder, with forward slashes.
    subject, sequence, frame: who, which recording, and which picture of it. A picture that stands
        alone is its own sequence.
    label: path of the label file below the archive's folder; "" when there is none.
    line: the line of `label` that is about this frame; 0 when the whole file is.
    missing: when `label` is "", what was expected and what was found in its place.
    row: the line's cells by column name, for archives whose labels are one table.
    ratings: the sequence's VAS, OPR, SEN and AFF, None where there is none.
    groups: the values of the layout's group columns (age, sex, ...), in their order.
    remarks: doubts about this frame found so far.
    """

    name: str
    subject: str
    sequence: str
    frame: str
    label: str = ""
    line: int = 0
    missing: str = ""
    row: dict[str, str] = field(default_factory=dict)
    ratings: tuple[float | None, ...] = (None, None, None, None)
    groups: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Label:
    """What an archive says about one frame.

    pspi: 0 to 16.
    action_units: the six units of PSPI, or None where the archive does not give them.
    spread: distance between two ratings of the same frame in points of PSPI, where there are two.
    box: x0, y0, x1, y1 of the labelled face in pixels of the upright picture, where it is given.
    refused: why the archive itself says that the frame is not to be used; "" otherwise.
    doubt: why the label may be wrong, such as a PSPI that its action units contradict.
    """

    pspi: float
    action_units: UnitValues | None = None
    spread: float | None = None
    box: tuple[float, float, float, float] | None = None
    refused: str = ""
    doubt: str = ""
