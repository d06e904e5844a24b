"""The progress of `wince assess` on stderr."""

import time
from collections.abc import Iterable, Iterator

from wince.cli.assess.inputs import InputImage

SHOW_AFTER = 1.0
"""Seconds until the bar appears."""


def file_progress(images: Iterable[InputImage], total: int) -> Iterator[InputImage]:
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
