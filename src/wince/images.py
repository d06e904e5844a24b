"""Read images: a path, bytes, a file object, a Pillow image or an array in, upright RGB pixels out.

The formats are those of `wince.image_formats`. Size and memory are checked before pixels are
decoded (`wince.decode_limits`), large images are reduced, the orientation is applied, and every
colour mode becomes 8-bit sRGB. Of a file with several frames or pages the first is read.
"""

import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, UnidentifiedImageError

from wince import colours, decode_limits, image_formats, png_chunks
from wince.colour_modes import plain, tiff_tag, to_rgb
from wince.decode_limits import TimedFile
from wince.errors import ImageError, ImageTooLargeError, NotAnImageError, TruncatedImageError
from wince.image_formats import FORMATS, INSTALL_HEIF, VIDEO, WEB_FORMATS
from wince.image_reduction import draft_size, reduced, reduced_count
from wince.memory_budget import decoding
from wince.remote_path import to_path

ImageSource: TypeAlias = (
    str | os.PathLike[str] | bytes | IO[bytes] | Image.Image | NDArray[np.uint8]
)

SUFFIXES = image_formats.SUFFIXES
MAX_BYTES = 32 * 2**20
MAX_PIXELS = 64_000_000
"""Pixels of a 64-megapixel phone photo; decoded in full it takes 192 MB."""
MIN_SIDE = 16
_FRAMES_WARNING = "The file contains several frames or pages. Only the first one was read."

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
        rgb: uint8 (H, W, 3). A large image is reduced, so H and W may be smaller than `height` and
            `width`.
        width: Width of the upright image at full size, in pixels.
        height: Height of the upright image at full size, in pixels.
        warnings: Sentences about what could not be read as it was meant: other frames, colours.
    """

    rgb: NDArray[np.uint8]
    width: int
    height: int
    warnings: tuple[str, ...] = ()

    @property
    def scale(self) -> float:
        """Pixels of the full-size image per pixel of `rgb`, 1 or more."""
        return self.width / int(self.rgb.shape[1])


def read(
    source: ImageSource, *, max_bytes: int = MAX_BYTES, max_pixels: int = MAX_PIXELS
) -> UprightImage:
    """Return the upright image in a file, in bytes, or in an RGB array.

    Args:
        source: A path, the bytes of a file in one of `wince.image_formats.FORMATS`, a binary file
            object (read from its start), a Pillow image, or a uint8 array (H, W, 3) in RGB order.
        max_bytes: Limit for the encoded file.
        max_pixels: Limit for width x height.

    Raises:
        NotAnImageError: The bytes are in another format.
        TruncatedImageError: The file stops before its end or is damaged.
        ImageTooLargeError: The image exceeds a limit.
        ImageError: The image is smaller than 16 pixels on a side, its brightness range is unknown,
            it cannot be opened, or the source has another type, or an array another shape.
    """
    if isinstance(source, np.ndarray):
        return _from_array(source, max_pixels)
    if isinstance(source, Image.Image):
        return _from_pillow(source, max_pixels)
    if isinstance(source, bytes | bytearray | memoryview):
        return _decode(bytes(source), "the image", max_bytes, max_pixels)
    if isinstance(source, str | os.PathLike):
        if not os.fspath(source):
            raise ImageError("The path of the image is empty. Expected the path of a file.")
        path = to_path(source)
        return _decode(_read_path(path, max_bytes), str(path), max_bytes, max_pixels)
    return _decode(_read_file_object(source, max_bytes), "the image", max_bytes, max_pixels)


def check_web_format(data: bytes) -> None:
    """Raise NotAnImageError unless bytes are in a format that the HTTP server accepts."""
    _check_format(data, "the image", WEB_FORMATS)


def _from_array(rgb: NDArray[np.uint8], max_pixels: int) -> UprightImage:
    if rgb.dtype != np.uint8 or rgb.ndim != 3 or rgb.shape[2] != 3:
        raise ImageError(
            "An image array must be RGB uint8 of shape (height, width, 3), "
            f"not {rgb.dtype} of shape {rgb.shape}."
        )
    height, width = rgb.shape[:2]
    _check_size(width, height, "the array", max_pixels)
    return UprightImage(np.ascontiguousarray(rgb), width, height)


def _from_pillow(image: Image.Image, max_pixels: int) -> UprightImage:
    """Return an image that is open in Pillow, at its current frame."""
    name = "the Pillow image"
    _check_size(*image.size, name, max_pixels)
    with _decoding(name):
        image.load()
        rgb, warnings = to_rgb(plain(image, name), image.info.get("icc_profile"))
    rgb = _upright(rgb, _exif_orientation(image))
    return UprightImage(np.asarray(rgb), *rgb.size, warnings)


def _read_path(path: Path, max_bytes: int) -> bytes:
    """Return a file's bytes, at most one more than the limit."""
    try:
        with path.open("rb") as file:
            return file.read(max_bytes + 1)
    except (OSError, ValueError) as error:  # ValueError: a null byte in the name
        reason = getattr(error, "strerror", None) or str(error)
        raise ImageError(f"{path} cannot be opened: {reason}. Check the path.") from error


