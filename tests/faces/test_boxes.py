"""Arithmetic of boxes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wince.faces.boxes import iou, pair_iou

boxes = st.tuples(*[st.floats(-50, 50)] * 2, *[st.floats(0.1, 90)] * 2).map(
    lambda place: (place[0], place[1], place[0] + place[2], place[1] + place[3])
)


@given(boxes, boxes)
def test_the_overlap_of_two_boxes_is_that_of_one_with_several(
    box: tuple[float, ...], other: tuple[float, ...]
) -> None:
    expected = iou(np.array(box), np.array([other]))[0]
    assert pair_iou(box, other) == pytest.approx(expected, abs=1e-12)


def test_boxes_that_share_half_of_their_area_overlap_by_a_third() -> None:
    assert pair_iou((0, 0, 2, 2), (1, 0, 3, 2)) == pytest.approx(1 / 3)
    assert pair_iou((0, 0, 2, 2), (2, 2, 3, 3)) == 0
