"""Video files: the frames one after another, upright, as RGB pixels with their times.

One frame is held at a time, so memory does not grow with the length of the video. Only this
machine's files are read: whatever a file points to, on the network or on disk, stays closed.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from wince.errors import (
    MissingExtraError,
    NotAVideoError,
    TruncatedVideoError,
    VideoError,
)
from wince.images import MAX_PIXELS, MIN_SIDE

if TYPE_CHECKING:
    import av
    from av.video.stream import VideoStream

SUFFIXES = (
    ".mp4",
    ".m4v",
    ".mov",
    ".3gp",
    ".mkv",
    ".webm",
    ".avi",
    ".mpg",
    ".mpeg",
    ".ts",
    ".mts",
    ".m2ts",
    ".wmv",
    ".flv",
    ".ogv",
    ".mjpeg",
)
LONGEST_SIDE = 1920  # pixels of a frame that is handed out; larger ones are scaled down to it
DEFAULT_FRAME_RATE = 25.0  # frames per second where neither the file nor its frames know

# Playlists and picture series, which open further files, are not among the forms that are read.
_CONTAINER_FORMATS = (
    "mov,mp4,m4a,3gp,3g2,mj2",
    "matroska,webm",
    "avi",
    "mpeg",
    "mpegts",
    "mpegvideo",
    "m4v",
    "h264",
    "hevc",
    "asf",
    "flv",
    "ogg",
    "mjpeg",
)
_END_TOLERANCE_SECONDS = 0.5  # seconds before the stated end at which the last frame may stand
_END_TOLERANCE_SHARE = 0.05  # or as much of the stated length, whichever is more


@dataclass(frozen=True, slots=True)
class VideoFrame:
    """One frame of a video.

    index: its number in the file, from 0, those passed over counted as well. seconds: its time
    since the first frame; it grows from frame to frame. rgb: uint8 (H, W, 3), upright.
    """

    index: int
    seconds: float
    rgb: NDArray[np.uint8]


class Video:
    """A video file that is open; use it in a `with` statement and go through its frames once.

    width, height: in pixels as coded, before a frame is turned upright. seconds: stated length,
    None when the file does not say. rate: frames per second, stated or usual. damaged: parts of the
    file so far that could not be decoded; their frames are missing.
    """

    def __init__(self, source: str | os.PathLike[str], *, max_pixels: int = MAX_PIXELS) -> None:
        """Open a video file. max_pixels: of one frame.

        Raises NotAVideoError when it is none, or holds sound alone, TruncatedVideoError when it
        cannot be opened for want of its end, VideoError when it cannot be read at all or its frames
        are too large or too small, and MissingExtraError without PyAV.
        """
        self.name = str(source)
        self._max_pixels = max_pixels
        self._container = _open(Path(source))
        try:
            self._stream = self._first_stream()
        except BaseException:
            self._container.close()
            raise
        self._stream.thread_type = "AUTO"
        self.width, self.height = self._stream.width, self._stream.height
        self.frame_rate = float(
            self._stream.average_rate or self._stream.guessed_rate or DEFAULT_FRAME_RATE
        )
        self.duration = self._length()
        self.damaged_parts = 0

    def _first_stream(self) -> "VideoStream":
        pictures = [
            stream
            for stream in self._container.streams.video
            if not stream.disposition & stream.disposition.__class__.attached_pic
        ]
        if not pictures:
            raise NotAVideoError(
                f"{self.name} has no pictures in it, only "
                f"{'sound' if self._container.streams.audio else 'other data'}. Choose a video."
            )
        stream: VideoStream = pictures[0]
        if stream.codec_context is None:
            raise VideoError(
                f"{self.name} is coded in a way that is not known here. Save it as MP4 with H.264."
            )
        self._check_size(stream.width, stream.height)
        return stream

    def _check_size(self, width: int, height: int) -> None:
        if width * height > self._max_pixels:
            raise VideoError(
                f"{self.name} has frames of {width} x {height} pixels; the limit is "
                f"{self._max_pixels / 1e6:.0f} million. Save it smaller."
            )
        if min(width, height) < MIN_SIDE:
            raise VideoError(
                f"{self.name} has frames of {width} x {height} pixels; at least {MIN_SIDE} a side "
                "are needed."
            )

    def _length(self) -> float | None:
        if self._stream.duration and self._stream.time_base:
            return float(self._stream.duration * self._stream.time_base)
        return self._container.duration / 1e6 if self._container.duration else None

    @property
    def expected_frames(self) -> int | None:
        """About how many frames there are, None when the file does not say."""
        if self._stream.frames:
            return int(self._stream.frames)
        return None if self.duration is None else round(self.duration * self.frame_rate)

    def frames(self, *, every: int = 1, min_interval: float = 0.0) -> Iterator[VideoFrame]:
        """Yield the frames in the order of their times.

        every: only each nth frame, the first being the first of the file. seconds: and of these
        only such as lie at least so far behind the one before.

        Raises TruncatedVideoError after the last good frame when the file stops before its stated
        end, VideoError when nothing in it can be decoded. Damaged parts between good ones are
        passed over and counted in `damaged`.
        """
        index, time, yielded = -1, None, None
        start = 0.0
        for frame in self._decoded():
            index += 1
            stated = frame.time
            if time is None:
                start, time = stated or 0.0, 0.0
            else:
                step = None if stated is None else stated - start - time
                # A file put together of several may begin to count anew.
                if step is None or step <= 0:
                    step = 1.0 / self.frame_rate
                    start = start if stated is None else stated - time - step
                time += step
            due = yielded is None or time - yielded >= min_interval - 1e-6
            if index % every == 0 and due:
                yielded = time
                yield VideoFrame(index, time, self._rgb(frame))
        if time is None:
            raise VideoError(
                f"{self.name} holds no frame that can be decoded. Export or record it again."
            )
        self._check_end(time)

    def _check_end(self, last: float) -> None:
        if self.duration is None:
            return
        missing = self.duration - last - 1.0 / self.frame_rate
        if missing > max(_END_TOLERANCE_SECONDS, _END_TOLERANCE_SHARE * self.duration):
            raise TruncatedVideoError(
                f"{self.name} stops at {last:.1f} s of {self.duration:.1f} s: the rest is missing "
                "or damaged. Export or copy it again."
            )

    def _decoded(self) -> Iterator["av.VideoFrame"]:
        """Yield decoded frames; what cannot be decoded is counted."""
        import av

        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets, None)
            except (av.FFmpegError, OSError):  # the file itself cannot be read on
                self.damaged_parts += 1
                return
            if packet is None:
                return
            try:
                decoded = packet.decode()
            except (av.FFmpegError, OSError):
                self.damaged_parts += 1
                continue
            for frame in decoded:
                if frame.is_corrupt:
                    self.damaged_parts += 1
                else:
                    yield frame

    def _rgb(self, frame: "av.VideoFrame") -> NDArray[np.uint8]:
        self._check_size(frame.width, frame.height)  # it may change on the way
        return to_rgb(frame)

    def close(self) -> None:
        """Close the file."""
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


def to_rgb(frame: "av.VideoFrame") -> NDArray[np.uint8]:
    """Return a decoded frame's pixels, upright: uint8 (H, W, 3), the longest side at most 1920."""
    scale = min(1.0, LONGEST_SIDE / max(frame.width, frame.height))
    small = frame.reformat(
        width=max(1, round(frame.width * scale)),
        height=max(1, round(frame.height * scale)),
        format="rgb24",
    )
    turns = round(frame.rotation / 90) % 4  # counter-clockwise, as a phone writes it
    return np.ascontiguousarray(np.rot90(small.to_ndarray(), turns))


