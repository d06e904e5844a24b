"""The colours of faces."""

import numpy as np
import pytest

from wince.faces.face import Face
from wince.faces.face_colours import SAME_PERSON, colour_distance, measure_colours

RNG = np.random.default_rng(0)
SKIN = (200, 150, 120)


def face(x0: float = 20, y0: float = 20, side: float = 60) -> Face:
    return Face((x0, y0, x0 + side, y0 + side), np.zeros((6, 2)), 0.9)


def image(colour: tuple[int, int, int], gain: float = 1.0) -> np.ndarray:
    """Return an image of one colour with a little noise."""
    noisy = np.array(colour) * gain + RNG.normal(0, 4, (100, 100, 3))
    return noisy.clip(0, 255).astype(np.uint8)


def test_colours_are_shares_that_do_not_depend_on_brightness() -> None:
    bright, dark = (measure_colours(image(SKIN, gain), face()) for gain in (1.0, 0.6))
    assert bright.shares.sum() == pytest.approx(1)
    assert colour_distance(bright, bright) == pytest.approx(0, abs=1e-6)
    assert colour_distance(bright, dark) < SAME_PERSON


def test_other_colours_are_another_person() -> None:
    first, second = (measure_colours(image(colour), face()) for colour in (SKIN, (120, 150, 200)))
    assert colour_distance(first, second) > SAME_PERSON


@pytest.mark.parametrize("place", [face(-10), face(50, 50), face(-200), face(300, 300)])
def test_a_face_that_leaves_the_image_is_not_whole(place: Face) -> None:
    colours = measure_colours(image(SKIN), place)
    assert not colours.is_whole
    assert colours.shares.sum() == pytest.approx(1)
    assert measure_colours(image(SKIN), face()).is_whole
