"""Frames are shown as a player shows them: upright, with square pixels, in the stated colours."""

from fractions import Fraction

import numpy as np
import pytest
from PIL import Image

from tests.support.frames import read_frames
from tests.support.video_sample import Colour, set_display_matrix, write_video
from wince.video import Video

pytest.importorskip("av", reason="needs PyAV")

TRANSPOSE = Image.Transpose
# Display matrix -> how a player turns the stored frame.
ORIENTATIONS = {
    ((1, 0), (0, 1)): None,
    ((-1, 0), (0, 1)): TRANSPOSE.FLIP_LEFT_RIGHT,
    ((1, 0), (0, -1)): TRANSPOSE.FLIP_TOP_BOTTOM,
    ((-1, 0), (0, -1)): TRANSPOSE.ROTATE_180,
    ((0, 1), (1, 0)): TRANSPOSE.TRANSPOSE,
    ((0, -1), (-1, 0)): TRANSPOSE.TRANSVERSE,
    ((0, 1), (-1, 0)): TRANSPOSE.ROTATE_270,  # clockwise: a phone held upright
    ((0, -1), (1, 0)): TRANSPOSE.ROTATE_90,
}


@pytest.fixture(scope="module")
def face():
    """A rendered face in pain, uint8 (224, 224, 3)."""
    path = next(frame.path for frame in read_frames() if frame.pspi == 12)
    return np.asarray(Image.open(path).convert("RGB"))


def read(path):
    """Return the second frame of a video."""
    with Video(path) as video:
        return list(video.frames())[1].rgb


def difference(rgb, truth):
    """Return the mean absolute difference in grey levels."""
    assert rgb.shape == truth.shape
    return np.abs(rgb.astype(int) - truth).mean()


def scaled(rgb, width, height):
    return np.asarray(Image.fromarray(rgb).resize((width, height), Image.Resampling.BICUBIC))


@pytest.mark.parametrize("matrix", ORIENTATIONS)
def test_every_orientation_is_turned_as_a_player_does(tmp_path, face, matrix, assessor):
    stored = face[:200]  # wider than high
    path = write_video(tmp_path / "turned.mp4", [stored] * 3, options={"crf": "8"})
    set_display_matrix(path, matrix)
    operation = ORIENTATIONS[matrix]
    image = Image.fromarray(stored)
    truth = np.asarray(image if operation is None else image.transpose(operation))
    assert difference(read(path), truth) < 3


@pytest.mark.parametrize("matrix", ORIENTATIONS)
def test_a_face_stored_in_any_orientation_keeps_its_score(tmp_path, face, matrix, assessor):
    image = Image.fromarray(face)
    for operation in ORIENTATIONS.values():  # find the one that undoes the matrix
        stored = image if operation is None else image.transpose(operation)
        undo = ORIENTATIONS[matrix]
        if (stored if undo is None else stored.transpose(undo)) == image:
            break
    path = write_video(tmp_path / "f.mp4", [np.asarray(stored)] * 3, options={"crf": "8"})
    set_display_matrix(path, matrix)
    assert assessor.assess(read(path)).pspi == pytest.approx(assessor.assess(face).pspi, abs=0.5)


@pytest.mark.parametrize(
    "pixel_aspect", [Fraction(64, 45), Fraction(16, 11), Fraction(8, 9), Fraction(4, 3)]
)
def test_pixels_that_are_not_square_are_scaled_to_square_ones(
    tmp_path, face, assessor, pixel_aspect
):
    stored = scaled(face, round(224 / pixel_aspect / 2) * 2, 224)
    path = tmp_path / "dvd.mkv"
    write_video(path, [stored] * 3, pixel_aspect=pixel_aspect, options={"crf": "8"})
    rgb = read(path)
    height, width = rgb.shape[:2]
    assert width / height == pytest.approx(1, abs=0.02)
    assert min(width, height) >= 222, "no side is smaller than stored"
    assert difference(rgb, scaled(face, width, height)) < 4
    restored = scaled(stored, width, height)  # with the detail that the stored frame still has
    assert assessor.assess(rgb).pspi == pytest.approx(assessor.assess(restored).pspi, abs=0.5)


def test_square_pixels_come_before_the_turn(tmp_path, face):
    path = tmp_path / "turned.mp4"
    squeezed = scaled(face[:168], 112, 168)
    write_video(path, [squeezed] * 3, pixel_aspect=Fraction(2), options={"crf": "8"})
    set_display_matrix(path, ((0, 1), (-1, 0)))
    assert difference(read(path), np.rot90(face[:168], -1)) < 4


@pytest.mark.parametrize("matrix", [1, 5, 6, 9])
@pytest.mark.parametrize("colour_range", [1, 2])
def test_matrix_and_range_are_respected(tmp_path, matrix, colour_range):
    colours = np.array([(230, 120, 20), (20, 200, 60), (16, 16, 16), (250, 250, 250)], np.uint8)
    bars = np.repeat(np.repeat(colours[None], 48, axis=0), 24, axis=1)
    path = write_video(
        tmp_path / "bars.mkv", [bars] * 3, colour=Colour(matrix, 1, 1, colour_range), codec="ffv1"
    )
    shown = read(path)[:, 12::24]
    assert np.abs(shown.astype(int) - colours[None]).max() <= 4


@pytest.mark.parametrize("pixel_format", ["yuv420p10le", "yuv444p", "yuv422p12le", "bgr0", "gray"])
def test_other_pixel_formats_are_read(tmp_path, face, pixel_format):
    path = tmp_path / "deep.mkv"
    write_video(path, [face] * 3, codec="ffv1", pixel_format=pixel_format)
    grey = np.repeat(np.asarray(Image.fromarray(face).convert("L"))[..., None], 3, axis=2)
    assert difference(read(path), grey if pixel_format == "gray" else face) < 3


def test_odd_sizes_are_read_to_the_last_row_and_column(tmp_path, face):
    odd = face[:175, :153].copy()
    odd[-1], odd[:, -1] = (220, 30, 30), (30, 30, 220)
    path = write_video(tmp_path / "odd.mkv", [odd] * 3, codec="ffv1", pixel_format="yuv444p")
    assert difference(read(path), odd) < 2


def test_transparent_pixels_are_blended_with_white(tmp_path):
    rgba = np.full((48, 64, 4), (200, 40, 40, 255), np.uint8)
    rgba[:, 32:, 3] = 0
    path = write_video(tmp_path / "clear.mov", [rgba] * 3, codec="qtrle", pixel_format="argb")
    rgb = read(path)
    assert (rgb[:, :32] == (200, 40, 40)).all()
    assert (rgb[:, 32:] == 255).all()
