"""By how much one of several models leads another."""

import math
from dataclasses import dataclass

from wince.number_format import decimal

MEASURE = "ccc"
"""The deciding metric: agreement of held-out scores with the labels in rank, scale and offset."""


@dataclass(frozen=True, slots=True)
class Lead:
    """Difference of the deciding metric, with its 95 % interval over resamples of the subjects.

    Attributes:
        value: The difference.
        low: Low end of the interval; NaN with too few subjects for one.
        high: High end of the interval; NaN with too few subjects for one.
    """

    value: float
    low: float
    high: float

    @property
    def is_beyond_chance(self) -> bool:
        """Whether the choice of subjects does not explain it: the interval is above 0."""
        return self.low > 0

    def __str__(self) -> str:
        if math.isnan(self.low):
            return f"{decimal(self.value)} (too few subjects for an interval)"
        return f"{decimal(self.value)} (95 % interval {decimal(self.low)} to {decimal(self.high)})"
