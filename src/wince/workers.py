"""Work spread over processes or a cluster, with results in order and few batches in memory."""

import itertools
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.connection import wait
from typing import Protocol, TypeVar

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


class Pool(Protocol):
    """Where batches are worked on."""

    def size(self) -> int:
        """Return how many batches are worked on at a time."""

    def batch_size(self, submitted: int) -> int:
        """Return how many items the next batch has after some batches were submitted."""

    def submit(
        self, work: Callable[[Sequence[Item]], list[Result]], batch: Sequence[Item]
    ) -> "Future[list[Result]]":
        """Submit the work on a batch."""

    def result(self, future: "Future[list[Result]]") -> list[Result]:
        """Return the result of a batch."""

    def stop(self) -> None:
        """Cancel the batches that have not begun."""


def map_batches(
    work: Callable[[Sequence[Item]], list[Result]],
    items: Iterable[Item],
    workers: int | Pool,
    batch_of: Callable[[Item], str] = lambda _: "",
) -> Iterator[Result]:
    """Yield the results of `work` on batches of `items`, in the order of the items.

    Args:
        work: A picklable function from a batch to its results.
        items: Read only a few batches ahead of the results.
        workers: Number of processes, or a cluster. With 1 the work is done in the calling process.
        batch_of: Name of what items have in common that are best done together, "" for nothing.
            A batch of them is larger, and has no others.

    Raises:
        ArchiveError: A worker process was killed, most often because memory ran out.
        ClusterError: The cluster cannot do the work.
    """
    if workers == 1:
        for batch in _batches(items, batch_of, lambda _: BATCH_SIZE):
            yield from work(batch)
        return
    pool = _Processes(workers) if isinstance(workers, int) else workers
    pending: deque[Future[list[Result]]] = deque()
    try:
        for batch in _batches(items, batch_of, pool.batch_size):
            pending.append(pool.submit(work, batch))
            while len(pending) >= pool.size() * QUEUED_BATCHES_PER_WORKER:
                yield from pool.result(pending.popleft())
        while pending:
            yield from pool.result(pending.popleft())
    finally:
        pool.stop()


class _Processes:
    """Processes on this machine.

    Spawned, not forked: the caller has threads (its progress bar), and onnxruntime has its own.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._executor = ProcessPoolExecutor(
            count, multiprocessing.get_context("spawn"), initializer=_prepare_worker
        )

    def size(self) -> int:
        return self._count

    def batch_size(self, submitted: int) -> int:
        return BATCH_SIZE

    def submit(
        self, work: Callable[[Sequence[Item]], list[Result]], batch: Sequence[Item]
    ) -> "Future[list[Result]]":
        with _explained():
            return self._executor.submit(work, batch)

    def result(self, future: "Future[list[Result]]") -> list[Result]:
        with _explained():
            return future.result()

    def stop(self) -> None:
        self._executor.shutdown(wait=True, cancel_futures=True)


@contextmanager
def _explained() -> Iterator[None]:
    """Raise ArchiveError for a pool whose process was killed."""
    try:
        yield
    except BrokenProcessPool as error:
        raise ArchiveError(
            "A worker process was killed, most often because memory ran out. "
            "Run the same command with fewer --workers: finished work is kept."
        ) from error


def _batches(
    items: Iterable[Item], batch_of: Callable[[Item], str], batch_size: Callable[[int], int]
) -> Iterator[list[Item]]:
    """Yield items in batches; `batch_size` has their size by the number of batches before."""
    count = 0
    for name, group in itertools.groupby(items, batch_of):
        while batch := list(
            itertools.islice(group, JOINT_BATCH_SIZE if name else batch_size(count))
        ):
            yield batch
            count += 1


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
