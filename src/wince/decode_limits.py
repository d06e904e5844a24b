"""Limits on the memory and the time that decoding one image may take.

A small file can take much of both: 34 bytes of WebP hold 62 million pixels, and a JPEG of 1 MB can
have so many scans that decoding takes a minute. The memory follows from the header, the format and
the mode, so an image that would take too much is refused before it is decoded.
"""

import io
import time

from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile

from wince.errors import ImageTooLargeError
from wince.memory_budget import MAX_BYTES

MAX_SECONDS = 2.0
"""Processor time for reading and decoding one file."""
MAX_READS = 50_000
"""Parts of a file that may be read one by one. A photo has a few thousand."""
MAX_SCANS = 100
"""Scans of a JPEG. Progressive ones have about ten, and each takes as long as a whole image."""
BLOCK_BYTES = 256
"""Bytes of a JPEG with several scans that are decoded at once. Between blocks time is checked."""

# Bytes that decoding takes for each pixel, at its highest, measured with Pillow 12.3.
_BY_FORMAT = {"WEBP": 16, "AVIF": 10, "HEIF": 8}
_BY_MODE = {"1": 2, "L": 1, "P": 6, "LA": 8, "RGBA": 8, "I;16": 6, "I;16B": 6, "I;16L": 6, "RGB": 4}
_OTHER_MODES = 12
_REDUCED = 4  # a copy of the image with fewer pixels, beside the whole one
_CONVERTED = 12  # the copies of its pixels that turn it upright and make an array,
_CONVERTED_WEBP = 18  # beside what the decoder of a WebP keeps
PIXEL_BYTES = 7
"""Bytes of each pixel of the array, and of the copy of it that the face detector gets."""
_COEFFICIENT = 2  # bytes of each value that a JPEG with several scans keeps until the last one


class TimedFile(io.BytesIO):
    """The bytes of an image, for a decoder that may take a limited time to read them."""

    def __init__(self, data: bytes, name: str) -> None:
        """Start the time.

        Args:
            data: The bytes of the file.
            name: The image in messages.
        """
        super().__init__(data)
        self._name = name
        self._reads = 0
        self._end = time.thread_time() + MAX_SECONDS

    def read(self, size: int | None = -1, /) -> bytes:
        """Return the next bytes.

        Raises:
            ImageTooLargeError: The time is over, or there are too many parts.
        """
        self._reads += 1
        if self._reads > MAX_READS or time.thread_time() > self._end:
            raise ImageTooLargeError(
                f"{self._name} takes too long to decode: it has too many parts or scans. Save it "
                "as a usual JPEG, not a progressive one.",
                {"seconds": MAX_SECONDS},
            )
        return super().read(size)


def prepare(image: Image.Image, full_size: tuple[int, int], result_pixels: int, name: str) -> int:
    """Prepare an image for decoding in limited time, and return the memory that it will take.

    Args:
        image: An image whose pixels are not decoded. The scale of a JPEG is set.
        full_size: Width and height without this scale.
        result_pixels: Number of pixels after the image is reduced.
        name: The image in messages.

    Raises:
        ImageTooLargeError: It is more than MAX_BYTES, or the image has more than MAX_SCANS.
    """
    if isinstance(image, JpegImageFile):
        coefficients = _coefficient_bytes(image, full_size, name)
        if coefficients:
            image.decodermaxblock = BLOCK_BYTES
        needed = 4 * image.width * image.height + coefficients
    else:
        has_colour_key = image.mode in ("L", "RGB") and "transparency" in image.info
        by_mode = _OTHER_MODES if has_colour_key else _BY_MODE.get(image.mode, _OTHER_MODES)
        needed = image.width * image.height * _BY_FORMAT.get(image.format or "", by_mode)
    is_reduced = result_pixels < image.width * image.height
    if is_reduced:
        needed += _REDUCED * result_pixels
    keeps_copies = image.format == "WEBP" and not is_reduced
    needed = max(needed, (_CONVERTED_WEBP if keeps_copies else _CONVERTED) * result_pixels)
    if needed > MAX_BYTES:
        kind = "JPEG with several scans" if isinstance(image, JpegImageFile) else image.format
        raise ImageTooLargeError(
            f"{name} is a {kind} of {full_size[0]} x {full_size[1]} pixels. Decoding it would take "
            f"{needed / 2**20:.0f} MB of memory; the limit is {MAX_BYTES / 2**20:.0f} MB. Send a "
            "smaller image, or a JPEG with one scan (baseline).",
            {
                "megapixels": round(full_size[0] * full_size[1] / 1e6, 1),
                "megabytes": round(needed / 2**20),
                "limit": round(MAX_BYTES / 2**20),
            },
        )
    return needed


def _coefficient_bytes(image: JpegImageFile, full_size: tuple[int, int], name: str) -> int:
    """Return the memory for the coefficients of a JPEG with several scans, 0 if it has one.

    A progressive JPEG has several, and one whose first scan has not all colours.
    """
    file = image.fp
    assert isinstance(file, io.BytesIO)
    data, behind_scan_header = file.getvalue(), file.tell()
    scans = data.count(b"\xff\xda")  # within a scan 255 is followed by 0
    if scans > MAX_SCANS:
        raise ImageTooLargeError(
            f"{name} is a JPEG with {scans} scans; the limit is {MAX_SCANS}. Save it as a usual "
            "JPEG with one scan (baseline).",
            {"scans": scans, "limit": MAX_SCANS},
        )
    colours_in_scan = data[max(0, behind_scan_header - 2 * len(image.layer) - 4)]
    if "progressive" not in image.info and colours_in_scan == len(image.layer):
        return 0
    largest = max(layer[1] for layer in image.layer) * max(layer[2] for layer in image.layer)
    share = sum(layer[1] * layer[2] for layer in image.layer) / largest
    return round(_COEFFICIENT * share * full_size[0] * full_size[1])
