"""Altered faces for the table of worse images in the model card."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from tools.starter import altered_faces
from tools.starter.rated_faces import Faces

SIDE = 112
JAW = (  # from ear to ear around the chin, MediaPipe's numbers
    *(234, 93, 132, 58, 172, 136, 150, 149, 176, 148, 152),
    *(377, 400, 378, 379, 365, 397, 288, 361, 323, 454),
)


def face_with(crop: np.ndarray) -> Faces:
    """Return one frontal face with this crop; its jaw is half an ellipse."""
    points = np.full((478, 2), 0.5)
    along = np.linspace(np.pi, 0, len(JAW))
    points[list(JAW)] = np.stack([0.5 + 0.37 * np.cos(along), 0.5 + 0.45 * np.sin(along)], 1)
    for rows, (x, y) in {
        (33, 133): (0.35, 0.4), (362, 263): (0.65, 0.4), (1,): (0.5, 0.55), (13, 14): (0.5, 0.75),
        (195,): (0.5, 0.48),
    }.items():  # fmt: skip
        points[list(rows)] = x, y
    text = np.array([""])
    return Faces(
        crop[None].astype(np.uint8),
        points[None].astype(np.float32),
        np.zeros((1, 52), np.float32),
        np.zeros((1, 2, 6), np.float32),
        *[text] * 4,
    )


@pytest.fixture
def noisy() -> Faces:
    return face_with(np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3)))


def detail(faces: Faces) -> float:
    grey = faces.crops[0].mean(2)
    return float(np.abs(np.diff(grey, axis=1)).mean())


def test_a_narrower_face_has_less_detail(noisy: Faces) -> None:
    widths = [
        detail(altered_faces.altered(noisy, altered_faces.narrow(width))) for width in (64, 48, 24)
    ]
    assert detail(noisy) > widths[0] > widths[1] > widths[2]


def test_a_face_is_never_made_wider(noisy: Faces) -> None:
    same = altered_faces.altered(noisy, altered_faces.narrow(500))
    np.testing.assert_array_equal(same.crops, noisy.crops)


def test_a_dark_face_has_a_quarter_of_the_light(noisy: Faces) -> None:
    dark = altered_faces.altered(noisy, altered_faces.dark).crops
    np.testing.assert_allclose(dark, noisy.crops / 4, atol=0.5)


def test_a_mask_covers_the_mouth_and_leaves_the_eyes(noisy: Faces) -> None:
    masked = altered_faces.altered(noisy, altered_faces.masked).crops[0]
    assert len(np.unique(masked[80:90, 50:62].reshape(-1, 3), axis=0)) == 1
    np.testing.assert_array_equal(masked[:40], noisy.crops[0][:40])


def test_half_of_the_face_is_covered(noisy: Faces) -> None:
    covered = altered_faces.altered(noisy, altered_faces.half_covered).crops[0]
    assert (covered[:, : SIDE // 2] == 110).all()
    np.testing.assert_array_equal(covered[:, SIDE // 2 + 1 :], noisy.crops[0][:, SIDE // 2 + 1 :])


def test_grey_and_coloured_faces_are_distinguished(noisy: Faces) -> None:
    assert altered_faces.in_colour(noisy).all()
    assert not altered_faces.in_colour(altered_faces.altered(noisy, altered_faces.grey)).any()


def test_a_face_whose_nose_is_off_the_middle_is_turned(noisy: Faces) -> None:
    assert altered_faces.yaws(noisy)[0] == pytest.approx(0, abs=1)
    points = noisy.points.copy()
    points[0, 1] = 0.75, 0.55
    assert altered_faces.yaws(replace(noisy, points=points))[0] > 20


def test_every_alteration_keeps_the_shape(noisy: Faces) -> None:
    for alter in altered_faces.ALTERATIONS.values():
        crop = alter(Image.fromarray(noisy.crops[0]), noisy.points[0])
        assert np.asarray(crop).shape == (SIDE, SIDE, 3)
