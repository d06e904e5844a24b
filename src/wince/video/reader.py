"""Read video files frame by frame: pixels as a viewer sees them, each frame with its time.

At most a few frames are in memory at a time, so memory does not grow with the length of the video.
"""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from wince.errors import NotAVideoError, TruncatedVideoError, VideoError
from wince.files import Closing
from wince.images import MAX_PIXELS, MIN_SIDE
from wince.remote_path import to_path
from wince.video.colour import unsupported_colour
from wince.video.deinterlace import deinterlaced
from wince.video.files import open_container
from wince.video.pixels import to_rgb

if TYPE_CHECKING:
    import av
    from av.stream import Stream
    from av.video.stream import VideoStream

DEFAULT_FRAME_RATE = 25.0
"""Frames per second of a file that does not state its rate."""

# How long before the stated end the last frame may be without the file counting as truncated: this
# many seconds or this share of the stated duration, whichever is longer.
_END_TOLERANCE_SECONDS = 0.5
_END_TOLERANCE_SHARE = 0.05
_DURATION_TAG = re.compile(r"(\d+):(\d+):(\d+(?:\.\d+)?)")


@dataclass(frozen=True, slots=True)
class VideoFrame:
    """One frame of a video or camera.

    Attributes:
        index: Number of the frame in the source, from 0; skipped frames are counted too.
        seconds: Time of the frame. It increases from frame to frame. In a video it is 0 at the
            first frame; for a camera it is the time of `time.monotonic`.
        rgb: uint8 (H, W, 3): upright, with square pixels, progressive, 8-bit BT.709.
    """

    index: int
    seconds: float
    rgb: NDArray[np.uint8]


