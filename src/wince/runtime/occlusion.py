"""Whether the eyes or the mouth of a face are covered.

Two logistic regressions on histograms of oriented gradients (Dalal and Triggs 2005, CVPR) of the
upright face: 8 x 8 cells with six unsigned orientations each. The sums are divided by the 75th
percentile of the inner cells' gradient strength, so that brightness and contrast have no effect.
tools/starter/train_occlusion.py trains the regressions on photos and on copies with drawn
covers. docs/quality.md has their error rates.
"""

import json
import math
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Any

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
    gradient_y, gradient_x = (np.asarray(part, np.float32) for part in np.gradient(grey))
    strength = np.hypot(gradient_x, gradient_y)
    bins = np.add(_first_bins(len(grey)), _orientations(gradient_x, gradient_y))
    sums = np.bincount(bins.ravel(), strength.ravel(), CELLS * CELLS * ORIENTATIONS)
    inner_cells = sums.reshape(CELLS, CELLS, -1)[1:-1, 1:-1].sum(axis=2)
    (texture,) = percentiles(inner_cells.ravel(), [75])
    return np.sqrt(sums / max(texture, 1e-3)).astype(np.float32)


def _orientations(x: NDArray[np.float32], y: NDArray[np.float32]) -> NDArray[np.intp]:
    """Return in which of the ORIENTATIONS equal parts of 0 to 180 degrees each gradient lies.

    Comparing with the cotangents of the limits takes a fifth of the time of the arc tangent.
    """
    upward_x, upward_y = np.where(y < 0, -x, np.where(y == 0, np.abs(x), x)), np.abs(y)
    limits = np.pi * np.arange(1, ORIENTATIONS) / ORIENTATIONS
    orientations = np.zeros(x.shape, np.intp)
    for cotangent in (np.cos(limits) / np.sin(limits)).astype(np.float32):
        orientations += upward_x <= upward_y * cotangent
    return orientations


@cache
def _first_bins(side: int) -> NDArray[np.intp]:
    """Return the index of the first sum of each pixel's cell, (side, side)."""
    cell = np.arange(side) // (side // CELLS)
    return np.asarray((cell[:, None] * CELLS + cell[None]) * ORIENTATIONS)


def percentiles(values: NDArray[np.floating[Any]], percents: Sequence[float]) -> list[float]:
    """Return what `np.percentile` returns, interpolated linearly, in a third of its time.

    Args:
        values: (N,).
        percents: Percentages, 0 to 100.
    """
    last = len(values) - 1
    positions = [percent / 100 * last for percent in percents]
    return [float(v) for v in np.interp(positions, np.arange(last + 1), np.sort(values))]


def covered(grey: NDArray[np.float32]) -> dict[str, float]:
    """Return the probability that each of PARTS is covered, 0 to 1.

    Args:
        grey: As for `features`.
    """
    descriptor = features(grey)
    return {
        part: 1 / (1 + math.exp(min(max(-float(descriptor @ weights) - bias, -60), 60)))
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
