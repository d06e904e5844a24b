"""Convert HDR and wide-gamut frames to 8-bit BT.709, the colour space of the training images.

The steps: light from the signal (PQ: SMPTE ST 2084; HLG: ITU-R BT.2100 with its system gamma for a
screen of 1000 cd/m2; others: gamma 2.4, BT.1886), relative to the white of diffuse objects, 203
cd/m2 (BT.2408); BT.709 primaries (BT.2087 for BT.2020); a tone curve for what is brighter; gamma.
"""

from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import av

WHITE = 203.0
"""Luminance of a diffuse white object in HDR, in cd/m2 (ITU-R BT.2408)."""
KNEE = 0.75
"""Share of white up to which light is unchanged; above, it nears white without reaching it."""

# Numbers of ITU-T H.273, as FFmpeg uses them.
_UNSTATED, _PQ, _HLG = 2, 16, 18
_GAMMA_TRANSFERS = (0, 1, 2, 3, 4, 5, 6, 7, 11, 12, 13, 14, 15)  # BT.709 and the like, or unstated
_MATRICES = (0, 1, 2, 3, 4, 5, 6, 7, 9)  # RGB, BT.709, BT.601, BT.2020 and the like, or unstated
_TO_BT709: Final = {
    9: (  # BT.2020
        (1.660491, -0.587641, -0.072850),
        (-0.124550, 1.132900, -0.008349),
        (-0.018151, -0.100579, 1.118730),
    ),
    12: (  # Display P3
        (1.224940, -0.224940, 0.0),
        (-0.042057, 1.042057, 0.0),
        (-0.019638, -0.078636, 1.098274),
    ),
}
"""Number of the primaries -> matrix from their linear RGB to that of BT.709."""
_BT2020_LUMINANCE = np.array([0.2627, 0.6780, 0.0593], np.float32)


def unsupported_colour(frame: "av.VideoFrame") -> str | None:
    """Return what is unusual about a frame's colours if they cannot be converted, else None."""
    if frame.color_trc not in (*_GAMMA_TRANSFERS, _PQ, _HLG):
        return f"the transfer function {frame.color_trc} of ITU-T H.273"
    if frame.colorspace not in _MATRICES:
        return f"the colour matrix {frame.colorspace} of ITU-T H.273"
    if frame.color_trc == _UNSTATED and _has_dolby_vision(frame):
        return "Dolby Vision (profile 5)"  # its colours are in no standard colour space
    return None


def _has_dolby_vision(frame: "av.VideoFrame") -> bool:
    try:
        return "DOVI_METADATA" in frame.side_data
    except ValueError:  # PyAV does not know the type of other data beside it
        return False


def needs_conversion(frame: "av.VideoFrame") -> bool:
    """Return whether a frame is HDR or has primaries that differ visibly from those of BT.709."""
    return frame.color_trc in (_PQ, _HLG) or frame.color_primaries in _TO_BT709


def to_bt709(rgb: NDArray[np.uint16], transfer: int, primaries: int) -> NDArray[np.uint8]:
    """Return the pixels as 8-bit BT.709.

    Args:
        rgb: uint16 (H, W, 3), of which 65535 is the full signal.
        transfer: Number of the transfer function in ITU-T H.273.
        primaries: Number of the primaries in ITU-T H.273.
    """
    # Channel by channel, (3, H x W), which is several times faster than pixel by pixel.
    light = _light(transfer)[rgb.reshape(-1, 3).T]
    if transfer == _HLG:
        light *= (1000 / WHITE) * np.power(_BT2020_LUMINANCE @ light, np.float32(0.2))
    if primaries not in _TO_BT709 and transfer in (_PQ, _HLG):
        primaries = 9  # those of HDR, unless others are stated
    if primaries in _TO_BT709:
        light = np.array(_TO_BT709[primaries], np.float32) @ light
    if transfer in (_PQ, _HLG):
        light *= _highlight_factor(light.max(axis=0))
    levels = (light.clip(0, 1) * 65535 + 0.5).astype(np.uint16)
    return _gamma_code()[levels].T.reshape(rgb.shape)


def _highlight_factor(brightest: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the factor for all channels of a pixel, which keeps its hue, by its brightest one."""
    brightest = np.maximum(brightest, KNEE)
    excess = (brightest - KNEE) / (1 - KNEE)
    factor = (KNEE + (1 - KNEE) * excess / (1 + excess)) / brightest
    return factor.astype(np.float32)


@cache
def _light(transfer: int) -> NDArray[np.float32]:
    """Return the light of each 16-bit signal: relative to WHITE; for HLG of the scene, 0 to 1."""
    signal = np.linspace(0, 1, 65536)
    if transfer == _PQ:
        root = signal ** (32 / 2523)
        excess = np.maximum(root - 3424 / 4096, 0)
        light = 10000 / WHITE * (excess / (2413 / 128 - 2392 / 128 * root)) ** (16384 / 2610)
    elif transfer == _HLG:
        a, b, c = 0.17883277, 0.28466892, 0.55991073
        light = np.where(signal <= 0.5, signal**2 / 3, (np.exp((signal - c) / a) + b) / 12)
    else:
        light = signal**2.4
    return light.astype(np.float32)


@cache
def _gamma_code() -> NDArray[np.uint8]:
    """Return the 8-bit signal of each 16-bit linear light."""
    return np.round(255 * np.linspace(0, 1, 65536) ** (1 / 2.4)).astype(np.uint8)
