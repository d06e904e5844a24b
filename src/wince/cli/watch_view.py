"""What `wince watch` shows in the terminal: the live view and the summary."""

import time
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from wince import scale
from wince.cli.tables import plain_table
from wince.level_colours import TERMINAL
from wince.runtime.session_summary import SessionSummary
from wince.runtime.track import TrackState

REDRAWS_PER_SECOND = 10
BAR_WIDTH = 32  # characters


@dataclass(slots=True)
class WatchStatus:
    """What the view shows.

    Attributes:
        state: State of the track after the last frame; None before the first face.
        frame_rate: Frames per second.
        latency: Seconds from a frame to its result.
        note: A message below the view.
    """

    state: TrackState | None = None
    frame_rate: float = 0.0
    latency: float = 0.0
    note: str = ""


class TerminalView:
    """A view that is redrawn in place on a terminal, for use in a `with` statement.

    If stdout is not a terminal, it prints a line for each announced level instead.
    """

    def __init__(self, console: Console) -> None:
        """Create the view; it is shown when the `with` block begins."""
        self._console = console
        self._live = Live(console=console, auto_refresh=False, transient=True)
        self._drawn_at = 0.0
        self._face_away = False

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._live.stop()

    def show(
        self,
        status: WatchStatus,
        *,
        position: float,
        duration: float | None = None,
        force: bool = False,
    ) -> None:
        """Show the status.

        The view is redrawn REDRAWS_PER_SECOND times at most, and at once when a level is announced
        or the face is lost or found again.

        Args:
            status: What to show.
            position: Seconds since the beginning.
            duration: Length of the video in seconds, if known.
            force: Whether to redraw at once.
        """
        state = status.state
        announced = state is not None and state.announced
        if not self._console.is_terminal:
            if state is not None and announced:
                title = _level_title(state.level)
                self._console.print(f"{_clock(position)} {title} (PSPI {state.pspi:.1f})")
            return
        face_away = state is not None and state.away > 0
        force = force or announced or face_away != self._face_away
        self._face_away = face_away
        now = time.monotonic()
        if force or now - self._drawn_at >= 1 / REDRAWS_PER_SECOND:
            self._drawn_at = now
            self._live.update(draw(status, position, duration), refresh=True)


def draw(status: WatchStatus, position: float, duration: float | None) -> RenderableType:
    """Return the view: level, score on its scale, action units, time, frame rate and latency."""
    lines: list[RenderableType] = []
    if status.state is None:
        lines.append(Text("No face yet: point the camera at one face, from the front.", "bold"))
    else:
        lines += _state_lines(status.state)
    clock = _clock(position) + (f" of {_clock(duration)}" if duration else "")
    rates = f"{status.frame_rate:.0f} frames/s   {1000 * status.latency:.0f} ms"
    lines.append(Text(f"{clock}   {rates}", "dim"))
    if status.note:
        lines.append(Text(status.note, "yellow"))
    lines.append(Text("Stop with Ctrl+C. This is an expression, not a diagnosis.", "dim"))
    return Group(*lines)


def _state_lines(state: TrackState) -> list[RenderableType]:
    style = TERMINAL[state.level]
    head = Text(_level_title(state.level), f"bold {style.removeprefix('bold ')}")
    head.append(f"   PSPI {state.pspi:.1f} of {scale.PSPI_MAXIMUM:.0f}", "bold")
    if state.away:
        head.append(f"   no face for {state.away:.1f} s", "yellow")
    elif state.eyes == "closed":
        head.append("   eyes closed", "dim")
    lines: list[RenderableType] = [head, _bar(state.pspi, scale.PSPI_MAXIMUM, style)]
    if state.action_units:
        units = Table.grid(padding=(0, 1))
        for name, value in state.action_units.items():
            unit = scale.ACTION_UNITS[name]
            bar = _bar(value, unit.maximum, "cyan", BAR_WIDTH // 2)
            units.add_row(name, unit.title, bar, f"{value:.1f}")
        lines.append(units)
    return lines


def _bar(value: float, maximum: float, style: str, width: int = BAR_WIDTH) -> Text:
    full = round(width * value / maximum)
    return Text.assemble(("━" * full, style), ("─" * (width - full), "dim"))


def _level_title(level: scale.Level) -> str:
    return "No pain expression seen" if level is scale.Level.NONE else level.capitalize()


def _clock(seconds: float) -> str:
    """Return a time such as 1:05 or 1:02:05."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def summary(session: SessionSummary) -> RenderableType:
    """Return the summary at the end: time in each level, its share, and its peak."""
    table = plain_table()
    for title in ("Level", "Time", "Share", "Peak", "At"):
        table.add_column(title, justify="left" if title == "Level" else "right")
    for level, seconds in session.seconds.items():
        share = f"{100 * seconds / session.watched:.0f} %" if session.watched else ""
        peak = session.peaks.get(level)
        peak_cells = (f"{peak[0]:.1f}", _clock(peak[1])) if peak else ("", "")
        table.add_row(_level_title(level), _clock(seconds), share, *peak_cells)
    absent = f"Without a face: {_clock(session.absent)}. " if session.absent >= 0.5 else ""
    counts = f"Frames: {session.frames}. Levels announced: {len(session.announced)}."
    return Group(table, Text(absent + counts))
