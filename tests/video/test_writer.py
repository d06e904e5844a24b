"""Writing videos: frames and times come back, and a file is complete or absent."""

from pathlib import Path

import numpy as np
import pytest

from tests.support.video_sample import grey_frames
from wince.errors import FileWriteError, VideoError
from wince.video import Video
from wince.video.writer import VideoWriter

pytest.importorskip("av", reason="needs PyAV")


def test_frames_and_times_are_kept(tmp_path: Path) -> None:
    times, images = [0.0, 0.1, 0.35, 1.0], grey_frames(4, 101, 75)
    with VideoWriter(tmp_path / "out.mp4", 10.0) as writer:
        for image, seconds in zip(images, times, strict=True):
            writer.write(image, seconds)
    with Video(tmp_path / "out.mp4") as video:
        frames = list(video.frames())
    assert [frame.seconds for frame in frames] == pytest.approx(times, abs=0.001)
    assert frames[0].rgb.shape == (74, 100, 3), "H.264 needs even sides"
    for frame, image in zip(frames, images, strict=True):
        assert frame.rgb.mean() == pytest.approx(image.mean(), abs=2)


def test_nothing_is_left_after_an_error(tmp_path: Path) -> None:
    with (
        pytest.raises(VideoError, match="expected frames of 64 x 48 pixels, found 48 x 64"),
        VideoWriter(tmp_path / "out.mp4", 10.0) as writer,
    ):
        writer.write(np.zeros((48, 64, 3), np.uint8), 0.0)
        writer.write(np.zeros((64, 48, 3), np.uint8), 0.1)
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(FileWriteError, match=r"out\.mp4 cannot be written"),
        VideoWriter(tmp_path / "file" / "out.mp4", 10.0),
    ):
        pass


def test_without_frames_there_is_no_file(tmp_path: Path) -> None:
    with VideoWriter(tmp_path / "out.mp4", 10.0):
        pass
    assert list(tmp_path.iterdir()) == []
