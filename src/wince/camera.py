"""Read a camera, always its newest frame, so that slow processing never lags."""

import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

from wince.errors import VideoError
from wince.files import Closing
from wince.video import VideoFrame
from wince.video.deinterlace import deinterlaced
from wince.video.files import require_av
from wince.video.network_camera import is_address, open_address, shown_address
from wince.video.pixels import to_rgb

INPUT_FORMATS = {"linux": "v4l2", "darwin": "avfoundation", "win32": "dshow"}
"""`sys.platform` -> FFmpeg's name of the system's camera interface."""
FRAME_TIMEOUT = 5.0
"""A camera counts as disconnected after this many seconds without a frame."""


def input_format() -> str:
    """Return FFmpeg's name of this system's camera interface.

    Raises:
        VideoError: The system has none that wince knows.
    """
    try:
        return INPUT_FORMATS[sys.platform]
    except KeyError:
        raise VideoError(
            f"Cameras cannot be read on {sys.platform}; give a video file instead."
        ) from None


def default_camera() -> str:
    """Return the name of the system's default camera, or of the first one.

    Raises:
        VideoError: There is no camera.
    """
    require_av()
    import av

    try:
        devices = av.enumerate_input_devices(input_format())
    except (av.FFmpegError, OSError, ValueError):
        devices = []
    cameras = [device for device in devices if "video" in device.media_types]
    if not cameras:
        raise VideoError("No camera was found. Plug one in, or give a video file.")
    camera = next((camera for camera in cameras if camera.is_default), cameras[0])
    return str(camera.name)


def _open_device(name: str, source_format: str) -> Any:
    """Return PyAV's container for a camera of this machine.

    Raises:
        VideoError: The camera cannot be opened.
    """
    import av

    is_bare_name = source_format == "dshow" and not name.startswith("video=")
    av.logging.set_level(None)
    try:
        return av.open(
            f"video={name}" if is_bare_name else name, format=source_format, timeout=FRAME_TIMEOUT
        )
    except (av.FFmpegError, OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise VideoError(
            f"The camera {name} cannot be opened: {reason}. Check that it is plugged in and that "
            "no other program uses it."
        ) from error


class Camera(Closing):
    """An open camera, for use in a `with` statement.

    A thread reads the camera and keeps only the newest frame.

    Attributes:
        name: The name of the camera, or its address without password.
    """

    def __init__(
        self, source: str, *, source_format: str | None = None, allow_network: bool = False
    ) -> None:
        """Open a camera.

        Args:
            source: The system's name of the camera, such as /dev/video0, or its rtsp://, http:// or
                https:// address.
            source_format: FFmpeg's name of the interface; None for this system's own.
            allow_network: Whether an address may be on another machine.

        Raises:
            VideoError: The camera cannot be opened.
        """
        require_av()
        if is_address(source):
            self.name = shown_address(source)
            self._container = open_address(
                source, allow_network=allow_network, timeout=FRAME_TIMEOUT
            )
        else:
            self.name = source
            self._container = _open_device(source, source_format or input_format())
        if not self._container.streams.video:
            self._container.close()
            raise VideoError(f"The camera {self.name} sends no images. Check its settings.")
        self._stream = self._container.streams.video[0]
        self._changed = threading.Condition()
        self._newest: tuple[int, float, Any] | None = None  # index, time, frame
        self._end_reason: str | None = None
        self._closing = False
        self._reader = threading.Thread(target=self._read, name="wince-camera", daemon=True)
        self._reader.start()

    def _read(self) -> None:
        import av

        reason = "it sends no more frames"
        try:
            for index, frame in enumerate(deinterlaced(self._container.decode(self._stream))):
                if self._closing:
                    return
                with self._changed:
                    self._newest = (index, time.monotonic(), frame)
                    self._changed.notify()
        except (av.FFmpegError, OSError) as error:
            reason = getattr(error, "strerror", None) or type(error).__name__
        finally:
            with self._changed:
                self._end_reason = reason
                self._changed.notify()

    def frames(self, *, every: int = 1) -> Iterator[VideoFrame]:
        """Yield the newest frame on each request; no frame comes twice, and some are skipped.

        Args:
            every: Smallest step between the numbers of two frames; those in between are skipped.

        Raises:
            VideoError: The camera is disconnected.
        """
        min_index = 0
        while True:
            index, seconds, frame = self._wait_for_frame(min_index)
            min_index = index + every
            yield VideoFrame(index, seconds, to_rgb(frame, self._stream.sample_aspect_ratio))

    def _wait_for_frame(self, min_index: int) -> tuple[int, float, Any]:
        """Return the newest frame as soon as its index is `min_index` or higher."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._end_reason or (self._newest and self._newest[0] >= min_index),
                timeout=FRAME_TIMEOUT,
            )
            if self._newest is None or self._newest[0] < min_index:
                reason = self._end_reason or f"no frame came for {FRAME_TIMEOUT:.0f} seconds"
                raise VideoError(f"The camera {self.name} is gone: {reason}.")
            return self._newest

    def close(self) -> None:
        """Release the camera."""
        self._closing = True
        self._reader.join(FRAME_TIMEOUT)
        if not self._reader.is_alive():  # closing the container during a read would crash
            self._container.close()
