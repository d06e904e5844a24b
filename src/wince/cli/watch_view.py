"""What `wince watch` shows in the terminal: the live view and the summary."""

import time
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from wince.cli.tables import plain_table
from wince.files import Closing
from wince.level_colours import TERMINAL, of_scale
from wince.runtime.session_summary import SessionSummary
from wince.runtime.track import TrackState
from wince.scale import ACTION_UNITS
from wince.score_scale import LevelName
from wince.speech.sentences import title

REDRAWS_PER_SECOND = 10
BAR_WIDTH = 32  # characters


@dataclass(slots=True)
class WatchStatus:
    """What the view shows.

    Attributes:
        states: State of each followed person's track after the last frame, by number. The number
            is None before the first face. Empty before the first frame and while the camera is
            lost.
        frame_rate: Frames per second.
        latency: Seconds from a frame to its result.
        note: A message below the view.
        choice: Who of several persons is followed; None if nobody had to be chosen.
        others: Persons in view who are not followed.
    """

    states: dict[int | None, TrackState] = field(default_factory=dict)
    frame_rate: float = 0.0
    latency: float = 0.0
    note: str = ""
    choice: str | None = None
    others: tuple[int, ...] = ()


class TerminalView(Closing):
    """A view that is redrawn in place on a terminal, for use in a `with` statement.

    If stdout is not a terminal, it prints a line for each announced level instead.
    """

    def __init__(self, console: Console) -> None:
        """Create the view; it is shown when the `with` block begins."""
        self._console = console
        self._live = Live(console=console, auto_refresh=False, transient=True)
        self._drawn_at = 0.0
        self._titles: list[str] = []
        self._choice: str | None = None

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live.start()
        return self

    def close(self) -> None:
        """Remove the view from the terminal."""
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

        The view is redrawn REDRAWS_PER_SECOND times at most, and at once for a new statement.

        Args:
            status: What to show.
            position: Seconds since the beginning.
            duration: Length of the video in seconds, if known.
            force: Whether to redraw at once.
        """
        if not self._console.is_terminal:
            self._print(status, position)
            return
        titles = [state.statement.title for state in status.states.values()]
        force = force or titles != self._titles
        self._titles = titles
        now = time.monotonic()
        if force or now - self._drawn_at >= 1 / REDRAWS_PER_SECOND:
            self._drawn_at = now
            self._live.update(draw(status, position, duration), refresh=True)

    def _print(self, status: WatchStatus, position: float) -> None:
        """Print who is followed, once, and a line for each announced level."""
        if status.choice != self._choice:
            self._choice = status.choice
            self._console.print(status.choice)
        for number, state in status.states.items():
            statement = state.statement
            if statement.announced and statement.score is not None:
                name = f"person {number}: " if len(status.states) > 1 else ""
                score = f"{statement.scale.name} {statement.scale.shown(statement.score)}"
                self._console.print(f"{_clock(position)} {name}{statement.title} ({score})")


def draw(status: WatchStatus, position: float, duration: float | None) -> RenderableType:
    """Return the view: statement, score on its scale, action units, time, rate and latency."""
    lines: list[RenderableType] = []
    if len(status.states) == 1:
        (state,) = status.states.values()
        lines += _state_lines(state)
    else:
        for number, state in status.states.items():
            lines += [Text(f"Person {number}", "dim"), *_state_lines(state)[:2]]
    if status.others:
        lines.append(Text(f"Also in view: {persons_text(status.others)}.", "dim"))
    clock = _clock(position) + (f" of {_clock(duration)}" if duration else "")
    rates = f"{status.frame_rate:.0f} frames/s   {1000 * status.latency:.0f} ms"
    lines.append(Text(f"{clock}   {rates}", "dim"))
    if status.choice:
        lines.append(Text(status.choice, "yellow"))
    if status.note:
        lines.append(Text(status.note, "yellow"))
    lines.append(Text("Stop with Ctrl+C. This is an expression, not a diagnosis.", "dim"))
    return Group(*lines)


def persons_text(numbers: Collection[int]) -> str:
    """Return the numbers of persons in words, such as "persons 2 and 3"."""
    *first, last = [str(number) for number in sorted(numbers)]
    return f"persons {', '.join(first)} and {last}" if first else f"person {last}"


def _state_lines(state: TrackState) -> list[RenderableType]:
    statement, scale = state.statement, state.statement.scale
    plain = "yellow" if statement.score is None else "cyan"
    style = of_scale(TERMINAL, scale).get(statement.level or "", plain)
    head = Text(statement.title, f"bold {style.removeprefix('bold ')}")
    if statement.score is not None:
        number = f"{scale.shown(statement.score)} {scale.of_maximum}"
        head.append(f"   {scale.name} {number}" if statement.level else f" {number}", "bold")
        if statement.confidence is not None:
            head.append(f", {100 * statement.confidence:.0f} %", "bold")
    if statement.age:
        head.append(f"   last face {statement.age:.1f} s ago", "yellow")
    elif state.eyes == "closed":
        head.append("   eyes closed", "dim")
    lines: list[RenderableType] = [head]
    if statement.score is not None:
        lines.append(_bar(statement.score - scale.low, scale.span, style))
    elif statement.advice:
        lines.append(Text(statement.advice))
    if state.score is not None and state.score.action_units:
        units = Table.grid(padding=(0, 1))
        for name, value in state.score.action_units.items():
            unit = ACTION_UNITS[name]
            bar = _bar(value, unit.maximum, "cyan", BAR_WIDTH // 2)
            units.add_row(name, unit.title, bar, f"{value:.1f}")
        lines.append(units)
    return lines


def _bar(value: float, maximum: float, style: str, width: int = BAR_WIDTH) -> Text:
    full = round(width * value / maximum)
    return Text.assemble(("━" * full, style), ("─" * (width - full), "dim"))


def _clock(seconds: float) -> str:
    """Return a time such as 1:05 or 1:02:05."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def summary(session: SessionSummary) -> RenderableType:
    """Return the summary at the end: time in each state, its share, and the peak of each level."""
    table = plain_table()
    for column in ("State", "Time", "Share", "Peak", "At"):
        table.add_column(column, justify="left" if column == "State" else "right")
    for name, seconds, level in _times(session):
        share = f"{100 * seconds / session.total:.0f} %" if session.total else ""
        peak = session.peaks.get(level) if level else None
        if name == session.scale.name:
            peak = session.peak
        shown = session.scale.shown
        peak_cells = (shown(peak.score), _clock(peak.seconds)) if peak else ("", "")
        table.add_row(name, _clock(seconds), share, *peak_cells)
    counts = (
        f"Frames: {session.frames}, {session.frames_without_face} without a face, "
        f"{session.frames_not_judged} not judged."
    )
    if session.scale.levels:
        counts += f" Levels announced: {len(session.announced)}."
    return Group(table, Text(counts))


def _times(session: SessionSummary) -> list[tuple[str, float, LevelName | None]]:
    """Return title, seconds and level of each state; other states than levels if they occur.

    On a scale without levels the first state has the name of the scale.
    """
    scale = session.scale
    others = [
        *((title(pair[0], pair, scale), seconds) for pair, seconds in session.between.items()),
        ("Changing", session.changing),
        *(
            (f"Cannot tell: {name.replace('-', ' ')}", seconds)
            for name, seconds in session.cannot_tell.items()
        ),
        ("Not in view", session.not_in_view),
        ("Not connected", session.not_connected),
    ]
    levels: list[tuple[str, float, LevelName | None]] = [
        (title(level, None, scale), seconds, level) for level, seconds in session.levels.items()
    ]
    scored = [] if scale.levels else [(scale.name, session.scored, None)]
    return [*levels, *scored, *((name, seconds, None) for name, seconds in others if seconds)]
