"""Images with several copies of the portrait, one of them with a covered mouth."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

_MOUTH = ((88, 118), (128, 108), (170, 118), (168, 160), (128, 178), (92, 160))
"""Corners of a mask on the head, in pixels."""


def head(astronaut: NDArray[np.uint8], *, covered: bool = False) -> Image.Image:
    """Return the head of the portrait, 256 x 256; if covered, it cannot be judged."""
    image = Image.fromarray(astronaut[:256, 96:352])
    if covered:
        ImageDraw.Draw(image).polygon(_MOUTH, fill="#e6e6eb")
    return image


def two_faces(astronaut: NDArray[np.uint8], *, covered: bool = False) -> NDArray[np.uint8]:
    """Return an image with the head, and a smaller copy to its right, which may be covered."""
    image = Image.new("RGB", (912, 512))
    image.paste(head(astronaut).resize((512, 512)), (0, 0))
    image.paste(head(astronaut, covered=covered).resize((400, 400)), (512, 0))
    return np.asarray(image)


def three_faces(astronaut: NDArray[np.uint8]) -> Image.Image:
    """Return an image with three heads; the second largest face is covered."""
    image = Image.new("RGB", (512, 512), "grey")
    image.paste(head(astronaut), (0, 0))
    image.paste(head(astronaut).resize((230, 230)), (256, 0))
    image.paste(head(astronaut, covered=True).resize((205, 205)), (0, 256))
    return image
