"""Read video files frame by frame: upright RGB pixels, each with its time.

One frame is in memory at a time, so memory does not grow with the length of the video. Only local
files are read: a playlist or a reference to another file or address is not followed.
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
LONGEST_SIDE = 1920
"""Larger frames are scaled down to this length of their longer side, in pixels."""
DEFAULT_FRAME_RATE = 25.0
"""Frames per second of a file that does not state its rate."""

# FFmpeg's names. Playlists and image sequences are left out because they open further files.
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
# How long before the stated end the last frame may be without the file counting as truncated: this
# many seconds or this share of the stated duration, whichever is longer.
_END_TOLERANCE_SECONDS = 0.5
_END_TOLERANCE_SHARE = 0.05


@dataclass(frozen=True, slots=True)
class VideoFrame:
    """One frame of a video or camera.

    Attributes:
        index: Number of the frame in the source, from 0; skipped frames are counted too.
        seconds: Time of the frame. It increases from frame to frame. In a video it is 0 at the
            first frame; for a camera it is the time of `time.monotonic`.
        rgb: uint8 (H, W, 3), upright.
    """

    index: int
    seconds: float
    rgb: NDArray[np.uint8]


class Video:
    """An open video file, for use in a `with` statement; its frames can be read once.

    Attributes:
        name: The path as given.
        width: Pixels as stored, before a frame is turned upright.
        height: As `width`.
        duration: Stated duration in seconds; None if the file does not state one.
        frame_rate: Frames per second, as stated or else DEFAULT_FRAME_RATE.
        damaged_parts: How many parts of the file could not be decoded so far; their frames are
            missing.
    """

    def __init__(self, source: str | os.PathLike[str], *, max_pixels: int = MAX_PIXELS) -> None:
        """Open a video file.

        Args:
            source: Path of a local file.
            max_pixels: Limit for width x height of one frame.

        Raises:
            NotAVideoError: The file is not a video, or contains sound only.
            TruncatedVideoError: The file looks like a video, but its end is missing or damaged.
            VideoError: The file cannot be read, or its frames are too large or too small.
            MissingExtraError: PyAV is not installed.
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
        stated_rate = self._stream.average_rate or self._stream.guessed_rate
        self.frame_rate = float(stated_rate or DEFAULT_FRAME_RATE)
        self.duration = self._stated_duration()
        self.damaged_parts = 0

    def _first_stream(self) -> "VideoStream":
        """Return the first stream of frames; a cover image is not one."""
        streams = [
            stream
            for stream in self._container.streams.video
            if not stream.disposition & stream.disposition.__class__.attached_pic
        ]
        if not streams:
            content = "sound" if self._container.streams.audio else "other data"
            raise NotAVideoError(f"{self.name} contains no frames, only {content}. Choose a video.")
        stream: VideoStream = streams[0]
        if stream.codec_context is None:
            raise VideoError(
                f"{self.name} is encoded in a way that wince cannot decode. "
                "Save it as MP4 with H.264."
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

    def _stated_duration(self) -> float | None:
        if self._stream.duration and self._stream.time_base:
            return float(self._stream.duration * self._stream.time_base)
        return self._container.duration / 1e6 if self._container.duration else None

    @property
    def expected_frames(self) -> int | None:
        """Approximate number of frames; None if the file does not state it."""
        if self._stream.frames:
            return int(self._stream.frames)
        return None if self.duration is None else round(self.duration * self.frame_rate)

    def frames(self, *, every: int = 1, min_interval: float = 0.0) -> Iterator[VideoFrame]:
        """Yield the frames in the order of their times.

        Damaged parts between good ones are skipped and counted in `damaged_parts`.

        Args:
            every: Yield only each nth frame of the file, starting with the first.
            min_interval: Yield a frame only if it is at least this many seconds after the one
                yielded before.

        Raises:
            TruncatedVideoError: The file stops before its stated end. Raised after the last good
                frame.
            VideoError: No frame can be decoded.
        """
        seconds: float | None = None
        last_yielded: float | None = None
        for index, (seconds, frame) in enumerate(self._timed_frames()):
            is_due = last_yielded is None or seconds - last_yielded >= min_interval - 1e-6
            if index % every == 0 and is_due:
                last_yielded = seconds
                self._check_size(frame.width, frame.height)  # the size may change within a file
                yield VideoFrame(index, seconds, to_rgb(frame))
        if seconds is None:
            raise VideoError(
                f"{self.name} contains no frame that can be decoded. Export or record it again."
            )
        self._check_end(seconds)

    def _timed_frames(self) -> Iterator[tuple[float, "av.VideoFrame"]]:
        """Yield each decoded frame with its seconds since the first one, strictly increasing."""
        start = 0.0
        seconds: float | None = None
        for frame in self._decoded_frames():
            if seconds is None:
                start, seconds = frame.time or 0.0, 0.0
            else:
                step = None if frame.time is None else frame.time - start - seconds
                if step is None or step <= 0:
                    # Without a time, or where times restart in a file joined from several.
                    step = 1.0 / self.frame_rate
                    start = start if frame.time is None else frame.time - seconds - step
                seconds += step
            yield seconds, frame

    def _decoded_frames(self) -> Iterator["av.VideoFrame"]:
        """Yield the frames that can be decoded; count the parts that cannot."""
        import av

        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets, None)
            except (av.FFmpegError, OSError):  # the rest of the file cannot be read
                self.damaged_parts += 1
                return
            if packet is None:
                return
            try:
                frames = packet.decode()
            except (av.FFmpegError, OSError):
                self.damaged_parts += 1
                continue
            for frame in frames:
                if frame.is_corrupt:
                    self.damaged_parts += 1
                else:
                    yield frame

    def _check_end(self, last_seconds: float) -> None:
        """Raise TruncatedVideoError if the last frame is too far before the stated end."""
        if self.duration is None:
            return
        missing = self.duration - last_seconds - 1.0 / self.frame_rate
        if missing > max(_END_TOLERANCE_SECONDS, _END_TOLERANCE_SHARE * self.duration):
            raise TruncatedVideoError(
                f"{self.name} stops at {last_seconds:.1f} s of {self.duration:.1f} s: the rest is "
                "missing or damaged. Export or copy it again."
            )

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
    """Return the pixels of a decoded frame, upright.

    Returns:
        uint8 (H, W, 3), scaled down if needed so that the longer side is at most LONGEST_SIDE.
    """
    scale = min(1.0, LONGEST_SIDE / max(frame.width, frame.height))
    rgb = frame.reformat(
        width=max(1, round(frame.width * scale)),
        height=max(1, round(frame.height * scale)),
        format="rgb24",
    ).to_ndarray()
    quarter_turns = round(frame.rotation / 90) % 4  # counter-clockwise, as phones write it
    return np.ascontiguousarray(np.rot90(rgb, quarter_turns))