def _read_file_object(file: IO[bytes], max_bytes: int) -> bytes:
    """Return the bytes of a file object from its start, at most one more than the limit."""
    if not callable(getattr(file, "read", None)):
        raise ImageError(
            "Expected an image as a path, bytes, a binary file object, a Pillow image or an RGB "
            f"uint8 array; found {type(file).__name__}."
        )
    data = bytearray()
    try:
        if file.seekable():
            file.seek(0)
        while len(data) <= max_bytes and (block := file.read(max_bytes + 1 - len(data))):
            data += block
    except Exception as error:  # a file object of any kind
        raise ImageError(
            f"The file object cannot be read ({error}). Expected one that is open for reading in "
            "binary mode, such as open(path, 'rb')."
        ) from error
    return bytes(data)


def _decode(data: bytes, name: str, max_bytes: int, max_pixels: int) -> UprightImage:
    if len(data) > max_bytes:
        raise ImageTooLargeError(
            f"{name} is larger than {max_bytes / 2**20:.0f} MB, the limit. Send a smaller image.",
            {"limit": max_bytes / 2**20},
        )
    file_format = _check_format(data, name, FORMATS)
    profile_chunk = None
    if file_format == "PNG":
        data, profile_chunk = png_chunks.without_text_and_profile(data)
    with _open(data, file_format, name) as image:
        _check_size(*image.size, name, max_pixels)
        with _decoding(name):
            warnings = _frame_warnings(image)
            _check_kind(image, data, name)
            full_size = image.size
            if image.format in ("JPEG", "MPO"):
                image.draft(None, draft_size(*full_size))
            count = reduced_count(image)
            needed = decode_limits.prepare(image, full_size, count, name)
        with decoding(needed, decode_limits.PIXEL_BYTES * count), _decoding(name):
            image.load()
            if image.format == "HEIF":
                full_size = image.size  # decoding can change it
                _check_size(*full_size, name, max_pixels)
            profile = image.info.get("icc_profile")
            if profile_chunk is not None:
                profile = png_chunks.unpack_profile(profile_chunk, colours.MAX_PROFILE_BYTES)
            orientation = _exif_orientation(image)
            if not profile:
                warnings += colours.unconverted_colours(image, data)
            gamma = image.info.get("gamma") if not profile and "srgb" not in image.info else None
            rgb = reduced(plain(image, name))
            if rgb is not image:
                image.close()  # frees the whole image
            rgb, colour_warnings = to_rgb(rgb, profile)
            if gamma is not None:
                rgb = colours.without_gamma(rgb, gamma)
            rgb = _upright(rgb, orientation)
            if rgb is not image:
                image.close()
            pixels = np.asarray(rgb)
    width, height = full_size[::-1] if orientation in _SWAPS_SIDES else full_size
    return UprightImage(pixels, width, height, warnings + colour_warnings)


