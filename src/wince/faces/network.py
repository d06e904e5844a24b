"""MediaPipe's short-range BlazeFace detector, run by onnxruntime.

The network was trained on squares of 128 x 128 pixels. It is convolutional, so it takes an image of
any size. It proposes two boxes for each cell of 8 x 8 pixels and six for each of 16 x 16, each with
a score and six key points (Bazarevsky et al. 2019, arXiv:1907.05047). Overlapping boxes are
averaged, weighted by their scores.
"""

import math
from functools import cache, lru_cache
from importlib import resources
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from onnxruntime import InferenceSession, RunOptions

from wince import onnx_session
from wince.faces import MIN_SCORE
from wince.faces.boxes import overlapping_groups
from wince.faces.face import Face
from wince.memory_budget import reserved

INPUT_SIDE = 128
"""Side of the squares that the network was trained on, in pixels."""
CELL = 16
"""Sides of the network's input are multiples of this."""

LARGE_AREA = 2**17
"""Pixels of an image above which memory is reserved for the network."""
BYTES_PER_PIXEL = 220
"""Memory of one call for each pixel that the network is shown, measured at 836 x 627 pixels."""

# Of face_detector.onnx.
_SHA256 = "8b78d6b74c1c4f7d5069c3a8c496eb8071cf9f5b65869f74222e3a6418ac3a61"


def candidates(pixels: NDArray[np.uint8], min_score: float) -> list[Face]:
    """Return the faces that the network finds in an image at its own resolution.

    Args:
        pixels: uint8 (H, W, 3); on the right and at the bottom it is filled up with black to whole
            cells.
        min_score: Minimum score, above 0 and below 1.

    Returns:
        The faces in pixels of `pixels`, by falling score.
    """
    height, width = (-(-side // CELL) * CELL for side in pixels.shape[:2])
    inputs = np.multiply(pixels, np.float32(2 / 255), dtype=np.float32)
    inputs -= 1
    if inputs.shape[:2] != (height, width):
        filling = ((0, height - inputs.shape[0]), (0, width - inputs.shape[1]), (0, 0))
        inputs = np.pad(inputs, filling, constant_values=-1)
    regressors, logits = _run(inputs[None])
    anchor_indices = np.flatnonzero(logits[0, :, 0] > math.log(min_score / (1 - min_score)))
    if not anchor_indices.size:
        return []
    scores = 1 / (1 + np.exp(-logits[0, anchor_indices, 0].astype(np.float64)))
    anchors = _anchors(height, width)[anchor_indices]
    # (N, 8, 2): box centre, box size, six key points; centres and points relative to the anchor
    points = regressors[0, anchor_indices].astype(np.float64).reshape(-1, 8, 2)
    points[:, 0] += anchors
    points[:, 2:] += anchors[:, None]
    boxes = np.concatenate(
        [points[:, 0] - points[:, 1] / 2, points[:, 0] + points[:, 1] / 2], axis=1
    )
    faces = []
    for group in overlapping_groups(boxes, scores):
        best = scores[group[0]]
        group = group[scores[group] >= min(best, MIN_SCORE)]  # worse boxes are less accurate
        weights = scores[group] / scores[group].sum()
        x0, y0, x1, y1 = (weights @ boxes[group]).tolist()
        keypoints = (weights @ points[group, 2:].reshape(len(group), -1)).reshape(-1, 2)
        faces.append(Face((x0, y0, x1, y1), keypoints, float(best)))
    return faces


def _run(inputs: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """Return the outputs of the network; memory for a large image is given back at once."""
    area = inputs.shape[1] * inputs.shape[2]
    if area <= LARGE_AREA:
        return list(_session().run(None, {"input": inputs}))
    options = RunOptions()
    options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
    with reserved(BYTES_PER_PIXEL * area):
        return list(_session().run(None, {"input": inputs}, options))


@lru_cache(maxsize=8)
def _anchors(height: int, width: int) -> NDArray[np.float64]:
    """Return the centres (x, y) of all anchors: two per cell at stride 8, six at stride 16."""
    grids = []
    for stride, repeats in ((8, 2), (16, 6)):
        x, y = (np.arange(side // stride) * stride + stride / 2 for side in (width, height))
        grid = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
        grids.append(grid.repeat(repeats, axis=0))
    return np.concatenate(grids)


@cache
def _session() -> InferenceSession:
    return onnx_session.open_session(detector_path(), sha256=_SHA256, sizes_vary=True)


def detector_path() -> Path:
    """Return the path of the packaged face detector."""
    return Path(str(resources.files("wince.models") / "face" / "face_detector.onnx"))


def load_detector() -> None:
    """Load the face detector now instead of at the first image.

    Raises:
        ModelError: The file is missing or damaged.
    """
    _session()
