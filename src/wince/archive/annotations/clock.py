"""The times of an annotation: seconds, frame numbers or timecodes as seconds of the video."""

import math
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wince.errors import DataError

_CLOCK = re.compile(r"(?:(\d+):)?([0-5]?\d):([0-5]?\d(?:[.,]\d+)?)")
_TIMECODE = re.compile(r"(\d+):([0-5]\d):([0-5]\d)([:;])(\d{1,3})")


@dataclass(frozen=True, slots=True)
class Clock:
    """Converts the times of an annotation of one video.

    Attributes:
        path: The annotation, for errors.
        times: Seconds of each frame of the video (F,), from 0.
        rate: Frames per second of the video.
        stated_rate: Frames per second that the user states for annotations, None for the video's.
        first_frame: Number of the first frame that the user states, 0 or 1; None if not stated.
    """

    path: Path
    times: NDArray[np.float64]
    rate: float
    stated_rate: float | None = None
    first_frame: int | None = None

    @property
    def frame_seconds(self) -> float:
        """How long one frame of the annotation lasts."""
        return 1 / (self.stated_rate or self.rate)

    @property
    def frames(self) -> int:
        """Number of frames of the video, at the rate of the annotation."""
        if self.stated_rate is None:
            return len(self.times)
        return round((float(self.times[-1]) + 1 / self.rate) * self.stated_rate)

    def of_frame(self, number: int) -> float:
        """Return the time of a frame by its number from 0; it may be after the video's end."""
        if self.stated_rate:
            return number / self.stated_rate
        last = len(self.times) - 1
        if number <= last:
            return float(self.times[number])
        return float(self.times[last]) + (number - last) / self.rate

    def parse(self, text: str, line: int, name: str, per_second: float = 1) -> float:
        """Return a time as seconds: 12.48, 00:00:12.480, 00:12.480 or 00:00:12:12.

        Args:
            text: The text.
            line: Its line, for the error.
            name: What it is, for the error.
            per_second: The unit of a plain number, such as 1000 for milliseconds. The other forms
                state hours, minutes and seconds.

        Raises:
            DataError: It is none of these.
        """
        try:
            seconds = float(text.replace(",", "."))
        except ValueError:
            seconds = math.nan
        if math.isfinite(seconds):
            return seconds / per_second
        if match := _CLOCK.fullmatch(text):
            hours, minutes, rest = match.groups()
            return 3600 * int(hours or 0) + 60 * int(minutes) + float(rest.replace(",", "."))
        if match := _TIMECODE.fullmatch(text):
            return self._of_timecode(match, line)
        raise DataError(
            f"{self.path}, line {line}: expected {name} in seconds (12.48) or as hh:mm:ss.mmm or "
            f"hh:mm:ss:ff, found {text[:40]!r}."
        )

    def _of_timecode(self, match: re.Match[str], line: int) -> float:
        """Return hh:mm:ss:ff as seconds; hh:mm:ss;ff is drop-frame timecode (SMPTE ST 12-1)."""
        hours, minutes, seconds, mark, frames = match.groups()
        rate = self.stated_rate or self.rate
        nominal = round(rate)
        if int(frames) >= nominal:
            raise DataError(
                f"{self.path}, line {line}: the timecode {match[0]} has frame {int(frames)} of a "
                f"second, but at {rate:g} frames a second the highest is {nominal - 1}. If the "
                "annotation was made at another rate, state it: --annotation-fps N."
            )
        if mark == ";" and nominal % 30:
            raise DataError(
                f"{self.path}, line {line}: {match[0]} is drop-frame timecode, which exists at 30 "
                f"and 60 frames a second only, and this is at {rate:g}. If the annotation was made "
                "at another rate, state it: --annotation-fps N."
            )
        whole_minutes = 60 * int(hours) + int(minutes)
        count = (60 * whole_minutes + int(seconds)) * nominal + int(frames)
        if mark == ";":
            count -= round(nominal / 15) * (whole_minutes - whole_minutes // 10)
        return count / rate
