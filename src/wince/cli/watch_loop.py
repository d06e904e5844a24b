"""What `wince watch` does: frames in, a view in the terminal, rows and a summary out."""

import csv
import threading
import time
from collections import deque
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NoReturn, TextIO

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from wince import scale
from wince.camera import Camera, default_camera
from wince.cli.messages import complain
from wince.cli.speech_options import Speaker
from wince.cli.tables import plain_table
from wince.errors import DataError, NoFaceError, SpeechError, VideoError, WinceError
from wince.level_colours import TERMINAL
from wince.runtime.assessment import Assessment
from wince.runtime.assessor import Assessor
from wince.runtime.session_summary import LONGEST_STEP, SessionSummary
from wince.runtime.track import Track, TrackSettings, TrackState
from wince.scale import Level
from wince.video import Video, VideoFrame

COLUMNS = (
    "seconds",
    "frame",
    "face",
    "pspi",
    "level",
    "confidence",
    *scale.UNIT_NAMES,
    "track_pspi",
    "track_level",
    "announced",
    "eyes",
    "away",
    "milliseconds",
)
RATE_WINDOW = 2.0  # seconds over which frames per second are counted
REDRAWS = 10  # of the view, per second
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 8.0  # seconds between tries to open a lost camera again
BAR = 32  # characters of the scale


def run(
    source: str | None,
    *,
    table: Path | None,
    settings: TrackSettings,
    every: int,
    speaker: Speaker | None,
    model: Path | None,
) -> None:
    """Watch until the video ends or Ctrl+C; then write the summary.

    Raises a WinceError when the source cannot be opened, and after the summary when a video stops
    before its end.
    """
    camera = _camera(source)
    with ExitStack() as stack:
        opened: Camera | Video = Camera(camera) if camera is not None else Video(str(source))
        stack.callback(lambda: opened.close())
        assessor = Assessor(model)
        if isinstance(opened, Video):  # frames may lie far apart; such gaps are no absence
            step = every / opened.frame_rate
            settings = replace(settings, away=min(60.0, max(settings.away, 3 * step)))
        watcher = _Watcher(assessor, settings, _rows(stack, table, source), speaker)
        console = Console(highlight=False)
        ending: WinceError | None = None
        try:
            with _view(console) as view:
                if isinstance(opened, Video):
                    _go_through(opened, every, watcher, view)
                else:
                    _follow(opened, every, watcher, view)
        except KeyboardInterrupt:
            pass
        except VideoError as error:
            ending = error
        watcher.finish()
        if isinstance(opened, Video) and opened.damaged_parts:
            complain(f"{opened.name}: {opened.damaged_parts} damaged parts were passed over.")
        console.print(summary(watcher.session))
        if ending is not None:
            raise ending


def _camera(source: str | None) -> str | None:
    """Return the camera that a source names, None when it is a file."""
    if source is None:
        return default_camera()
    path = Path(source)
    if path.is_char_device():
        return source
    if path.exists():
        return None
    if path.suffix or "/" in source or "\\" in source:
        return None  # a file that is missing is told by whoever opens it
    return source


def _rows(stack: ExitStack, path: Path | None, source: str | None) -> "csv.DictWriter[str] | None":
    if path is None:
        return None
    given = None if source is None else Path(source)
    if given is not None and given.exists() and path.exists() and path.samefile(given):
        raise DataError(f"--csv {path} is the video itself. Name another file for the rows.")
    file: TextIO = stack.enter_context(path.open("w", newline="", encoding="utf-8", buffering=1))
    rows = csv.DictWriter(file, COLUMNS, lineterminator="\n")
    rows.writeheader()
    return rows


def _go_through(video: Video, every: int, watcher: "_Watcher", view: "_View") -> None:
    for frame in video.frames(every=every):
        watcher.take(frame, frame.seconds, time.monotonic())
        view.show(watcher, position=frame.seconds, length=video.duration)


