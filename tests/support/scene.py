"""Videos composed of the rendered faces in tests/data: who is where at each moment."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from tests.support.frames import DATA

Place = tuple[float, float, float]
"""Centre x and y, and side, in pixels, of a person's picture; the face fills about half of it."""

STEADY = (0.0, 0.0)


@dataclass(frozen=True)
class Actor:
    """A person of a scene.

    Attributes:
        file: Name in tests/data/frames.
        place: Where the person is at a time in seconds; None while they are not in the scene.
    """

    file: str
    place: Callable[[float], Place | None]


def render(
    actors: Sequence[Actor],
    seconds: float,
    size: tuple[int, int] = (640, 480),
    rate: int = 10,
    shake: Callable[[float], tuple[float, float]] = lambda _: STEADY,
) -> Iterator[NDArray[np.uint8]]:
    """Yield the frames of a scene, RGB uint8; later actors stand in front of earlier ones.

    Args:
        actors: The persons.
        seconds: Length.
        size: Width and height.
        rate: Frames per second.
        shake: By how many pixels the camera moves the image at a time in seconds.
    """
    for number in range(round(seconds * rate)):
        time = number / rate
        canvas = _room(*size).copy()
        dx, dy = shake(time)
        for actor in actors:
            place = actor.place(time)
            if place is not None:
                x, y, side = place
                person = _person(actor.file, round(side))
                corner = round(x + dx - side / 2), round(y + dy - side / 2)
                canvas.paste(person, corner, person)
        yield np.asarray(canvas)


def still(x: float, y: float, side: float) -> Callable[[float], Place | None]:
    """Return a place that does not change."""
    return lambda _: (x, y, side)


def walk(*stops: tuple[float, float, float, float]) -> Callable[[float], Place | None]:
    """Return a place that moves evenly between stops (seconds, x, y, side), absent outside them."""
    times, *values = np.array(stops).T

    def place(time: float) -> Place | None:
        if not times[0] <= time <= times[-1]:
            return None
        x, y, side = (float(np.interp(time, times, value)) for value in values)
        return x, y, side

    return place


def in_turns(*places: Callable[[float], Place | None]) -> Callable[[float], Place | None]:
    """Return the first of several places that is not None at a time."""

    def place(time: float) -> Place | None:
        return next((there for part in places if (there := part(time)) is not None), None)

    return place


@cache
def _room(width: int, height: int) -> Image.Image:
    """Return an empty room: a soft gradient with a little noise."""
    rows, columns = np.mgrid[:height, :width]
    grey = 110 + 40 * columns / width - 30 * rows / height
    noise = np.random.default_rng(0).normal(0, 3, (height, width, 3))
    return Image.fromarray((grey[..., None] + noise).clip(0, 255).astype(np.uint8))


@cache
def _person(file: str, side: int) -> Image.Image:
    """Return a rendered face, RGBA, with everything outside an ellipse transparent."""
    with Image.open(DATA / "frames" / file) as image:
        person = image.convert("RGB").resize((side, side), Image.Resampling.BICUBIC)
    mask = Image.new("L", (side, side))
    margin = side // 12
    ImageDraw.Draw(mask).ellipse((margin, 0, side - margin, side - 1), fill=255)
    person.putalpha(mask.filter(ImageFilter.GaussianBlur(side / 60)))
    return person
