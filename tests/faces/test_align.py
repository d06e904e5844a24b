"""The crop for a model is upright, centred and of the spec's size, wherever the face is."""

import math
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from wince import images
from wince.faces.align import align, crop_to_image
from wince.faces.detect import detect
from wince.faces.face import Face
from wince.faces.spec import WHOLE_IMAGE, FaceSpec

RGB = NDArray[np.uint8]
SPEC = FaceSpec()


def rotated(rgb: RGB, face: Face, degrees: float, centre: tuple[float, float]) -> tuple[RGB, Face]:
    """Return the image and its face, both rotated clockwise about a point."""
    image = Image.fromarray(rgb).rotate(-degrees, Image.Resampling.BICUBIC, center=centre)
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    points = (face.keypoints - centre) @ np.array([[c, s], [-s, c]]) + centre
    return np.asarray(image), replace(face, keypoints=points)


def mean_difference(first: RGB, second: RGB) -> float:
    return float(np.abs(first.astype(int) - second.astype(int)).mean())


@pytest.fixture(scope="module")
def portrait(astronaut: RGB) -> tuple[RGB, Face]:
    return astronaut, detect(astronaut)[0]


@pytest.mark.parametrize("degrees", [-170, -90, -45, -20, 20, 45, 90, 135])
def test_a_rotated_image_gives_the_same_upright_crop(
    portrait: tuple[RGB, Face], degrees: float
) -> None:
    upright = align(*portrait, SPEC)
    crop = align(*rotated(*portrait, degrees, (225, 120)), SPEC)
    assert mean_difference(crop, upright) < 3
    assert mean_difference(np.rot90(crop), upright) > 20  # the measure detects a rotation


@pytest.mark.parametrize("degrees", [-25, -10, 10, 25])
def test_a_face_detected_in_a_rotated_image_is_turned_upright(
    portrait: tuple[RGB, Face], degrees: float
) -> None:
    upright = align(*portrait, SPEC)
    image, _ = rotated(*portrait, degrees, (225, 120))
    crop = align(image, detect(image)[0], SPEC)
    unaligned = align(image, portrait[1], SPEC)
    assert mean_difference(crop, upright) < 16  # the detector's key points vary by a few pixels
    assert mean_difference(crop, upright) < 0.5 * mean_difference(unaligned, upright)


@pytest.mark.parametrize("factor", [0.7, 2.0, 5.0])
def test_an_image_of_another_size_gives_the_same_crop(
    portrait: tuple[RGB, Face], factor: float
) -> None:
    rgb, face = portrait
    side = round(512 * factor)
    resized = np.asarray(Image.fromarray(rgb).resize((side, side), Image.Resampling.BICUBIC))
    crop = align(resized, face.scaled(side / 512), SPEC)
    assert mean_difference(crop, align(rgb, face, SPEC)) < 3


@pytest.mark.parametrize("size", [64, 112, 224])
def test_the_crop_has_the_size_of_the_spec(portrait: tuple[RGB, Face], size: int) -> None:
    crop = align(*portrait, replace(SPEC, size=size))
    assert crop.shape == (size, size, 3)
    assert crop.dtype == np.uint8
    larger = Image.fromarray(align(*portrait, SPEC)).resize((size, size), Image.Resampling.BOX)
    assert mean_difference(crop, np.asarray(larger)) < 4


@pytest.mark.parametrize("degrees", [0, 35])
def test_eyes_and_mouth_are_where_the_spec_places_them(
    portrait: tuple[RGB, Face], degrees: float
) -> None:
    _, face = rotated(*portrait, degrees, (225, 120))
    matrix = np.vstack([crop_to_image(face, SPEC), [0, 0, 1]])
    points = np.column_stack([face.keypoints, np.ones(6)]) @ np.linalg.inv(matrix).T
    right_eye, left_eye, _, mouth = points[:4, :2]
    assert right_eye[1] == pytest.approx(left_eye[1])  # level
    assert right_eye[0] < left_eye[0]
    eyes = (right_eye + left_eye) / 2
    np.testing.assert_allclose(eyes + SPEC.centre * (mouth - eyes), [112, 112])
    unit = max(math.dist(right_eye, left_eye), math.dist(eyes, mouth))
    assert unit == pytest.approx(SPEC.size / SPEC.side)


def test_a_wider_spec_shows_more_around_the_same_centre(portrait: tuple[RGB, Face]) -> None:
    wide = align(*portrait, SPEC.widened(2, 448))
    assert wide.shape == (448, 448, 3)
    assert mean_difference(wide[112:336, 112:336], align(*portrait, SPEC)) < 2


def test_parts_of_the_crop_outside_the_image_are_black(portrait: tuple[RGB, Face]) -> None:
    rgb, face = portrait
    bright = np.full_like(rgb, 255)
    corner = replace(face, keypoints=face.keypoints - face.keypoints[:4].mean(axis=0))
    crop = align(bright, corner, SPEC)
    assert crop[:90].max() == crop[:, :90].max() == 0
    assert crop[-60:, -60:].min() == 255


def test_fine_detail_is_averaged_and_not_aliased(portrait: tuple[RGB, Face]) -> None:
    _, face = portrait
    board = (np.indices((4096, 4096)).sum(axis=0) % 2 * 255).astype(np.uint8)
    crop = align(np.repeat(board[..., None], 3, axis=2), face.scaled(8), SPEC)
    assert abs(float(crop.mean()) - 127.5) < 2
    assert crop.std() < 10


def test_a_whole_image_spec_stretches_the_image_and_needs_no_face(astronaut: RGB) -> None:
    crop = align(astronaut[:200], None, WHOLE_IMAGE)
    assert crop.shape == (224, 224, 3)
    stretched = Image.fromarray(astronaut[:200]).resize((224, 224), Image.Resampling.BILINEAR)
    np.testing.assert_array_equal(crop, np.asarray(stretched))


def test_an_aligned_spec_without_a_face_raises_value_error(astronaut: RGB) -> None:
    with pytest.raises(ValueError, match="needs a face"):
        align(astronaut, None, SPEC)


def test_points_that_coincide_do_not_break_the_crop(portrait: tuple[RGB, Face]) -> None:
    rgb, face = portrait
    crop = align(rgb, replace(face, keypoints=np.full((6, 2), 100.0)), SPEC)
    assert crop.shape == (224, 224, 3)


def test_every_rendered_face_fills_its_crop(frames) -> None:
    """A face detected in the crop is nearly as large as the crop."""
    for frame in frames:
        rgb = images.read(frame.path).rgb
        crop = align(rgb, detect(rgb)[0], SPEC)
        faces = detect(crop)
        assert len(faces) == 1
        assert 0.55 < faces[0].size / SPEC.size < 1.0
        assert abs(faces[0].roll) < 8
