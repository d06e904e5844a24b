"""What every layout yields: a record for each file that may be a frame, and the frame's label."""

from dataclasses import dataclass, field

RATINGS = ("vas", "opr", "sen", "aff")
"""Ratings of a sequence: the subject's own on a 10 cm line (0-10), the observer's (0-5), and the
subject's for the sensory and the affective side of the pain."""

UnitValues = tuple[float, float, float, float, float, float]
"""AU4, AU6, AU7, AU9, AU10 (0 to 5) and AU43 (0 or 1), the order of `wince.scale.UNIT_NAMES`."""

Box = tuple[float, float, float, float]
"""x0, y0, x1, y1 in pixels of the upright image."""


@dataclass(frozen=True, slots=True)
class FrameFile:
    """A file that may be a frame. Nothing in it has been read yet.

    Attributes:
        name: Path below the archive's folder, with forward slashes.
        subject: Name of the person, "" if unknown.
        sequence: Name of the recording. A single image is a sequence of its own.
        frame: Name or number of the frame in its sequence.
        label: Path of the label file below the archive's folder, "" if there is none.
        line: Line of `label` that is about this frame, 0 if the whole file is.
        missing: If `label` is "", what was expected and what is there instead.
        row: Cells of that line by column name, for archives whose labels are one table.
        ratings: VAS, OPR, SEN and AFF of the sequence, each None if not rated.
        groups: Values of the layout's group columns (age, sex, ...), in the layout's order.
        remarks: Problems with this frame's ratings.
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
    """What an archive states about one frame.

    Attributes:
        pspi: 0 to 16.
        action_units: The six units of PSPI, None if the archive does not give them.
        spread: Distance in PSPI between two ratings of the frame, None if there are not two.
        box: The labelled face, None if not given.
        refused: Why the archive itself calls the frame unusable, "" if it does not.
        doubt: Why the label may be wrong, such as action units that contradict the PSPI, or "".
    """

    pspi: float
    action_units: UnitValues | None = None
    spread: float | None = None
    box: Box | None = None
    refused: str = ""
    doubt: str = ""
