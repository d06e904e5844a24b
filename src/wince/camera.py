"""A camera of this machine: always its newest frame, so that slow work never falls behind."""

import sys
import threading
import time
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Self

from wince.errors import VideoError
from wince.video import VideoFrame, require_av, to_rgb

INPUT_FORMATS = {"linux": "v4l2", "darwin": "avfoundation", "win32": "dshow"}
FRAME_TIMEOUT = 5.0
"""Seconds without a frame after which a camera counts as gone."""


def input_format() -> str:
    """Return how this system's cameras are read; raise VideoError where that is not known."""
    try:
        return INPUT_FORMATS[sys.platform]
    except KeyError:
        raise VideoError(
            f"Cameras cannot be read on {sys.platform}; give a video file instead."
        ) from None


def default_camera() -> str:
    """Return the name of the first camera. Raises VideoError when there is none."""
    require_av()
    import av

    try:
        found = [
            one for one in av.enumerate_input_devices(input_format()) if "video" in one.media_types
        ]
    except (av.FFmpegError, OSError, ValueError):
        found = []
    if not found:
        raise VideoError("No camera was found. Plug one in, or give a video file.")
    chosen = next((one for one in found if one.is_default), found[0])
    return str(chosen.name)


class Camera:
    """A camera that is open; use it in a `with` statement.

    A thread of its own reads it and keeps the newest frame alone.
    """

    def __init__(self, name: str, *, source_format: str | None = None) -> None:
        """Open a camera by the name that the system gives it, such as /dev/video0.

        Raises VideoError when it cannot be opened.
        """
        require_av()
        import av

        self.name = name
        chosen = source_format or input_format()
        address = f"video={name}" if chosen == "dshow" and not name.startswith("video=") else name
        av.logging.set_level(None)
        try:
            self._container: Any = av.open(address, format=chosen, timeout=FRAME_TIMEOUT)
            self._stream = self._container.streams.video[0]
        except (av.FFmpegError, OSError, ValueError, IndexError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise VideoError(
                f"The camera {name} cannot be opened: {reason}. Is it plugged in, and does no "
                "other program use it?"
            ) from error
        self._changed = threading.Condition()
        self._newest: tuple[int, float, Any] | None = None
        self._ended: str | None = None
        self._open = True
        self._reader = threading.Thread(target=self._read, name="wince-camera", daemon=True)
        self._reader.start()

    def _read(self) -> None:
        import av

        reason = "it sends no more frames"
        try:
            for number, frame in enumerate(self._container.decode(self._stream)):
                if not self._open:
                    return
                with self._changed:
                    self._newest = (number, time.monotonic(), frame)
                    self._changed.notify()
        except (av.FFmpegError, OSError) as error:
            reason = getattr(error, "strerror", None) or str(error)
        finally:
            with self._changed:
                self._ended = reason
                self._changed.notify()

    def frames(self, *, every: int = 1) -> Iterator[VideoFrame]:
        """Yield the newest frame each time one is asked for; frames come once, some are left out.

        `seconds` of a frame is when it was taken, on the clock of `time.monotonic`. every: only
        such frames of the camera as lie so many apart.

        Raises VideoError when the camera is gone.
        """
        due = 0
        while True:
            number, taken, frame = self._wait(due)
            due = number + every
            yield VideoFrame(number, taken, to_rgb(frame))

    def _wait(self, due: int) -> tuple[int, float, Any]:
        """Return the newest frame as soon as it is number `due` or a later one."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._ended or (self._newest and self._newest[0] >= due),
                timeout=FRAME_TIMEOUT,
            )
            if self._newest is None or self._newest[0] < due:
                reason = self._ended or f"no frame came for {FRAME_TIMEOUT:.0f} seconds"
                raise VideoError(f"The camera {self.name} is gone: {reason}.")
            return self._newest

    def close(self) -> None:
        """Let the camera go."""
        self._open = False
        self._reader.join(FRAME_TIMEOUT)
        if not self._reader.is_alive():  # closing under a read would crash
            self._container.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
