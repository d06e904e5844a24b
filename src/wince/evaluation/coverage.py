"""The caveat of an evaluation whose 90 % intervals do not contain 90 % of the labels."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from wince.number_format import decimal
from wince.scale import PSPI, Scale

STATED = 0.90
"""Share of the labels that the interval is meant to contain."""


def caveats(model: Mapping[str, Any], scale: Scale = PSPI) -> Sequence[str]:
    """Return what is wrong with the 90 % interval, in at most one sentence.

    Args:
        model: Metrics of the model, with `pooled` and `pooled_interval` by key. Without enough
            subjects for an interval of the coverage, a coverage below STATED is named.
        scale: The scale of the labels.
    """
    pooled = model["pooled"]
    if "coverage" not in pooled:
        return []
    coverage, width = pooled["coverage"], pooled["interval_width"]
    if width >= scale.span:
        return [
            "The 90 % interval of every frame is the whole scale. It contains every label and says "
            "nothing about the score: the model was calibrated on too few subjects."
        ]
    low, high = model["pooled_interval"]["coverage"]
    contains = f"The 90 % interval contains {_percent(coverage)} of the labels"
    if np.isnan(low):
        unknown = "Without a 95 % interval of this share it cannot be judged"
        return [f"{contains}. {unknown}."] if coverage < STATED else []
    measured = f"{contains} (95 % interval {_percent(low)} to {_percent(high)})"
    if high < STATED:
        return [f"{measured}. It is too narrow for these subjects: do not rely on it."]
    if low > STATED:
        return [f"{measured}. It is wider than it states."]
    return []


def _percent(share: float) -> str:
    return f"{decimal(100 * share, 1)} %"
