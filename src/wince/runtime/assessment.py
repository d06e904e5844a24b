"""What wince says about a face."""

from dataclasses import asdict, dataclass, field
from typing import Any, TypeAlias

from wince.runtime.neutral import Change
from wince.scale import Level

SCHEMA = "2"
"""Version of the form below; it changes when a field changes its meaning or goes away."""

HEATMAP_NOTE = (
    "A hint, not proof: the map is coarse, each of its cells sees more of the face than the place "
    "it is drawn at, and at low scores it says little."
)

Grid: TypeAlias = tuple[tuple[float, ...], ...]
Point: TypeAlias = tuple[float, float]
Quad: TypeAlias = tuple[Point, Point, Point, Point]


@dataclass(frozen=True, slots=True)
class DetectedFace:
    """The face that was assessed, in pixels of the upright picture.

    box: x0, y0, x1, y1. keypoints: name -> (x, y). score: the detector's, 0 to 1. yaw, roll:
    degrees; yaw is positive when the nose points to the picture's right. index: which of the faces
    it is, the largest being 0; count: how many there are; boxes: of all of them, in that order.
    """

    box: tuple[float, float, float, float]
    keypoints: dict[str, tuple[float, float]]
    score: float
    yaw: float
    roll: float
    index: int = 0
    count: int = 1
    boxes: tuple[tuple[float, float, float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Quality:
    """Whether the picture can be judged, and what speaks against it.

    usable: False when no level is given. warnings: sentences. reasons: why there is no level, a
    sentence by its name: small, turned, dark, flat, blurred, eyes-covered or mouth-covered.
    """

    usable: bool
    warnings: tuple[str, ...] = ()
    reasons: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Heatmap:
    """How much each part of what the model looked at raised or lowered the score.

    quad: the corners of that region, a square that is turned with the head, in pixels of the
    upright picture: top left, top right, bottom right, bottom left. It may reach past the picture.
    pspi: rows of cells that divide the region evenly, from the top, each row from the left; a cell
    holds points of `raw_score`, negative where it lowers it. action_units: the same for each, in
    its own steps, or None when the model gives PSPI alone. counted: the action units whose maps
    make up that of PSPI, the higher one of each pair.
    """

    quad: Quad
    pspi: Grid
    action_units: dict[str, Grid] | None
    counted: tuple[str, ...] | None
    note: str = field(default=HEATMAP_NOTE)


@dataclass(frozen=True, slots=True)
class Assessment:
    """How much pain a face expresses, how sure that is, and what it rests on.

    level: none, mild, moderate or severe, or None when the picture cannot be judged; `quality` then
    says why, `sentence` too, and interval, level_probabilities and confidence are None as well,
    because they were measured on faces that can be judged. pspi, raw_score and action_units are
    then what the model made of the picture: no result, kept for those who study refusals.

    pspi: 0 to 16. interval: where PSPI lies with 90 % probability. level_probabilities: by level,
    they sum to 1. confidence: probability of the stated level. action_units: FACS intensity by
    name, AU4 to AU10 from 0 to 5 and AU43 from 0 to 1, or None when the model gives PSPI alone.
    raw_score: the model's own score before the map to PSPI that its card states. model: name and
    version. milliseconds: time per stage; of a batch, its share of the network's. heatmap: where in
    the face the score comes from, only when it was asked for. change: against the person's
    neutral face, only when that was given and the picture can be judged.
    """

    pspi: float
    interval: tuple[float, float] | None
    level: Level | None
    level_probabilities: dict[str, float] | None
    confidence: float | None
    action_units: dict[str, float] | None
    raw_score: float
    face: DetectedFace
    quality: Quality
    sentence: str
    advice: str
    model: dict[str, str]
    milliseconds: dict[str, float]
    schema: str = field(default=SCHEMA)
    heatmap: Heatmap | None = None
    change: Change | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the assessment as plain data, the JSON of the HTTP API and of `--json`.

        There is no `heatmap` or `change` in it when none was asked for.
        """
        data = asdict(self)
        for name in ("heatmap", "change"):
            if data[name] is None:
                del data[name]
        level = None if self.level is None else str(self.level)
        return {"schema": data.pop("schema"), **data, "level": level}
