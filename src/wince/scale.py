"""Scales of pain: what a scale is, and PSPI with its action units, formula, levels and wordings.

A `Scale` is a name, a range, a unit, and the levels that cuts divide the range into. A preparation,
a model and an evaluation have one, PSPI unless another was chosen; `wince.named_scales` reads the
choice.

PSPI is the Prkachin and Solomon Pain Intensity (Prkachin & Solomon 2008, Pain 139:267-274):

    PSPI = AU4 + max(AU6, AU7) + max(AU9, AU10) + AU43

AU4, AU6, AU7, AU9 and AU10 are FACS intensities from 0 (absent) to 5 (maximum; the FACS letters A
to E are 1 to 5). AU43, closed eyes, is 0 or 1. PSPI is from 0 to 16. It measures expression, not
experience: a low score never means that no pain is felt.

These facts are defined in this module only.
"""

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from itertools import pairwise
from typing import Any, TypeAlias, cast

from wince.errors import ScaleError


@dataclass(frozen=True, slots=True)
class ActionUnit:
    """One facial action unit of PSPI.

    Attributes:
        name: FACS name, such as "AU4".
        title: FACS title, such as "Brow lowerer".
        plain: Description in plain words.
        maximum: Highest value; the lowest is 0.
    """

    name: str
    title: str
    plain: str
    maximum: float


ACTION_UNITS: dict[str, ActionUnit] = {
    unit.name: unit
    for unit in (
        ActionUnit("AU4", "Brow lowerer", "brows pulled down and together", 5.0),
        ActionUnit("AU6", "Cheek raiser", "cheeks raised, the eyes narrowed from below", 5.0),
        ActionUnit("AU7", "Lid tightener", "eyelids tightened", 5.0),
        ActionUnit("AU9", "Nose wrinkler", "skin of the nose wrinkled upwards", 5.0),
        ActionUnit("AU10", "Upper lip raiser", "upper lip raised", 5.0),
        ActionUnit("AU43", "Eye closure", "eyes closed", 1.0),
    )
}
"""The six action units of PSPI by name, in the order of all arrays, models and tables."""

UNIT_NAMES: tuple[str, ...] = tuple(ACTION_UNITS)
PSPI_MAXIMUM = 16.0
RAW_MAXIMUM = PSPI_MAXIMUM
"""Highest raw score of a network, the lowest is 0. Networks of all scales learn this range, so that
learning rates and the constants of losses and filters hold for all of them."""

PSPI_TERMS: tuple[tuple[str, ...], ...] = (("AU4",), ("AU6", "AU7"), ("AU9", "AU10"), ("AU43",))
"""The terms of PSPI; a term of two action units has the value of the higher one."""


class Level(StrEnum):
    """The four pain levels, by rounded PSPI."""

    NONE = "none"
    MILD = "mild"
    MODERATE = "moderate"
    SEVERE = "severe"


NO_LEVEL = cast(Level, "")
"""Stands for the level of a score on a scale without levels, where code needs one."""

LevelPair: TypeAlias = tuple[Level, Level]
"""Two neighbouring levels, the lower first, for a score that lies between them."""

LEVELS: tuple[Level, ...] = tuple(Level)
LEVEL_PAIRS: tuple[LevelPair, ...] = tuple(pairwise(LEVELS))
LEVEL_CUTS: tuple[float, ...] = (0.5, 5.5, 10.5)
"""Lowest PSPI of mild, moderate and severe. The levels are 0, 1-5, 6-10 and 11-16 of PSPI rounded
half up, so the cuts are half a point below the whole numbers."""

WORDINGS: tuple[str, ...] = (
    "No pain expression",
    "Very mild",
    "Mild",
    "Moderate",
    "Moderately severe",
    "Severe",
    "Very severe",
)
WORDING_CUTS: tuple[float, ...] = (0.5, 1.5, 2.5, 3.5, 4.5, 5.5)

SIX_CLASSES: tuple[str, ...] = ("0", "1", "2", "3", "4-5", "6+")
SIX_CLASS_CUTS: tuple[float, ...] = (0.5, 1.5, 2.5, 3.5, 5.5)
BINARY_CUTS: tuple[int, ...] = (1, 2, 3)
"""The literature counts PSPI >= 1, >= 2 or >= 3 as pain."""


