"""Write videos for tests, from images at given times, in several formats."""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

# Display matrices of MP4: the identity, and that of a phone held upright, whose rows are columns.
UPRIGHT_MATRIX = bytes.fromhex("00010000" + "00" * 12 + "00010000" + "00" * 12 + "40000000")
ROTATED_MATRIX = bytes.fromhex(
    "00000000 00010000 00000000 ffff0000 00000000 00000000 00000000 00000000 40000000"
)


def write_video(
    path: Path,
    images: Iterable[NDArray[np.uint8]],
    *,
    rate: int = 25,
    times: Sequence[float] | None = None,
    codec: str = "libx264",
) -> Path:
    """Write a video and return its path; `times` in seconds, by default 1 / rate apart."""
    import av

    with av.open(str(path), "w") as container:
        stream = None
        for number, rgb in enumerate(images):
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
    """Return grey images, each lighter by four grey levels than the one before."""
    return [np.full((height, width, 3), 20 + 4 * n, np.uint8) for n in range(count)]
