"""Scales of pain: what a scale is, its levels, and how a score on it is written.

A `Scale` is a name, a range, a unit, and the levels that cuts divide the range into. A preparation,
a model and an evaluation have one, PSPI unless another was chosen; `wince.named_scales` reads the
choice. `wince.scale` has the action units and the formula of PSPI.
"""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from itertools import pairwise
from typing import Any, TypeAlias

from wince.errors import ScaleError

PSPI_MAXIMUM = 16.0
RAW_MAXIMUM = PSPI_MAXIMUM
"""Highest raw score of a network, the lowest is 0. Networks of all scales learn this range, so that
learning rates and the constants of losses and filters hold for all of them."""


class Level(StrEnum):
    """The four pain levels, by rounded PSPI."""

    NONE = "none"
    MILD = "mild"
    MODERATE = "moderate"
    SEVERE = "severe"


LevelName: TypeAlias = str
"""A level of any scale: a `Level` of PSPI, or the name that another scale gives it."""

LevelPair: TypeAlias = tuple[LevelName, LevelName]
"""Two neighbouring levels, the lower first, for a score that lies between them."""

LEVELS: tuple[Level, ...] = tuple(Level)
LEVEL_PAIRS: tuple[LevelPair, ...] = tuple(pairwise(LEVELS))
LEVEL_CUTS: tuple[float, ...] = (0.5, 5.5, 10.5)
"""Lowest PSPI of mild, moderate and severe. The levels are 0, 1-5, 6-10 and 11-16 of PSPI rounded
half up, so the cuts are half a point below the whole numbers."""


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
    def level_pairs(self) -> tuple[LevelPair, ...]:
        """Each two neighbouring levels, the lower first."""
        return tuple(pairwise(self.levels))

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
        return class_index(check_range(score, self.low, self.high, self.name), self.cuts)

    def level(self, score: float) -> "LevelName | None":
        """Return the level of a score, None for a scale without levels."""
        return self.levels[self.level_index(score)] if self.levels else None

    @property
    def decimals(self) -> int:
        """Decimals of a score as it is shown: the fewest whose step is a fiftieth of the range.

        1 for PSPI and 0 to 10, 0 for 0 to 100.
        """
        return max(0, math.ceil(math.log10(50 / self.span) - 1e-9))

    @property
    def of_maximum(self) -> str:
        """What follows a score on this scale: "of 16", or "from 1 to 5" if the lowest is not 0."""
        return f"of {self.high:g}" if self.low == 0 else f"from {self.low:g} to {self.high:g}"

    def points(self, score: float) -> str:
        """Return a number of points of this scale with its decimals."""
        return f"{score:.{self.decimals}f}"

    def rounded(self, score: float) -> float:
        """Return a score as it is stated in results: to two decimals more than it is shown with."""
        return round(score, max(3, self.decimals + 2))

    def shown(self, score: float) -> str:
        """Return a score with its decimals, on its own side of every cut between levels.

        So PSPI 0.46 is "0.4" and not "0.5": the number beside the level "none" is never one of
        "mild".
        """
        score, step = check_range(score, self.low, self.high, self.name), 10.0**-self.decimals
        rounded = Decimal(score).quantize(Decimal(1).scaleb(-self.decimals), ROUND_HALF_UP)
        return self.points(self._in_class_of(score, float(rounded), step, self.cuts))

    def percent(self, score: float, cuts: tuple[float, ...] | None = None) -> int:
        """Return a score as whole percent of the scale (0 to 100).

        Args:
            score: The score.
            cuts: The percentage is on the same side of these cuts as the score; None for those
                between the levels.
        """
        score, step = check_range(score, self.low, self.high, self.name), self.span / 100
        rounded = round((score - self.low) / step) * step + self.low
        cuts = self.cuts if cuts is None else cuts
        return round((self._in_class_of(score, rounded, step, cuts) - self.low) / step)

    def _in_class_of(
        self, score: float, rounded: float, step: float, cuts: tuple[float, ...]
    ) -> float:
        """Return a rounded score, moved by a step if rounding took it across a cut."""
        index, other = class_index(score, cuts), class_index(rounded, cuts)
        return min(max(rounded + step * ((index > other) - (index < other)), self.low), self.high)

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


def class_index(score: float, cuts: tuple[float, ...]) -> int:
    """Return how many of the cuts a score reaches."""
    return sum(score >= cut for cut in cuts)
