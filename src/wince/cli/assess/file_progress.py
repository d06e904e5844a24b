"""The progress of `wince assess` on stderr."""

import time
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")

COUNT_EVERY = 100
"""Files between two updates of their number."""
SHOW_AFTER = 1.0
"""Seconds until the bar appears."""


def count_files(files: Iterable[object]) -> int:
    """Return how many files there are, and show the number on stderr while many are found."""
    from rich.console import Console
    from rich.status import Status

    start, count = time.monotonic(), 0
    status = Status("", console=Console(stderr=True))
    try:
        for count, _ in enumerate(files, start=1):
            if time.monotonic() - start > SHOW_AFTER and count % COUNT_EVERY == 0:
                status.update(f"Found {count:,} files")
                status.start()
    finally:
        status.stop()
    return count


def file_progress(
    items: Iterable[Item], total: int, to_come: Callable[[Item], int] = lambda _: 0
) -> Iterator[Item]:
    """Yield items, with a progress bar on stderr after SHOW_AFTER seconds.

    Args:
        items: The images of `wince assess`, or what there is for each of its files.
        total: Number of files.
        to_come: Number of further items that an item announces, such as the frames of a video.
    """
    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress, TimeRemainingColumn

    columns = (*Progress.get_default_columns()[:2], MofNCompleteColumn(), TimeRemainingColumn())
    progress = Progress(
        *columns, console=Console(stderr=True), transient=True, redirect_stdout=False
    )
    start, task = time.monotonic(), progress.add_task("Assessing", total=total)
    try:
        for item in items:
            total += to_come(item)
            progress.update(task, total=total)
            if time.monotonic() - start > SHOW_AFTER and total > 1:
                progress.start()
            yield item
            del item  # releases the pixels of a frame
            progress.advance(task)
    finally:
        progress.stop()
