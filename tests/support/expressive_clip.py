"""A clip of a rendered face whose expression comes and goes, with gaps and frames to be refused."""

import io
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tests.support.frames import Frame
from wince import scale

RATE = 10
"""Frames a second."""

SIZE = (480, 360)
SENSOR_NOISE = 2.0  # grey levels
PARTS: tuple[tuple[str, str, float], ...] = (
    ("rest", "rest", 2.0),
    ("rest", "pain", 0.5),
    ("pain", "pain", 2.5),
    ("pain", "half", 0.8),
    ("half", "half", 2.5),
    ("half", "pain", 0.3),
    ("pain", "pain", 0.6),
    ("dark", "dark", 2.4),
    ("pain", "pain", 1.5),
    ("empty", "empty", 2.4),
    ("rest", "rest", 2.0),
)
"""From one image to another, and the seconds that it takes."""


def clip(frames: Sequence[Frame]) -> Iterator[NDArray[np.uint8]]:
    """Yield the frames of the clip, RGB uint8 (360, 480, 3).

    Args:
        frames: The rendered faces of tests/data; the first is at rest, the second in pain.
    """
    rest, pain = (_on_grey(Image.open(frame.path).resize((320, 320))) for frame in frames[:2])
    stills = {
        "rest": rest,
        "pain": pain,
        "half": (rest + pain) / 2,
        "dark": pain * 0.15,
        "empty": np.full_like(rest, 128.0),
    }
    rng = np.random.default_rng(0)
    for start, end, seconds in PARTS:
        count = round(seconds * RATE)
        for number in range(count):
            share = number / count
            image = (1 - share) * stills[start] + share * stills[end]
            noisy = image + SENSOR_NOISE * rng.standard_normal(image.shape)
            yield noisy.round().clip(0, 255).astype(np.uint8)


def _on_grey(face: Image.Image) -> NDArray[np.float64]:
    canvas = Image.new("RGB", SIZE, "grey")
    canvas.paste(face, ((SIZE[0] - face.width) // 2, (SIZE[1] - face.height) // 2))
    return np.asarray(canvas, np.float64)


def as_jpeg(rgb: NDArray[np.uint8]) -> bytes:
    """Return a frame as a JPEG file."""
    file = io.BytesIO()
    Image.fromarray(rgb).save(file, "JPEG", quality=90)
    return file.getvalue()


def check_numbers(
    level: str | None,
    pspi: float | None,
    between: Sequence[str] | None,
    interval: Sequence[float] | None = None,
) -> None:
    """Check that a stated level is that of the number beside it, and that neither stands alone.

    Args:
        level: The level; None if none is stated.
        pspi: The number; None if there is none.
        between: Two levels that are stated instead; None for one level.
        interval: The interval beside the number, if it is shown.
    """
    assert (level is None) == (pspi is None)
    if level is None or pspi is None:
        assert not between
        return
    assert scale.level(pspi) == level
    assert level in (between or [level])
    if interval is not None:
        assert interval[0] <= pspi <= interval[1]
