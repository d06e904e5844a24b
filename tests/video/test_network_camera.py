"""Cameras on the network, with servers on this machine in their place."""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager

import numpy as np
import pytest

from tests.support.network_cameras import NetworkCamera, http_camera, rtsp_camera
from wince.camera import Camera
from wince.errors import VideoError
from wince.video.network_camera import is_address, open_address, shown_address

pytest.importorskip("av", reason="needs PyAV")

CameraServer = Callable[..., AbstractContextManager[NetworkCamera]]

IMAGES = [np.full((240, 320, 3), 20 + 4 * number, np.uint8) for number in range(50)]
ELSEWHERE = "http://192.0.2.1/"
"""An address that belongs to nobody (RFC 5737)."""


@pytest.mark.parametrize(("scheme", "camera"), [("http", http_camera), ("rtsp", rtsp_camera)])
def test_frames_of_a_camera_on_this_machine_are_read(scheme: str, camera: CameraServer) -> None:
    with camera(IMAGES) as server:
        address = f"{scheme}://nurse:secret@127.0.0.1:{server.port}/ward?token=secret"
        with Camera(address) as opened:
            assert opened.name == f"{scheme}://127.0.0.1:{server.port}/ward"
            frames = opened.frames()
            first, second = next(frames), next(frames)
    assert first.rgb.shape == (240, 320, 3)
    assert second.index > first.index
    assert second.rgb.mean() > first.rgb.mean(), "the images become lighter"


def test_a_camera_that_stops_is_reported_without_its_password() -> None:
    with (
        http_camera(IMAGES[:5]) as server,
        Camera(f"http://nurse:secret@127.0.0.1:{server.port}/ward?token=secret") as camera,
        pytest.raises(VideoError, match="is gone") as error,
    ):
        for _ in camera.frames():
            pass
    assert "secret" not in str(error.value)


@pytest.mark.parametrize(
    "address",
    [
        ELSEWHERE,
        "rtsp://192.0.2.1:554/ward",
        "http://127.0.0.1@192.0.2.1/",
        "http://localhost.example/",
        "https://[2001:db8::1]/",
    ],
)
def test_another_machine_is_not_reached_without_leave(address: str) -> None:
    with pytest.raises(VideoError, match=r"is on another machine\..*--allow-network"):
        open_address(address, allow_network=False, timeout=1)


def test_another_machine_is_reached_with_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    import av

    opened = []
    monkeypatch.setattr(av, "open", lambda address, **options: opened.append(address))
    open_address("rtsp://nurse:secret@192.0.2.1/ward", allow_network=True, timeout=1)
    assert opened == ["rtsp://nurse:secret@192.0.2.1/ward"]


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "localhost"])
@pytest.mark.parametrize(("scheme", "camera"), [("http", http_camera), ("rtsp", rtsp_camera)])
def test_redirects_are_not_followed(scheme: str, camera: CameraServer, host: str) -> None:
    with camera(IMAGES) as target:
        address = f"{scheme}://{host}:{target.port}/ward"
        with camera(IMAGES, redirect=address) as server:
            with pytest.raises(VideoError, match="cannot be opened"):
                Camera(f"{scheme}://127.0.0.1:{server.port}/")
            assert server.requests, "the camera was asked"
        assert target.requests == [], "the other machine was not"


def test_a_proxy_is_not_used_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", ELSEWHERE)
    with http_camera(IMAGES) as server, Camera(f"http://127.0.0.1:{server.port}/") as camera:
        assert next(camera.frames()).index >= 0


@pytest.mark.parametrize(
    "address", ["ftp://127.0.0.1/", "file:///etc/passwd", "rtsp://", "http://127.0.0.1:port/"]
)
def test_other_addresses_are_refused(address: str) -> None:
    with pytest.raises(VideoError, match="Expected rtsp://, http:// or https:// with a host"):
        open_address(address, allow_network=True, timeout=1)


def test_passwords_are_in_no_message(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    address = "rtsp://nurse:secret@127.0.0.1:1/ward?password=secret#secret"
    assert shown_address(address) == "rtsp://127.0.0.1:1/ward"
    with pytest.raises(VideoError) as error:
        Camera(address)
    assert "rtsp://127.0.0.1:1/ward cannot be opened" in str(error.value)
    assert error.value.__cause__ is None
    assert "secret" not in str(error.value) + caplog.text


@pytest.mark.parametrize("name", ["/dev/video0", "HD Camera: 1", "C:\\ward.mp4", "ward.mp4"])
def test_names_of_cameras_and_files_are_no_addresses(name: str) -> None:
    assert not is_address(name)
