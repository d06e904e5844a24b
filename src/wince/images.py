"""Read images: a path, bytes or an array in, upright 8-bit RGB pixels out.

JPEG, PNG and WebP are read. The size is checked before pixels are decoded, large JPEGs are decoded
at a reduced scale, the EXIF orientation is applied, and every colour mode becomes 8-bit RGB.
"""

import io
import os
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, UnidentifiedImageError

from wince.errors import ImageError, ImageTooLargeError, NotAnImageError, TruncatedImageError

ImageSource: TypeAlias = str | os.PathLike[str] | bytes | NDArray[np.uint8]

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")
MAX_BYTES = 32 * 2**20
MAX_PIXELS = 64_000_000
"""Pixels of a 64-megapixel phone photo; decoded in full it takes 192 MB."""
MIN_SIDE = 16
MIN_DECODED_SIDE = 1280
"""A JPEG is decoded at the smallest scale at which both sides are at least this long."""

_FORMATS = ("JPEG", "PNG", "WEBP")  # JPEG includes MPO, a phone's photo with a preview
_DECODE_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    LookupError,
    TypeError,
    ArithmeticError,
    AttributeError,
    RuntimeError,
    Warning,  # raised if the host program turns warnings into errors
    struct.error,
    zlib.error,
)
"""What Pillow's decoders raise on damaged or malicious bytes."""
_TOO_MANY_PIXELS = (Image.DecompressionBombError, Image.DecompressionBombWarning)
_UPRIGHT_TRANSPOSE = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""EXIF orientation -> the operation that makes the image upright; 1 needs none."""
_SWAPS_SIDES = (5, 6, 7, 8)
"""EXIF orientations of images that are stored with width and height exchanged."""


@dataclass(frozen=True, slots=True)
class UprightImage:
    """A decoded image, turned upright.

    Attributes:
        rgb: uint8 (H, W, 3). A large JPEG is decoded at a reduced scale, so H and W may be smaller
            than `height` and `width`.
        width: Width of the upright image at full size, in pixels.
        height: Height of the upright image at full size, in pixels.
    """

    rgb: NDArray[np.uint8]
    width: int
    height: int

    @property
    def scale(self) -> float:
        """Pixels of the full-size image per pixel of `rgb`, 1 or more."""
        return self.width / int(self.rgb.shape[1])


def read(
    source: ImageSource, *, max_bytes: int = MAX_BYTES, max_pixels: int = MAX_PIXELS
) -> UprightImage:
    """Return the upright image in a file, in bytes, or in an RGB array.

    Args:
        source: A path, the bytes of a JPEG, PNG or WebP file, or a uint8 array (H, W, 3) in RGB
            order.
        max_bytes: Limit for the encoded file.
        max_pixels: Limit for width x height.

    Raises:
        NotAnImageError: The bytes are not a JPEG, PNG or WebP file.
        TruncatedImageError: The file stops before its end or is damaged.
        ImageTooLargeError: The image exceeds a limit.
        ImageError: The image is smaller than 16 pixels on a side, is animated, cannot be opened, or
            the array has another shape or type.
    """
    if isinstance(source, np.ndarray):
        return _from_array(source, max_pixels)
    if isinstance(source, bytes | bytearray | memoryview):
        return _decode(bytes(source), "the image", max_bytes, max_pixels)
    path = Path(source)
    return _decode(_read_bytes(path, max_bytes), str(path), max_bytes, max_pixels)


def _from_array(rgb: NDArray[np.uint8], max_pixels: int) -> UprightImage:
    if rgb.dtype != np.uint8 or rgb.ndim != 3 or rgb.shape[2] != 3:
        raise ImageError(
            "An image array must be RGB uint8 of shape (height, width, 3), "
            f"not {rgb.dtype} of shape {rgb.shape}."
        )
    height, width = rgb.shape[:2]
    _check_size(width, height, "the array", max_pixels)
    return UprightImage(np.ascontiguousarray(rgb), width, height)


def _read_bytes(path: Path, max_bytes: int) -> bytes:
    """Return a file's bytes, at most one more than the limit."""
    try:
        with path.open("rb") as file:
            return file.read(max_bytes + 1)
    except (OSError, ValueError) as error:  # ValueError: a null byte in the name
        reason = getattr(error, "strerror", None) or str(error)
        raise ImageError(f"{path} cannot be opened: {reason}. Check the path.") from error


