"""The neutral face of a person, and the change of another expression against it.

Faces differ at rest: deep furrows, a moustache or a resting frown look like action units. The
neutral face is the median of the action units over a few images of one person at rest. The change
is

    max(PSPI(action units) - PSPI(neutral action units), 0)

in points of the model's raw score, 0 to 16. A model of another scale gives the difference of its
raw scores, in points of its scale. The raw score is used because the map from raw score to PSPI in
model.json removes most of the difference between a neutral face and a mild expression.
docs/neutral-face.md compares the alternatives and gives the measured effect.
"""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from wince import scale
from wince.errors import ExpressiveFaceError, NeutralFaceError, ScaleError
from wince.score_scale import Scale

ActionUnits = Mapping[str, float] | None

_REMEDY = "Make the neutral face again from images of the person at rest."
_MAX_IMAGES = 1_000_000
_FIELDS = ("action_units", "raw_score", "images", "model")
_OLD_IMAGES = "pictures"  # the name of the field `images` before it was renamed


@dataclass(frozen=True, slots=True)
class NeutralFace:
    """Scores of one person at rest. It does not identify the person.

    Attributes:
        action_units: Median intensity by name, AU4 to AU10 from 0 to 5 and AU43 from 0 to 1. None
            for a model that gives a score alone.
        raw_score: PSPI formula of `action_units`, or the median raw score, 0 to 16.
        images: Number of images it was made from.
        model: Name and version of the model.
    """

    action_units: dict[str, float] | None
    raw_score: float
    images: int
    model: dict[str, str]

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON; `from_dict` is the inverse."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: object) -> "NeutralFace":
        """Return the neutral face from the data of `to_dict`.

        Raises:
            NeutralFaceError: A field is missing, unknown, or out of its range.
        """
        if isinstance(data, Mapping) and _OLD_IMAGES in data and "images" not in data:
            warnings.warn(
                f"The field {_OLD_IMAGES!r} of a neutral face is now called 'images'.",
                DeprecationWarning,
                stacklevel=2,
            )
            data = {"images" if name == _OLD_IMAGES else name: data[name] for name in data}
        if not isinstance(data, Mapping) or set(data) != set(_FIELDS):
            fields = sorted(map(str, data)) if isinstance(data, Mapping) else type(data).__name__
            raise NeutralFaceError(
                f"A neutral face is an object with {', '.join(_FIELDS)}; found {fields}. {_REMEDY}"
            )
        try:
            units = None if data["action_units"] is None else _units(data["action_units"])
            raw = scale.check_range(data["raw_score"], 0.0, scale.RAW_MAXIMUM, "raw_score")
            return cls(units, raw, _count(data["images"]), _model(data["model"]))
        except ScaleError as error:
            raise NeutralFaceError(f"The neutral face cannot be read: {error} {_REMEDY}") from None


@dataclass(frozen=True, slots=True)
class Change:
    """Difference between an expression and the person's neutral face.

    Attributes:
        pspi: `score` of a model of PSPI; None for another scale.
        score: Points of the scale above the neutral face, before calibration: for PSPI of the raw
            score, 0 to 16.
        action_units: Intensity minus the neutral intensity by name, negative where it is lower.
            None for a model that gives a score alone.
        neutral: The neutral face.
    """

    pspi: float | None
    score: float
    action_units: dict[str, float] | None
    neutral: NeutralFace


def median_face(
    action_units: Sequence[ActionUnits], raw_scores: Sequence[float], model: Mapping[str, str]
) -> NeutralFace:
    """Return the neutral face from the scores of several images of one person at rest.

    Args:
        action_units: Intensities by name for each image; None for a model that gives a score alone.
        raw_scores: Raw score of each image, 0 to 16.
        model: Name and version of the model that gave the scores.

    Raises:
        NeutralFaceError: There are no images.
    """
    if not raw_scores:
        raise NeutralFaceError("A neutral face needs at least one image of the person at rest.")
    count = len(raw_scores)
    known = [units for units in action_units if units is not None]
    if len(known) < count:
        return NeutralFace(None, round(float(np.median(raw_scores)), 3), count, dict(model))
    medians = {
        name: round(float(np.median([units[name] for units in known])), 3)
        for name in scale.UNIT_NAMES
    }
    return NeutralFace(medians, round(scale.pspi(medians), 3), count, dict(model))


def change(
    action_units: ActionUnits, raw_score: float, neutral: NeutralFace, on_scale: Scale
) -> Change:
    """Return the change of an expression against a neutral face.

    Args:
        action_units: Intensities of the expression by name, or None.
        raw_score: Raw score of the expression, 0 to 16.
        neutral: Neutral face of the same person, by the same model.
        on_scale: The scale of the model.
    """
    differences = None
    if action_units is not None and neutral.action_units is not None:
        differences = {
            name: round(action_units[name] - neutral.action_units[name], 3)
            for name in scale.UNIT_NAMES
        }
    raw_points = max(raw_score - neutral.raw_score, 0.0)
    points = on_scale.rounded(raw_points * on_scale.span / scale.RAW_MAXIMUM)
    return Change(points if on_scale.is_pspi else None, points, differences, neutral)


def check_expression(score: float, on_scale: Scale) -> None:
    """Raise ExpressiveFaceError if a neutral face is above the lowest level of its scale.

    Every later change would be too small by the expression of the neutral face. A scale without
    levels does not say what an expression of pain is, so every face is accepted.

    Args:
        score: Score of the neutral face.
        on_scale: The scale of the score.
    """
    if on_scale.level_index(score) > 0:
        lowest = "no pain expression" if on_scale.is_pspi else on_scale.levels[0]
        raise ExpressiveFaceError(
            f"The face at rest is rated {on_scale.level(score)} ({on_scale.name} "
            f"{on_scale.shown(score)}); expected {lowest}. Take other images of the person at "
            "rest. If this is how they look at rest, say so with any_expression "
            "(--any-expression)."
        )


def check_model(neutral: NeutralFace, model: Mapping[str, str]) -> None:
    """Raise NeutralFaceError unless the neutral face is from this model.

    Args:
        neutral: Neutral face to compare with.
        model: Name and version of the model in use.
    """
    if dict(neutral.model) != dict(model):
        made_by, in_use = (f"{info['name']} {info['version']}" for info in (neutral.model, model))
        raise NeutralFaceError(
            f"The neutral face was made with the model {made_by}; the model in use is {in_use}. "
            f"{_REMEDY}"
        )


def _units(data: object) -> dict[str, float]:
    if not isinstance(data, Mapping):
        raise ScaleError(f"action_units must be an object, not {type(data).__name__}.")
    units = {str(name): value for name, value in data.items()}
    scale.pspi(units)  # raises for a unit that is missing, unknown or out of its range
    return {name: float(units[name]) for name in scale.UNIT_NAMES}


def _count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= _MAX_IMAGES:
        raise ScaleError(
            f"images must be a whole number from 1 to {_MAX_IMAGES}, not {str(value)[:40]}."
        )
    return value


def _model(value: object) -> dict[str, str]:
    if not isinstance(value, Mapping) or set(value) != {"name", "version"}:
        raise ScaleError("model must be an object with name and version.")
    return {"name": str(value["name"])[:200], "version": str(value["version"])[:200]}
