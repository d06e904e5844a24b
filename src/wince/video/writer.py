"""Write a video from frames with their times: MP4 with H.264, without sound."""

from contextlib import ExitStack, suppress
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from wince.errors import VideoError
from wince.files import replacing
from wince.video.files import require_av

_CODEC = "libx264"
_OPTIONS = {"preset": "veryfast", "crf": "21"}
_TIME_BASE = Fraction(1, 90000)


class _NothingWrittenError(Exception):
    """No frame was written, so the temporary file is removed."""


class VideoWriter:
    """A video file that is being written, for use in a `with` statement.

    The file appears at its path when the block ends without an error, if any frame was written.
    """

    def __init__(self, path: Path, frame_rate: float) -> None:
        """Prepare to write.

        Args:
            path: A path that ends in .mp4.
            frame_rate: Frames per second that the file states; each frame has a time of its own.
        """
        require_av()
        self._path = path
        self._rate = Fraction(frame_rate).limit_denominator(1001)
        self._stack = ExitStack()
        self._container: Any = None
        self._stream: Any = None

    def __enter__(self) -> Self:
        import av

        temporary = self._stack.enter_context(replacing(self._path))
        try:
            self._container = self._stack.enter_context(av.open(str(temporary), "w", format="mp4"))
        except (av.FFmpegError, OSError, ValueError):
            self._stack.close()
            raise
        return self

    def write(self, rgb: NDArray[np.uint8], seconds: float) -> None:
        """Write a frame.

        Args:
            rgb: uint8 (H, W, 3), of the same size for each frame; an odd last row or column is left
                out.
            seconds: Its time, later than that of the previous frame.
        """
        import av

        height, width = (side - side % 2 for side in rgb.shape[:2])
        if self._stream is None:
            self._stream = self._container.add_stream(_CODEC, rate=self._rate, options=_OPTIONS)
            self._stream.width, self._stream.height = width, height
            self._stream.pix_fmt = "yuv420p"
            self._stream.codec_context.time_base = _TIME_BASE
        elif (self._stream.width, self._stream.height) != (width, height):
            raise VideoError(
                f"{self._path}: expected frames of {self._stream.width} x {self._stream.height} "
                f"pixels, found {width} x {height}. Annotate the parts of the video separately."
            )
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb[:height, :width]), "rgb24")
        frame.pts, frame.time_base = round(seconds / _TIME_BASE), _TIME_BASE
        self._container.mux(self._stream.encode(frame))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None and self._stream is None:
            with suppress(_NothingWrittenError):
                self._stack.__exit__(_NothingWrittenError, _NothingWrittenError(), None)
            return
        if error is None:
            self._container.mux(self._stream.encode(None))
        self._stack.__exit__(kind, error, trace)
