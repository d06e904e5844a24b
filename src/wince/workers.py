"""Work spread over processes, with results in order and only a few batches in memory."""

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
from wince.pillow_warnings import ignore_pillow_warnings

Item = TypeVar("Item")
Result = TypeVar("Result")

BATCH_SIZE = 16  # items sent to a worker at a time
JOINT_BATCH_SIZE = 128  # of items that are best done together
QUEUED_BATCHES_PER_WORKER = 4  # submitted and not yet yielded


def core_count() -> int:
    """Return how many processor cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def map_batches(
    work: Callable[[Sequence[Item]], list[Result]],
    items: Iterable[Item],
    workers: int,
    batch_of: Callable[[Item], str] = lambda _: "",
) -> Iterator[Result]:
    """Yield the results of `work` on batches of `items`, in the order of the items.

    Args:
        work: A picklable function from a batch to its results.
        items: Read only a few batches ahead of the results.
        workers: Number of processes. With 1 the work is done in the calling process.
        batch_of: Name of what items have in common that are best done together, "" for nothing.
            A batch of them is larger, and has no others.

    Raises:
        ArchiveError: A worker process was killed, most often because memory ran out.
    """
    batches = (
        batch
        for name, group in itertools.groupby(items, batch_of)
        for batch in _batches(group, JOINT_BATCH_SIZE if name else BATCH_SIZE)
    )
    if workers == 1:
        for batch in batches:
            yield from work(batch)
        return
    # Spawned, not forked: the caller has threads (its progress bar), and onnxruntime has its own.
    pool = ProcessPoolExecutor(
        workers, multiprocessing.get_context("spawn"), initializer=_prepare_worker
    )
    pending: deque[Future[list[Result]]] = deque()
    try:
        for batch in batches:
            pending.append(pool.submit(work, batch))
            if len(pending) >= workers * QUEUED_BATCHES_PER_WORKER:
                yield from pending.popleft().result()
        while pending:
            yield from pending.popleft().result()
    except BrokenProcessPool as error:
        raise ArchiveError(
            "A worker process was killed, most often because memory ran out. "
            "Run the same command with fewer --workers: finished work is kept."
        ) from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _batches(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    iterator = iter(items)
    while batch := list(itertools.islice(iterator, size)):
        yield batch


def _prepare_worker() -> None:
    """Leave Ctrl-C to the parent process, and exit when the parent exits, even if it was killed."""
    ignore_pillow_warnings()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_exit_after, args=(parent.sentinel,), daemon=True).start()


def _exit_after(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)
