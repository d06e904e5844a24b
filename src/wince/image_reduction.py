"""Reduce large images: a face needs no more pixels than these limits leave."""

import math

from PIL import Image

MIN_DECODED_SIDE = 1280
"""A large image is reduced to the smallest scale at which both sides are at least this long.

A JPEG is decoded at this scale; other formats are reduced by a whole number afterwards."""
MAX_DECODED_PIXELS = 12_000_000
"""Pixels above which an image is reduced further: a strip has a short side at every size."""


def reduced(image: Image.Image) -> Image.Image:
    """Return an image with as many pixels as a JPEG of its size is decoded to, or about so."""
    factor = _reduction(image)
    return image.reduce(factor) if factor > 1 else image


def _reduction(image: Image.Image) -> int:
    """Return by which whole number the sides of an image are divided."""
    excess = math.ceil(math.sqrt(image.width * image.height / MAX_DECODED_PIXELS))
    return max(min(image.size) // MIN_DECODED_SIDE, excess, 1)


def reduced_count(image: Image.Image) -> int:
    """Return the number of pixels of an image after it is reduced."""
    factor = _reduction(image)
    return math.ceil(image.width / factor) * math.ceil(image.height / factor)


def draft_size(width: int, height: int) -> tuple[int, int]:
    """Return the size to request of a JPEG decoder, which gives the next one that is not smaller.

    It can halve an image up to three times.
    """
    requested = min(width, MIN_DECODED_SIDE), min(height, MIN_DECODED_SIDE)
    factor = 1 << max(0, min(width // requested[0], height // requested[1], 8).bit_length() - 1)
    while width * height > MAX_DECODED_PIXELS * factor**2 and factor < 8:
        factor *= 2
        requested = max(1, width // factor), max(1, height // factor)
    return requested
