"""Pictures: bytes, a path or an array in, upright RGB pixels out.

JPEG, PNG and WebP are read. Size is checked before anything is decoded, large JPEGs are decoded at
a reduced scale, EXIF orientation is applied, and every colour mode becomes 8-bit RGB.
"""

import io
import os
import struct
import warnings
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
MAX_PIXELS = 64_000_000  # a 64-megapixel phone photo; 192 MB if it had to be decoded in full
MIN_SIDE = 16
MIN_DECODED_SIDE = 1280  # a JPEG is decoded at the smallest scale whose sides still exceed this

_FORMATS = ("JPEG", "PNG", "WEBP")  # JPEG opens MPO, a phone's photo with a preview, as well
_DAMAGED = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    LookupError,
    TypeError,
    ArithmeticError,
    AttributeError,
    RuntimeError,
    struct.error,
    zlib.error,
)  # what Pillow's decoders raise on damaged bytes, hostile ones included
_TRANSPOSE = {
    2: (Image.Transpose.FLIP_LEFT_RIGHT,),
    3: (Image.Transpose.ROTATE_180,),
    4: (Image.Transpose.FLIP_TOP_BOTTOM,),
    5: (Image.Transpose.TRANSPOSE,),
    6: (Image.Transpose.ROTATE_270,),
    7: (Image.Transpose.TRANSVERSE,),
    8: (Image.Transpose.ROTATE_90,),
}  # EXIF orientation -> what makes the picture upright


# Broken EXIF and odd sizes are dealt with here. A filter set for each call would be undone by
# another thread's, so it is set once.
warnings.filterwarnings("ignore", module=r"PIL\.")


@dataclass(frozen=True, slots=True)
class UprightImage:
    """An upright picture.

    rgb: uint8 (H, W, 3). A large JPEG is decoded at reduced scale, so H and W may be smaller than
        `height` and `width`.
    width, height: the upright picture's own size in pixels.
    """

    rgb: NDArray[np.uint8]
    width: int
    height: int

    @property
    def scale(self) -> float:
        """Pixels of the upright picture per pixel of `rgb`, 1 or more."""
        return self.width / int(self.rgb.shape[1])


def read(
    source: ImageSource, *, max_bytes: int = MAX_BYTES, max_pixels: int = MAX_PIXELS
) -> UprightImage:
    """Return the upright picture in a file, in bytes, or in an RGB array.

    source: a path, the bytes of a JPEG, PNG or WebP file, or a uint8 array (H, W, 3) in RGB order.

    Raises NotAnImageError, TruncatedImageError, ImageTooLargeError, or ImageError when the picture
    is smaller than 16 pixels on a side, animated, or cannot be opened.
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
    try:
        with path.open("rb") as file:
            data = file.read(max_bytes + 1)
    except (OSError, ValueError) as error:  # ValueError: a null byte in the name
        reason = getattr(error, "strerror", None) or str(error)
        raise ImageError(f"{path} cannot be opened: {reason}. Check the path.") from error
    return data


def _decode(data: bytes, name: str, max_bytes: int, max_pixels: int) -> UprightImage:
    if len(data) > max_bytes:
        raise ImageTooLargeError(
            f"{name} is larger than {max_bytes / 2**20:.0f} MB, the limit. Send a smaller picture."
        )
    if not data:
        raise NotAnImageError(f"{name} is empty: expected a JPEG, PNG or WebP picture.")
    image = _open(data, name)
    with image:
        _check_size(*image.size, name, max_pixels)
        if image.format == "PNG":
            _check_sums(data, name)
        if image.format != "MPO" and getattr(image, "n_frames", 1) > 1:
            raise ImageError(
                f"{name} is an animation of {image.n_frames} frames; expected one picture. "  # type: ignore[attr-defined]
                "Save the frame you mean as JPEG or PNG."
            )
        width, height = image.size
        turns = _turns(image)
        if image.format in ("JPEG", "MPO"):
            image.draft(None, (min(width, MIN_DECODED_SIDE), min(height, MIN_DECODED_SIDE)))
        upright = _to_rgb(_load(image, name))
    for turn in turns:
        upright = upright.transpose(turn)
        if turn not in (
            Image.Transpose.FLIP_LEFT_RIGHT,
            Image.Transpose.FLIP_TOP_BOTTOM,
            Image.Transpose.ROTATE_180,
        ):
            width, height = height, width
    return UprightImage(np.asarray(upright), width, height)


def _open(data: bytes, name: str) -> Image.Image:
    try:
        return Image.open(io.BytesIO(data), formats=_FORMATS)
    except UnidentifiedImageError:
        looks_like = data[:3] == b"\xff\xd8\xff" or data[:4] in (b"\x89PNG", b"RIFF")
        if looks_like:
            raise TruncatedImageError(
                f"{name} stops before its end or is damaged. Export or take the picture again."
            ) from None
        raise NotAnImageError(
            f"{name} is not a JPEG, PNG or WebP picture. Convert it to one of these."
        ) from None
    except Image.DecompressionBombError as error:
        raise ImageTooLargeError(f"{name} has too many pixels: {error}.") from error
    except _DAMAGED as error:
        raise _damaged(name, error) from error


def _check_sums(data: bytes, name: str) -> None:
    """Check a PNG's checksums, which Pillow does only when asked, and on a copy of its own."""
    try:
        with Image.open(io.BytesIO(data), formats=("PNG",)) as copy:
            copy.verify()
    except _DAMAGED as error:
        raise _damaged(name, error) from error


def _load(image: Image.Image, name: str) -> Image.Image:
    try:
        image.load()
    except Image.DecompressionBombError as error:
        raise ImageTooLargeError(f"{name} has too many pixels: {error}.") from error
    except _DAMAGED as error:
        raise _damaged(name, error) from error
    return image


def _damaged(name: str, error: Exception) -> TruncatedImageError:
    return TruncatedImageError(
        f"{name} stops before its end or is damaged ({error}). Export or take the picture again."
    )


def _check_size(width: int, height: int, name: str, max_pixels: int) -> None:
    if width * height > max_pixels:
        raise ImageTooLargeError(
            f"{name} has {width} x {height} pixels; the limit is {max_pixels / 1e6:.0f} million. "
            "Send a smaller picture."
        )
    if min(width, height) < MIN_SIDE:
        raise ImageError(
            f"{name} has {width} x {height} pixels; at least {MIN_SIDE} a side are needed."
        )


def _turns(image: Image.Image) -> tuple[Image.Transpose, ...]:
    try:
        orientation = image.getexif().get(ExifTags.Base.Orientation, 1)
    except _DAMAGED:
        return ()  # a broken EXIF block says nothing about the pixels
    return _TRANSPOSE.get(orientation, ()) if isinstance(orientation, int) else ()


def _to_rgb(image: Image.Image) -> Image.Image:
    """Return 8-bit RGB: 16-bit grey is scaled, transparency is laid on white."""
    if image.mode == "RGB":
        return image
    if image.mode.startswith("I"):  # 16-bit grey PNG; plain convert() would clip at 255
        grey = np.asarray(image).astype(np.uint32) // 257
        return Image.fromarray(grey.clip(0, 255).astype(np.uint8)).convert("RGB")
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        white = Image.new("RGBA", rgba.size, "white")
        return Image.alpha_composite(white, rgba).convert("RGB")
    return image.convert("RGB")