def _check_format(data: bytes, name: str, formats: tuple[str, ...]) -> str:
    """Return the format of a file by its first bytes; raise NotAnImageError for another format."""
    expected = image_formats.format_list(formats)
    if not data:
        raise NotAnImageError(
            f"{name} is empty: expected a {expected} image.", {"expected": expected}
        )
    file_format = image_formats.file_format(data[: image_formats.HEAD_BYTES])
    if file_format in formats:
        return str(file_format)
    if file_format is None:
        raise NotAnImageError(
            f"{name} is not a {expected} image. Convert it to one of these.",
            {"expected": expected},
        )
    kind = "a video" if file_format == VIDEO else f"in the format {file_format}"
    raise NotAnImageError(
        f"{name} is {kind}: expected a {expected} image. Convert it to one of these.",
        {"format": str(file_format), "expected": expected},
    )


@contextmanager
def _decoding(name: str) -> Iterator[None]:
    """Turn the exceptions of a decoder into errors. On malicious bytes it can raise any type."""
    try:
        yield
    except (ImageError, MemoryError):
        raise
    except _TOO_MANY_PIXELS as error:
        raise ImageTooLargeError(
            f"{name} has too many pixels: {error}.", {"limit": MAX_PIXELS / 1e6}
        ) from error
    except Exception as error:
        raise TruncatedImageError(
            f"{name} stops before its end or is damaged ({error}). Export or take the photo again."
        ) from error


def _open(data: bytes, file_format: str, name: str) -> Image.Image:
    """Return the image with its header read and no pixels decoded."""
    with _decoding(name):
        if file_format == "HEIC":
            return _open_heic(data, name)
        try:
            return Image.open(TimedFile(data, name), formats=(file_format.upper(),))
        except UnidentifiedImageError:
            raise TruncatedImageError(
                f"{name} stops before its end, is damaged, or is a {file_format} of a kind that is "
                "not supported. Export or take the photo again, as JPEG or PNG."
            ) from None


def _open_heic(data: bytes, name: str) -> Image.Image:
    try:
        from pillow_heif import HeifImageFile
    except ImportError:
        raise NotAnImageError(
            f"{name} is a HEIC image, and the part that reads these is not installed. Install it "
            f"where wince runs, with {INSTALL_HEIF}, or export the image as JPEG."
        ) from None
    open_file: Callable[[IO[bytes]], Image.Image] = HeifImageFile
    return open_file(io.BytesIO(data))


def _check_size(width: int, height: int, name: str, max_pixels: int) -> None:
    if width * height > max_pixels:
        raise ImageTooLargeError(
            f"{name} has {width} x {height} pixels; the limit is {max_pixels / 1e6:.0f} million. "
            "Send a smaller image.",
            {"megapixels": round(width * height / 1e6, 1), "limit": max_pixels / 1e6},
        )
    if min(width, height) < MIN_SIDE:
        raise ImageError(
            f"{name} has {width} x {height} pixels; at least {MIN_SIDE} a side are needed.",
            {"width": width, "height": height, "needed": MIN_SIDE},
        )


def _frame_warnings(image: Image.Image) -> tuple[str, ...]:
    """Return a warning if a file has several frames; the previews of an MPO do not count."""
    if image.format == "MPO" or not getattr(image, "is_animated", False):
        return ()
    return (_FRAMES_WARNING,)


def _check_kind(image: Image.Image, data: bytes, name: str) -> None:
    """Raise an error if a PNG is damaged or a TIFF is a camera raw file."""
    if image.format == "PNG":
        # Pillow verifies checksums in `verify` only, after which it can no longer decode the image.
        with Image.open(io.BytesIO(data), formats=("PNG",)) as copy:
            copy.verify()
    if image.format == "TIFF" and tiff_tag(image, ExifTags.Base.NewSubfileType, 0) & 1:
        raise ImageError(
            f"{name} is a camera raw file, or a TIFF that begins with a preview. Export it as JPEG "
            "or PNG."
        )


def _exif_orientation(image: Image.Image) -> int:
    """Return the EXIF orientation; 1 if there is none or the EXIF block is broken.

    Pillow has applied the orientation of a TIFF, and pillow-heif that of a HEIC, when it decodes
    the pixels, and then it is 1.
    """
    try:
        orientation = image.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception:
        return 1  # the pixels may still be intact
    return orientation if isinstance(orientation, int) else 1


def _upright(image: Image.Image, orientation: int) -> Image.Image:
    transpose = _UPRIGHT_TRANSPOSE.get(orientation)
    return image if transpose is None else image.transpose(transpose)
