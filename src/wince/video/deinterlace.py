"""Make interlaced frames, whose even and odd lines show different moments, progressive."""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import TYPE_CHECKING

from wince.images import MIN_SIDE

if TYPE_CHECKING:
    import av
    from av.filter import Graph


def deinterlaced(frames: "Iterable[av.VideoFrame]") -> "Iterator[av.VideoFrame]":
    """Yield one progressive frame for each frame; those not marked as interlaced stay as they are.

    FFmpeg's filter bwdif keeps the lines of the field that comes first, as the frame is marked, and
    fills in the others from the neighbouring lines and frames. From the first interlaced frame on,
    a frame is yielded when the next one is known.
    """
    graph: Graph | None = None
    graph_shape: tuple[int, int, str] | None = None
    for frame in frames:
        shape = (frame.width, frame.height, frame.format.name)
        if graph and shape != graph_shape:  # the size may change within a file
            yield from _remaining(graph)
            graph = None
        if graph is None and frame.interlaced_frame and frame.height >= MIN_SIDE:
            graph, graph_shape = _bwdif_graph(frame), shape
        if graph is None:
            yield frame
        else:
            graph.push(frame)
            yield from _available(graph)
    if graph:
        yield from _remaining(graph)


def _bwdif_graph(frame: "av.VideoFrame") -> "Graph":
    from av.filter import Graph

    graph = Graph()
    graph.link_nodes(
        graph.add_buffer(
            width=frame.width,
            height=frame.height,
            format=frame.format,
            time_base=frame.time_base or Fraction(1, 1000),
        ),
        graph.add("bwdif", mode="send_frame", parity="auto", deint="interlaced"),
        graph.add("buffersink"),
    ).configure()
    return graph


def _available(graph: "Graph") -> "Iterator[av.VideoFrame]":
    """Yield the frames that are ready."""
    import av

    while True:
        try:
            frame = graph.vpull()
        except (av.BlockingIOError, av.EOFError):  # needs the next frame; was the last frame
            return
        yield frame


def _remaining(graph: "Graph") -> "Iterator[av.VideoFrame]":
    """End the graph's input and yield the frames that it still holds."""
    graph.push(None)
    yield from _available(graph)
