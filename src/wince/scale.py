"""The PSPI scale: its action units, formula, range, levels and wordings.

PSPI is the Prkachin and Solomon Pain Intensity (Prkachin & Solomon 2008, Pain 139:267-274):

    PSPI = AU4 + max(AU6, AU7) + max(AU9, AU10) + AU43

AU4, AU6, AU7, AU9 and AU10 are FACS intensities from 0 (absent) to 5 (maximum; the FACS letters A
to E are 1 to 5). AU43, closed eyes, is 0 or 1. PSPI is from 0 to 16. It measures expression, not
experience: a low score never means that no pain is felt.

These facts are defined in this module only.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from itertools import pairwise
from typing import Any, TypeAlias

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

PSPI_TERMS: tuple[tuple[str, ...], ...] = (("AU4",), ("AU6", "AU7"), ("AU9", "AU10"), ("AU43",))
"""The terms of PSPI; a term of two action units has the value of the higher one."""


class Level(StrEnum):
    """The four pain levels, by rounded PSPI."""

    NONE = "none"
    MILD = "mild"
    MODERATE = "moderate"
    SEVERE = "severe"


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