def require_av() -> None:
    """Raise MissingExtraError unless PyAV, the reader of videos and cameras, is installed."""
    try:
        import av  # noqa: F401
    except ImportError:
        raise MissingExtraError(
            "Videos and cameras need PyAV, which the small install leaves out. "
            "Install it with: pip install 'wince[video]'"
        ) from None


def _open(path: Path) -> Any:
    require_av()
    import av

    av.logging.set_level(None)  # what libav has to say about a file is said in our sentences
    try:
        with path.open("rb") as file:
            begin = file.read(1)
    except (OSError, ValueError) as error:  # ValueError: a null byte in the name
        reason = getattr(error, "strerror", None) or str(error)
        raise VideoError(f"{path} cannot be opened: {reason}. Check the path.") from error
    if not begin:
        raise NotAVideoError(f"{path} is empty: expected a video, such as MP4, MOV or WebM.")
    # "file:" and the whitelists keep a name or a file from leading to any other place.
    options = {"format_whitelist": ",".join(_CONTAINER_FORMATS), "protocol_whitelist": "file"}
    try:
        return av.open(f"file:{path}", container_options=options)
    except (av.FFmpegError, OSError, ValueError) as error:
        if _looks_like_video(path):
            raise TruncatedVideoError(
                f"{path} stops before its end or is damaged, and cannot be opened. "
                "Export or copy it again."
            ) from error
        raise NotAVideoError(
            f"{path} is not a video that can be read here. Expected one such as MP4, MOV, MKV, "
            "WebM or AVI."
        ) from error


def _looks_like_video(path: Path) -> bool:
    """Whether the first bytes are those of a video file, however it goes on."""
    with path.open("rb") as file:
        head = file.read(12)
    return (
        head[4:8] in (b"ftyp", b"moov", b"mdat")
        or head[:4] == b"\x1aE\xdf\xa3"  # Matroska and WebM
        or (head[:4] == b"RIFF" and head[8:12] == b"AVI ")
    )
