"""Images composed from photographs of single faces: several heads, rotated, on a made-up wall."""

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from wince.faces.face import Face

RGB = NDArray[np.uint8]
Rng = np.random.Generator
DISTANCE = 1.75  # least distance of two heads, in widths of their faces
MARGIN = 0.85  # least distance of a head from the image's edge, in the same unit


@dataclass(frozen=True)
class Head:
    """A head cut out of a photograph.

    Attributes:
        image: RGBA square around the face, transparent outside the head.
        size: Width of the face in pixels of `image`.
    """

    image: Image.Image
    size: float

    @classmethod
    def cut(cls, rgb: RGB, face: Face) -> "Head":
        """Return the head of a face in a photograph."""
        x0, y0, x1, y1 = face.box
        radius = MARGIN * face.size
        side, x, y = round(2 * radius), (x0 + x1) / 2, (y0 + y1) / 2 - 0.06 * face.size
        left, top = round(x - radius), round(y - radius)
        corners = (left, top, left + side, top + side)
        photo = Image.fromarray(rgb)
        inside = Image.new("L", photo.size, 255).crop(corners).filter(ImageFilter.MinFilter(3))
        oval = Image.new("L", (side, side))
        ImageDraw.Draw(oval).ellipse((0.09 * side, 0.02 * side, 0.91 * side, 0.98 * side), fill=255)
        soft = oval.filter(ImageFilter.GaussianBlur(0.02 * side))
        image = photo.crop(corners)
        image.putalpha(Image.fromarray(np.minimum(np.asarray(soft), np.asarray(inside))))
        return cls(image, face.size)


@dataclass(frozen=True)
class Place:
    """Where a head is in a scene.

    Attributes:
        head: Index of the head.
        x: Its centre in pixels.
        y: Its centre in pixels.
        roll: Degrees by which it is rotated, clockwise positive.
    """

    head: int
    x: float
    y: float
    roll: float


def wall(width: int, height: int, rng: Rng) -> Image.Image:
    """Return a cloudy wall with rectangles and ellipses on it."""
    tone, clouds = rng.uniform(60, 190, 3), rng.normal(0, 1, (12, 12, 3)).astype(np.float32)
    channels = [
        np.asarray(
            Image.fromarray(clouds[..., c]).resize((width, height), Image.Resampling.BICUBIC)
        )
        * 22
        + tone[c]
        for c in range(3)
    ]
    image = Image.fromarray(np.clip(np.stack(channels, -1), 0, 255).astype(np.uint8))
    draw = ImageDraw.Draw(image)
    for _ in range(rng.integers(6, 14)):
        x, y = rng.uniform(0, width), rng.uniform(0, height)
        size = rng.uniform(0.03, 0.3, 2) * max(width, height)
        red, green, blue = (int(value) for value in rng.uniform(20, 235, 3))
        shape = draw.rectangle if rng.random() < 0.6 else draw.ellipse
        shape((x, y, x + size[0], y + size[1]), (red, green, blue))
    return image


def places(width: int, height: int, size: float, count: int, heads: int, rng: Rng) -> list[Place]:
    """Return up to `count` places for heads that neither overlap nor are cut off.

    Args:
        width: Of the image.
        height: Of the image.
        size: Width of the faces in pixels.
        count: How many heads.
        heads: From how many heads they are chosen.
        rng: Source of the places, and of rolls in steps of 30 degrees.
    """
    chosen: list[Place] = []
    margin = MARGIN * size
    for _ in range(300 * count):
        if len(chosen) == count:
            break
        x, y = rng.uniform(margin, width - margin), rng.uniform(margin, height - margin)
        if all(math.hypot(x - p.x, y - p.y) > DISTANCE * size for p in chosen):
            chosen.append(Place(int(rng.integers(heads)), x, y, 30.0 * int(rng.integers(12))))
    return chosen


def composed(image: Image.Image, heads: Sequence[Head], at: Sequence[Place], size: float) -> RGB:
    """Return a copy of an image with heads whose faces are `size` pixels wide."""
    scene = image.copy()
    for place in at:
        head = heads[place.head]
        side = max(2, round(head.image.width * size / head.size))
        pasted = head.image.resize((side, side), Image.Resampling.LANCZOS).rotate(
            -place.roll, Image.Resampling.BICUBIC, expand=True
        )
        corner = round(place.x - pasted.width / 2), round(place.y - pasted.height / 2)
        scene.paste(pasted, corner, pasted)
    return np.asarray(scene)


def jpeg(rgb: RGB) -> bytes:
    """Return an image as JPEG."""
    buffer = io.BytesIO()
    Image.fromarray(rgb).save(buffer, "JPEG", quality=92)
    return buffer.getvalue()
