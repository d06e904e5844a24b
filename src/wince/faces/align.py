"""Cut a face out of an image, upright and in a given size, by a similarity transform."""

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from wince.faces.face import Face
from wince.faces.spec import FaceSpec


def align(rgb: NDArray[np.uint8], face: Face | None, spec: FaceSpec) -> NDArray[np.uint8]:
    """Return the model's view of a face.

    Args:
        rgb: uint8 (H, W, 3).
        face: A face in this image; not used by whole-image specs.
        spec: What the model expects.

    Returns:
        uint8 (size, size, 3). Where the crop extends beyond the image it is black.
    """
    if spec.kind == "whole":
        image = Image.fromarray(rgb)
        return np.asarray(image.resize((spec.size, spec.size), Image.Resampling.BILINEAR))
    if face is None:
        raise ValueError("an aligned spec needs a face")
    matrix = crop_to_image(face, spec)
    return cut_out(rgb, matrix, spec.size, block=int(_scale(matrix)))


def cut_out(
    image: NDArray[np.uint8] | Image.Image,
    matrix: NDArray[np.float64],
    size: int,
    block: int | None = None,
) -> NDArray[np.uint8]:
    """Return a square that lies anywhere in an image, at any scale and rotation.

    Args:
        image: uint8 (H, W, 3), or the same as a Pillow image, which is faster if many squares are
            cut out of a large one.
        matrix: (2, 3), from a point (x, y, 1) of the square to the image's pixels; a rotation with
            a scale.
        size: Side of the square in its own pixels.
        block: Side of the blocks of pixels that are averaged before, because shrinking by much
            would cause aliasing. None takes the scale, rounded. At least 1 is used.

    Returns:
        uint8 (size, size, 3), black beyond the image.
    """
    block = max(1, round(_scale(matrix)) if block is None else block)
    width, height = image.size if isinstance(image, Image.Image) else image.shape[1::-1]
    left, top, right, bottom = _source_box(matrix, size, block, (width, height))
    if isinstance(image, Image.Image):
        part = image.reduce(block, (left, top, right, bottom))
    else:
        part = Image.fromarray(image[top:bottom, left:right]).reduce(block)
    matrix = np.column_stack([matrix[:, :2], matrix[:, 2] - [left, top]]) / block
    coefficients = tuple(matrix.ravel())
    square = part.transform(
        (size, size), Image.Transform.AFFINE, coefficients, Image.Resampling.BILINEAR
    )
    return np.asarray(square)


def pixels_per_crop_pixel(face: Face, spec: FaceSpec) -> float:
    """Return how many pixels of the image, along a side, become one pixel of a face's crop."""
    return _scale(crop_to_image(face, spec))


def _scale(matrix: NDArray[np.float64]) -> float:
    return math.hypot(matrix[0, 0], matrix[1, 0])


def _source_box(
    matrix: NDArray[np.float64], size: int, block: int, limits: tuple[int, int]
) -> tuple[int, int, int, int]:
    """Return the part of the image that a square needs, in whole blocks of pixels.

    Args:
        matrix: As for `cut_out`.
        size: Side of the square in its own pixels.
        block: Side of a block in pixels of the image.
        limits: Width and height of the image.

    Returns:
        Left, top, right and bottom edge; at least one pixel lies between them.
    """
    corners = np.array([[0, 0, 1], [size, 0, 1], [0, size, 1], [size, size, 1]]) @ matrix.T
    first, last = corners.min(axis=0) // block - 2, -(-corners.max(axis=0) // block) + 2
    spans = []
    for low, high, limit in zip(first, last, limits, strict=True):
        start = max(0, min(int(low), (limit - 1) // block)) * block
        spans.append((start, max(start + 1, min(limit, int(high) * block))))
    (left, right), (top, bottom) = spans
    return left, top, right, bottom


def crop_to_image(face: Face, spec: FaceSpec) -> NDArray[np.float64]:
    """Return the 2 x 3 matrix from a point (x, y, 1) of the crop to the image's pixels."""
    right_eye, left_eye, _, mouth = face.keypoints[:4].tolist()
    eyes = ((right_eye[0] + left_eye[0]) / 2, (right_eye[1] + left_eye[1]) / 2)
    x, y = (eye + (end - eye) * spec.centre for eye, end in zip(eyes, mouth, strict=True))
    # Turning the head shortens the distance between the eyes, but not that from eyes to mouth.
    size = max(math.dist(right_eye, left_eye), math.dist(mouth, eyes), 1.0)
    pixel, angle, half = size * spec.side / spec.size, math.radians(face.roll), spec.size / 2
    cos, sin = pixel * math.cos(angle), pixel * math.sin(angle)
    return np.array([[cos, -sin, x - (cos - sin) * half], [sin, cos, y - (sin + cos) * half]])
