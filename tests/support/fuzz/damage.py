"""Damage bytes at random, and change values of JSON."""

import copy
import math
from collections.abc import Sequence
from random import Random
from typing import Any, Literal

_NUMBERS = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF)
_KINDS = ("byte", "number", "cut", "drop", "insert", "repeat", "splice", "word")
MAX_DAMAGES = 6

WORDS = (
    *(b"nan", b"inf", b"-inf", b"-1", b"1e999", b"-0.0", b"0x1F", b"1_0", "٣".encode(), b"1,5"),
    *(b"9" * 400, b"9" * 5000, b"=1+1", b"'", b'"', b'"""', b"\0", b"\n", b"\r\n", b"\t", b";"),
    *(b"\xef\xbb\xbf", b"\xff\xfe", b"\xed\xa0\x80", b"../", b"/", b"\\", b"%00", b"[" * 2000),
    *(b"{", b"}", b"null", b"true", b"[]", b"{}", b"sep=;\n", "é".encode(), b"\\ud800", b"e5"),
)
"""Text that programs read in a special way."""


def damaged(files: Sequence[bytes], random: Random, words: Sequence[bytes] = WORDS) -> bytes:
    """Return one of the files with up to six damages.

    Args:
        files: Valid files, or files of a corpus.
        random: Makes every choice.
        words: Text that is put in.
    """
    data = bytearray(random.choice(files))
    for _ in range(random.randint(0, MAX_DAMAGES)):
        _damage(data, files, random, words)
    return bytes(data)


def _damage(
    data: bytearray, files: Sequence[bytes], random: Random, words: Sequence[bytes]
) -> None:
    offset, kind = random.randint(0, len(data)), random.choice(_KINDS)
    if kind == "byte" and offset < len(data):
        data[offset] = random.randrange(256)
    elif kind == "number":
        number = random.choice(_NUMBERS)
        size = 2 if number <= 0xFFFF else 4
        order: Literal["big", "little"] = "big" if random.randrange(2) else "little"
        data[offset : offset + size] = number.to_bytes(size, order)
    elif kind == "cut":
        del data[offset:]
    elif kind == "drop":
        del data[offset : offset + random.randint(1, 64)]
    elif kind == "insert":
        data[offset:offset] = random.randbytes(random.randint(1, 32))
    elif kind == "repeat":
        part = data[offset : offset + random.randint(1, 64)]
        data[offset:offset] = part * random.randint(1, 20)
    elif kind == "splice":
        other = random.choice(files)
        data[offset:] = other[random.randint(0, len(other)) :]
    elif kind == "word":
        data[offset : offset + random.randint(0, 8)] = random.choice(words)


VALUES: tuple[object, ...] = (
    *(None, True, False, 0, -1, 1, 2**31, -(2**63), 10**400, 0.5, -0.0, 1e299, math.nan, math.inf),
    *("", "x", "nan", "../model.onnx", "/etc/passwd", "a" * 5000, "\0", "\ud800", "é", "5"),
    *([], [[]], [None], [1, 2, 3, 4], [0.5] * 1000, {}, {"x": 1}, {"": None}),
)
"""Values of JSON that are often not expected."""


def changed(value: Any, random: Random) -> Any:
    """Return JSON data with one to three of its values, at any depth, replaced or removed."""
    value = copy.deepcopy(value)
    for _ in range(random.randint(1, 3)):
        value = _changed_once(value, random)
    return value


def _changed_once(value: Any, random: Random) -> Any:
    if isinstance(value, dict | list) and value and random.random() < 0.8:
        key = (
            random.choice(list(value)) if isinstance(value, dict) else random.randrange(len(value))
        )
        if random.random() < 0.1:
            del value[key]
        else:
            value[key] = _changed_once(value[key], random)
        return value
    if isinstance(value, float) and random.random() < 0.5:
        return value * random.choice((-1.0, 1e-9, 1e9, 0.99))
    return copy.deepcopy(random.choice(VALUES))