def require_av() -> None:
    """Raise MissingExtraError unless PyAV, which reads videos and cameras, is installed."""
    try:
        import av  # noqa: F401  # imported only to see whether it is installed
    except ImportError:
        raise MissingExtraError(
            "Videos and cameras need PyAV, which the small install leaves out. "
            "Install it with: pip install 'wince[video]'"
        ) from None


def _open(path: Path) -> Any:
    """Return PyAV's container for a video file."""
    require_av()
    import av

    av.logging.set_level(None)  # FFmpeg would print to stderr; our errors say what is wrong
    try:
        with path.open("rb") as file:
            first_byte = file.read(1)
    except (OSError, ValueError) as error:  # ValueError: a null byte in the name
        reason = getattr(error, "strerror", None) or str(error)
        raise VideoError(f"{path} cannot be opened: {reason}. Check the path.") from error
    if not first_byte:
        raise NotAVideoError(f"{path} is empty: expected a video, such as MP4, MOV or WebM.")
    # The prefix "file:" keeps a name from being taken for an address, and the lists of allowed
    # formats and protocols keep a file from leading to another file or address.
    options = {"format_whitelist": ",".join(_CONTAINER_FORMATS), "protocol_whitelist": "file"}
    try:
        return av.open(f"file:{path}", container_options=options)
    except (av.FFmpegError, OSError, ValueError) as error:
        if _starts_like_video(path):
            raise TruncatedVideoError(
                f"{path} stops before its end or is damaged, and cannot be opened. "
                "Export or copy it again."
            ) from error
        raise NotAVideoError(
            f"{path} is not a video that wince can read. Expected one such as MP4, MOV, MKV, "
            "WebM or AVI."
        ) from error


def _starts_like_video(path: Path) -> bool:
    """Return whether the first bytes are those of an MP4, Matroska, WebM or AVI file."""
    with path.open("rb") as file:
        head = file.read(12)
    return (
        head[4:8] in (b"ftyp", b"moov", b"mdat")
        or head[:4] == b"\x1aE\xdf\xa3"  # Matroska and WebM
        or (head[:4] == b"RIFF" and head[8:12] == b"AVI ")
    )
