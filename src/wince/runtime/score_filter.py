"""Exponential smoothing of scores over time, and Schmitt triggers at the cuts between levels.

With the time constant tau and the time dt since the previous frame: s <- s + w * (x - s) with
w = 1 - exp(-dt / tau). The result does not depend on the frame rate.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from wince import scale
from wince.runtime.calibration import ScoreMap


@dataclass(frozen=True, slots=True)
class FilteredScores:
    """Filtered scores after a frame.

    Attributes:
        seconds: Time of the frame.
        raw: Filtered raw score, 0 to 16.
        units: Filtered intensities by name. None for a model that gives PSPI alone.
        above: For each cut between levels, whether PSPI is above it: on at the cut, off below the
            cut minus the margin.
        since: For each cut, the time of the last change of `above`.
    """

    seconds: float
    raw: float
    units: dict[str, float] | None
    above: tuple[bool, ...]
    since: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class ScoreFilter:
    """Filter with fixed settings.

    Attributes:
        score_map: From raw score to PSPI.
        smoothing: Time constant in seconds; 0 for no smoothing.
        margin: Points of PSPI below a cut at which the level falls.
    """

    score_map: ScoreMap
    smoothing: float
    margin: float

    def start(
        self, seconds: float, raw: float, units: Mapping[str, float] | None
    ) -> FilteredScores:
        """Return the state after the first frame: its own scores."""
        pspi = self.score_map(raw)
        above = tuple(pspi >= cut for cut in scale.LEVEL_CUTS)
        since = (seconds,) * len(above)
        return FilteredScores(seconds, raw, None if units is None else dict(units), above, since)

    def step(
        self,
        previous: FilteredScores,
        seconds: float,
        raw: float,
        units: Mapping[str, float] | None,
    ) -> FilteredScores:
        """Return the state after a further frame.

        Args:
            previous: State after the previous frame.
            seconds: Time of the frame.
            raw: Raw score of the frame.
            units: Intensities of the frame by name, or None.
        """
        weight = self._weight(seconds - previous.seconds)
        raw = previous.raw + weight * (raw - previous.raw)
        filtered_units = None
        if units is not None and previous.units is not None:
            filtered_units = {
                name: value + weight * (units[name] - value)
                for name, value in previous.units.items()
            }
        pspi = self.score_map(raw)
        above = tuple(
            pspi >= (_off_threshold(index, self.margin) if was_above else cut)
            for index, (cut, was_above) in enumerate(
                zip(scale.LEVEL_CUTS, previous.above, strict=True)
            )
        )
        since = tuple(
            time if was_above is is_above else seconds
            for time, was_above, is_above in zip(previous.since, previous.above, above, strict=True)
        )
        return FilteredScores(seconds, raw, filtered_units, above, since)

    def _weight(self, elapsed: float) -> float:
        """Return the weight of a new value after so many seconds, 0 to 1."""
        if self.smoothing == 0:
            return 1.0
        return -math.expm1(-elapsed / self.smoothing)


def _off_threshold(cut: int, margin: float) -> float:
    """Return the PSPI below which the score is no longer above a cut.

    The margin is at most half the width of the level below the cut, a quarter of a point for
    "none"; with a larger one that level could not be reached again.
    """
    upper = scale.LEVEL_CUTS[cut]
    lower = scale.LEVEL_CUTS[cut - 1] if cut else 0.0
    return upper - min(margin, (upper - lower) / 2)
