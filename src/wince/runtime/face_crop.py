"""The faces of an image, cropped for the network and checked for quality."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from wince import images
from wince.errors import NoFaceError
from wince.faces import MIN_SCORE
from wince.faces.align import align, pixels_per_crop_pixel
from wince.faces.boxes import Box
from wince.faces.detect import detect
from wince.faces.face import KEYPOINTS, Face
from wince.faces.frame_view import FrameView
from wince.faces.spec import FaceSpec
from wince.images import ImageSource, UprightImage
from wince.memory_budget import image_work
from wince.runtime import quality
from wince.runtime.assessment import DetectedFace, Quad, Quality
from wince.runtime.heatmap import crop_corners

NO_FACE = (
    "No face was found in this image. Use one that shows the face from the front, well lit, and "
    "larger in the frame."
)


@dataclass(frozen=True, slots=True)
class FaceCrop:
    """What scoring needs from a decoded image. The image itself is not kept.

    Attributes:
        pixels: RGB uint8 (size, size, 3), the network's input.
        quad: Corners of the crop in pixels of the upright image.
        face: The face in pixels of the upright image.
        faces: All faces of the image, the largest first.
        judgement: Whether the face can be judged.
        seconds: Duration by stage: decode, find_face and check of the image, and align of the face.
        quality: Whether the face can be judged, with the limitations of the image and the face, and
            other faces that were not asked for.
    """

    pixels: NDArray[np.uint8]
    quad: Quad
    face: DetectedFace
    faces: tuple[DetectedFace, ...]
    judgement: quality.Judgement
    seconds: dict[str, float]
    quality: Quality


@dataclass(frozen=True, slots=True)
class CheckedFace:
    """A face with whether it can be judged.

    Attributes:
        face: The face in pixels of the upright image, or of the camera's frame.
        judgement: Whether it can be judged.
    """

    face: Face
    judgement: quality.Judgement


def crop_face(
    source: ImageSource, face_index: int | None, spec: FaceSpec, min_score: float = MIN_SCORE
) -> FaceCrop:
    """Return the crop of one face of an image.

    Args:
        source: As for `wince.images.read`.
        face_index: Which face, by size from 0. None for the largest.
        spec: How the crop is cut.
        min_score: Minimum score of the face detector, above 0 and below 1.

    Raises:
        ImageError: The image cannot be used.
        NoFaceError: There is no face, or none with this index.
    """
    (crop,) = crop_faces(source, [face_index or 0], spec, min_score)
    return crop


@image_work()
def crop_faces(
    source: ImageSource,
    indices: Sequence[int] | None,
    spec: FaceSpec,
    min_score: float = MIN_SCORE,
) -> list[FaceCrop]:
    """Decode an image, find and check its faces, and crop some of them.

    Args:
        source: As for `crop_face`.
        indices: Which faces, by size from 0. None for all, the largest first.
        spec: As for `crop_face`.
        min_score: As for `crop_face`.

    Raises:
        ImageError: The image cannot be used.
        NoFaceError: There is no face, or none with one of these indices.
    """
    started = perf_counter()
    image = images.read(source)
    decoded = perf_counter()
    faces = detect(image.rgb, min_score)
    is_choice = indices is not None and len(faces) > 1
    indices = range(max(1, len(faces))) if indices is None else indices
    _check_indices(indices, len(faces))
    detected = perf_counter()
    view = FrameView.of(image)
    checked = [check_face(image, view, view.to_frame(face)) for face in faces]
    seconds = {
        "decode": decoded - started,
        "find_face": detected - decoded,
        "check": perf_counter() - detected,
    }
    return cut_crops(image, view, checked, indices, spec, seconds, is_choice=is_choice)


def check_face(image: UprightImage, view: FrameView, face: Face) -> CheckedFace:
    """Return a face, in pixels of the frame of `view`, with its judgement."""
    measures = quality.measure(image.rgb, view.to_image(face), view.scale)
    return CheckedFace(face, quality.judge(measures))


def has_full_detail(image: UprightImage, view: FrameView, face: Face, spec: FaceSpec) -> bool:
    """Return whether an image shows a face as well as the whole frame at full size would.

    A reduced image does if it still has as many pixels as the crop. The edge of a part may cut off
    as much of the face as is judged without a warning.

    Args:
        image: The image.
        view: Which part of the frame it shows.
        face: The face in pixels of the frame.
        spec: How the model's crop is cut.
    """
    if spec.kind == "whole":
        return view.is_whole
    in_image = view.to_image(face)
    detail = min(pixels_per_crop_pixel(in_image, crop) for crop in (spec, quality.SPEC))
    if view.is_reduced and detail < 1:
        return False
    height, width = image.rgb.shape[:2]
    cut_by_part = quality.share_outside(in_image, (width, height)) - quality.share_outside(
        face, view.size
    )
    return cut_by_part <= quality.CUT.warn


def detected_faces(faces: Sequence[CheckedFace]) -> tuple[DetectedFace, ...]:
    """Return the faces of an image, the largest first, as assessments list them."""
    return tuple(
        _rounded_face(checked.face, checked.judgement, index) for index, checked in enumerate(faces)
    )


def cut_crops(
    image: UprightImage,
    view: FrameView,
    faces: Sequence[CheckedFace],
    indices: Sequence[int],
    spec: FaceSpec,
    seconds: Mapping[str, float],
    *,
    is_choice: bool,
) -> list[FaceCrop]:
    """Return the crops of some faces of an image.

    Args:
        image: The image.
        view: Which part of the frame it shows.
        faces: The faces of the frame, the largest first.
        indices: Which of them.
        spec: How the crops are cut.
        seconds: Duration of the stages so far.
        is_choice: Whether to warn that other faces were found.
    """
    started = perf_counter()
    listed = detected_faces(faces)
    pixels = [align(image.rgb, view.to_image(faces[index].face), spec) for index in indices]
    share = (perf_counter() - started) / max(1, len(indices))
    return [
        FaceCrop(
            crop,
            crop_corners(faces[index].face, spec, view.size),
            listed[index],
            listed,
            faces[index].judgement,
            {**seconds, "align": share},
            _quality(image, faces, index, is_choice=is_choice),
        )
        for index, crop in zip(indices, pixels, strict=True)
    ]


def _check_indices(indices: Sequence[int], count: int) -> None:
    """Raise NoFaceError if there is no face, or none with one of these indices."""
    if count == 0:
        raise NoFaceError(NO_FACE)
    for index in (index for index in indices if not 0 <= index < count):
        raise NoFaceError(
            f"Face number {index + 1} by size was asked for, but only {count} "
            f"{'was' if count == 1 else 'were'} found.",
            {"number": index + 1, "faces": count},
        )


def _quality(
    image: UprightImage, faces: Sequence[CheckedFace], index: int, *, is_choice: bool
) -> Quality:
    """Return the quality of one of the faces; arguments: as for `cut_crops`."""
    judgement = faces[index].judgement
    warnings, values = list(judgement.warnings.items()), dict(judgement.values)
    if is_choice:
        which = "The largest" if index == 0 else f"Number {index + 1} by size"
        sentence = f"{len(faces)} faces were found. {which} was assessed."
        warnings.insert(0, ("other-faces", sentence))
        values["other-faces"] = {"faces": len(faces), "number": index + 1}
    if image.warnings:
        warnings += [("file", sentence) for sentence in image.warnings]
        values["file"] = {}
    return Quality(
        usable=not judgement.reasons,
        warnings=tuple(sentence for _, sentence in warnings),
        reasons=dict(judgement.reasons),
        warning_codes=tuple(code for code, _ in warnings),
        values=values,
    )


def _rounded_face(face: Face, judgement: quality.Judgement, index: int) -> DetectedFace:
    """Return a face with its values rounded for output."""
    return DetectedFace(
        box=_rounded(face.box),
        keypoints={
            name: (round(x, 1), round(y, 1))
            for name, (x, y) in zip(KEYPOINTS, face.keypoints.tolist(), strict=True)
        },
        score=round(face.score, 4),
        yaw=round(face.yaw, 1),
        pitch=round(face.pitch, 1),
        roll=round(face.roll, 1),
        usable=not judgement.reasons,
        reasons=dict(judgement.reasons),
        index=index,
    )


def _rounded(box: Box) -> Box:
    x0, y0, x1, y1 = (round(value, 1) for value in box)
    return x0, y0, x1, y1
