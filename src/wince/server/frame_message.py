"""The text message of the live socket that describes the next frame: its part and its time."""

import math
from dataclasses import dataclass

from wince.faces.frame_view import FramePart
from wince.images import MAX_PIXELS, MIN_SIDE
from wince.server.problems import ProblemError

FRAME_FIELD = "frame"
"""Name of the message's only member."""
MEMBERS = ("region", "size", "seconds")


@dataclass(frozen=True, slots=True)
class FrameMessage:
    """What a client states about the next frame.

    Attributes:
        part: Which part of the camera's frame it shows.
        seconds: Its time; None for the time of its arrival.
    """

    part: FramePart
    seconds: float | None = None


def read_frame_message(data: object) -> FrameMessage:
    """Return the message with the value of its member `frame`.

    Raises:
        ProblemError: A member is unknown or has a value that is not possible.
    """
    if not isinstance(data, dict) or not set(data) <= set(MEMBERS):
        content = sorted(data) if isinstance(data, dict) else data
        raise _invalid(
            FRAME_FIELD, "an object with region, size and seconds or some of them", content
        )
    size = _read_size(data.get("size"))
    return FrameMessage(
        FramePart(_read_region(data.get("region"), size), size), _read_seconds(data.get("seconds"))
    )


def _read_size(data: object) -> tuple[int, int] | None:
    if data is None:
        return None
    numbers = _read_numbers(data, 2)
    if (
        numbers is None
        or any(number % 1 for number in numbers)
        or min(numbers) < MIN_SIDE
        or math.prod(numbers) > MAX_PIXELS
    ):
        raise _invalid(
            "size",
            f"width and height of the camera's frame in whole pixels, at least {MIN_SIDE} a side "
            f"and at most {MAX_PIXELS / 1e6:.0f} million together",
            data,
        )
    return int(numbers[0]), int(numbers[1])


def _read_region(
    data: object, size: tuple[int, int] | None
) -> tuple[float, float, float, float] | None:
    if data is None:
        return None
    if size is None:
        raise ProblemError(
            "invalid-request", "region: send size too, the width and height of the camera's frame."
        )
    width, height = size
    numbers = _read_numbers(data, 4)
    if numbers is not None:
        x0, y0, x1, y1 = numbers
        is_large = min(x1 - x0, y1 - y0) >= MIN_SIDE
        if is_large and min(x0, y0) >= 0 and x1 <= width and y1 <= height:
            return x0, y0, x1, y1
    raise _invalid(
        "region",
        f"[x0, y0, x1, y1] in pixels, at least {MIN_SIDE} a side, inside the frame of {width} x "
        f"{height}",
        data,
    )


def _read_seconds(data: object) -> float | None:
    if data is None:
        return None
    numbers = _read_numbers([data], 1)
    if numbers is None or numbers[0] < 0:
        raise _invalid("seconds", "the frame's time, 0 or more", data)
    return numbers[0]


def _read_numbers(data: object, count: int) -> list[float] | None:
    """Return a list of finite numbers; None if the data is not one of this length."""
    if not isinstance(data, list) or len(data) != count:
        return None
    try:
        numbers = [float(number) for number in data if type(number) in (int, float)]
    except OverflowError:
        return None
    is_complete = len(numbers) == count and all(map(math.isfinite, numbers))
    return numbers if is_complete else None


def _invalid(name: str, expected: str, data: object) -> ProblemError:
    return ProblemError("invalid-request", f"{name}: expected {expected}, found {data!r:.60}.")
