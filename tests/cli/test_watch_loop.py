"""Choosing between a camera and a file, and opening a lost camera again."""

from pathlib import Path

import pytest

from tests.support.command_line import Run
from wince import camera, errors
from wince.cli import watch_loop, watch_run
from wince.cli.watch_loop import camera_name
from wince.cli.watch_view import TerminalView, WatchStatus

pytest.importorskip("av", reason="needs PyAV")

TEST_SOURCE = "testsrc=size=320x240:rate=20"
"""FFmpeg's test images, read as a camera is."""


@pytest.mark.parametrize(
    "name",
    [
        "USB2.0 HD UVC WebCam",
        "Logitech C920.v2",
        "FaceTime HD Camera",
        "/dev/video77",
        r"@device_pnp_\\?\usb#vid_046d&pid_082d",
        "Camera 1/2",
        "rtsp://127.0.0.1/ward.mp4",
        "http://nurse:secret@192.0.2.1/video.mjpeg",
    ],
)
def test_the_name_of_a_camera_is_not_taken_for_a_file(name: str) -> None:
    assert camera_name(name) == name


@pytest.mark.parametrize("name", ["missing.mp4", "ward/missing.MKV", "USB2.0 recording.avi"])
def test_a_missing_file_with_the_suffix_of_a_video_is_a_file(name: str) -> None:
    assert camera_name(name) is None


def test_an_existing_file_is_a_file_whatever_its_name(tmp_path: Path) -> None:
    for name in ("HD Camera", "notes.txt", "clip.mp4"):
        (tmp_path / name).touch()
        assert camera_name(str(tmp_path / name)) is None


def test_without_a_source_the_first_camera_is_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch_loop, "default_camera", lambda: "Front camera")
    assert camera_name(None) == "Front camera"


def test_a_lost_camera_is_opened_again_until_it_is_back(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = []

    class UnreliableCamera(camera.Camera):
        def __init__(self, name: str, *, allow_network: bool) -> None:
            opened.append(name)
            if len(opened) in (2, 3):
                raise errors.VideoError("The camera is not there yet.")
            seconds = "0.3" if len(opened) == 1 else "0.6"
            super().__init__(f"{TEST_SOURCE}:duration={seconds}", source_format="lavfi")
            self.name = name

    pauses = []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 4:  # the camera is lost for the second time
            raise KeyboardInterrupt

    shown = []

    def show(view: TerminalView, status: WatchStatus, **options: object) -> None:
        shown.append((bool(options.get("force")), bool(status.states), status.note))

    monkeypatch.setattr(TerminalView, "show", show)
    monkeypatch.setattr(watch_run, "Camera", UnreliableCamera)
    monkeypatch.setattr(watch_loop.time, "sleep", sleep)
    status, out, _ = run("watch", "ward-camera")
    assert status == 0
    assert opened == ["ward-camera"] * 4
    assert pauses == [0.5, 1.0, 2.0, 0.5], "pauses grow, and are short again after a frame"
    assert {has_state for lost, has_state, _ in shown if lost} == {False}, "nothing old is stated"
    assert {has_state for lost, has_state, _ in shown if not lost} == {True}
    assert all(note for lost, _, note in shown if lost)
    assert "Frames: " in out
