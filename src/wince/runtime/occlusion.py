"""Whether something covers the eyes or the mouth of a face.

Two logistic regressions on histograms of oriented gradients (Dalal & Triggs 2005, CVPR) over the
upright face: 8 x 8 cells, six unsigned orientations each, in units of the whole face's strongest
texture, so that light and contrast drop out. tools/starter/train_occlusion.py trains them on
photographs and on copies with drawn covers; docs/quality.md says how often they are right.
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
    """Return the description (384,) of an upright face, luminance float32 (S, S), S = 8 n."""
    down, across = np.gradient(grey)
    strength = np.hypot(down, across)
    turn = np.arctan2(down, across) % np.pi * (ORIENTATIONS / np.pi)
    kind = np.minimum(turn.astype(np.intp), ORIENTATIONS - 1)
    step = len(grey) // CELLS
    cell = np.arange(len(grey)) // step
    place = (cell[:, None] * CELLS + cell[None]) * ORIENTATIONS + kind
    sums = np.bincount(place.ravel(), strength.ravel(), CELLS * CELLS * ORIENTATIONS)
    inner = sums.reshape(CELLS, CELLS, -1)[1:-1, 1:-1].sum(axis=2)
    scale = max(float(np.percentile(inner, 75)), 1e-3)
    return np.sqrt(sums / scale).astype(np.float32)


def covered(grey: NDArray[np.float32]) -> dict[str, float]:
    """Return how likely each of PARTS is covered, 0 to 1, by the luminance `features` takes."""
    found = features(grey)
    return {
        part: float(1 / (1 + np.exp(-np.clip(found @ weights + bias, -60, 60))))
        for part, (weights, bias) in _regressions().items()
    }


@cache
def _regressions() -> dict[str, tuple[NDArray[np.float32], float]]:
    text = (resources.files("wince.models") / "occlusion" / "occlusion.json").read_text("utf-8")
    numbers = json.loads(text)
    return {
        part: (np.array(numbers[part]["weights"], np.float32), float(numbers[part]["bias"]))
        for part in PARTS
    }
