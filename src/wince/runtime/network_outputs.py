"""From the outputs of a network to action units and score, clipped to the scale."""

import numpy as np
from numpy.typing import NDArray

from wince import scale

_UNIT_MAXIMA = np.array([unit.maximum for unit in scale.ACTION_UNITS.values()], np.float32)
OUTPUT_COUNTS = {"pspi": 1, "score": 1, "action-units": len(scale.UNIT_NAMES)}
"""Number of outputs by what they are."""


def units_and_score(
    outputs: NDArray[np.float32], head: str
) -> tuple[NDArray[np.float32] | None, NDArray[np.float32]]:
    """Return action units (N, 6), or None, and raw scores (N,) of outputs (N, K), clipped.

    Args:
        outputs: As the network's first output.
        head: "pspi" or "score" for K = 1, "action-units" for K = 6.
    """
    if head != "action-units":
        return None, np.clip(outputs[:, 0], 0, scale.RAW_MAXIMUM)
    units = np.clip(outputs, 0, _UNIT_MAXIMA)
    return units, scale.pspi_formula(*units.T, maximum=np.maximum)