@dataclass(frozen=True, slots=True)
class Scale:
    """What a score is on.

    Attributes:
        name: Name, such as "PSPI" or "VAS".
        low: Lowest score.
        high: Highest score.
        unit: What a score counts, in the plural.
        cuts: Lowest score of the second to the last level, () for a scale without levels.
        levels: Names of the levels, lowest first, one more than there are cuts.
    """

    name: str
    low: float
    high: float
    unit: str = "points"
    cuts: tuple[float, ...] = ()
    levels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        problem = _name_problem(self.name) or self._range_problem() or self._level_problem()
        if problem:
            raise ScaleError(f"The scale {self.name!r:.40} cannot be used: {problem}")

    def _range_problem(self) -> str:
        numbers = (self.low, self.high, *self.cuts)
        if not all(math.isfinite(number) for number in numbers):
            return "its range and cuts must be finite numbers."
        if self.low >= self.high:
            return f"its range must rise, found {self.low:g} to {self.high:g}."
        edges = (self.low, *self.cuts, self.high)
        if any(first >= second for first, second in pairwise(edges)):
            cuts = ", ".join(f"{cut:g}" for cut in self.cuts)
            return f"its cuts must rise between {self.low:g} and {self.high:g}, found {cuts}."
        return ""

    def _level_problem(self) -> str:
        needed = len(self.cuts) + 1 if self.cuts else 0
        if len(self.levels) != needed:
            return (
                f"{len(self.cuts)} cuts divide it into {needed} levels, and {len(self.levels)} "
                "names are given. Give --cuts and --levels, one name more than cuts, or neither."
            )
        wrong = next((name for name in self.levels if not _LEVEL_NAME.fullmatch(name)), None)
        if wrong is not None:
            return (
                f"the level {wrong!r:.40} is not a name of small letters, digits, spaces and "
                "hyphens that begins with a letter."
            )
        if len(set(self.levels)) < len(self.levels):
            return f"two of its levels have the same name: {', '.join(self.levels)}."
        return ""

    @property
    def is_pspi(self) -> bool:
        """Whether this is PSPI, which alone has action units and the classes of its literature."""
        return self == PSPI

    @property
    def span(self) -> float:
        """Length of the range."""
        return self.high - self.low

    @property
    def column(self) -> str:
        """Name of a score's column or key in tables and JSON."""
        return "pspi" if self.is_pspi else "score"

    @property
    def bin_width(self) -> float:
        """Distance of the values that labels are rounded to when they are counted.

        1 for a range of 2 to 20 units, otherwise a twentieth of the range.
        """
        return 1.0 if 2 <= self.span <= 20 else self.span / 20

    @property
    def words(self) -> str:
        """Name and range, such as "VAS from 0 to 10"."""
        return f"{self.name} from {self.low:g} to {self.high:g}"

    @property
    def raw_cuts(self) -> tuple[float, ...]:
        """The cuts as raw scores."""
        return tuple(self.to_raw(cut) for cut in self.cuts)

    def to_raw(self, score: Any) -> Any:
        """Return scores, a number or an array, as raw scores: 0 to RAW_MAXIMUM on every scale."""
        return (score - self.low) / self.span * RAW_MAXIMUM

    def from_raw(self, raw: Any) -> Any:
        """Return raw scores, a number or an array, on this scale."""
        return raw / RAW_MAXIMUM * self.span + self.low

    def is_pain(self, scores: Any) -> Any:
        """Return whether scores, a number or an array, are pain.

        They are above the lowest level, or above the low end of a scale without levels.
        """
        return scores >= self.cuts[0] if self.cuts else scores > self.low

    @property
    def pain(self) -> str:
        """What scores that are pain have in common, such as "PSPI 1 or more"."""
        if self.is_pspi:
            return "PSPI 1 or more"
        return (
            f"{self.name} {self.cuts[0]:g} or more"
            if self.cuts
            else f"{self.name} above {self.low:g}"
        )

    def level_index(self, score: float) -> int:
        """Return the number of a score's level, 0 for a scale without levels.

        Raises:
            ScaleError: The score is not on the scale.
        """
        score = check_range(score, self.low, self.high, self.name)
        return sum(score >= cut for cut in self.cuts)

    def level(self, score: float) -> str | None:
        """Return the level of a score, None for a scale without levels."""
        return self.levels[self.level_index(score)] if self.levels else None

    def to_text(self) -> str:
        """Return the scale as one line, for a cell of a table; `from_text` is the inverse."""
        return json.dumps(self.to_dict(), separators=(",", ":"))

    @classmethod
    def from_text(cls, text: str) -> "Scale":
        """Return the scale that `to_text` wrote; raise ScaleError if it is none."""
        try:
            return cls.from_dict(json.loads(text))
        except ValueError as error:
            raise ScaleError(f"{text!r:.80} is not a scale: {error!s:.200}") from error

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON; `from_dict` is the inverse."""
        return {
            "name": self.name,
            "low": self.low,
            "high": self.high,
            "unit": self.unit,
            "cuts": list(self.cuts),
            "levels": [str(level) for level in self.levels],
        }

    @classmethod
    def from_dict(cls, data: Any) -> "Scale":
        """Return the scale that `to_dict` wrote; None is PSPI, which older files do not name.

        Raises:
            ScaleError: A key is missing or unknown, or a value is not possible.
        """
        if data is None:
            return PSPI
        keys = {"name", "low", "high", "unit", "cuts", "levels"}
        if not isinstance(data, Mapping) or set(data) != keys:
            raise ScaleError(f"A scale has the keys {', '.join(sorted(keys))}; found {data!r:.80}.")
        try:
            scale = cls(
                str(data["name"]),
                float(data["low"]),
                float(data["high"]),
                str(data["unit"]),
                tuple(float(cut) for cut in data["cuts"]),
                tuple(str(level) for level in data["levels"]),
            )
        except (TypeError, ValueError) as error:
            raise ScaleError(f"The scale {data!r:.80} cannot be read: {error}") from error
        return PSPI if scale == PSPI else scale


_LEVEL_NAME = re.compile(r"[a-z][a-z0-9 -]*")
_SCALE_NAME = re.compile(r"[A-Za-z][A-Za-z0-9 -]{0,23}")


def _name_problem(name: str) -> str:
    if _SCALE_NAME.fullmatch(name):
        return ""
    return (
        "its name must begin with a letter and have at most 24 letters, digits, spaces and hyphens."
    )


PSPI = Scale("PSPI", 0.0, PSPI_MAXIMUM, "points", LEVEL_CUTS, LEVELS)


def pspi_formula(
    au4: Any,
    au6: Any,
    au7: Any,
    au9: Any,
    au10: Any,
    au43: Any,
    *,
    maximum: Callable[[Any, Any], Any] = max,
) -> Any:
    """Return PSPI from six action units, without checking their ranges.

    Args:
        au4: Number or array; the other five are of the same shape.
        au6: As `au4`.
        au7: As `au4`.
        au9: As `au4`.
        au10: As `au4`.
        au43: As `au4`.
        maximum: Returns the larger of two values; for arrays an elementwise function such as
            `numpy.maximum` or `torch.maximum`.
    """
    return au4 + maximum(au6, au7) + maximum(au9, au10) + au43


def counted_units(action_units: Mapping[str, float]) -> tuple[str, ...]:
    """Return the names of the four action units whose sum is PSPI.

    Of each pair this is the higher one; if both are equal, the first.

    Args:
        action_units: All six by name.
    """
    return tuple(max(term, key=lambda name: action_units[name]) for term in PSPI_TERMS)


def pspi(action_units: Mapping[str, float]) -> float:
    """Return PSPI (0 to 16) from the six action units by name.

    Raises:
        ScaleError: An action unit is missing, unknown, not a number or out of its range.
    """
    unknown = sorted(set(action_units) - set(ACTION_UNITS))
    missing = [name for name in UNIT_NAMES if name not in action_units]
    if unknown or missing:
        raise ScaleError(
            f"PSPI needs exactly {', '.join(UNIT_NAMES)}"
            + (f"; missing: {', '.join(missing)}" if missing else "")
            + (f"; unknown: {', '.join(unknown)}" if unknown else "")
            + "."
        )
    for name, value in action_units.items():
        check_range(value, 0.0, ACTION_UNITS[name].maximum, name)
    return float(pspi_formula(*(action_units[name] for name in UNIT_NAMES)))


def check_range(value: float, low: float, high: float, name: str) -> float:
    """Return `value` as a float after checking that it is finite and within [low, high].

    Args:
        value: What to check.
        low: Lowest value allowed.
        high: Highest value allowed.
        name: What the value is, for the message.

    Raises:
        ScaleError: The value is not a number in this range.
    """
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not low <= number <= high:  # false for NaN
        raise ScaleError(f"{name} must be a number from {low:g} to {high:g}, not {value!r:.40}.")
    return number


def level(score: float) -> Level:
    """Return the level of a PSPI score (0 to 16): none 0, mild 1-5, moderate 6-10, severe 11-16."""
    return LEVELS[_class_index(score, LEVEL_CUTS)]


def wording(score: float) -> str:
    """Return the wording of a PSPI score (0 to 16), one of the seven in WORDINGS."""
    return WORDINGS[_class_index(score, WORDING_CUTS)]


def six_class(score: float) -> str:
    """Return the class of a PSPI score (0 to 16), one of the six used in the literature."""
    return SIX_CLASSES[_class_index(score, SIX_CLASS_CUTS)]


def shown(score: float) -> str:
    """Return a PSPI score (0 to 16) to one decimal, on its own side of every cut between levels.

    So 0.46 is "0.4" and not "0.5": the number beside the level "none" is never one of "mild".
    """
    score = check_range(score, 0.0, PSPI_MAXIMUM, "PSPI")
    rounded = Decimal(score).quantize(Decimal("0.1"), ROUND_HALF_UP)  # as browsers round
    return f"{_in_class_of(score, float(rounded), 0.1, LEVEL_CUTS):.1f}"


def whole_percent(score: float, cuts: tuple[float, ...] = LEVEL_CUTS) -> int:
    """Return a PSPI score (0 to 16) as whole percent of the scale (0 to 100).

    Args:
        score: PSPI.
        cuts: The percentage is on the same side of these cuts as the score.
    """
    score, percent = check_range(score, 0.0, PSPI_MAXIMUM, "PSPI"), PSPI_MAXIMUM / 100
    return round(_in_class_of(score, round(score / percent) * percent, percent, cuts) / percent)


def _in_class_of(score: float, rounded: float, step: float, cuts: tuple[float, ...]) -> float:
    """Return a rounded score, moved by a step if rounding took it across a cut."""
    index, other = _class_index(score, cuts), _class_index(rounded, cuts)
    return rounded + step * ((index > other) - (index < other))


def _class_index(score: float, cuts: tuple[float, ...]) -> int:
    score = check_range(score, 0.0, PSPI_MAXIMUM, "PSPI")
    return sum(score >= cut for cut in cuts)
