"""The loop of `wince watch`: read frames, assess them, follow the face, write rows."""

import csv
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import NoReturn

from rich.console import Console

from wince.camera import Camera, default_camera
from wince.cli.messages import complain
from wince.cli.speech_options import Speaker
from wince.cli.watch_rows import frame_row, rows_file
from wince.cli.watch_view import TerminalView, WatchStatus, summary
from wince.cli.watch_voice import BackgroundSpeaker
from wince.errors import NoFaceError, VideoError
from wince.files import refuse_existing, write_json
from wince.runtime.assessment import Assessment
from wince.runtime.assessor import Assessor
from wince.runtime.look_ahead import HALF_WIDTH, LookAhead, RecordedFrame
from wince.runtime.session_summary import LONGEST_STEP, SessionSummary
from wince.runtime.track import Track, TrackSettings
from wince.video import Video, VideoFrame
from wince.video.files import SUFFIXES as VIDEO_SUFFIXES
from wince.video.network_camera import is_address

RATE_WINDOW = 2.0
"""Seconds over which the frame rate is measured."""
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 8.0
"""Seconds between attempts to open a disconnected camera; the pause doubles each time."""
MOST_AWAY = 60.0  # seconds


def run(
    source: str | None,
    *,
    csv_path: Path | None,
    summary_path: Path | None,
    settings: TrackSettings,
    smoothing: float | None,
    every: int,
    speaker: Speaker | None,
    model: Path | None,
    allow_network: bool = False,
) -> None:
    """Watch until the video ends or Ctrl+C, then print the summary.

    Args:
        source: A video file, or the name or address of a camera; None for the first camera.
        csv_path: New file for a row per frame; None to write none.
        summary_path: New file for the summary as JSON; None to write none.
        settings: Settings of the track, without its smoothing.
        smoothing: Time constant of the smoothing for a camera, half width of the centred window
            for a video, in seconds; None for the usual one.
        every: Assess every nth frame only.
        speaker: Speaks announced levels; None for no speech.
        model: A model.onnx or its folder; None for the packaged model.
        allow_network: Whether the address of a camera may be on another machine.

    Raises:
        WinceError: The source cannot be opened, or, after the summary, a video stops before its
            stated end.
    """
    camera = camera_name(source)
    open_camera = partial(Camera, camera or "", allow_network=allow_network)
    if summary_path:
        refuse_existing(summary_path, "Choose another name for --summary.")
    console = Console(highlight=False)
    with ExitStack() as stack:
        opened = open_camera() if camera is not None else Video(str(source))
        stack.callback(opened.close)
        look_ahead: LookAhead[WatchedFrame] = LookAhead(0.0)
        if isinstance(opened, Video):
            look_ahead = LookAhead(HALF_WIDTH if smoothing is None else smoothing)
            settings = _for_recording(settings, every / opened.frame_rate)
        elif smoothing is not None:
            settings = replace(settings, smoothing=smoothing)
        assessor = Assessor(model)
        rows = stack.enter_context(rows_file(csv_path)) if csv_path else None
        voice = BackgroundSpeaker(speaker) if speaker else None
        watcher = Watcher(assessor, settings, look_ahead, rows, voice)
        error = _watch(opened, open_camera, every, watcher, console)
        if voice:
            voice.finish()
        if isinstance(opened, Video) and opened.damaged_parts:
            complain(f"{opened.name}: {opened.damaged_parts} damaged parts were skipped.")
        console.print(summary(watcher.session))
        if summary_path:
            write_json(summary_path, watcher.session.to_dict())
    if error is not None:
        raise error


def camera_name(source: str | None) -> str | None:
    """Return the name or address of the camera to watch; None if the source is a video file.

    A source is a file if it exists or ends in the suffix of a video. Names of cameras may contain
    dots and slashes, such as "USB2.0 HD UVC WebCam" or /dev/video0.

    Args:
        source: A file or a camera as given; None for the first camera.

    Raises:
        VideoError: No source is given and there is no camera.
    """
    if source is None:
        return default_camera()
    path = Path(source)
    if is_address(source) or path.is_char_device():
        return source
    is_file = path.exists() or path.suffix.lower() in VIDEO_SUFFIXES
    return None if is_file else source


def _for_recording(settings: TrackSettings, step: float) -> TrackSettings:
    """Return the settings of the track of a recording.

    The look-ahead has smoothed its scores, and it survives three steps between assessed frames.
    """
    return replace(settings, smoothing=0.0, away=min(MOST_AWAY, max(settings.away, 3 * step)))


@dataclass(frozen=True, slots=True)
class WatchedFrame:
    """A frame with its own assessment.

    Attributes:
        frame: The frame, without its pixels.
        assessment: Assessment of its face; None if there is none.
        latency: Seconds from the frame to its assessment.
    """

    frame: VideoFrame
    assessment: Assessment | None
    latency: float


