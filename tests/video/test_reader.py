"""Videos are read frame by frame, upright and with times; bad files are refused with a reason."""

import sys
import tracemalloc
import wave

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.video_sample import Colour, grey_frames, write_video
from wince import errors
from wince.video import Video
from wince.video.files import SUFFIXES

pytest.importorskip("av", reason="needs PyAV")


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """Fifty grey frames in two seconds, each lighter than the one before."""
    return write_video(tmp_path_factory.mktemp("video") / "clip.mp4", grey_frames(50))


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("clip.mp4", "libx264"),
        ("clip.mov", "mpeg4"),
        ("clip.mkv", "libx264"),
        ("clip.avi", "mjpeg"),
        ("clip.webm", "libvpx"),
        ("clip.ts", "libx264"),
        ("clip.mjpeg", "mjpeg"),
    ],
)
def test_each_frame_is_read_once_in_order_with_its_time(tmp_path, name, codec):
    path = write_video(tmp_path / name, grey_frames(50), codec=codec)
    with Video(path) as video:
        frames = list(video.frames())
    assert [frame.index for frame in frames] == list(range(50))
    assert [frame.seconds for frame in frames] == pytest.approx(
        [n / 25 for n in range(50)], abs=2e-3
    )
    assert (video.width, video.height, video.damaged_parts) == (64, 48, 0)
    assert path.suffix in SUFFIXES
    shades = [frame.rgb.mean() for frame in frames]
    assert all(frame.rgb.dtype == np.uint8 and frame.rgb.shape == (48, 64, 3) for frame in frames)
    # A lossy codec changes a shade by less than the four steps between two frames.
    assert shades == pytest.approx([20 + 4 * n for n in range(50)], abs=4)


def test_duration_and_frame_rate_are_known_before_reading(clip):
    with Video(clip) as video:
        assert video.duration == pytest.approx(2)
        assert video.frame_rate == pytest.approx(25)
        assert video.expected_frames == 50


def test_red_green_and_blue_keep_their_order(tmp_path):
    orange = np.full((48, 64, 3), (230, 120, 20), np.uint8)
    with Video(write_video(tmp_path / "orange.mp4", [orange] * 3)) as video:
        for frame in video.frames():
            assert frame.rgb.mean((0, 1)) == pytest.approx((230, 120, 20), abs=12)


def test_frames_need_not_be_evenly_spaced_in_time(tmp_path):
    times = [0, 0.04, 0.3, 0.31, 1.0]
    path = write_video(tmp_path / "uneven.mkv", grey_frames(5), times=times)
    with Video(path) as video:
        assert [frame.seconds for frame in video.frames()] == pytest.approx(times, abs=2e-3)


def test_a_last_frame_that_is_shown_for_long_is_not_a_missing_end(tmp_path):
    path = write_video(
        tmp_path / "still.mp4",
        grey_frames(3),
        times=[0, 2, 4],
        options={"bf": "0"},  # otherwise the last packet need not be the last frame
        last_duration=2,
    )
    with Video(path) as video:
        assert [frame.seconds for frame in video.frames()] == pytest.approx([0, 2, 4], abs=2e-3)
        assert video.duration == pytest.approx(6, abs=0.1)


@pytest.mark.parametrize("name", ["clip.mkv", "clip.webm", "clip.mp4", "clip.avi", "clip.ts"])
@pytest.mark.parametrize("has_tags", [True, False])
def test_sound_may_be_longer_than_the_frames(tmp_path, name, has_tags):
    codecs = {"clip.webm": ("libvpx", "libopus"), "clip.avi": ("mpeg4", "aac")}
    codec, sound = codecs.get(name, ("libx264", "aac"))
    path = write_video(
        tmp_path / name, grey_frames(50), codec=codec, sound_codec=sound, sound_seconds=9
    )
    if not has_tags:  # as other programs write Matroska, without a duration for each stream
        path.write_bytes(path.read_bytes().replace(b"DURATION", b"NOTHINGS"))
    with Video(path) as video:
        assert len(list(video.frames())) == 50


