"""Turn a decoded frame into 8-bit RGB as a viewer sees it: upright, with square pixels, in SDR."""

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from wince.video.colour import needs_conversion, to_bt709

if TYPE_CHECKING:
    import av

LONGEST_SIDE = 1920
"""Larger frames are scaled down to this length of their longer side, in pixels."""


def to_rgb(frame: "av.VideoFrame", pixel_aspect: Fraction | None = None) -> NDArray[np.uint8]:
    """Return the pixels of a decoded frame as they are to be shown.

    Args:
        frame: The frame. Its matrix (BT.601 if not stated, as in FFmpeg), range, transfer function
            and primaries are respected. Transparent pixels are blended with white.
        pixel_aspect: Width of a stored pixel by its height; None or 0 if not stated, for square.

    Returns:
        uint8 (H, W, 3), scaled down if needed so that the longer side is at most LONGEST_SIDE.
    """
    width, height = _shown_size(frame.width, frame.height, float(pixel_aspect or 1))

    def pixels(pixel_format: str) -> NDArray[Any]:
        return frame.reformat(width=width, height=height, format=pixel_format).to_ndarray()

    if needs_conversion(frame):
        rgb = to_bt709(pixels("rgb48le"), frame.color_trc, frame.color_primaries)
    elif _has_alpha(frame):
        rgb = _on_white(pixels("rgba"))
    else:
        rgb = pixels("rgb24")
    return np.ascontiguousarray(_upright(rgb, _display_matrix(frame)))


def _shown_size(width: int, height: int, pixel_aspect: float) -> tuple[int, int]:
    """Return the size with square pixels, of which neither side is smaller than stored."""
    shown_width, shown_height = width * max(1.0, pixel_aspect), height * max(1.0, 1 / pixel_aspect)
    scale = min(1.0, LONGEST_SIDE / max(shown_width, shown_height))
    return max(1, round(shown_width * scale)), max(1, round(shown_height * scale))


def _has_alpha(frame: "av.VideoFrame") -> bool:
    name = frame.format.name
    return name.startswith(("yuva", "rgba", "bgra", "argb", "abgr", "gbrap", "ya", "pal8"))


def _on_white(rgba: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Blend with white, as an image with transparent pixels is."""
    alpha = rgba[..., 3:].astype(np.uint16)
    return ((rgba[..., :3] * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)


def _display_matrix(frame: "av.VideoFrame") -> NDArray[Any] | None:
    """Return the 3 x 3 matrix that turns the stored frame into the one shown, if stated."""
    try:
        side_data: Any = frame.side_data
        data = side_data["DISPLAYMATRIX"]
    except KeyError:
        return None
    except ValueError:  # beside it is data of a type that PyAV does not know: mirroring is lost
        cosine, sine = np.cos(np.radians(frame.rotation)), np.sin(np.radians(frame.rotation))
        return np.array([[cosine, -sine, 0], [sine, cosine, 0], [0, 0, 1]])
    return np.frombuffer(bytes(data), np.int32)[:9].reshape(3, 3)


def _upright(rgb: NDArray[np.uint8], matrix: NDArray[Any] | None) -> NDArray[np.uint8]:
    """Return a frame in the nearest of the eight orientations that its display matrix states.

    A stored point (x, y) is shown at (a x + c y, b x + d y), where the first two rows of the matrix
    begin with (a, b) and (c, d). Further angles are rounded to quarter turns.
    """
    if matrix is None:
        return rgb
    (a, b), (c, d) = matrix[:2, :2].astype(float)
    if abs(b) + abs(c) > abs(a) + abs(d):
        rgb, a, d = rgb.swapaxes(0, 1), c, b
    if a < 0:
        rgb = rgb[:, ::-1]
    return rgb[::-1] if d < 0 else rgb
