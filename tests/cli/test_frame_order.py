"""Frames of several persons come out together and in the order of time."""

from wince.cli.frame_order import FrameOrder


def test_a_frame_waits_for_every_person_and_for_the_frames_before_it() -> None:
    order: FrameOrder[str] = FrameOrder()
    order.expect(0.0, 1)
    order.expect(0.1, 2)
    order.expect(0.2, 1)
    order.add(0.1, "first")
    order.add(0.2, "first")
    assert [*order.complete()] == []
    order.add(0.0, "first")
    assert [*order.complete()] == [(0.0, ["first"])]
    order.add(0.1, "second")
    assert [*order.complete()] == [(0.1, ["first", "second"]), (0.2, ["first"])]
    assert [*order.complete()] == []
