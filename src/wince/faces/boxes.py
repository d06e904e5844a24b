"""Arithmetic of boxes (x0, y0, x1, y1) in pixels."""

import numpy as np
from numpy.typing import NDArray


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
