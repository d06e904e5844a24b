"""Videos for the tests, written anew: pictures at times of one's choice, in several forms."""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

UPRIGHT_MATRIX = bytes.fromhex("00010000" + "00" * 12 + "00010000" + "00" * 12 + "40000000")
ROTATED_MATRIX = bytes.fromhex(
    "00000000 00010000 00000000 ffff0000 00000000 00000000 00000000 00000000 40000000"
)  # the display matrix of a phone held upright: its rows lie across


def write_video(
    path: Path,
    pictures: Iterable[NDArray[np.uint8]],
    *,
    rate: int = 25,
    times: Sequence[float] | None = None,
    codec: str = "libx264",
) -> Path:
    """Write a video; times: of each picture in seconds, else they stand 1 / rate apart."""
    import av

    with av.open(str(path), "w") as container:
        stream = None
        for number, rgb in enumerate(pictures):
            if stream is None:
                stream = container.add_stream(codec, rate=rate)
                stream.height, stream.width = rgb.shape[:2]
                stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
                if times is not None:
                    stream.codec_context.time_base = Fraction(1, 1000)
            frame = av.VideoFrame.from_ndarray(rgb, format="rgb24")
            frame.pts = number if times is None else round(1000 * times[number])
            frame.time_base = Fraction(1, rate) if times is None else Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def grey_frames(count: int, width: int = 64, height: int = 48) -> list[NDArray[np.uint8]]:
    """Return grey pictures, each one step of four lighter than the one before."""
    return [np.full((height, width, 3), 20 + 4 * n, np.uint8) for n in range(count)]
