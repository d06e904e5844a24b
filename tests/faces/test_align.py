"""The crop a model is shown: upright, centred, of the stated size, wherever the face was."""

import math
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from wince import images
from wince.faces.align import align, crop_to_image
from wince.faces.detect import Face, detect
from wince.faces.spec import WHOLE_IMAGE, FaceSpec

RGB = NDArray[np.uint8]
SPEC = FaceSpec()


def turned(rgb: RGB, face: Face, degrees: float, centre: tuple[float, float]) -> tuple[RGB, Face]:
    """Return the picture and the face in it turned clockwise about a point."""
    picture = Image.fromarray(rgb).rotate(-degrees, Image.Resampling.BICUBIC, center=centre)
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    points = (face.keypoints - centre) @ np.array([[c, s], [-s, c]]) + centre
    return np.asarray(picture), replace(face, keypoints=points)


def mean_difference(one: RGB, other: RGB) -> float:
    return float(np.abs(one.astype(int) - other.astype(int)).mean())


@pytest.fixture(scope="module")
def portrait(astronaut: RGB) -> tuple[RGB, Face]:
    return astronaut, detect(astronaut)[0]


@pytest.mark.parametrize("degrees", [-170, -90, -45, -20, 20, 45, 90, 135])
def test_a_turned_picture_gives_the_same_upright_crop(
    portrait: tuple[RGB, Face], degrees: float
) -> None:
    upright = align(*portrait, SPEC)
    crop = align(*turned(*portrait, degrees, (225, 120)), SPEC)
    assert mean_difference(crop, upright) < 3
    assert mean_difference(np.rot90(crop), upright) > 20  # the measure can tell


@pytest.mark.parametrize("degrees", [-25, -10, 10, 25])
def test_a_face_found_in_a_turned_picture_is_set_upright(
    portrait: tuple[RGB, Face], degrees: float
) -> None:
    upright = align(*portrait, SPEC)
    picture, _ = turned(*portrait, degrees, (225, 120))
    crop = align(picture, detect(picture)[0], SPEC)
    untreated = align(picture, portrait[1], SPEC)
    assert mean_difference(crop, upright) < 16  # the detector's points wander by a few pixels
    assert mean_difference(crop, upright) < 0.5 * mean_difference(untreated, upright)


@pytest.mark.parametrize("factor", [0.7, 2.0, 5.0])
def test_a_picture_of_another_size_gives_the_same_crop(
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
def test_eyes_and_mouth_land_where_the_spec_says(
    portrait: tuple[RGB, Face], degrees: float
) -> None:
    _, face = turned(*portrait, degrees, (225, 120))
    matrix = np.vstack([crop_to_image(face, SPEC), [0, 0, 1]])
    points = np.column_stack([face.keypoints, np.ones(6)]) @ np.linalg.inv(matrix).T
    right_eye, left_eye, _, mouth = points[:4, :2]
    assert right_eye[1] == pytest.approx(left_eye[1])  # level
    assert right_eye[0] < left_eye[0]
    eyes = (right_eye + left_eye) / 2
    np.testing.assert_allclose(eyes + SPEC.centre * (mouth - eyes), [112, 112])
    unit = max(math.dist(right_eye, left_eye), math.dist(eyes, mouth))
    assert unit == pytest.approx(SPEC.size / SPEC.side)


def test_a_wider_spec_shows_more_around_the_same_middle(portrait: tuple[RGB, Face]) -> None:
    wide = align(*portrait, SPEC.widened(2, 448))
    assert wide.shape == (448, 448, 3)
    assert mean_difference(wide[112:336, 112:336], align(*portrait, SPEC)) < 2


def test_what_lies_outside_the_picture_is_black(portrait: tuple[RGB, Face]) -> None:
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


def test_a_whole_image_spec_squeezes_the_picture_and_needs_no_face(astronaut: RGB) -> None:
    crop = align(astronaut[:200], None, WHOLE_IMAGE)
    assert crop.shape == (224, 224, 3)
    squeezed = Image.fromarray(astronaut[:200]).resize((224, 224), Image.Resampling.BILINEAR)
    np.testing.assert_array_equal(crop, np.asarray(squeezed))


def test_an_aligned_spec_without_a_face_is_the_callers_mistake(astronaut: RGB) -> None:
    with pytest.raises(ValueError, match="needs a face"):
        align(astronaut, None, SPEC)


def test_points_that_coincide_do_not_break_the_crop(portrait: tuple[RGB, Face]) -> None:
    rgb, face = portrait
    crop = align(rgb, replace(face, keypoints=np.full((6, 2), 100.0)), SPEC)
    assert crop.shape == (224, 224, 3)


def test_every_rendered_face_fills_its_crop(frames) -> None:
    """The crop holds the face and little else: a face found in the crop is nearly as large."""
    for frame in frames:
        rgb = images.read(frame.path).rgb
        crop = align(rgb, detect(rgb)[0], SPEC)
        again = detect(crop)
        assert len(again) == 1
        assert 0.55 < again[0].size / SPEC.size < 1.0
        assert abs(again[0].roll) < 8
