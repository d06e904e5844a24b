"""Single frames of videos for a worker, which reads each video from start to end once."""

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wince.errors import ImageError, VideoError
from wince.video import Video, VideoFrame

SAME_TIME = 1e-4
"""Two times within this many seconds are those of one frame."""


class FrameReader:
    """Reads wanted frames of one video in the order of time; other frames are only decoded."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._wanted = 0.0
        self._video: Video | None = None
        self._frames: Iterator[VideoFrame] = iter(())
        self._frame: VideoFrame | None = None  # the last one that was decoded, None at the end

    def read(self, seconds: float) -> NDArray[np.uint8]:
        """Return the frame at a time as RGB uint8 (H, W, 3).

        Args:
            seconds: Time of a frame, as `wince.video.frame_times` states it.

        Raises:
            ImageError: There is no frame that can be decoded at this time.
        """
        if self._video is None or seconds < self._wanted:
            self._open()
        self._wanted = seconds
        while self._frame is not None and self._frame.seconds < seconds - SAME_TIME:
            self._advance()
        if self._frame is None or self._frame.seconds > seconds + SAME_TIME:
            raise ImageError(
                "this frame of the video cannot be decoded. Export or copy the video again"
            )
        return self._frame.rgb

    def _open(self) -> None:
        self.close()
        try:
            self._video = Video(self.path)
        except VideoError as error:
            raise ImageError(str(error)) from error
        self._wanted = 0.0
        self._frames = self._video.frames(is_wanted=lambda at: at >= self._wanted - SAME_TIME)
        self._advance()

    def _advance(self) -> None:
        try:
            self._frame = next(self._frames, None)
        except VideoError:  # the report states that the video breaks off
            self._frame = None

    def close(self) -> None:
        """Close the video."""
        if self._video is not None:
            self._video.close()
            self._video = None


_thread = threading.local()
"""`reader` is that of the video that this thread reads. Workers of a cluster may have threads."""


def read_frame(path: Path, seconds: float) -> NDArray[np.uint8]:
    """Return a frame of a video; quickly if frames are asked for in the order of time.

    Raises:
        ImageError: The frame cannot be read.
    """
    reader: FrameReader | None = getattr(_thread, "reader", None)
    if reader is None or reader.path != path:
        close()
        reader = _thread.reader = FrameReader(path)
    return reader.read(seconds)


def close() -> None:
    """Close the video that this thread reads."""
    reader: FrameReader | None = getattr(_thread, "reader", None)
    if reader is not None:
        reader.close()
        _thread.reader = None
