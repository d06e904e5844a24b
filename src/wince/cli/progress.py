"""The progress of training on stderr."""

import contextlib
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from wince.training.run import Reporter


@contextlib.contextmanager
def training_reporter() -> Iterator["Reporter"]:
    """Yield a Reporter that shows progress bars on a terminal, and lines of text elsewhere."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    from wince.training.run import Reporter

    console = Console(stderr=True, highlight=False)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    bars: dict[str, tuple[Any, Any]] = {}

    def show(title: str, done: int, total: int) -> None:
        if not console.is_terminal or total < 2:
            return
        if title not in bars:
            bar = Progress(*columns, console=console, transient=True)
            bar.start()
            bars[title] = (bar, bar.add_task(title, total=total))
        bar, task = bars[title]
        bar.update(task, completed=done)
        if done == total:
            bars.pop(title)[0].stop()

    def print_line(message: str) -> None:
        typer.echo(message, err=True)

    try:
        yield Reporter(print_line, show, bar=sys.stdout.isatty() and console.is_terminal)
    finally:
        for bar, _ in bars.values():
            bar.stop()