def _decode(data: bytes, name: str, max_bytes: int, max_pixels: int) -> UprightImage:
    if len(data) > max_bytes:
        raise ImageTooLargeError(
            f"{name} is larger than {max_bytes / 2**20:.0f} MB, the limit. Send a smaller image."
        )
    if not data:
        raise NotAnImageError(f"{name} is empty: expected a JPEG, PNG or WebP image.")
    with _open(data, name) as image:
        width, height = image.size
        _check_size(width, height, name, max_pixels)
        if image.format == "PNG":
            _check_png_checksums(data, name)
        _refuse_animation(image, name)
        orientation = _exif_orientation(image)
        if image.format in ("JPEG", "MPO"):
            image.draft(None, (min(width, MIN_DECODED_SIDE), min(height, MIN_DECODED_SIDE)))
        _load_pixels(image, name)
        rgb_image = _to_rgb(image)
    if orientation in _UPRIGHT_TRANSPOSE:
        rgb_image = rgb_image.transpose(_UPRIGHT_TRANSPOSE[orientation])
    if orientation in _SWAPS_SIDES:
        width, height = height, width
    return UprightImage(np.asarray(rgb_image), width, height)


def _open(data: bytes, name: str) -> Image.Image:
    """Return the image with its header read and no pixels decoded."""
    try:
        return Image.open(io.BytesIO(data), formats=_FORMATS)
    except UnidentifiedImageError:
        if data[:3] == b"\xff\xd8\xff" or data[:4] in (b"\x89PNG", b"RIFF"):
            raise TruncatedImageError(
                f"{name} stops before its end or is damaged. Export or take the photo again."
            ) from None
        raise NotAnImageError(
            f"{name} is not a JPEG, PNG or WebP image. Convert it to one of these."
        ) from None
    except _TOO_MANY_PIXELS as error:
        raise ImageTooLargeError(f"{name} has too many pixels: {error}.") from error
    except _DECODE_ERRORS as error:
        raise _damaged(name, error) from error


def _check_size(width: int, height: int, name: str, max_pixels: int) -> None:
    if width * height > max_pixels:
        raise ImageTooLargeError(
            f"{name} has {width} x {height} pixels; the limit is {max_pixels / 1e6:.0f} million. "
            "Send a smaller image."
        )
    if min(width, height) < MIN_SIDE:
        raise ImageError(
            f"{name} has {width} x {height} pixels; at least {MIN_SIDE} a side are needed."
        )


def _check_png_checksums(data: bytes, name: str) -> None:
    """Raise TruncatedImageError if a PNG's checksums are wrong.

    Pillow checks them in `verify` only, after which the image can no longer be decoded, so the file
    is opened a second time.
    """
    try:
        with Image.open(io.BytesIO(data), formats=("PNG",)) as image:
            image.verify()
    except _DECODE_ERRORS as error:
        raise _damaged(name, error) from error


def _refuse_animation(image: Image.Image, name: str) -> None:
    """Raise ImageError if the image has several frames; the previews of an MPO do not count."""
    frame_count = getattr(image, "n_frames", 1)
    if image.format != "MPO" and frame_count > 1:
        raise ImageError(
            f"{name} is an animation of {frame_count} frames; expected one image. "
            "Save the frame you mean as JPEG or PNG."
        )


def _exif_orientation(image: Image.Image) -> int:
    """Return the EXIF orientation; 1 if there is none or the EXIF block is broken."""
    try:
        orientation = image.getexif().get(ExifTags.Base.Orientation, 1)
    except _DECODE_ERRORS:
        return 1  # the pixels may still be intact
    return orientation if isinstance(orientation, int) else 1


def _load_pixels(image: Image.Image, name: str) -> None:
    try:
        image.load()
    except _TOO_MANY_PIXELS as error:
        raise ImageTooLargeError(f"{name} has too many pixels: {error}.") from error
    except _DECODE_ERRORS as error:
        raise _damaged(name, error) from error


def _damaged(name: str, error: Exception) -> TruncatedImageError:
    return TruncatedImageError(
        f"{name} stops before its end or is damaged ({error}). Export or take the photo again."
    )


def _to_rgb(image: Image.Image) -> Image.Image:
    """Return 8-bit RGB; 16-bit grey is scaled, transparent pixels are blended with white."""
    if image.mode == "RGB":
        return image
    if image.mode.startswith("I"):  # 16-bit grey PNG; Pillow's convert() would clip at 255
        grey = np.asarray(image).astype(np.uint32) // 257
        return Image.fromarray(grey.clip(0, 255).astype(np.uint8)).convert("RGB")
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        white = Image.new("RGBA", rgba.size, "white")
        return Image.alpha_composite(white, rgba).convert("RGB")
    return image.convert("RGB")
