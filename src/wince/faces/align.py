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
    # Shrinking by more than two would cause aliasing, so blocks of pixels are averaged first.
    block = max(1, int(math.hypot(matrix[0, 0], matrix[1, 0])))
    rows, columns = _source_region(matrix, spec.size, block, rgb.shape)
    image = Image.fromarray(rgb[rows, columns])
    matrix[:, 2] -= columns.start, rows.start
    if block > 1:
        image = image.reduce(block)
        matrix = matrix / block
    coefficients = tuple(matrix.ravel())
    crop = image.transform(
        (spec.size, spec.size), Image.Transform.AFFINE, coefficients, Image.Resampling.BILINEAR
    )
    return np.asarray(crop)


def _source_region(
    matrix: NDArray[np.float64], size: int, block: int, shape: tuple[int, ...]
) -> tuple[slice, slice]:
    """Return the rows and columns of the image that a crop needs, in whole blocks of pixels.

    Args:
        matrix: As `crop_to_image` returns it.
        size: Side of the crop in pixels.
        block: Side of a block in pixels of the image.
        shape: Shape of the image, height first.
    """
    corners = np.array([[0, 0, 1], [size, 0, 1], [0, size, 1], [size, size, 1]]) @ matrix.T
    first, last = corners.min(axis=0) // block - 2, -(-corners.max(axis=0) // block) + 2
    limits = shape[1], shape[0]
    spans = []
    for low, high, limit in zip(first, last, limits, strict=True):
        start = max(0, min(int(low), (limit - 1) // block)) * block
        spans.append(slice(start, max(start + 1, min(limit, int(high) * block))))
    columns, rows = spans
    return rows, columns


def crop_to_image(face: Face, spec: FaceSpec) -> NDArray[np.float64]:
    """Return the 2 x 3 matrix from a point (x, y, 1) of the crop to the image's pixels."""
    right_eye, left_eye, _, mouth = face.keypoints[:4]
    eyes = (right_eye + left_eye) / 2
    centre = eyes + (mouth - eyes) * spec.centre
    # Turning the head shortens the distance between the eyes, but not that from eyes to mouth.
    eye_distance = float(np.hypot(*(left_eye - right_eye)))
    mouth_distance = float(np.hypot(*(mouth - eyes)))
    pixel = max(eye_distance, mouth_distance, 1.0) * spec.side / spec.size
    angle = math.radians(face.roll)
    rotation = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    linear = rotation * pixel
    shift = centre - linear @ np.full(2, spec.size / 2)
    return np.column_stack([linear, shift])
