"""One face of an image, cropped for the network and checked for quality."""

from dataclasses import dataclass
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from wince import images
from wince.errors import NoFaceError
from wince.faces.align import align
from wince.faces.detect import detect
from wince.faces.face import KEYPOINTS, Face
from wince.faces.spec import FaceSpec
from wince.images import ImageSource
from wince.runtime import quality
from wince.runtime.assessment import Box, DetectedFace, Quad
from wince.runtime.heatmap import crop_corners


@dataclass(frozen=True, slots=True)
class FaceCrop:
    """What scoring needs from a decoded image. The image itself is not kept.

    Attributes:
        pixels: RGB uint8 (size, size, 3), the network's input.
        quad: Corners of the crop in pixels of the upright image.
        face: The face in pixels of the upright image.
        judgement: Whether the face can be judged.
        seconds: Duration by stage: decode, find_face, align, check.
        image_warnings: What could not be read as it was meant, see `UprightImage.warnings`.
    """

    pixels: NDArray[np.uint8]
    quad: Quad
    face: DetectedFace
    judgement: quality.Judgement
    seconds: dict[str, float]
    image_warnings: tuple[str, ...] = ()


def crop_face(source: ImageSource, face_index: int | None, spec: FaceSpec) -> FaceCrop:
    """Decode an image, find its faces, and crop and check one of them.

    Args:
        source: As for `wince.images.read`.
        face_index: Which face, by size from 0. None for the largest.
        spec: How the crop is cut.

    Raises:
        ImageError: The image cannot be used.
        NoFaceError: There is no face, or none with this index.
    """
    started = perf_counter()
    image = images.read(source)
    decoded = perf_counter()
    faces = detect(image.rgb)
    index = _checked_index(face_index, len(faces))
    face = faces[index]
    detected = perf_counter()
    pixels = align(image.rgb, face, spec)
    aligned = perf_counter()
    judgement = quality.judge(quality.measure(image.rgb, face, image.scale))
    checked = perf_counter()
    return FaceCrop(
        pixels,
        crop_corners(face, spec, image),
        _detected_face([face.scaled(image.scale) for face in faces], index),
        judgement,
        {
            "decode": decoded - started,
            "find_face": detected - decoded,
            "align": aligned - detected,
            "check": checked - aligned,
        },
        image.warnings,
    )


def _checked_index(index: int | None, count: int) -> int:
    """Return the index of the face to assess; raise NoFaceError if there is no such face."""
    if count == 0:
        raise NoFaceError(
            "No face was found in this image. Use one that shows the face from the front, well "
            "lit, and larger in the frame."
        )
    if index is not None and not 0 <= index < count:
        raise NoFaceError(
            f"Face number {index + 1} by size was asked for, but only {count} "
            f"{'was' if count == 1 else 'were'} found."
        )
    return index or 0


def _detected_face(faces: list[Face], index: int) -> DetectedFace:
    """Return one of the faces with its values rounded for output."""
    face = faces[index]
    boxes = tuple(_rounded(face.box) for face in faces)
    return DetectedFace(
        box=boxes[index],
        keypoints={
            name: (round(x, 1), round(y, 1))
            for name, (x, y) in zip(KEYPOINTS, face.keypoints.tolist(), strict=True)
        },
        score=round(face.score, 4),
        yaw=round(face.yaw, 1),
        roll=round(face.roll, 1),
        index=index,
        count=len(faces),
        boxes=boxes,
    )


def _rounded(box: Box) -> Box:
    x0, y0, x1, y1 = (round(value, 1) for value in box)
    return x0, y0, x1, y1
