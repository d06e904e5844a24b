"""PSPI, the default scale: its action units, formula, levels and wordings.

PSPI is the Prkachin and Solomon Pain Intensity (Prkachin & Solomon 2008, Pain 139:267-274):

    PSPI = AU4 + max(AU6, AU7) + max(AU9, AU10) + AU43

AU4, AU6, AU7, AU9 and AU10 are FACS intensities from 0 (absent) to 5 (maximum; the FACS letters A
to E are 1 to 5). AU43, closed eyes, is 0 or 1. PSPI is from 0 to 16. It measures expression, not
experience: a low score never means that no pain is felt.

These facts are defined in this module only; what holds for every scale is in `wince.score_scale`,
whose names are imported here too.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from wince.errors import ScaleError
from wince.score_scale import LEVEL_CUTS as LEVEL_CUTS
from wince.score_scale import LEVEL_PAIRS as LEVEL_PAIRS
from wince.score_scale import LEVELS as LEVELS
from wince.score_scale import PSPI as PSPI
from wince.score_scale import PSPI_MAXIMUM as PSPI_MAXIMUM
from wince.score_scale import RAW_MAXIMUM as RAW_MAXIMUM
from wince.score_scale import Level as Level
from wince.score_scale import LevelName as LevelName
from wince.score_scale import LevelPair as LevelPair
from wince.score_scale import Scale as Scale
from wince.score_scale import check_range as check_range
from wince.score_scale import class_index


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
PSPI_TERMS: tuple[tuple[str, ...], ...] = (("AU4",), ("AU6", "AU7"), ("AU9", "AU10"), ("AU43",))
"""The terms of PSPI; a term of two action units has the value of the higher one."""


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


def level(score: float) -> Level:
    """Return the level of a PSPI score (0 to 16): none 0, mild 1-5, moderate 6-10, severe 11-16."""
    return LEVELS[_pspi_class(score, LEVEL_CUTS)]


def wording(score: float) -> str:
    """Return the wording of a PSPI score (0 to 16), one of the seven in WORDINGS."""
    return WORDINGS[_pspi_class(score, WORDING_CUTS)]


def six_class(score: float) -> str:
    """Return the class of a PSPI score (0 to 16), one of the six used in the literature."""
    return SIX_CLASSES[_pspi_class(score, SIX_CLASS_CUTS)]


def _pspi_class(score: float, cuts: tuple[float, ...]) -> int:
    return class_index(check_range(score, PSPI.low, PSPI.high, PSPI.name), cuts)