@dataclass
class Watcher:
    """Assesses frames, follows the face, writes rows and announces levels.

    Attributes:
        assessor: Assesses the frames.
        settings: Settings of the track.
        look_ahead: Averages the scores of a recording; of width 0 for a camera.
        rows: Writes a row per frame, if any.
        voice: Speaks announced levels, if any.
        status: What the view shows.
        session: Sums over all frames.
    """

    assessor: Assessor
    settings: TrackSettings
    look_ahead: LookAhead[WatchedFrame]
    rows: "csv.DictWriter[str] | None"
    voice: BackgroundSpeaker | None
    status: WatchStatus = field(default_factory=WatchStatus)
    session: SessionSummary = field(default_factory=SessionSummary)

    def __post_init__(self) -> None:
        self._track = Track(self.assessor.estimator.calibration, self.settings)
        self._finish_times: deque[float] = deque()

    def process(self, frame: VideoFrame, seconds: float, available_at: float) -> Iterator[float]:
        """Assess a frame.

        Args:
            frame: The frame.
            seconds: Its time in the session.
            available_at: When the frame was available, on the clock of `time.monotonic`.

        Yields:
            The time of each frame for which `status` is complete.
        """
        assessment: Assessment | None
        try:
            assessment = self.assessor.assess(frame.rgb)
        except NoFaceError:
            assessment = None
        now = time.monotonic()
        self.status.latency = now - available_at
        self.status.frame_rate = self._frame_rate(now)
        without_pixels = replace(frame, rgb=frame.rgb[:0])
        watched = WatchedFrame(without_pixels, assessment, self.status.latency)
        for complete in self.look_ahead.add(RecordedFrame(seconds, assessment, watched)):
            yield self._follow(complete)

    def finish(self) -> Iterator[float]:
        """Follow the frames that still wait at the end; yield the time of each."""
        for complete in self.look_ahead.finish():
            yield self._follow(complete)

    def _follow(self, complete: "RecordedFrame[WatchedFrame]") -> float:
        """Add a frame to the track and pass its state on; return its time."""
        seconds, watched = complete.seconds, complete.item
        state = self._track.update(seconds, complete.assessment)
        self.session.add(
            seconds,
            state,
            face_found=complete.assessment is not None,
            longest=max(LONGEST_STEP, self.settings.away),
        )
        self.status.state = state
        if self.rows:
            row = frame_row(watched.frame, seconds, watched.assessment, state, watched.latency)
            self.rows.writerow(row)
        if self.voice:
            self.voice.follow(state.statement)
        return seconds

    def _frame_rate(self, now: float) -> float:
        """Return the frames per second over the last RATE_WINDOW seconds."""
        times = self._finish_times
        times.append(now)
        while now - times[0] > RATE_WINDOW:
            times.popleft()
        span = times[-1] - times[0]
        return (len(times) - 1) / span if span else 0.0


def _watch(
    opened: Camera | Video,
    open_camera: Callable[[], Camera],
    every: int,
    watcher: Watcher,
    console: Console,
) -> VideoError | None:
    """Watch until the source ends or Ctrl+C; return the error of a video that stops early."""
    error: VideoError | None = None
    with TerminalView(console) as view:
        duration = opened.duration if isinstance(opened, Video) else None
        try:
            if isinstance(opened, Video):
                _watch_video(opened, every, watcher, view)
            else:
                _watch_camera(opened, open_camera, every, watcher, view)
        except KeyboardInterrupt:
            pass
        except VideoError as video_error:
            error = video_error
        for seconds in watcher.finish():
            view.show(watcher.status, position=seconds, duration=duration)
    return error


def _watch_video(video: Video, every: int, watcher: Watcher, view: TerminalView) -> None:
    for frame in video.frames(every=every):
        for seconds in watcher.process(frame, frame.seconds, time.monotonic()):
            view.show(watcher.status, position=seconds, duration=video.duration)


def _watch_camera(
    camera: Camera,
    open_camera: Callable[[], Camera],
    every: int,
    watcher: Watcher,
    view: TerminalView,
) -> NoReturn:
    """Watch a camera until Ctrl+C, and open it again whenever it is disconnected."""
    start = time.monotonic()
    status = watcher.status
    pause = FIRST_PAUSE
    while True:
        try:
            for frame in camera.frames(every=every):
                pause = FIRST_PAUSE
                for seconds in watcher.process(frame, frame.seconds - start, frame.seconds):
                    view.show(status, position=seconds)
        except VideoError as error:
            status.note = f"{error} Trying again."
        finally:
            camera.close()
        status.state = None  # the last statement is none about now
        reopened: Camera | None = None
        while reopened is None:
            view.show(status, position=time.monotonic() - start, force=True)
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
            try:
                reopened = open_camera()
            except VideoError as error:
                status.note = f"{error} Trying again."
        camera, status.note = reopened, ""