def _follow(camera: Camera, every: int, watcher: "_Watcher", view: "_View") -> NoReturn:
    """Watch a camera until Ctrl+C, and try to open it again whenever it is lost."""
    begin = time.monotonic()
    pause = FIRST_PAUSE
    while True:
        try:
            for frame in camera.frames(every=every):
                pause = FIRST_PAUSE
                watcher.take(frame, frame.seconds - begin, frame.seconds)
                view.show(watcher, position=frame.seconds - begin)
        except VideoError as error:
            watcher.note = f"{error} Trying again."
        finally:
            camera.close()
        reopened: Camera | None = None
        while reopened is None:
            view.show(watcher, position=time.monotonic() - begin, force=True)
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
            try:
                reopened = Camera(camera.name)
            except VideoError as error:
                watcher.note = f"{error} Trying again."
        camera, watcher.note = reopened, ""


@dataclass
class _Watcher:
    """Assesses frames, follows the face, writes rows, speaks."""

    assessor: Assessor
    settings: TrackSettings
    rows: "csv.DictWriter[str] | None"
    speaker: Speaker | None

    def __post_init__(self) -> None:
        self.track = Track(self.assessor.estimator.calibration, self.settings)
        self.session = SessionSummary()
        self.reading: TrackState | None = None
        self.note = ""  # what to say below the view
        self.latency = 0.0  # seconds from a frame to its result
        self._times: deque[float] = deque()
        self._voice = _Voice(self.speaker) if self.speaker else None

    def take(self, frame: VideoFrame, seconds: float, taken: float) -> None:
        """Assess a frame. seconds: its time in the session; taken: on the clock of this machine."""
        found: Assessment | None
        try:
            found = self.assessor.assess(frame.rgb)
        except NoFaceError:
            found = None
        self.reading = reading = self.track.update(seconds, found)
        longest = max(LONGEST_STEP, self.settings.away)
        self.session.add(seconds, reading, longest=longest)
        now = time.monotonic()
        self.latency = now - taken
        self._times.append(now)
        while now - self._times[0] > RATE_WINDOW:
            self._times.popleft()
        if self.rows:
            self.rows.writerow(_row(frame, seconds, found, reading, self.latency))
        if reading and reading.announced and self._voice:
            self._voice.say(reading.level)

    @property
    def rate(self) -> float:
        """Frames per second over the last two seconds."""
        span = self._times[-1] - self._times[0] if len(self._times) > 1 else 0.0
        return (len(self._times) - 1) / span if span else 0.0

    def finish(self) -> None:
        """Wait until what is being said is said."""
        if self._voice:
            self._voice.finish()


def _row(
    frame: VideoFrame,
    seconds: float,
    found: Assessment | None,
    reading: TrackState | None,
    latency: float,
) -> dict[str, Any]:
    row: dict[str, Any] = {
        "seconds": round(seconds, 3),
        "frame": frame.index,
        "face": int(found is not None),
        "milliseconds": round(1000 * latency, 1),
    }
    if found is not None:
        row |= {"pspi": found.pspi, "level": found.level and str(found.level)}
        row |= {"confidence": found.confidence, **(found.action_units or {})}
    if reading is not None:
        row |= {
            "track_pspi": reading.pspi,
            "track_level": str(reading.level),
            "announced": int(reading.announced),
            "eyes": reading.eyes,
            "away": reading.away,
        }
    return row


class _Voice:
    """Speaks beside the watching; of what waits, the newest is said."""

    def __init__(self, speaker: Speaker) -> None:
        self._speaker = speaker
        self._waiting: Level | None = None
        self._changed = threading.Condition()
        self._open = True
        self._thread = threading.Thread(target=self._speak, name="wince-voice", daemon=True)
        self._thread.start()

    def say(self, level: Level) -> None:
        """Say a level soon; one that still waits is forgotten."""
        with self._changed:
            self._waiting = level
            self._changed.notify()

    def finish(self) -> None:
        """Return when all is said."""
        with self._changed:
            self._open = False
            self._changed.notify()
        self._thread.join()

    def _speak(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or not self._open)
                level, self._waiting = self._waiting, None
            if level is None:
                return
            try:
                self._speaker.say(level)
            except SpeechError as error:
                complain(error)
                return


