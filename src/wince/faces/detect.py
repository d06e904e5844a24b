"""Find faces with MediaPipe's short-range BlazeFace detector, run by onnxruntime.

The network gets the image fitted into 128 x 128 pixels and proposes 896 boxes, each with a score
and six key points (Bazarevsky et al. 2019, arXiv:1907.05047). Overlapping boxes are averaged,
weighted by their scores.
"""

import math
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from wince import onnx_session
from wince.faces.boxes import iou
from wince.faces.face import Face

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

# Of face_detector.onnx.
_SHA256 = "cd23076e465c6fdbe4eeb411b61e27a4ab887bc1da824fc7ff5ebb24dd6bb9cb"
INPUT_SIDE = 128
"""Side of the network's input in pixels."""
MIN_SCORE = 0.5
MIN_OVERLAP = 0.3  # intersection over union above which two boxes are the same face

# Search in square tiles, for faces that are too small in the whole image.
TILE_MIN_SCORE = 0.7  # higher than MIN_SCORE, because many tiles give more false faces
TILE_MIN_SIDE = 320  # smaller tiles would only find faces below 40 pixels
MAX_TILES = 300  # in one image; the largest image that a JPEG is decoded to needs 283

# Second detection close to a face, for more accurate key points.
REFINED_FACES = 4  # how many faces, the largest first
REFINE_MARGIN = 1.6  # side of the region, in sides of the box
REFINE_MIN_OVERLAP = 0.5  # with less overlap the second detection is another face
REFINE_MAX_SHARE = 0.6  # a face with more than this share of the image's side gains nothing


def detect(rgb: NDArray[np.uint8]) -> list[Face]:
    """Return the faces in an image, the largest first.

    Args:
        rgb: uint8 (H, W, 3).

    Returns:
        The faces; [] if there is none.
    """
    image = Image.fromarray(rgb)
    faces = _detect_once(image) or _detect_in_tiles(image)
    faces = sorted(faces, key=lambda face: face.size, reverse=True)
    return [_refined(image, face) for face in faces[:REFINED_FACES]] + faces[REFINED_FACES:]


def _detect_in_tiles(image: Image.Image) -> list[Face]:
    """Return the faces found in tiles, which become smaller until a face is found.

    The tiles overlap by half, so that a face up to half their size is complete in one of them. The
    number of tiles is limited: a face that only smaller tiles would find is too small to be judged,
    and a huge image, of 49 million pixels for example, would take long.
    """
    width, height = image.size
    side = math.ceil(max(image.size) / 2)
    tile_count = 0
    while side >= TILE_MIN_SIDE:
        tops, lefts = _tile_starts(height, side), _tile_starts(width, side)
        tile_count += len(tops) * len(lefts)
        if tile_count > MAX_TILES:
            break
        faces = [
            face.moved(left, top)
            for top in tops
            for left in lefts
            for face in _detect_once(
                image.crop((left, top, min(left + side, width), min(top + side, height)))
            )
            if face.score >= TILE_MIN_SCORE
        ]
        if faces:
            boxes = np.array([face.box for face in faces])
            groups = _overlapping_groups(boxes, np.array([face.score for face in faces]))
            return [faces[group[0]] for group in groups]
        side = math.ceil(side / 2)
    return []


def _tile_starts(length: int, side: int) -> list[int]:
    """Return where tiles start along one dimension, so that neighbours overlap by half."""
    if length <= side:
        return [0]
    count = max(2, math.ceil((length - side) / (side / 2)) + 1)
    return [round(start) for start in np.linspace(0, length - side, count)]


