"""Work is spread over processes and its results come back in order."""

import os
import signal
import time
from collections.abc import Sequence

import pytest

from wince import workers
from wince.errors import ArchiveError


def squared(batch: Sequence[int]) -> list[int]:
    time.sleep(0.002 * (7 - batch[0] % 7))  # later batches are often finished first
    return [number * number for number in batch]


def killing_itself(batch: Sequence[int]) -> list[int]:
    if 40 in batch:
        os.kill(os.getpid(), signal.SIGKILL)
    return list(batch)


def raising(batch: Sequence[int]) -> list[int]:
    if 40 in batch:
        raise OSError("no space left")
    return list(batch)


@pytest.mark.parametrize("count", [1, 3])
def test_results_are_in_order_for_any_number_of_workers(count: int) -> None:
    results = list(workers.map_batches(squared, range(500), count))
    assert results == [number * number for number in range(500)]
    assert list(workers.map_batches(squared, [], count)) == []


def test_items_are_read_only_a_few_batches_ahead() -> None:
    items_read = 0

    def items():
        nonlocal items_read
        for number in range(100_000):
            items_read += 1
            yield number

    results = workers.map_batches(squared, items(), 2)
    for _ in range(10):
        next(results)
    results.close()
    assert items_read <= (2 * workers.QUEUED_BATCHES_PER_WORKER + 1) * workers.BATCH_SIZE


def test_a_killed_worker_is_an_error() -> None:
    with pytest.raises(ArchiveError, match="fewer --workers"):
        list(workers.map_batches(killing_itself, range(200), 2))


def test_an_error_in_a_worker_reaches_the_caller() -> None:
    with pytest.raises(OSError, match="no space left"):
        list(workers.map_batches(raising, range(200), 2))
