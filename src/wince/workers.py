"""Work spread over processes, with the results in order and only a little of it in memory."""

import itertools
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait
from typing import TypeVar

from wince.errors import ArchiveError

Item = TypeVar("Item")
Result = TypeVar("Result")

BATCH_SIZE = 16  # items a worker is sent at a time
MAX_QUEUED_BATCHES = 4  # batches a worker may be ahead of the one being waited for


def core_count() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def map_batches(
    work: Callable[[Sequence[Item]], list[Result]], items: Iterable[Item], workers: int
) -> Iterator[Result]:
    """Yield the results of `work` on batches of `items`, in the order of the items.

    work: a picklable function from a batch to its results. workers: processes to use; with 1 the
    work is done in this one.

    Raises ArchiveError when a worker is ended from outside, most often for want of memory.
    """
    batches = _batches(items, BATCH_SIZE)
    if workers == 1:
        for batch in batches:
            yield from work(batch)
        return
    # Spawned and not forked: the caller has threads (its progress bar), onnxruntime has its own.
    pool = ProcessPoolExecutor(
        workers, multiprocessing.get_context("spawn"), initializer=_end_with_parent
    )
    waiting: deque[Future[list[Result]]] = deque()
    try:
        for batch in batches:
            waiting.append(pool.submit(work, batch))
            if len(waiting) >= workers * MAX_QUEUED_BATCHES:
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()
    except BrokenProcessPool as error:
        raise ArchiveError(
            "A worker process was ended from outside, most often for want of memory. "
            "Run the same command with fewer --workers: what is done is kept."
        ) from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _batches(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    left = iter(items)
    while batch := list(itertools.islice(left, size)):
        yield batch


def _end_with_parent() -> None:
    """Leave Ctrl-C to the parent, and end when the parent is gone, however it went."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_exit_after, args=(parent.sentinel,), daemon=True).start()


def _exit_after(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)
