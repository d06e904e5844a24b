"""Videos are recognised by their suffix or content, whatever they are called."""

import shutil

import pytest

from tests.support.video_sample import grey_frames, write_video
from wince import errors
from wince.video import Video
from wince.video.files import is_video

pytest.importorskip("av", reason="needs PyAV")

# Suffix -> encoder of a common format.
ENCODERS = {
    ".mp4": "libx264",
    ".mov": "libx264",
    ".3gp": "libx264",
    ".mkv": "libx264",
    ".webm": "libvpx",
    ".avi": "mpeg4",
    ".vob": "mpeg2video",
    ".mpg": "mpeg2video",
    ".m2v": "mpeg2video",
    ".ts": "libx264",
    ".m2ts": "libx264",
    ".wmv": "wmv2",
    ".asf": "wmv2",
    ".flv": "flv",
    ".mxf": "mpeg2video",
    ".h264": "libx264",
}


@pytest.mark.parametrize("suffix", ENCODERS)
def test_a_video_of_each_format_is_read(tmp_path, suffix):
    path = write_video(tmp_path / f"clip{suffix}", grey_frames(10), codec=ENCODERS[suffix])
    assert is_video(path)
    with Video(path) as video:
        assert len(list(video.frames())) == 10


@pytest.mark.parametrize("suffix", [suffix for suffix in ENCODERS if suffix != ".h264"])
@pytest.mark.parametrize("name", ["clip", "clip.bin", "clip.jpg", "clip.MP4"])
def test_a_renamed_video_is_read(tmp_path, suffix, name):
    path = write_video(tmp_path / f"clip{suffix}", grey_frames(10), codec=ENCODERS[suffix])
    path = path.rename(tmp_path / name)
    assert is_video(path)
    with Video(path) as video:
        assert len(list(video.frames())) == 10


def test_images_and_other_files_are_not_videos(tmp_path, portrait_jpeg):
    contents = {
        "photo.jpg": portrait_jpeg,
        "photo.avif": b"\0\0\0\x20ftypavif" + bytes(100),
        "photo.heic": b"\0\0\0\x20ftypheic" + bytes(100),
        "notes.txt": b"no video\n" * 100,
        "empty": b"",
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
        assert not is_video(tmp_path / name)
    assert not is_video(tmp_path)
    assert not is_video(tmp_path / "missing.png")


def test_an_image_given_as_a_video_is_called_an_image(tmp_path, portrait_jpeg):
    path = tmp_path / "photo.mp4"
    path.write_bytes(portrait_jpeg)
    with pytest.raises(errors.NotAVideoError, match="not a video but an image"):
        Video(path)


def test_a_video_of_vob_files_is_watched_and_assessed_alike(tmp_path):
    path = write_video(tmp_path / "VTS_01_1.VOB", grey_frames(3), codec="mpeg2video")
    shutil.copy(path, tmp_path / "copy.vob")
    assert is_video(path)
    assert is_video(tmp_path / "copy.vob")
