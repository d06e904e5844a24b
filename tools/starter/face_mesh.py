"""MediaPipe's face mesh: 478 landmarks and 52 blendshapes of a face.

A network that has learned to predict these knows where brows, lids, nose and lips are before it
sees its first rating. The two models are read from a folder that the caller names. Only training
needs them.
"""

import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from onnxruntime import InferenceSession
from PIL import Image

from wince import onnx_session
from wince.faces.face import Face

INPUT = 256
BOX_MARGIN = 1.5
POINTS = 478
BLENDSHAPES = 52

# The landmarks that the blendshape model takes, in its order (MediaPipe: face_blendshapes_graph).
_BLENDSHAPE_POINTS = (
    "0 1 4 5 6 7 8 10 13 14 17 21 33 37 39 40 46 52 53 54 55 58 61 63 65 66 67 70 78 80 81 82 84 "
    "87 88 91 93 95 103 105 107 109 127 132 133 136 144 145 146 148 149 150 152 153 154 155 157 "
    "158 159 160 161 162 163 168 172 173 176 178 181 185 191 195 197 234 246 249 251 263 267 269 "
    "270 276 282 283 284 285 288 291 293 295 296 297 300 308 310 311 312 314 317 318 321 323 324 "
    "332 334 336 338 356 361 362 365 373 374 375 377 378 379 380 381 382 384 385 386 387 388 389 "
    "390 397 398 400 402 405 409 415 454 466 468 469 470 471 472 473 474 475 476 477"
)
BLENDSHAPE_POINTS = np.array(_BLENDSHAPE_POINTS.split(), np.int64)

# OTHER_SIDE: for each blendshape the same one of the other half of the face, or itself. MediaPipe's
# order is "neutral", then alphabetical, left before right.
_PAIRS = (1, 4, 7, 9, 11, 13, 15, 17, 19, 21, 28, 30, 34, 36, 44, 46, 48, 50)
_LEFT = np.array([*_PAIRS, 24, 33])
_RIGHT = np.array([*(left + 1 for left in _PAIRS), 26, 39])  # jaw and mouth are further apart
OTHER_SIDE = np.arange(BLENDSHAPES)
OTHER_SIDE[_LEFT], OTHER_SIDE[_RIGHT] = _RIGHT, _LEFT


class FaceMesh:
    """MediaPipe's landmark and blendshape models from a folder with their ONNX files."""

    def __init__(self, folder: Path) -> None:
        """Load face_landmarks.onnx and face_blendshapes.onnx from a folder."""
        self._landmarks = onnx_session.open_session(folder / "face_landmarks.onnx")
        self._blendshapes = onnx_session.open_session(folder / "face_blendshapes.onnx")

    def __call__(
        self, rgb: NDArray[np.uint8], face: Face
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return landmarks (478, 2) in pixels of the image, and blendshapes (52,).

        Args:
            rgb: The image, uint8 (H, W, 3).
            face: A face in it.
        """
        x0, y0, x1, y1 = face.box
        angle, step = math.radians(face.roll), face.size * BOX_MARGIN / INPUT
        cos, sin = math.cos(angle) * step, math.sin(angle) * step
        linear = np.array([[cos, -sin], [sin, cos]])
        shift = np.array([x0 + x1, y0 + y1]) / 2 - linear @ np.full(2, INPUT / 2)
        crop = Image.fromarray(rgb).transform(
            (INPUT, INPUT),
            Image.Transform.AFFINE,
            tuple(np.column_stack([linear, shift]).ravel()),
            Image.Resampling.BILINEAR,
        )
        outputs = _run(self._landmarks, np.asarray(crop, np.float32)[None] / np.float32(255))
        mesh = next(array for array in outputs if array.size == POINTS * 3).reshape(POINTS, 3)
        points = (mesh[:, :2] @ linear.T + shift).astype(np.float32)
        scores = _run(self._blendshapes, points[None, BLENDSHAPE_POINTS])[0].reshape(-1)
        return points, scores.astype(np.float32)


def _run(session: InferenceSession, array: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    outputs: list[NDArray[np.float32]] = session.run(None, {session.get_inputs()[0].name: array})
    return outputs
