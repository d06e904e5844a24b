"""When each frame of a video is shown, from the file's packets alone."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wince.errors import VideoError
from wince.video.reader import Video

IRREGULAR = 0.25
"""A distance of two frames is irregular if it differs by more than this share from the usual."""
VARIABLE = 0.01
"""The frame rate is variable if more than this share of the distances are irregular."""


@dataclass(frozen=True, slots=True)
class FrameTimes:
    """The frames of a video file.

    Attributes:
        seconds: Time of each frame from the first one (F,), increasing.
        rate: Frames per second: the number of frames by the time that they take.
        step: The usual time from a frame to the next one, in seconds.
        variable: Whether the distances of the frames differ.
        problem: Why the video ends before its stated end, "" if it does not.
    """

    seconds: NDArray[np.float64]
    rate: float
    step: float
    variable: bool
    problem: str


def frame_times(path: Path) -> FrameTimes:
    """Return the times of a video's frames, as `Video.frames` gives them.

    Raises:
        VideoError: The file is no video, cannot be read, or has no frame.
    """
    with Video(path) as video:
        times = video.packet_times()
        if times is None:
            with Video(path) as decoded:
                times = decoded.decoded_times()
        if not times:
            raise VideoError(f"{path} contains no frame. Export or record it again.")
        problem = video.missing_end(times[-1] + 1 / video.frame_rate)
        stated = video.frame_rate
    seconds = np.array(times)
    steps = np.diff(seconds)
    if not len(steps):
        return FrameTimes(seconds, stated, 1 / stated, False, problem)
    usual = float(np.median(steps))
    variable = bool((np.abs(steps - usual) > IRREGULAR * usual).mean() > VARIABLE)
    is_as_stated = not variable and abs(usual * stated - 1) < IRREGULAR
    rate = stated if is_as_stated else float(1 / steps.mean())
    return FrameTimes(seconds, rate, usual, variable, problem)
