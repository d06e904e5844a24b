"""Many pictures at a time: every core busy, results in order, and only a few in memory."""

import os
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from wince import images
from wince.annotate import annotated_copy
from wince.cli.assess.outcome import Outcome
from wince.cli.assess.results_file import Names
from wince.cli.assess.sources import MARK, STDIN, Source
from wince.errors import WinceError
from wince.images import ImageSource
from wince.runtime.assessment import Assessment

Assess = Callable[[ImageSource], Assessment]

AHEAD = 2  # pictures for each worker that are begun before the oldest one is written


def outcomes(
    sources: Iterable[Source], assess: Assess, copies: "Copies | None", workers: int
) -> Iterator[Outcome]:
    """Assess pictures and frames, `workers` at a time; yield what became of them, in their order.

    Threads do it: decoding, scaling and the networks run outside the interpreter's lock. At most
    AHEAD times `workers` are under way, so memory does not grow with their number, and one that
    takes long holds up no more than these.
    """
    waiting: deque[Future[Outcome]] = deque()
    pool = ThreadPoolExecutor(workers, thread_name_prefix="wince")
    try:
        for source in sources:
            copy = None if copies is None else copies.place(source)
            waiting.append(pool.submit(_assessed, source, assess, copy))
            del source  # a frame would stay in memory
            if len(waiting) >= AHEAD * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _assessed(source: Source, assess: Assess, copy: Path | None) -> Outcome:
    name, frame = str(source.path), source.frame
    where = (None, None) if frame is None else (frame.index, round(frame.seconds, 3))
    try:
        if source.problem is not None:
            raise source.problem
        image: ImageSource = source.path if frame is None else frame.rgb
        if name == STDIN:
            image = sys.stdin.buffer.read(images.MAX_BYTES + 1)
        assessment = assess(image)
        if copy is not None:
            annotated_copy.save(annotated_copy.annotate(images.read(image), assessment), copy)
        return Outcome(name, assessment, None, None if copy is None else str(copy), *where)
    except WinceError as error:
        kept = error.with_traceback(None)  # which would keep the picture
        return Outcome(name, None, kept, None, *where)
    except MemoryError:
        return Outcome(name, None, WinceError("There was not enough memory for it."), None, *where)
    except Exception as error:  # whatever it is, the other files are still done
        bug = WinceError(
            f"This is a bug in wince ({type(error).__name__}: {error}). Report it, with the file "
            "if it may be shown."
        )
        return Outcome(name, None, bug, None, *where)


@dataclass(slots=True)
class Copies:
    """Names for annotated copies, each its own, and never that of an input.

    folder: where they go. taken: where they must not go, the inputs to begin with.
    """

    folder: Path
    taken: Names

    def keep(self, path: Path) -> None:
        """Keep a place free of copies."""
        self.taken.add(_place(path))

    def place(self, source: Source) -> Path:
        """Return a path that no other copy of this run has, nor any input.

        The name ends in -annotated, then .png for a PNG and .jpg for all else; subfolders are kept,
        and the frames of a video have their number. A second picture of the same name gets -2
        before that ending.
        """
        suffix = ".png" if source.path.suffix.lower() == ".png" else ".jpg"
        number = 1
        while True:
            again = f"-{number}" if number > 1 else ""
            name = f"{source.copy_stem}{again}{MARK}{suffix}"
            path = self.folder / source.relative.parent / name
            if _place(path) not in self.taken:
                self.keep(path)
                return path
            number += 1


def _place(path: Path) -> str:
    return os.path.normcase(path.resolve())


def tracked(sources: Iterable[Source], total: int, show_after: float) -> Iterator[Source]:
    """Yield the sources; once `show_after` seconds have passed, a progress bar on stderr follows.

    total: how many files there are; the frames of a video are added when it is opened.
    """
    import time

    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress, TimeRemainingColumn

    columns = (*Progress.get_default_columns()[:2], MofNCompleteColumn(), TimeRemainingColumn())
    progress = Progress(
        *columns, console=Console(stderr=True), transient=True, redirect_stdout=False
    )
    begin, task = time.monotonic(), progress.add_task("Assessing", total=total)
    try:
        for source in sources:
            total += source.adds
            progress.update(task, total=total)
            if time.monotonic() - begin > show_after and total > 1:
                progress.start()
            yield source
            del source
            progress.advance(task)
    finally:
        progress.stop()
