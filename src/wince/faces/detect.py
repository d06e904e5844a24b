"""Face finding: MediaPipe's short-range BlazeFace detector, run as ONNX.

The network sees the picture fitted into 128 x 128 and proposes 896 boxes, each with a score and six
key points (Bazarevsky et al. 2019, arXiv:1907.05047). Boxes that overlap are averaged by score.
"""

import math
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from wince import onnx_session
from wince.faces.boxes import iou

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

# Of face_detector.onnx.
_SHA256 = "cd23076e465c6fdbe4eeb411b61e27a4ab887bc1da824fc7ff5ebb24dd6bb9cb"
INPUT_SIDE = 128
MIN_SCORE = 0.5
TILE_MIN_SCORE = 0.7
TILE_MIN_SIDE = 320  # in a smaller square only faces below 40 pixels would be news
MAX_TILES = 300  # looks at parts of one picture; the largest that a JPEG is decoded to needs 283
MIN_OVERLAP = 0.3
KEYPOINTS = ("right_eye", "left_eye", "nose", "mouth", "right_ear", "left_ear")
"""The six key points in order; right and left are the person's own."""

# Nose tip ahead of the ears, in half distances between the ears. Fitted on 300 photographs to the
# yaw of MediaPipe's 478-point mesh (r = .9); a ruler on a head would say more, but the detector's
# ear points of a turned head slide forward.
NOSE_DEPTH = 0.86
REFINED_FACES = 4  # the largest faces, looked at a second time from close by
REFINE_MARGIN = 1.6  # sides of the box
REFINE_OVERLAP = 0.5  # less, and the second look found somebody else
REFINE_ENOUGH = 0.6  # a face filling more of the picture than this gains nothing


@dataclass(frozen=True, slots=True)
class Face:
    """A face in a picture.

    box: x0, y0, x1, y1 in pixels of the picture; it may reach past the edge.
    keypoints: float64 (6, 2), x and y in pixels, in the order of KEYPOINTS.
    score: the detector's own score, 0 to 1.
    """

    box: tuple[float, float, float, float]
    keypoints: NDArray[np.float64]
    score: float

    @property
    def size(self) -> float:
        """Side of the box in pixels."""
        x0, y0, x1, y1 = self.box
        return max(x1 - x0, y1 - y0)

    @property
    def roll(self) -> float:
        """Degrees by which the head is tilted in the picture, clockwise positive."""
        dx, dy = self.keypoints[1] - self.keypoints[0]
        return math.degrees(math.atan2(dy, dx))

    @property
    def yaw(self) -> float:
        """Degrees by which the head is turned, positive with the nose to the picture's right.

        An estimate from the nose's place between the ears: 0 is facing the camera, beyond 45 the
        far side of the face is hidden.
        """
        right_eye, left_eye, nose, _, right_ear, left_ear = self.keypoints
        along = (left_eye - right_eye) / max(float(np.hypot(*(left_eye - right_eye))), 1e-6)
        half_ears = max(float(np.hypot(*(left_ear - right_ear))) / 2, 1e-6)
        ahead = float((nose - (right_ear + left_ear) / 2) @ along)
        return math.degrees(math.atan(ahead / half_ears / NOSE_DEPTH))

    def moved(self, dx: float, dy: float) -> "Face":
        """Return the same face in a picture that reaches `dx`, `dy` pixels further left and up."""
        x0, y0, x1, y1 = self.box
        box = (x0 + dx, y0 + dy, x1 + dx, y1 + dy)
        return Face(box, self.keypoints + np.array([dx, dy]), self.score)

    def scaled(self, factor: float) -> "Face":
        """Return the same face in a picture `factor` times as large."""
        x0, y0, x1, y1 = (value * factor for value in self.box)
        return Face((x0, y0, x1, y1), self.keypoints * factor, self.score)


def detect(rgb: NDArray[np.uint8]) -> list[Face]:
    """Return the faces in an RGB uint8 picture (H, W, 3), the largest first; none gives []."""
    picture = Image.fromarray(rgb)
    faces = _detect_once(picture) or _detect_in_tiles(picture)
    faces = sorted(faces, key=lambda face: face.size, reverse=True)
    return [_refined(picture, face) for face in faces[:REFINED_FACES]] + faces[REFINED_FACES:]


