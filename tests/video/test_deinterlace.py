"""Interlaced frames show their earlier moment only."""

import numpy as np
import pytest
from PIL import Image

from tests.support.frames import read_frames
from tests.support.video_sample import BT709, weave, write_video
from wince.video import Video

pytest.importorskip("av", reason="needs PyAV")


@pytest.fixture(scope="module")
def moments():
    """A rendered face that moves six pixels from one moment to the next, twelve times."""
    path = next(frame.path for frame in read_frames() if frame.pspi == 12)
    face = np.asarray(Image.open(path).convert("RGB"))
    return [np.roll(face, 6 * step, axis=1) for step in range(12)]


def interlaced(moments, fields):
    pairs = zip(moments[::2], moments[1::2], strict=True)
    return [weave(first, second, top_first=fields == "tff") for first, second in pairs]


@pytest.mark.parametrize("fields", ["tff", "bff"])
@pytest.mark.parametrize(
    ("name", "codec", "pixel_format"),
    [
        ("clip.mp4", "libx264", "yuv420p"),
        ("clip.vob", "mpeg2video", "yuv420p"),
        ("clip.mkv", "ffv1", "yuv422p"),
        ("clip.mov", "prores_ks", "yuv422p10le"),
    ],
)
def test_an_interlaced_frame_shows_its_first_field(
    tmp_path, moments, fields, name, codec, pixel_format
):
    path = tmp_path / name
    options = {"b": "9000000"} if codec == "mpeg2video" else {}
    images = interlaced(moments, fields)
    write_video(
        path, images, codec=codec, pixel_format=pixel_format, fields=fields, options=options
    )
    with Video(path) as video:
        frames = list(video.frames())
    assert [frame.index for frame in frames] == list(range(6))
    assert [frame.seconds for frame in frames] == pytest.approx(
        [n / 25 for n in range(6)], abs=2e-3
    )
    for frame, first, second in zip(frames, moments[::2], moments[1::2], strict=True):
        assert np.abs(frame.rgb.astype(int) - first).mean() < 3.5  # 6 or more when not converted
        assert np.abs(frame.rgb.astype(int) - second).mean() > 8


def test_deinterlacing_keeps_the_colour_space(tmp_path):
    orange = np.full((48, 64, 3), (230, 120, 20), np.uint8)
    path = write_video(tmp_path / "orange.mkv", [orange] * 4, fields="tff", colour=BT709)
    with Video(path) as video:
        for frame in video.frames():
            assert frame.rgb.mean((0, 1)) == pytest.approx((230, 120, 20), abs=3)


def test_progressive_frames_are_not_touched(tmp_path, moments):
    images = interlaced(moments, "tff")  # but not marked as such
    path = write_video(tmp_path / "clip.mkv", images, codec="ffv1", pixel_format="bgr0")
    with Video(path) as video:
        for frame, image in zip(video.frames(), images, strict=True):
            assert np.array_equal(frame.rgb, image)
