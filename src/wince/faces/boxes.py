"""Arithmetic of boxes (x0, y0, x1, y1) in pixels."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Box: TypeAlias = tuple[float, float, float, float]
"""x0, y0, x1, y1 in pixels."""

MIN_OVERLAP = 0.3
"""Intersection over union above which two boxes are the same face."""


def iou(box: NDArray[np.float64], boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the intersection over union of one box with each of several.

    Args:
        box: float (4,): x0, y0, x1, y1.
        boxes: float (N, 4).

    Returns:
        float (N,), each from 0 to 1.
    """
    size = np.clip(np.minimum(box[2:], boxes[:, 2:]) - np.maximum(box[:2], boxes[:, :2]), 0, None)
    intersection = size.prod(axis=1)
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    union = (box[2:] - box[:2]).prod() + areas - intersection
    return np.asarray(intersection / np.maximum(union, 1e-12))


def pair_iou(box: Box, other: Box) -> float:
    """Return the intersection over union of two boxes, 0 to 1, as `iou` does without arrays."""
    width = min(box[2], other[2]) - max(box[0], other[0])
    height = min(box[3], other[3]) - max(box[1], other[1])
    intersection = max(width, 0.0) * max(height, 0.0)
    areas = [(x1 - x0) * (y1 - y0) for x0, y0, x1, y1 in (box, other)]
    return intersection / max(sum(areas) - intersection, 1e-12)


def overlapping_groups(
    boxes: NDArray[np.float64], scores: NDArray[np.float64]
) -> list[NDArray[np.intp]]:
    """Return groups of indices, each of the best remaining box and all that overlap it.

    Args:
        boxes: (N, 4).
        scores: (N,).

    Returns:
        Groups by falling score of their first, best box.
    """
    remaining = np.argsort(-scores, kind="stable")
    groups = []
    while remaining.size:
        overlaps = iou(boxes[remaining[0]], boxes[remaining]) > MIN_OVERLAP
        overlaps[0] = True
        groups.append(remaining[overlaps])
        remaining = remaining[~overlaps]
    return groups
