"""A frame of an annotated video."""

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import ImageColor

from wince.annotate.score_panel import NOT_JUDGED
from wince.annotate.video_frame import LINE_COLOURS, ShownPerson, draw_video_frame
from wince.level_colours import ON_DARK
from wince.runtime.assessment import Box
from wince.scale import PSPI, Level

GREY = np.full((200, 300, 3), 128, np.uint8)
BOX: Box = (100.0, 60.0, 180.0, 150.0)


def has_colour(area: NDArray[np.uint8], colour: str) -> bool:
    """Return whether an area has pixels of a colour."""
    return bool((area == ImageColor.getrgb(colour)).all(axis=2).any())


def drawn(*persons: ShownPerson, seconds: float = 5.0) -> NDArray[np.uint8]:
    return draw_video_frame(GREY, persons, seconds, 10.0, PSPI)


def test_the_box_has_the_colour_of_the_level() -> None:
    for given, colour in ((ON_DARK[Level.SEVERE],) * 2, (None, NOT_JUDGED)):
        frame = drawn(ShownPerson(1, BOX, "Title", "", given, []))
        assert has_colour(frame[100:110, 96:106], colour)
        assert not has_colour(frame[100:110, 20:80], colour)
        assert (frame[100, 140] == 128).all(), "the face itself is not covered"


def test_the_strip_below_shows_each_persons_scores_up_to_the_time() -> None:
    first = ShownPerson(1, None, "Mild", "3.0", ON_DARK[Level.MILD], [[(0.5, 3.0), (2.5, 3.0)]])
    second = ShownPerson(2, None, "Mild", "3.0", ON_DARK[Level.MILD], [[(1.0, 9.0)], [(4.0, 9.0)]])
    strip = drawn(first, second)[200:]
    assert strip.shape[0] == 48
    assert has_colour(strip[:, 15:75], LINE_COLOURS[0])
    assert not has_colour(strip[:, 80:140], LINE_COLOURS[0])
    assert has_colour(strip[:, 28:32], LINE_COLOURS[1])
    assert has_colour(strip[:, 118:122], LINE_COLOURS[1])
    assert not has_colour(strip[:, 40:110], LINE_COLOURS[1]), "not in view between them"
    assert (strip[2, 149:151] == ImageColor.getrgb(LINE_COLOURS[0])).all(axis=1).any()


def test_who_is_not_in_view_is_named_in_the_corner() -> None:
    frame = drawn(ShownPerson(3, None, "Not in view", "", None, []))
    assert has_colour(frame[:20, :60], NOT_JUDGED)
    assert (frame[60:200] == 128).all()


@pytest.mark.parametrize("box", [(-80.0, -90.0, 40.0, 30.0), (290.0, 190.0, 500.0, 500.0)])
def test_a_box_that_leaves_the_frame_is_cut(box: Box) -> None:
    assert drawn(ShownPerson(1, box, "Mild", "3.0", ON_DARK[Level.MILD], [])).shape == (248, 300, 3)
