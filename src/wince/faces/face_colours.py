"""The colours of a face, to notice that another person is in the place of one who was away.

Two histograms of one person a few seconds apart differ little, even if half of the face is covered
(0.14 to 0.31 in composed videos). Those of two persons in the same light mostly differ more: the
median of 66 pairs of rendered faces is 0.52, and a quarter of them are below SAME_PERSON. Colours
change with the light and cannot say who somebody is, so they are compared only after a gap or jump.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from wince.faces.face import Face

SAME_PERSON = 0.42
"""Hellinger distance of two colour histograms from which two faces are two persons."""

_SIDE = 32  # pixels a side at which colours are counted
_BINS = 8  # per channel
_MEAN = 90  # of all values; an exposure that changes must not look like another person


@dataclass(frozen=True, slots=True)
class FaceColours:
    """The colours of a face.

    Attributes:
        shares: float64 (512,), a histogram that sums to 1.
        is_whole: Whether the face is inside the image, so that all of it was counted.
    """

    shares: NDArray[np.float64]
    is_whole: bool = True


def measure_colours(rgb: NDArray[np.uint8], face: Face) -> FaceColours:
    """Return the colours in the box of a face, relative to their mean brightness.

    Args:
        rgb: uint8 (H, W, 3).
        face: A face of the image.
    """
    height, width = rgb.shape[:2]
    x0, y0, x1, y1 = face.box
    left, top = int(min(max(x0, 0), width - 1)), int(min(max(y0, 0), height - 1))
    right, bottom = (
        max(math.ceil(min(x1, width)), left + 1),
        max(math.ceil(min(y1, height)), top + 1),
    )
    part = Image.fromarray(rgb[top:bottom, left:right])
    pixels = np.asarray(part.resize((_SIDE, _SIDE), Image.Resampling.BOX), np.float64)
    values = pixels * (_MEAN / max(float(pixels.mean()), 1.0))
    cells = np.minimum(values * (_BINS / 256), _BINS - 1).astype(np.intp)
    indices = cells.reshape(-1, 3) @ (_BINS**2, _BINS, 1)
    return FaceColours(
        np.bincount(indices, minlength=_BINS**3) / indices.size,
        x0 >= 0 and y0 >= 0 and x1 <= width and y1 <= height,
    )


def colour_distance(first: FaceColours, second: FaceColours) -> float:
    """Return the Hellinger distance of two histograms: 0 if they are equal, 1 if all differs."""
    overlap = float(np.sqrt(first.shares * second.shares).sum())
    return math.sqrt(max(0.0, 1 - overlap))