class Video(Closing):
    """An open video file, for use in a `with` statement; its frames can be read once.

    Attributes:
        name: The path as given.
        width: Pixels as stored, before a frame is turned upright and its pixels made square.
        height: As `width`.
        duration: Stated duration in seconds; None if the file does not state one.
        frame_rate: Frames per second, as stated or else DEFAULT_FRAME_RATE.
        damaged_parts: How many parts of the file could not be decoded so far; their frames are
            missing.
    """

    def __init__(self, source: str | os.PathLike[str], *, max_pixels: int = MAX_PIXELS) -> None:
        """Open a video file.

        Args:
            source: Path of a file. One at a URL is copied to the temporary folder meanwhile.
            max_pixels: Limit for width x height of one frame.

        Raises:
            NotAVideoError: The file is not a video, or contains sound only.
            TruncatedVideoError: The file looks like a video, but its end is missing or damaged.
            VideoError: The file cannot be read, or its frames are too large or too small.
            MissingExtraError: PyAV is not installed.
        """
        self.name = str(source)
        self._max_pixels = max_pixels
        with ExitStack() as stack:
            self._container = open_container(to_path(source), stack)
            self._stream = self._first_stream()
            self._opened = stack.pop_all()  # nothing above has failed
        self._stream.thread_type = "AUTO"
        self.width, self.height = self._stream.width, self._stream.height
        stated_rate = self._stream.average_rate or self._stream.guessed_rate
        self.frame_rate = float(stated_rate or DEFAULT_FRAME_RATE)
        self.duration, self._is_own_duration = self._stated_duration()
        self._end_of_other_streams = 0.0
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

    def _check_colour(self, frame: "av.VideoFrame") -> None:
        if problem := unsupported_colour(frame):
            raise VideoError(
                f"{self.name} uses {problem}, which wince cannot convert. Save it as MP4 "
                "with H.264 and BT.709."
            )

    def _stated_duration(self) -> tuple[float | None, bool]:
        """Return the stated seconds from the first frame on, and whether they are the frames' own.

        If not, they are those of the longest stream in the file, such as the sound.
        """
        stream = self._stream
        if stream.duration and stream.time_base:
            return float(stream.duration * stream.time_base), True
        # Matroska states only the end of the longest stream, but most programs add a tag.
        start = float((stream.start_time or 0) * (stream.time_base or 0))
        tag = _DURATION_TAG.fullmatch(stream.metadata.get("DURATION", ""))
        if tag:
            hours, minutes, seconds = map(float, tag.groups())
            return 3600 * hours + 60 * minutes + seconds - start, True
        if not self._container.duration:
            return None, False
        return self._container.duration / 1e6 - self._first_frame_offset(), False

    def _first_frame_offset(self) -> float:
        """Return the seconds from the start of the file to its first frame, as stated."""
        start, time_base = self._stream.start_time, self._stream.time_base
        if start is None or time_base is None:
            return 0.0
        return float(start * time_base) - (self._container.start_time or 0) / 1e6

    @property
    def expected_frames(self) -> int | None:
        """Approximate number of frames; None if the file does not state it."""
        if self._stream.frames:
            return int(self._stream.frames)
        return None if self.duration is None else round(self.duration * self.frame_rate)

    def decoded_times(self) -> list[float]:
        """Return the seconds of every frame as `frames` gives them; this decodes the file."""
        return [seconds for seconds, _ in self._timed_frames()]

    def packet_times(self) -> list[float] | None:
        """Return the seconds of every frame, without decoding the file; it is read to its end.

        Returns:
            The times as `frames` gives them. None if the packets do not state them, as in a stream
            without a container, if they restart, as in a file joined from several, or if the file
            begins with packets that give no frame, as one that was cut.
        """
        import av

        times: list[float] = []
        before: int | None = None
        try:
            for packet in self._container.demux():
                if packet.stream.index != self._stream.index:
                    self._note_end(packet)
                elif packet.size and not packet.is_discard:
                    restarts = None not in (before, packet.dts) and packet.dts < before
                    if packet.pts is None or packet.time_base is None or restarts:
                        return None
                    if not times and not packet.is_keyframe:
                        return None
                    before = packet.dts
                    times.append(float(packet.pts * packet.time_base))
        except (av.FFmpegError, OSError):
            self.damaged_parts += 1
        if times and min(times) < times[0]:  # shown before the first one that can be decoded
            return None
        return sorted({seconds - times[0] for seconds in times})

    def frames(
        self,
        *,
        every: int = 1,
        min_interval: float = 0.0,
        is_wanted: Callable[[float], bool] | None = None,
    ) -> Iterator[VideoFrame]:
        """Yield the frames in the order of their times.

        Damaged parts between good ones are skipped and counted in `damaged_parts`.

        Args:
            every: Yield only each nth frame of the file, starting with the first.
            min_interval: Yield a frame only if it is at least this many seconds after the one
                yielded before.
            is_wanted: Whether the frame at a time is yielded; None for every frame.

        Raises:
            TruncatedVideoError: The file stops before its stated end. Raised after the last good
                frame.
            VideoError: No frame can be decoded.
        """
        end: float | None = None
        last_yielded: float | None = None
        for index, (seconds, frame) in enumerate(self._timed_frames()):
            end = seconds + max(1.0 / self.frame_rate, _duration(frame))
            is_due = last_yielded is None or seconds - last_yielded >= min_interval - 1e-6
            if index % every == 0 and is_due and (is_wanted is None or is_wanted(seconds)):
                last_yielded = seconds
                self._check_size(frame.width, frame.height)  # the size may change within a file
                self._check_colour(frame)
                yield VideoFrame(index, seconds, to_rgb(frame, self._stream.sample_aspect_ratio))
        if end is None:
            raise self._no_frame()
        self._check_end(end)

    def _no_frame(self) -> VideoError:
        return VideoError(
            f"{self.name} contains no frame that can be decoded. Export or record it again."
        )

    def _timed_frames(self) -> Iterator[tuple[float, "av.VideoFrame"]]:
        """Yield each decoded frame with its seconds since the first one, strictly increasing."""
        start = 0.0
        seconds: float | None = None
        for frame in deinterlaced(self._decoded_frames()):
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

        packets = self._container.demux()
        while True:
            try:
                packet = next(packets, None)
            except (av.FFmpegError, OSError):  # the rest of the file cannot be read
                self.damaged_parts += 1
                return
            if packet is None:
                return
            if packet.stream.index != self._stream.index:
                self._note_end(packet)
                continue
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

    def _note_end(self, packet: "av.Packet[Stream]") -> None:
        """Keep the latest end of the packets of other streams, in seconds from the first frame."""
        if packet.pts is not None and packet.time_base:
            end = float((packet.pts + (packet.duration or 0)) * packet.time_base)
            end -= (self._container.start_time or 0) / 1e6 + self._first_frame_offset()
            self._end_of_other_streams = max(self._end_of_other_streams, end)

    def _check_end(self, end: float) -> None:
        """Raise TruncatedVideoError if the file ends too long before its stated end.

        Args:
            end: End of the last frame, in seconds from the first.
        """
        if problem := self.missing_end(end):
            raise TruncatedVideoError(problem)

    def missing_end(self, end: float) -> str:
        """Return why a file that was read to its end has less than it states, "" if it has not.

        Args:
            end: End of the last frame, in seconds from the first.
        """
        if self.duration is None:
            return ""
        file_end = end if self._is_own_duration else max(end, self._end_of_other_streams)
        missing = self.duration - file_end
        if missing <= max(_END_TOLERANCE_SECONDS, _END_TOLERANCE_SHARE * self.duration):
            return ""
        return (
            f"{self.name} stops at {end:.1f} s of {self.duration:.1f} s: the rest is missing "
            "or damaged. Export or copy it again."
        )

    def close(self) -> None:
        """Close the file."""
        self._opened.close()


def _duration(frame: "av.VideoFrame") -> float:
    """Return how long a frame is shown, in seconds; 0 if not stated."""
    return float((frame.duration or 0) * (frame.time_base or 0))
