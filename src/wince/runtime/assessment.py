"""The assessment: the result for one face in one image, as plain data."""

from dataclasses import asdict, dataclass, field
from typing import Any, TypeAlias

from wince.faces.boxes import Box
from wince.runtime.calibration import CalibratedScore
from wince.runtime.neutral import Change
from wince.score_scale import LevelName, LevelPair, Scale

SCHEMA = "3"
"""Version of the JSON form. It increases when a field changes its meaning or is removed."""

HEATMAP_NOTE = (
    "A hint, not proof: the map is coarse, each cell depends on more of the face than the place it "
    "is drawn at, and at low scores it has little meaning."
)

WARNING_CODES = ("other-faces", "file")
"""Names of warnings that are about the image: further faces were found, or a part of the file, such
as further frames or a colour profile, was not read."""

Point: TypeAlias = tuple[float, float]
"""x, y in pixels."""

Quad: TypeAlias = tuple[Point, Point, Point, Point]
"""Corners: top left, top right, bottom right, bottom left."""

Grid: TypeAlias = tuple[tuple[float, ...], ...]
"""Rows of cells from the top, each row from the left."""


@dataclass(frozen=True, slots=True)
class DetectedFace:
    """One face of an image, in pixels of the upright image at full size.

    Attributes:
        box: Its bounding box.
        keypoints: Points by the names in `wince.faces.face.KEYPOINTS`.
        score: The detector's score, 0 to 1.
        yaw: Degrees by which the head is turned, positive if the nose points to the image's right.
        pitch: Degrees by which the head is raised, positive if the nose points up.
        roll: Degrees by which the head is tilted, clockwise positive.
        usable: Whether the face can be judged.
        reasons: Why it cannot be judged, as in `Quality`.
        index: Position of this face among all faces of the image by size; the largest is 0.
    """

    box: Box
    keypoints: dict[str, Point]
    score: float
    yaw: float
    pitch: float
    roll: float
    usable: bool = True
    reasons: dict[str, str] = field(default_factory=dict)
    index: int = 0


@dataclass(frozen=True, slots=True)
class Quality:
    """Whether the face can be judged.

    Attributes:
        usable: False if there is no score.
        warnings: Sentences about limitations.
        reasons: Why there is no score, sentence by name. The names are the keys of
            `wince.runtime.quality.REASONS`.
        warning_codes: A name for each of `warnings`: one of these keys, or one in `WARNING_CODES`.
        values: Numbers in a reason or warning by its name, as docs/quality.md lists them, for
            programs that word it in another language. Each name has an entry; it may be empty.
    """

    usable: bool
    warnings: tuple[str, ...] = ()
    reasons: dict[str, str] = field(default_factory=dict)
    warning_codes: tuple[str, ...] = ()
    values: dict[str, dict[str, float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Heatmap:
    """How much each part of the face crop raised or lowered the score.

    Attributes:
        quad: Corners of the crop in pixels of the upright image, rotated with the head. It may
            extend beyond the image.
        pspi: `score` of a model of PSPI; None for another scale.
        score: Cells of equal size in points of the scale before calibration, negative where they
            lower the score.
        action_units: The same for each action unit, in its own units of intensity. None for a
            model that gives a score alone.
        counted: The action units whose maps are summed in `score`: the higher one of each pair.
            None for a model that gives a score alone.
        note: Limits of the map, for users.
    """

    quad: Quad
    pspi: Grid | None
    score: Grid
    action_units: dict[str, Grid] | None
    counted: tuple[str, ...] | None
    note: str = field(default=HEATMAP_NOTE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """How much pain a face expresses, with its uncertainty and its components.

    If the face cannot be judged, there is no score: `pspi`, `score`, `interval`, `level`,
    `between`, `level_probabilities`, `confidence`, `action_units` and `raw_score` are None, and
    `quality.reasons` and `sentence` give the reason.

    Attributes:
        pspi: Prkachin and Solomon pain intensity, 0 to 16: the score of a model of PSPI. None for
            a model of another scale. It follows from `score` and `scale`, and is not given.
        score: The score on `scale`.
        scale: What the model's scores are on.
        interval: Lower and upper end of the 90 % interval of the score.
        level: The level of the score, for PSPI none, mild, moderate or severe. This and the next
            three are None on a scale without levels.
        between: `level` and the more probable level next to it, the lower first, if neither is
            clear: another level is as probable as `level`, or none reaches one half. Else None.
        level_probabilities: Probability by level; they sum to 1.
        confidence: Probability of `level`, 0 to 1.
        action_units: FACS intensity by name, AU4 to AU10 from 0 to 5 and AU43 from 0 to 1. None
            for a model that gives a score alone.
        raw_score: The model's score, 0 to 16 on every scale, before the map to the scale in its
            manifest.
        face: The assessed face, one of `faces`.
        faces: All faces of the image, the largest first.
        quality: Whether the face can be judged.
        sentence: The result as a sentence.
        advice: General advice for the level.
        model: Name and version of the model.
        milliseconds: Duration by stage. In a batch, `score` is the image's share.
        schema: Version of this form.
        heatmap: Contribution of each part of the face; None unless requested.
        change: Against the person's neutral face; None without one.
    """

    pspi: float | None = None  # `init=False` would hide it from OpenAPI
    score: float | None
    scale: Scale
    interval: tuple[float, float] | None
    level: LevelName | None
    between: LevelPair | None
    level_probabilities: dict[str, float] | None
    confidence: float | None
    action_units: dict[str, float] | None
    raw_score: float | None
    face: DetectedFace
    faces: tuple[DetectedFace, ...]
    quality: Quality
    sentence: str
    advice: str
    model: dict[str, str]
    milliseconds: dict[str, float]
    schema: str = field(default=SCHEMA)
    heatmap: Heatmap | None = None
    change: Change | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "pspi", self.score if self.scale.is_pspi else None)

    @property
    def calibrated(self) -> CalibratedScore | None:
        """The score with its interval and level; None if the face cannot be judged."""
        if self.score is None:
            return None
        assert self.interval is not None  # there is one with each score
        probabilities = self.level_probabilities or {}
        return CalibratedScore(self.score, self.interval, self.level, probabilities, self.scale)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data: the JSON of the HTTP API and of `wince assess --json`.

        `heatmap` and `change` are left out if they are None.
        """
        data = asdict(self)
        for name in ("heatmap", "change"):
            if data[name] is None:
                del data[name]
        return {
            "schema": data.pop("schema"),
            **data,
            "scale": self.scale.to_dict(),
            "level": None if self.level is None else str(self.level),
            "between": None if self.between is None else [str(level) for level in self.between],
        }
