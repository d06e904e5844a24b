"""Progress bars on stderr."""

import contextlib
import sys
import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from wince.cli.assess.inputs import InputImage
    from wince.training.run import Reporter

SHOW_AFTER = 1.0
"""Seconds until `file_progress` shows its bar."""


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


def file_progress(images: "Iterable[InputImage]", total: int) -> "Iterator[InputImage]":
    """Yield images, with a progress bar on stderr after SHOW_AFTER seconds.

    Args:
        images: The images of `wince assess`.
        total: Number of files. The frames of a video are added when it is opened.
    """
    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress, TimeRemainingColumn

    columns = (*Progress.get_default_columns()[:2], MofNCompleteColumn(), TimeRemainingColumn())
    progress = Progress(
        *columns, console=Console(stderr=True), transient=True, redirect_stdout=False
    )
    start, task = time.monotonic(), progress.add_task("Assessing", total=total)
    try:
        for image in images:
            total += image.frames_to_come
            progress.update(task, total=total)
            if time.monotonic() - start > SHOW_AFTER and total > 1:
                progress.start()
            yield image
            del image  # releases the pixels of a frame
            progress.advance(task)
    finally:
        progress.stop()