def _detect_in_tiles(picture: Image.Image) -> list[Face]:
    """Return faces too small for one look at the whole picture, from ever smaller squares.

    The squares overlap by half, so a face up to half their size lies whole in one. More looks find
    more that is no face, so the bar is higher. Faces too small to be judged are not looked for, nor
    those for which one picture, of 49 million pixels say, would keep a core busy for long.
    """
    width, height = picture.size
    side, looks = -(-max(picture.size) // 2), 0
    while side >= TILE_MIN_SIDE:
        tops, lefts = _starts(height, side), _starts(width, side)
        looks += len(tops) * len(lefts)
        if looks > MAX_TILES:
            break
        found = [
            face.moved(left, top)
            for top in tops
            for left in lefts
            for face in _detect_once(
                picture.crop((left, top, min(left + side, width), min(top + side, height)))
            )
            if face.score >= TILE_MIN_SCORE
        ]
        if found:
            boxes = np.array([face.box for face in found])
            groups = _overlapping(boxes, np.array([face.score for face in found]))
            return [found[group[0]] for group in groups]
        side = -(-side // 2)
    return []


def _starts(length: int, side: int) -> list[int]:
    """Return where squares of `side` begin along a length, so that they overlap by half."""
    if length <= side:
        return [0]
    count = max(2, math.ceil((length - side) / (side / 2)) + 1)
    return [round(start) for start in np.linspace(0, length - side, count)]


def _refined(picture: Image.Image, face: Face) -> Face:
    """Return the face with key points from a second look at its surroundings alone.

    On 300 photographs this took the error of the eye points from 10 to 7 % of the distance between
    the eyes.
    """
    if face.size > REFINE_ENOUGH * max(picture.size):
        return face
    x0, y0, x1, y1 = face.box
    half = face.size * REFINE_MARGIN / 2
    left, top = round((x0 + x1) / 2 - half), round((y0 + y1) / 2 - half)
    near = picture.crop((left, top, left + round(2 * half), top + round(2 * half)))
    box = np.array(face.box) - [left, top, left, top]
    best = max(
        _detect_once(near),
        key=lambda found: float(iou(box, np.array([found.box]))[0]),
        default=None,
    )
    if best is None or iou(box, np.array([best.box]))[0] < REFINE_OVERLAP:
        return face
    return Face(face.box, best.keypoints + np.array([left, top]), face.score)


def _detect_once(picture: Image.Image) -> list[Face]:
    canvas, scale, offset = _letterbox(picture)
    regressors, logits = _session().run(None, {_session().get_inputs()[0].name: canvas})
    scores = 1 / (1 + np.exp(-np.clip(logits[0, :, 0].astype(np.float64), -80, 80)))
    keep = np.flatnonzero(scores > MIN_SCORE)
    # (n, 8, 2): box centre, box size, six key points; centres and points relative to the anchor
    points = regressors[0, keep].astype(np.float64).reshape(-1, 8, 2) / INPUT_SIDE
    points[:, 0] += _anchors()[keep]
    points[:, 2:] += _anchors()[keep][:, None]
    boxes = np.concatenate(
        [points[:, 0] - points[:, 1] / 2, points[:, 0] + points[:, 1] / 2], axis=1
    )
    faces = []
    for group in _overlapping(boxes, scores[keep]):
        weights = scores[keep][group] / scores[keep][group].sum()
        corners = np.concatenate([boxes[group].reshape(-1, 2, 2), points[group, 2:]], axis=1)
        pixels = (np.tensordot(weights, corners, 1) * INPUT_SIDE - offset) / scale
        (x0, y0), (x1, y1) = pixels[:2].tolist()
        faces.append(Face((x0, y0, x1, y1), pixels[2:], float(scores[keep][group].max())))
    return faces


def _letterbox(
    picture: Image.Image,
) -> tuple[NDArray[np.float32], float, NDArray[np.float64]]:
    """Return the picture fitted into the network's square, the scale, and the offset in pixels."""
    width, height = picture.size
    scale = INPUT_SIDE / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = picture.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)
    left, top = (INPUT_SIDE - size[0]) // 2, (INPUT_SIDE - size[1]) // 2
    canvas = np.zeros((1, INPUT_SIDE, INPUT_SIDE, 3), np.float32)
    canvas[0, top : top + size[1], left : left + size[0]] = np.asarray(small)
    return canvas * np.float32(2 / 255) - 1, scale, np.array([left, top], np.float64)


def _overlapping(boxes: NDArray[np.float64], scores: NDArray[np.float64]) -> list[NDArray[np.intp]]:
    """Return groups of indices: the best box and all that overlap it, then the best of the rest."""
    left = np.argsort(-scores, kind="stable")
    groups = []
    while left.size:
        overlap = iou(boxes[left[0]], boxes[left]) > MIN_OVERLAP
        overlap[0] = True
        groups.append(left[overlap])
        left = left[~overlap]
    return groups


@cache
def _anchors() -> NDArray[np.float64]:
    """Return the 896 anchor centres (x, y), 0 to 1: two per cell at stride 8, six at stride 16."""
    rows = []
    for stride, repeats in ((8, 2), (16, 6)):
        cells = INPUT_SIDE // stride
        centres = (np.arange(cells) + 0.5) / cells
        grid = np.stack(np.meshgrid(centres, centres), axis=-1).reshape(-1, 2)
        rows.append(grid.repeat(repeats, axis=0))
    return np.concatenate(rows)


@cache
def _session() -> "InferenceSession":
    return onnx_session.open_session(detector_path(), sha256=_SHA256)


def detector_path() -> Path:
    """Return the file of the packaged face detector."""
    return Path(str(resources.files("wince.models") / "face" / "face_detector.onnx"))


def load_detector() -> None:
    """Load the face detector now, not with the first picture; raise ModelError if it is damaged."""
    _session()
