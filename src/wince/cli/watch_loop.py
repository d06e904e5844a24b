"""The loops of `wince watch`: read the frames of a video or a camera."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from wince.camera import Camera, default_camera
from wince.cli.watch_view import TerminalView
from wince.cli.watcher import Watcher
from wince.errors import VideoError
from wince.video import Video
from wince.video.files import SUFFIXES as VIDEO_SUFFIXES
from wince.video.network_camera import is_address

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 8.0
"""Seconds between attempts to open a disconnected camera; the pause doubles each time."""


def camera_name(source: str | None) -> str | None:
    """Return the name or address of the camera to watch; None if the source is a file or folder.

    A source is a file if it exists or ends in the suffix of a video. Names of cameras may contain
    dots and slashes, such as "USB2.0 HD UVC WebCam" or /dev/video0.

    Args:
        source: A file, folder or camera as given; None for the first camera.

    Raises:
        VideoError: No source is given and there is no camera.
    """
    if source is None:
        return default_camera()
    path = Path(source)
    if is_address(source) or path.is_char_device():
        return source
    is_file = path.exists() or path.suffix.lower() in VIDEO_SUFFIXES
    return None if is_file else source


def watch_video(video: Video, every: int, watcher: Watcher, view: TerminalView) -> None:
    """Watch a video to its end.

    Raises:
        VideoError: It stops before its stated end.
    """
    for frame in video.frames(every=every):
        for seconds in watcher.process(frame, frame.seconds, time.monotonic()):
            view.show(watcher.status, position=seconds, duration=video.duration)


def watch_camera(
    camera: Camera,
    open_camera: Callable[[], Camera],
    every: int,
    watcher: Watcher,
    view: TerminalView,
) -> NoReturn:
    """Watch a camera until Ctrl+C, and open it again whenever it is disconnected."""
    start = time.monotonic()
    status = watcher.status
    pause = FIRST_PAUSE
    while True:
        try:
            for frame in camera.frames(every=every):
                pause = FIRST_PAUSE
                for seconds in watcher.process(frame, frame.seconds - start, frame.seconds):
                    view.show(status, position=seconds)
        except VideoError as error:
            status.note = f"{error} Trying again."
        finally:
            camera.close()
        status.states = {}  # the last statement is none about now
        reopened: Camera | None = None
        while reopened is None:
            view.show(status, position=time.monotonic() - start, force=True)
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
            try:
                reopened = open_camera()
            except VideoError as error:
                status.note = f"{error} Trying again."
        camera, status.note = reopened, ""
