"""Whether the eyes or the mouth of a face are covered.

Two logistic regressions on histograms of oriented gradients (Dalal and Triggs 2005, CVPR) of the
upright face: 8 x 8 cells with six unsigned orientations each. The sums are divided by the 75th
percentile of the inner cells' gradient strength, so that brightness and contrast have no effect.
tools/starter/train_occlusion.py trains the regressions on photos and on copies with drawn
covers. docs/quality.md has their error rates.
"""

import json
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

CELLS = 8
ORIENTATIONS = 6
PARTS = ("eyes", "mouth")


def features(grey: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the histograms of oriented gradients of a face.

    Args:
        grey: float32 (S, S), luminance of the upright face, 0 to 255. S is a multiple of CELLS.

    Returns:
        float32 (CELLS * CELLS * ORIENTATIONS,), square roots of the scaled sums.
    """
    gradient_y, gradient_x = np.gradient(grey)
    strength = np.hypot(gradient_x, gradient_y)
    angle = np.arctan2(gradient_y, gradient_x) % np.pi * (ORIENTATIONS / np.pi)
    orientation = np.minimum(angle.astype(np.intp), ORIENTATIONS - 1)
    cell = np.arange(len(grey)) // (len(grey) // CELLS)
    bins = (cell[:, None] * CELLS + cell[None]) * ORIENTATIONS + orientation
    sums = np.bincount(bins.ravel(), strength.ravel(), CELLS * CELLS * ORIENTATIONS)
    inner_cells = sums.reshape(CELLS, CELLS, -1)[1:-1, 1:-1].sum(axis=2)
    texture = max(float(np.percentile(inner_cells, 75)), 1e-3)
    return np.sqrt(sums / texture).astype(np.float32)


def covered(grey: NDArray[np.float32]) -> dict[str, float]:
    """Return the probability that each of PARTS is covered, 0 to 1.

    Args:
        grey: As for `features`.
    """
    descriptor = features(grey)
    return {
        part: float(1 / (1 + np.exp(-np.clip(descriptor @ weights + bias, -60, 60))))
        for part, (weights, bias) in _regressions().items()
    }


@cache
def _regressions() -> dict[str, tuple[NDArray[np.float32], float]]:
    """Return the weights (384,) and the bias of each part."""
    path = resources.files("wince.models") / "occlusion" / "occlusion.json"
    parameters = json.loads(path.read_text("utf-8"))
    return {
        part: (np.array(parameters[part]["weights"], np.float32), float(parameters[part]["bias"]))
        for part in PARTS
    }