def _refined(image: Image.Image, face: Face) -> Face:
    """Return the face with key points from a second detection in its surroundings.

    On 300 photos this reduced the error of the eye points from 10 to 7 % of the distance between
    the eyes.
    """
    if face.size > REFINE_MAX_SHARE * max(image.size):
        return face
    x0, y0, x1, y1 = face.box
    half_side = face.size * REFINE_MARGIN / 2
    left, top = round((x0 + x1) / 2 - half_side), round((y0 + y1) / 2 - half_side)
    side = round(2 * half_side)
    candidates = _detect_once(image.crop((left, top, left + side, top + side)))
    if not candidates:
        return face
    box = np.array(face.box) - [left, top, left, top]
    overlaps = iou(box, np.array([candidate.box for candidate in candidates]))
    best = int(overlaps.argmax())
    if overlaps[best] < REFINE_MIN_OVERLAP:
        return face
    return Face(face.box, candidates[best].keypoints + np.array([left, top]), face.score)


def _detect_once(image: Image.Image) -> list[Face]:
    """Return the faces that the network finds in the image as a whole."""
    canvas, scale, offset = _letterbox(image)
    regressors, logits = _session().run(None, {_session().get_inputs()[0].name: canvas})
    scores = 1 / (1 + np.exp(-np.clip(logits[0, :, 0].astype(np.float64), -80, 80)))
    anchor_indices = np.flatnonzero(scores > MIN_SCORE)
    scores, anchors = scores[anchor_indices], _anchors()[anchor_indices]
    # (N, 8, 2): box centre, box size, six key points; centres and points relative to the anchor
    points = regressors[0, anchor_indices].astype(np.float64).reshape(-1, 8, 2) / INPUT_SIDE
    points[:, 0] += anchors
    points[:, 2:] += anchors[:, None]
    boxes = np.concatenate(
        [points[:, 0] - points[:, 1] / 2, points[:, 0] + points[:, 1] / 2], axis=1
    )
    faces = []
    for group in _overlapping_groups(boxes, scores):
        weights = scores[group] / scores[group].sum()
        corners_and_keypoints = np.concatenate(
            [boxes[group].reshape(-1, 2, 2), points[group, 2:]], axis=1
        )
        mean = np.tensordot(weights, corners_and_keypoints, 1)
        pixels = (mean * INPUT_SIDE - offset) / scale
        (x0, y0), (x1, y1) = pixels[:2].tolist()
        faces.append(Face((x0, y0, x1, y1), pixels[2:], float(scores[group].max())))
    return faces


def _letterbox(
    image: Image.Image,
) -> tuple[NDArray[np.float32], float, NDArray[np.float64]]:
    """Fit the image into the centre of the network's square input.

    Returns:
        The input, float32 (1, 128, 128, 3) from -1 to 1; its pixels per pixel of the image; and the
        x and y of the image's corner in it.
    """
    width, height = image.size
    scale = INPUT_SIDE / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    resized = image.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)
    left, top = (INPUT_SIDE - size[0]) // 2, (INPUT_SIDE - size[1]) // 2
    canvas = np.zeros((1, INPUT_SIDE, INPUT_SIDE, 3), np.float32)
    canvas[0, top : top + size[1], left : left + size[0]] = np.asarray(resized)
    return canvas * np.float32(2 / 255) - 1, scale, np.array([left, top], np.float64)


def _overlapping_groups(
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


@cache
def _anchors() -> NDArray[np.float64]:
    """Return the 896 anchor centres (x, y), 0 to 1: two per cell at stride 8, six at stride 16."""
    grids = []
    for stride, repeats in ((8, 2), (16, 6)):
        cells = INPUT_SIDE // stride
        centres = (np.arange(cells) + 0.5) / cells
        grid = np.stack(np.meshgrid(centres, centres), axis=-1).reshape(-1, 2)
        grids.append(grid.repeat(repeats, axis=0))
    return np.concatenate(grids)


@cache
def _session() -> "InferenceSession":
    return onnx_session.open_session(detector_path(), sha256=_SHA256)


def detector_path() -> Path:
    """Return the path of the packaged face detector."""
    return Path(str(resources.files("wince.models") / "face" / "face_detector.onnx"))


def load_detector() -> None:
    """Load the face detector now instead of at the first image.

    Raises:
        ModelError: The file is missing or damaged.
    """
    _session()
