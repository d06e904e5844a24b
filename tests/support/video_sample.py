"""Write videos for tests, from images at given times, in several formats and colour spaces."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import OutputContainer

UPRIGHT_MATRIX = bytes.fromhex("00010000" + "00" * 12 + "00010000" + "00" * 12 + "40000000")
"""The display matrix of an MP4 whose frames are shown as they are stored."""
HDR_WHITE = 203.0
"""Luminance of white in `pq` and `hlg`, in cd/m2 (ITU-R BT.2408)."""
FAST = {"preset": "ultrafast", "bf": "3"}
"""Options of x264: a tenth of the usual computing time, with the usual number of B-frames."""


@dataclass(frozen=True)
class Colour:
    """Colour tags of a video, as numbers of ITU-T H.273; the range is 1 if limited, 2 if full."""

    matrix: int = 2
    transfer: int = 2
    primaries: int = 2
    range: int = 1


BT709 = Colour(1, 1, 1)
PQ = Colour(9, 16, 9)
HLG = Colour(9, 18, 9)


def write_video(
    path: Path,
    images: Iterable[NDArray[Any]],
    *,
    rate: int = 25,
    times: Sequence[float] | None = None,
    codec: str = "libx264",
    pixel_format: str | None = None,
    colour: Colour | None = None,
    pixel_aspect: Fraction = Fraction(1),
    options: Mapping[str, str] | None = None,
    fields: str | None = None,
    last_duration: float | None = None,
    sound_codec: str = "aac",
    sound_seconds: float = 0,
) -> Path:
    """Write a video and return its path.

    Args:
        path: New file; its suffix gives the format.
        images: uint8 or uint16 (H, W, 3), or uint8 (H, W, 4) with transparency.
        rate: Frames per second.
        times: Seconds of each frame, by default 1 / rate apart.
        codec: FFmpeg's name of the encoder.
        pixel_format: FFmpeg's name of the pixel format; by default 4:2:0.
        colour: Colour tags; None for none, and for the matrix of BT.601.
        pixel_aspect: Width of a pixel by its height.
        options: Options of the encoder, in addition to `FAST` for progressive H.264.
        fields: "tff" or "bff" if the images are interlaced, with the top or bottom field first.
        last_duration: Seconds for which the last frame is shown; None for 1 / rate.
        sound_codec: FFmpeg's name of the encoder of the sound.
        sound_seconds: Length of a silent sound track; 0 for none.
    """
    import av

    pixel_format = pixel_format or ("yuvj420p" if codec == "mjpeg" else "yuv420p")
    with av.open(str(path), "w") as container:
        images = list(images)
        options = {**(FAST if codec == "libx264" and not fields else {}), **(options or {})}
        stream: Any = container.add_stream(codec, rate=rate, options=options)
        stream.height, stream.width = images[0].shape[:2]
        stream.pix_fmt = pixel_format
        context = stream.codec_context
        context.sample_aspect_ratio = pixel_aspect
        _set_colour_tags(context, colour)
        if fields:
            context.options = {**context.options, "flags": "+ildct+ilme"}
        if times is not None:
            context.time_base = Fraction(1, 1000)
        sound: Any = container.add_stream(sound_codec, rate=48000) if sound_seconds else None
        for number, image in enumerate(images):
            frame = _frame(image, pixel_format, colour)
            if fields:
                frame = _marked_as_interlaced(frame, fields)
            frame.pts = number if times is None else round(1000 * times[number])
            frame.time_base = Fraction(1, rate) if times is None else Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(_last_packets(stream, last_duration))
        if sound:
            _write_silence(container, sound, sound_seconds)
    return path


def _last_packets(stream: Any, last_duration: float | None) -> list[Any]:
    """Return what the encoder still holds, the last frame with its duration in seconds."""
    packets: list[Any] = stream.encode(None)
    if last_duration is not None:
        packets[-1].duration = round(last_duration / packets[-1].time_base)
    return packets


def _frame(image: NDArray[Any], pixel_format: str, colour: Colour | None) -> Any:
    import av

    channels = {2: "rgb48le"} if image.shape[2] == 3 else {}
    stored_as = channels.get(image.itemsize, "rgb24" if image.shape[2] == 3 else "rgba")
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format=stored_as)
    if colour is None:
        return frame
    frame = frame.reformat(
        format=pixel_format, dst_colorspace=colour.matrix, dst_color_range=colour.range
    )
    _set_colour_tags(frame, colour)
    return frame


def _set_colour_tags(target: Any, colour: Colour | None) -> None:
    """Tag a codec or a frame with the colour; None for no tags."""
    if colour:
        target.colorspace, target.color_range = colour.matrix, colour.range
        target.color_trc, target.color_primaries = colour.transfer, colour.primaries


def _marked_as_interlaced(frame: Any, fields: str) -> Any:
    from av.filter import Graph

    graph = Graph()
    frame.pts = 0
    source = graph.add_buffer(
        width=frame.width, height=frame.height, format=frame.format, time_base=Fraction(1, 25)
    )
    graph.link_nodes(source, graph.add("setfield", fields), graph.add("buffersink")).configure()
    graph.push(frame)
    marked = graph.vpull()
    marked.colorspace, marked.color_range = frame.colorspace, frame.color_range  # as they were
    return marked


def _write_silence(container: "OutputContainer", stream: "AudioStream", seconds: float) -> None:
    import av

    sample_format = stream.codec_context.format.name
    for number in range(round(seconds * 48000 / 960)):
        samples = np.zeros((1, 960), np.int16 if sample_format == "s16" else np.float32)
        frame = av.AudioFrame.from_ndarray(samples, sample_format, "mono")
        frame.sample_rate, frame.pts = 48000, number * 960
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


def set_display_matrix(path: Path, matrix: Sequence[Sequence[int]]) -> None:
    """Change the display matrix of the only track of an MP4.

    Args:
        path: The file.
        matrix: ((a, b), (c, d)): the stored point (x, y) is shown at (a x + c y, b x + d y).
    """
    (a, b), (c, d) = matrix
    numbers = [a << 16, b << 16, 0, c << 16, d << 16, 0, 0, 0, 1 << 30]
    stated = np.array(numbers, ">i4").tobytes()
    data = path.read_bytes()
    assert data.count(UPRIGHT_MATRIX) == 2, "one matrix of the movie, one of its track"
    start = data.index(UPRIGHT_MATRIX, data.index(b"tkhd"))
    path.write_bytes(data[:start] + stated + data[start + len(stated) :])


def weave(first: NDArray[np.uint8], second: NDArray[np.uint8], *, top_first: bool) -> NDArray[Any]:
    """Return an interlaced frame of two moments, the earlier one in the top field or not."""
    woven = (second if top_first else first).copy()
    woven[::2] = (first if top_first else second)[::2]
    return woven


def pq(rgb: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """Return BT.709 pixels as BT.2020 with the transfer function PQ (SMPTE ST 2084)."""
    power = (_bt2020_light(rgb) * HDR_WHITE / 10000) ** 0.1593017578125
    return _as_uint16(((0.8359375 + 18.8515625 * power) / (1 + 18.6875 * power)) ** 78.84375)


def hlg(rgb: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """Return BT.709 pixels as BT.2020 with the transfer function HLG (ITU-R BT.2100)."""
    shown = _bt2020_light(rgb) * HDR_WHITE / 1000
    luminance = np.maximum(shown @ [0.2627, 0.6780, 0.0593], 1e-9)
    scene = shown * luminance[..., None] ** (1 / 1.2 - 1)
    upper = 0.17883277 * np.log(np.maximum(12 * scene - 0.28466892, 1e-9)) + 0.55991073
    return _as_uint16(np.where(scene <= 1 / 12, np.sqrt(3 * scene), upper))


def _bt2020_light(rgb: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return the light of BT.709 pixels, 1 for white, in BT.2020 primaries (ITU-R BT.2087)."""
    matrix = [
        [0.6274039, 0.3292830, 0.0433131],
        [0.0690973, 0.9195404, 0.0113623],
        [0.0163914, 0.0880133, 0.8955953],
    ]
    return np.asarray((rgb / 255.0) ** 2.4 @ np.transpose(matrix))


def _as_uint16(signal: NDArray[np.float64]) -> NDArray[np.uint16]:
    return np.round(65535 * signal.clip(0, 1)).astype(np.uint16)


def grey_frames(count: int, width: int = 64, height: int = 48) -> list[NDArray[np.uint8]]:
    """Return grey images, each lighter by four grey levels than the one before."""
    return [np.full((height, width, 3), 20 + 4 * n, np.uint8) for n in range(count)]
