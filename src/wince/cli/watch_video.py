"""The annotated copy of a video that `wince watch --video` writes."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from wince.annotate.video_frame import ShownPerson, draw_video_frame
from wince.cli.watch_rows import FrameResult
from wince.level_colours import ON_DARK, of_scale
from wince.runtime.session_summary import SessionSummary, Trend
from wince.video import Video
from wince.video.writer import VideoWriter


class AnnotatedVideo:
    """Draws results on the frames of a video, which it reads again, one frame at a time."""

    def __init__(self, source: Video, writer: VideoWriter, every: int) -> None:
        self._frames = source.frames(every=every)
        self._writer = writer
        self._duration = source.duration or 60.0

    def add(self, results: Sequence[tuple[FrameResult, SessionSummary]]) -> None:
        """Write the next frame.

        Args:
            results: What is known of each followed person after it, with the person's sums so far.
        """
        frame = next(self._frames)
        seconds = results[0][0].seconds
        persons = [_shown(result, session) for result, session in results if result.person]
        duration, scale = max(self._duration, seconds), results[0][1].scale
        self._writer.write(draw_video_frame(frame.rgb, persons, seconds, duration, scale), seconds)


@contextmanager
def annotate_video(source: Video, path: Path, every: int) -> Iterator[AnnotatedVideo]:
    """Yield an annotated copy of a video; it is complete when the block ends without an error.

    Args:
        source: The video, which is opened a second time.
        path: Where nothing exists yet.
        every: As for `Video.frames`.
    """
    with (
        Video(source.name) as second_source,
        VideoWriter(path, source.frame_rate / every) as writer,
    ):
        yield AnnotatedVideo(second_source, writer, every)


def _shown(result: FrameResult, session: SessionSummary) -> ShownPerson:
    """Return what is drawn of a person."""
    statement = result.state.statement
    return ShownPerson(
        result.person or 0,
        None if result.assessment is None else result.assessment.face.box,
        statement.title,
        "" if statement.score is None else statement.scale.shown(statement.score),
        of_scale(ON_DARK, statement.scale).get(statement.level or ""),
        _lines(session.trend),
    )


def _lines(trend: Trend) -> list[list[tuple[float, float]]]:
    """Return the scores of a trend as lines, which are broken where there is no score."""
    lines: list[list[tuple[float, float]]] = []
    last = None
    for number, point in trend.points.items():
        if last is None or number != last + 1:
            lines.append([])
        lines[-1].append(((number + 0.5) * trend.step, point.total / point.frames))
        last = number
    return lines