class _View:
    """The view that changes in place; in a pipe, one line for each level that is announced."""

    def __init__(self, console: Console, live: Live | None) -> None:
        self._console, self._live = console, live
        self._drawn = 0.0
        self._away = False

    def show(
        self,
        watcher: _Watcher,
        *,
        position: float,
        length: float | None = None,
        force: bool = False,
    ) -> None:
        """Show what stands: ten times a second at most, but a lost face or a new level at once."""
        reading = watcher.reading
        if self._live is None:
            if reading is not None and reading.announced:
                word = _title(reading.level)
                self._console.print(f"{_clock(position)} {word} (PSPI {reading.pspi:.1f})")
            return
        now = time.monotonic()
        away = reading is not None and reading.away > 0
        force = force or away != self._away or (reading is not None and reading.announced)
        self._away = away
        if force or now - self._drawn >= 1 / REDRAWS:
            self._drawn = now
            self._live.update(picture(watcher, position, length), refresh=True)


class _view:
    """Open the view for a `with` statement."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = (
            Live(console=console, auto_refresh=False, transient=True)
            if console.is_terminal
            else None
        )

    def __enter__(self) -> _View:
        if self._live:
            self._live.start()
        return _View(self._console, self._live)

    def __exit__(self, *_: object) -> None:
        if self._live:
            self._live.stop()


def picture(watcher: _Watcher, position: float, length: float | None) -> RenderableType:
    """Return the view: level, score on the scale, action units, time, frame rate and latency."""
    reading = watcher.reading
    lines: list[RenderableType] = []
    if reading is None:
        lines.append(Text("No face yet: point the camera at one face, from the front.", "bold"))
    else:
        lines += _found(reading)
    clock = _clock(position) + (f" of {_clock(length)}" if length else "")
    lines.append(
        Text(f"{clock}   {watcher.rate:.0f} frames/s   {1000 * watcher.latency:.0f} ms", "dim")
    )
    if watcher.note:
        lines.append(Text(watcher.note, "yellow"))
    lines.append(Text("Ctrl+C ends. An expression, not a diagnosis.", "dim"))
    return Group(*lines)


def _found(reading: TrackState) -> list[RenderableType]:
    style = TERMINAL[reading.level]
    head = Text.assemble((_title(reading.level), f"bold {style.removeprefix('bold ')}"))
    head.append(f"   PSPI {reading.pspi:.1f} of {scale.PSPI_MAXIMUM:.0f}", "bold")
    if reading.away:
        head.append(f"   no face for {reading.away:.1f} s", "yellow")
    elif reading.eyes == "closed":
        head.append("   eyes closed", "dim")
    lines: list[RenderableType] = [head, _bar(reading.pspi, scale.PSPI_MAXIMUM, style)]
    if reading.action_units:
        units = Table.grid(padding=(0, 1))
        for name, value in reading.action_units.items():
            unit = scale.ACTION_UNITS[name]
            bar = _bar(value, unit.maximum, "cyan", BAR // 2)
            units.add_row(name, unit.title, bar, f"{value:.1f}")
        lines.append(units)
    return lines


def _bar(value: float, maximum: float, style: str, width: int = BAR) -> Text:
    full = round(width * value / maximum)
    return Text.assemble(("━" * full, style), ("─" * (width - full), "dim"))


def _title(level: scale.Level) -> str:
    return "No pain expression seen" if level is scale.Level.NONE else level.capitalize()


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def summary(session: SessionSummary) -> RenderableType:
    """Return the table at the end: time in each level, its share, and its peak."""
    table = plain_table()
    for title in ("Level", "Time", "Share", "Peak", "At"):
        table.add_column(title, justify="left" if title == "Level" else "right")
    for level, seconds in session.seconds.items():
        share = f"{100 * seconds / session.watched:.0f} %" if session.watched else ""
        peak = session.peaks.get(level)
        high = (f"{peak[0]:.1f}", _clock(peak[1])) if peak else ("", "")
        table.add_row(_title(level), _clock(seconds), share, *high)
    absent = f"Without a face: {_clock(session.absent)}. " if session.absent >= 0.5 else ""
    times = len(session.announced)
    words = f"{absent}Frames: {session.frames}. Levels announced: {times}."
    return Group(table, Text(words))
