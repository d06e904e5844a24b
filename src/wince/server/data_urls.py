"""Decode the image of `POST /analyze`: base64 in a data URL in JSON.

A body has up to 44 MB. Nothing here makes a list of the parts of a text, which could take many
times its memory, or takes a time that grows faster than its length.
"""

import base64
import binascii
import codecs
import json
import re
from contextlib import suppress
from itertools import islice

from wince import images
from wince.memory_budget import reserved
from wince.server.problems import ProblemError
from wince.server.request_bodies import IMAGE_FIELD

MAX_JSON_PARTS = 10_000
"""Commas, colons and opening brackets of a JSON body with an image, of which a few are needed."""

MAX_ESCAPES = 10_000
"""Characters beyond ASCII that are written as escapes, such as \\u00e9."""

_MEMORY_FACTOR = 2  # memory for decoding a body of JSON beside it, in multiples of its size
_ESCAPE_BEYOND_ASCII = re.compile(rb"(?<!\\)((?:\\\\)*+)\\u(?!00[0-7])[0-9a-fA-F]{4}")
_ONLY_ASCII = bytes(range(128)) + b"?" * 128
_UTF8_PIECE = 2**16
_WHITESPACE = b" \t\r\n\f"
_SPACE_WITHIN_LINE = re.compile(rb"[^ \t\r\n\f] ++[^ \t\r\n\f]")
_STANDARD_ALPHABET = bytes.maketrans(b"-_", b"+/")
_PERCENT_CODES = {
    code: character
    for character in (b"+", b"/", b"=", b"-", b"_", b" ", b"\r", b"\n")
    for code in (b"%%%02X" % ord(character), b"%%%02x" % ord(character))
}
"""What programs encode in base64 text. Letters and digits stay as they are."""


def image_from_data_url(bodies: list[bytes]) -> bytes:
    """Return the image in `{"image": "data:image/...;base64,..."}`.

    Args:
        bodies: One body. It is taken out of the list, so that it is not kept beside the image.

    Raises:
        ProblemError: The body is not JSON, or contains no image as a data URL.
    """
    with reserved(_MEMORY_FACTOR * len(bodies[0])):
        data = _decode_base64([_base64_text(bodies)])
    images.check_web_format(data)
    return data


def _base64_text(bodies: list[bytes]) -> bytes:
    """Return the base64 text of the data URL in a body of JSON, which is taken out of its list."""
    body = bodies.pop()
    if sum(map(body.count, (b",", b":", b"[", b"{"))) > MAX_JSON_PARTS:
        # Millions of values would take some hundred megabytes, and keep other threads waiting.
        raise ProblemError(
            "malformed-request",
            f'The JSON has too many values; expected {{"{IMAGE_FIELD}": "data:image/jpeg;base64,'
            '..."}.',
        )
    try:
        body = _in_ascii(body)
        data = json.loads(body)
    except (ValueError, RecursionError):
        raise ProblemError("malformed-request", "The body is not JSON.") from None
    del body
    url = data.pop(IMAGE_FIELD, None) if isinstance(data, dict) else None
    if not isinstance(url, str) or not url:
        raise ProblemError(
            "missing-image",
            f'Expected {{"{IMAGE_FIELD}": "data:image/jpeg;base64,..."}} in the body.',
        )
    head, comma, payload = url.strip().partition(",")
    del url
    head = head[:200].lower()
    if not comma or not head.startswith("data:") or not head.endswith(";base64"):
        raise ProblemError(
            "invalid-request",
            f"'{IMAGE_FIELD}' is not a data URL; expected data:image/jpeg;base64, and the image.",
        )
    if not head.startswith("data:image/"):
        raise ProblemError(
            "not-an-image",
            f"'{IMAGE_FIELD}' contains {head[5:-7] or 'plain text'}; expected an image.",
            values={"format": head[5:-7][:100]} if head[5:-7] else {},
        )
    return payload.encode("ascii", "replace")


def _in_ascii(body: bytes) -> bytes:
    """Return JSON with question marks for characters beyond ASCII; no image has one.

    Python keeps each character of a text that has a single such character in up to four bytes.

    Raises:
        ProblemError: There are more than MAX_ESCAPES of them as escapes.
        UnicodeDecodeError: The body is not UTF-8.
    """
    if not body.isascii():
        decoder = codecs.getincrementaldecoder("utf-8")()
        for start in range(0, len(body), _UTF8_PIECE):
            decoder.decode(body[start : start + _UTF8_PIECE])
        decoder.decode(b"", final=True)
        body = body.translate(_ONLY_ASCII)
    escapes = sum(1 for _ in islice(_ESCAPE_BEYOND_ASCII.finditer(body), MAX_ESCAPES + 1))
    if escapes > MAX_ESCAPES:
        raise ProblemError("malformed-request", "The JSON has too many escaped characters.")
    return _ESCAPE_BEYOND_ASCII.sub(rb"\1?", body) if escapes else body


def _decode_base64(texts: list[bytes]) -> bytes:
    """Return the bytes in base64: with or without line breaks, padding and percent-encoding.

    The text is taken out of its list, so that two copies of it exist at the same time at most.

    Both alphabets are read, the one with `+` and `/` and the one for URLs with `-` and `_`. A space
    that does not belong to a line break is an error, because it may have been a `+`.
    """
    text = texts.pop()
    if b"%" in text:
        for code, character in _PERCENT_CODES.items():
            text = text.replace(code, character)
    text = text.strip()
    if b" " not in text or not _SPACE_WITHIN_LINE.search(text):
        text = text.translate(_STANDARD_ALPHABET, delete=_WHITESPACE).rstrip(b"=")
        with suppress(binascii.Error):
            if padding := b"=" * (-len(text) % 4):
                text += padding
            return base64.b64decode(text, validate=True)
    raise ProblemError(
        "invalid-request", f"The base64 text in '{IMAGE_FIELD}' is damaged or incomplete."
    )
