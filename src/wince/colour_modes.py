"""Turn the pixel modes of image files into 8-bit sRGB: grey, transparency, print and 16 bits."""

import numpy as np
from PIL import ExifTags, Image, ImageChops
from PIL.TiffImagePlugin import TiffImageFile

from wince import colours
from wince.errors import ImageError


def plain(image: Image.Image, name: str) -> Image.Image:
    """Return an image in one of the modes L, LA, RGB, RGBA, CMYK and LAB.

    Raises:
        ImageError: It has 32 bits per pixel.
    """
    if image.mode.startswith("I;16"):
        return _eight_bit_grey(image)
    if image.mode in ("I", "F"):
        raise ImageError(
            f"{name} has 32 bits per pixel, whose range of brightness is not defined. Save it with "
            "8 or 16 bits."
        )
    if image.mode in ("LA", "RGBA"):
        return image
    if image.has_transparency_data:
        return image.convert("LA" if image.mode == "L" else "RGBA")
    if image.mode in ("L", "RGB", "CMYK", "LAB"):
        return image
    return image.convert("L" if image.mode == "1" else "RGB")


def to_rgb(image: Image.Image, profile: bytes | None) -> tuple[Image.Image, tuple[str, ...]]:
    """Return 8-bit sRGB with transparent pixels blended with white, and warnings about colours.

    Args:
        image: As `plain` returns it.
        profile: The ICC profile of its file.
    """
    alpha = None
    if image.mode in ("LA", "RGBA"):
        alpha = image.getchannel("A")
        image = image.convert(image.mode.removesuffix("A"))
    rgb, warnings = colours.to_srgb(image, profile)
    if alpha is not None:
        rgb.paste("white", mask=ImageChops.invert(alpha))
    return rgb, warnings


def _eight_bit_grey(image: Image.Image) -> Image.Image:
    """Return 16-bit grey as 8-bit grey; Pillow's `convert` would clip it at 255."""
    white = 2 ** min(16, tiff_tag(image, ExifTags.Base.BitsPerSample, 16)) - 1
    eight_bit = (np.arange(2**16).clip(0, white) * 255 // white).astype(np.uint8)[np.asarray(image)]
    inverted = tiff_tag(image, ExifTags.Base.PhotometricInterpretation, 1) == 0  # 0 is white
    return Image.fromarray(255 - eight_bit if inverted else eight_bit)


def tiff_tag(image: Image.Image, tag: int, default: int) -> int:
    """Return the first value of a TIFF tag."""
    value = image.tag_v2.get(tag, default) if isinstance(image, TiffImageFile) else default
    return int(value[0] if isinstance(value, tuple) else value)