@pytest.mark.parametrize("has_tags", [True, False])
def test_a_video_with_sound_that_is_cut_off_is_truncated(tmp_path, has_tags):
    noise = np.random.default_rng(0).integers(0, 200, (50, 48, 64, 3), np.uint8)
    path = write_video(tmp_path / "whole.mkv", noise, codec="mjpeg", sound_seconds=2)
    content = path.read_bytes()
    content = content if has_tags else content.replace(b"DURATION", b"NOTHINGS")
    path.write_bytes(content[: len(content) // 2])
    with Video(path) as video, pytest.raises(errors.TruncatedVideoError, match="stops at"):
        list(video.frames())


def test_a_colour_space_that_cannot_be_converted_is_refused(tmp_path):
    linear = Colour(matrix=1, transfer=8, primaries=1)
    path = write_video(tmp_path / "linear.mp4", grey_frames(2), colour=linear)
    with Video(path) as video, pytest.raises(errors.VideoError, match="transfer function 8 of"):
        list(video.frames())


def test_large_frames_are_scaled_down(tmp_path):
    with Video(write_video(tmp_path / "large.mp4", grey_frames(2, 2560, 1440))) as video:
        assert (video.width, video.height) == (2560, 1440)
        assert {frame.rgb.shape for frame in video.frames()} == {(1080, 1920, 3)}


def test_every_nth_frame_and_a_minimum_interval_can_be_asked_for(clip):
    with Video(clip) as video:
        assert [frame.index for frame in video.frames(every=20)] == [0, 20, 40]
    with Video(clip) as video:
        assert [frame.index for frame in video.frames(min_interval=0.5)] == [0, 13, 26, 39]
    with Video(clip) as video:
        assert [frame.index for frame in video.frames(every=10, min_interval=0.5)] == [0, 20, 40]


def test_memory_does_not_grow_with_the_length_of_the_video(tmp_path):
    def peak(count):
        images = (np.full((480, 640, 3), n % 200, np.uint8) for n in range(count))
        path = write_video(tmp_path / f"{count}.mp4", images)
        tracemalloc.start()
        with Video(path) as video:
            for _ in video.frames():
                pass
        highest = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return highest

    assert peak(120) < peak(20) + 640 * 480 * 3  # less than one frame more


def test_a_missing_file_and_a_folder_are_reported_with_their_path(tmp_path):
    with pytest.raises(errors.VideoError, match=r"missing\.mp4 cannot be opened: No such file"):
        Video(tmp_path / "missing.mp4")
    with pytest.raises(errors.VideoError, match="cannot be opened: Is a directory"):
        Video(tmp_path)


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "is empty"), (b"no video\n" * 500, "is not a video"), (b"\x00", "is not a video")],
)
def test_other_files_are_not_videos(tmp_path, content, message):
    path = tmp_path / "other.mp4"
    path.write_bytes(content)
    with pytest.raises(errors.NotAVideoError, match=message):
        Video(path)


def test_a_sound_file_is_not_a_video(tmp_path):
    import av

    path = tmp_path / "sound.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=44100)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        frame.sample_rate = 44100
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with pytest.raises(errors.NotAVideoError, match="contains no frames, only sound"):
        Video(path)
    path = tmp_path / "sound.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, 8000, "NONE", ""))
        file.writeframes(bytes(16000))
    with pytest.raises(errors.NotAVideoError):
        Video(path)


def test_a_file_that_refers_to_another_file_is_not_opened(tmp_path, clip):
    playlist = tmp_path / "list.m3u8"
    playlist.write_text(f"#EXTM3U\n#EXTINF:2,\n{clip}\n#EXT-X-ENDLIST\n")
    with pytest.raises(errors.NotAVideoError):
        Video(playlist)
    concat = tmp_path / "list.ffconcat"
    concat.write_text(f"ffconcat version 1.0\nfile {clip}\n")
    with pytest.raises(errors.NotAVideoError):
        Video(concat)


