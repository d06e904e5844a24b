"""Reading a camera; FFmpeg's test images replace the hardware and are read in the same way."""

import threading
from itertools import pairwise

import pytest

from wince.camera import Camera
from wince.errors import VideoError

pytest.importorskip("av", reason="needs PyAV")

TEST_SOURCE = "testsrc=size=320x240:rate=20"


def test_a_camera_gives_its_newest_frame_and_skips_those_in_between() -> None:
    frames = []
    with Camera(TEST_SOURCE, source_format="lavfi") as camera:
        for frame in camera.frames():
            frames.append(frame)
            if len(frames) == 5:
                break
            threading.Event().wait(0.05)
    assert all(later.index > earlier.index for earlier, later in pairwise(frames))
    assert frames[-1].index > 5, "the source is faster than the reader"
    assert all(later.seconds > earlier.seconds for earlier, later in pairwise(frames))
    assert frames[0].rgb.shape == (240, 320, 3)


def test_a_camera_that_ends_is_an_error() -> None:
    with (
        Camera(f"{TEST_SOURCE}:duration=0.2", source_format="lavfi") as camera,
        pytest.raises(VideoError, match=r"is gone: it sends no more frames\."),
    ):
        for _ in camera.frames():
            pass


def test_a_camera_that_cannot_be_opened_is_named() -> None:
    with pytest.raises(VideoError, match="no_such_source cannot be opened"):
        Camera("no_such_source", source_format="lavfi")
