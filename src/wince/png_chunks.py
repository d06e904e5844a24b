"""Read the colour profile of a PNG file, and remove the chunks that Pillow does not need.

Pillow refuses a whole PNG if one of its compressed text or profile chunks unpacks to more than
1 MB. Text is of no use here, and profiles of that size are usual for printing, so both are taken
out of the file before Pillow reads it.
"""

import zlib
from collections.abc import Iterator

_SIGNATURE_BYTES = 8
_TEXT = (b"tEXt", b"zTXt", b"iTXt")
_ORIENTATION_KEYWORDS = (b"Raw profile type exif\0", b"XML:com.adobe.xmp\0")
"""Text that can contain the orientation."""


def without_text_and_profile(data: bytes) -> tuple[bytes, bytes | None]:
    """Return a PNG without text and colour profile, and the content of its profile chunk.

    Text that can contain the orientation is kept.

    Args:
        data: The PNG file. It may be damaged: what follows a damaged length is kept as it is.
    """
    parts, profile, kept_from = [], None, 0
    for start, end in _chunks(data):
        kind = data[start + 4 : start + 8]
        if kind == b"iCCP":
            profile = data[start + 8 : end - 4]
        elif kind not in _TEXT or data[start + 8 : end].startswith(_ORIENTATION_KEYWORDS):
            continue
        parts.append(data[kept_from:start])
        kept_from = end
    if not parts:
        return data, None
    return b"".join((*parts, data[kept_from:])), profile


def unpack_profile(chunk: bytes, limit: int) -> bytes:
    """Return the ICC profile in an iCCP chunk, cut at `limit` + 1 bytes.

    A damaged chunk is returned as it is, which is not a valid profile either.
    """
    _, _, packed = chunk.partition(b"\0")
    try:
        return zlib.decompressobj().decompress(packed[1:], limit + 1)
    except zlib.error:
        return chunk


def _chunks(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield the start and end of each complete chunk."""
    start = _SIGNATURE_BYTES
    while start + 12 <= len(data):
        end = start + 12 + int.from_bytes(data[start : start + 4])
        if end > len(data):
            return
        yield start, end
        start = end