def test_a_name_with_a_colon_is_a_file_not_an_address(tmp_path, clip, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rtsp:ward.mp4").write_bytes(clip.read_bytes())
    with Video("rtsp:ward.mp4") as video:
        assert len(list(video.frames())) == 50
    with pytest.raises(errors.VideoError, match="No such file"):
        Video("http://127.0.0.1/clip.mp4")


def test_a_video_without_its_index_is_reported_as_truncated(tmp_path, clip):
    short = tmp_path / "short.mp4"
    data = clip.read_bytes()
    short.write_bytes(data[: data.index(b"moov") - 4])
    with pytest.raises(errors.TruncatedVideoError, match="stops before its end"):
        Video(short)


def test_a_truncated_video_gives_its_frames_and_then_an_error(tmp_path):
    complete = write_video(tmp_path / "whole.mkv", grey_frames(50), codec="mjpeg").read_bytes()
    short = tmp_path / "short.mkv"
    short.write_bytes(complete[: len(complete) // 2])
    indices = []
    with (
        Video(short) as video,
        pytest.raises(errors.TruncatedVideoError, match=r"stops at \d\.\d s of 2\.0 s"),
    ):
        for frame in video.frames():
            indices.append(frame.index)
    assert 10 < len(indices) < 40


def test_damaged_parts_are_counted_and_skipped(tmp_path):
    noise = np.random.default_rng(0).integers(0, 40, (48, 64, 3), np.uint8)
    images = [image + noise for image in grey_frames(50)]
    path = write_video(tmp_path / "clip.avi", images, codec="mjpeg")
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 300] = bytes(300)
    path.write_bytes(data)
    with Video(path) as video:
        assert 40 < len(list(video.frames())) < 50
        assert video.damaged_parts >= 1


def test_frames_that_are_too_large_or_too_small_are_refused(tmp_path, clip):
    with pytest.raises(errors.VideoError, match="64 x 48 pixels; the limit is 0 million"):
        Video(clip, max_pixels=3000)
    tiny = write_video(tmp_path / "tiny.mkv", grey_frames(2, 16, 8))
    with pytest.raises(errors.VideoError, match="16 x 8 pixels; at least 16"):
        Video(tiny)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damaged_bytes_raise_nothing_but_a_video_error(clip, tmp_path, data):
    content = bytearray(clip.read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / "damaged.mp4"
    path.write_bytes(content[: data.draw(st.integers(1, len(content)))])
    times = [-1.0]
    try:
        with Video(path) as video:
            for number, frame in enumerate(video.frames()):
                assert frame.seconds > times[-1]
                times.append(frame.seconds)
                if number > 60:
                    break
    except errors.VideoError as error:
        assert str(error).endswith(".")


def test_without_pyav_the_error_has_the_command_to_install_it(clip, monkeypatch):
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(errors.MissingExtraError, match=r"pip install 'wince\[video\]'"):
        Video(clip)


def test_packet_times_are_those_of_the_decoded_frames_or_unknown(tmp_path) -> None:
    """A transport stream that was cut begins with packets that give no frame."""
    options = {"g": "12", "preset": "ultrafast", "bf": "2"}
    whole = write_video(tmp_path / "whole.ts", grey_frames(48), options=options)
    content = whole.read_bytes()
    for packets in (0, len(content) // 188 // 3, len(content) // 188 // 2):
        path = tmp_path / f"cut-{packets}.ts"
        path.write_bytes(content[188 * packets :])
        with Video(path) as video:
            times = video.packet_times()
        with Video(path) as video:
            decoded = video.decoded_times()
        assert times is None or times == pytest.approx(decoded, abs=1e-3)
        assert (times is not None) == (packets == 0)
