"""Alignment: a face cut out of a picture by a similarity transform, upright, at a stated size."""

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from wince.faces.detect import Face
from wince.faces.spec import FaceSpec


def align(rgb: NDArray[np.uint8], face: Face | None, spec: FaceSpec) -> NDArray[np.uint8]:
    """Return what a model with this spec is shown: RGB uint8 (size, size, 3).

    rgb: uint8 (H, W, 3); face: a face found in it, not needed for whole-image specs.
    Where the crop reaches past the picture it is black.
    """
    if spec.kind == "whole":
        picture = Image.fromarray(rgb)
        resized = picture.resize((spec.size, spec.size), Image.Resampling.BILINEAR)
        return np.asarray(resized)
    if face is None:
        raise ValueError("an aligned spec needs a face")
    matrix = crop_to_image(face, spec)
    # Shrinking by more than two would alias, so whole blocks of pixels are averaged first.
    step = max(1, int(math.hypot(matrix[0, 0], matrix[1, 0])))
    rows, columns = _around(matrix, spec.size, step, rgb.shape)
    picture = Image.fromarray(rgb[rows, columns])
    matrix[:, 2] -= columns.start, rows.start
    if step > 1:
        picture = picture.reduce(step)
        matrix = matrix / step
    coefficients = tuple(matrix.ravel())
    crop = picture.transform(
        (spec.size, spec.size), Image.Transform.AFFINE, coefficients, Image.Resampling.BILINEAR
    )
    return np.asarray(crop)


def _around(
    matrix: NDArray[np.float64], size: int, step: int, shape: tuple[int, ...]
) -> tuple[slice, slice]:
    """Return the rows and columns that a crop is made of, in whole blocks of `step` pixels."""
    ends = np.array([[0, 0, 1], [size, 0, 1], [0, size, 1], [size, size, 1]]) @ matrix.T
    first, last = ends.min(axis=0) // step - 2, -(-ends.max(axis=0) // step) + 2
    limits = shape[1], shape[0]
    spans = []
    for low, high, limit in zip(first, last, limits, strict=True):
        start = max(0, min(int(low), (limit - 1) // step)) * step
        spans.append(slice(start, max(start + 1, min(limit, int(high) * step))))
    columns, rows = spans
    return rows, columns


def crop_to_image(face: Face, spec: FaceSpec) -> NDArray[np.float64]:
    """Return the 2 x 3 matrix that takes a point (x, y, 1) of the crop to the picture's pixels."""
    right_eye, left_eye, _, mouth = face.keypoints[:4]
    eyes = (right_eye + left_eye) / 2
    middle = eyes + (mouth - eyes) * spec.centre
    # Turning the head shortens the distance between the eyes, not the one from eyes to mouth.
    unit = max(float(np.hypot(*(left_eye - right_eye))), float(np.hypot(*(mouth - eyes))), 1.0)
    step = unit * spec.side / spec.size
    angle = math.radians(face.roll)
    rotation = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    linear = rotation * step
    shift = middle - linear @ np.full(2, spec.size / 2)
    return np.column_stack([linear, shift])
