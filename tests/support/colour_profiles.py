"""ICC profiles made from their numbers, and images stored in their colours."""

import struct

import numpy as np
from numpy.typing import NDArray

ADOBE_RGB = ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457))
"""XYZ of red, green and blue, adapted to D50."""
ADOBE_GAMMA = 2.19921875
WHITE = (0.9642, 1.0, 0.8249)
CYAN_LAB = (55, -37, -50)
"""Colour of full cyan ink in `cmyk_profile`."""

RGB = NDArray[np.uint8]


def adobe_rgb_profile() -> bytes:
    tags = dict(zip((b"rXYZ", b"gXYZ", b"bXYZ"), map(_xyz, ADOBE_RGB), strict=True))
    curves = dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), _gamma(ADOBE_GAMMA))
    return _profile(b"mntr", b"RGB ", b"XYZ ", tags | curves)


def grey_profile(gamma: float) -> bytes:
    return _profile(b"mntr", b"GRAY", b"XYZ ", {b"kTRC": _gamma(gamma)})


def cmyk_profile() -> bytes:
    """Return the profile of a printer whose inks are grey, except that cyan is CYAN_LAB."""
    corners = bytearray()
    for number in range(16):  # cyan is the highest bit, black the lowest
        cyan, other, black = number & 8, number & 6, number & 1
        lightness, a, b = (100, 0, 0)
        if cyan:
            lightness, a, b = CYAN_LAB
        if other:
            lightness, a, b = (40, 0, 0)
        if black:
            lightness, a, b = (0, 0, 0)
        corners += bytes((round(lightness * 2.55), a + 128, b + 128))
    linear = bytes(range(256))
    identity = b"".join(_fixed(value) for value in (1, 0, 0, 0, 1, 0, 0, 0, 1))
    table = b"mft1\0\0\0\0\4\3\2\0" + identity + linear * 4 + corners + linear * 3
    return _profile(b"prtr", b"CMYK", b"Lab ", {b"A2B0": table})


def in_adobe_rgb(srgb: RGB) -> RGB:
    """Return the pixels of an AdobeRGB file that shows the colours of an sRGB image."""
    encoded = srgb / 255
    linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    to_xyz = np.array(
        [(0.43607, 0.22249, 0.01392), (0.38515, 0.71687, 0.09708), (0.14307, 0.06061, 0.71410)]
    )
    adobe = (linear @ to_xyz @ np.linalg.inv(np.array(ADOBE_RGB))).clip(0, 1)
    return np.asarray((adobe ** (1 / ADOBE_GAMMA) * 255).round(), np.uint8)


def _profile(kind: bytes, space: bytes, connection: bytes, tags: dict[bytes, bytes]) -> bytes:
    tags = {b"wtpt": _xyz(WHITE), **tags}
    table, content = struct.pack(">I", len(tags)), b""
    offset = 128 + 4 + 12 * len(tags)
    for name, data in tags.items():
        data += bytes(-len(data) % 4)
        table += name + struct.pack(">II", offset + len(content), len(data))
        content += data
    head = struct.pack(
        ">I4sI4s4s4s", offset + len(content), b"", 0x02400000, kind, space, connection
    )
    head += struct.pack(">6H4s", 2024, 1, 1, 0, 0, 0, b"acsp") + bytes(28)
    head += b"".join(map(_fixed, WHITE))
    return head.ljust(128, b"\0") + table + content


def _fixed(value: float) -> bytes:
    return struct.pack(">i", round(value * 65536))


def _xyz(values: tuple[float, ...]) -> bytes:
    return b"XYZ \0\0\0\0" + b"".join(map(_fixed, values))


def _gamma(value: float) -> bytes:
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(value * 256))
