import os
import signal
import time
from collections.abc import Sequence

import pytest

from wince import workers
from wince.errors import ArchiveError


def squared(batch: Sequence[int]) -> list[int]:
    time.sleep(0.002 * (7 - batch[0] % 7))  # earlier batches are often done later
    return [number * number for number in batch]


def deadly(batch: Sequence[int]) -> list[int]:
    if 40 in batch:
        os.kill(os.getpid(), signal.SIGKILL)
    return list(batch)


def angry(batch: Sequence[int]) -> list[int]:
    if 40 in batch:
        raise OSError("no space left")
    return list(batch)


@pytest.mark.parametrize("count", [1, 3])
def test_results_come_in_order_whatever_the_workers(count: int) -> None:
    found = list(workers.map_batches(squared, range(500), count))
    assert found == [number * number for number in range(500)]
    assert list(workers.map_batches(squared, [], count)) == []


def test_little_is_taken_before_it_is_needed() -> None:
    taken = 0

    def items():
        nonlocal taken
        for number in range(100_000):
            taken += 1
            yield number

    results = workers.map_batches(squared, items(), 2)
    for _ in range(10):
        next(results)
    results.close()
    assert taken <= (2 * workers.QUEUED_BATCHES_PER_WORKER + 1) * workers.BATCH_SIZE


def test_a_worker_that_is_ended_from_outside_is_an_error() -> None:
    with pytest.raises(ArchiveError, match="fewer --workers"):
        list(workers.map_batches(deadly, range(200), 2))


def test_an_error_in_a_worker_reaches_the_caller() -> None:
    with pytest.raises(OSError, match="no space left"):
        list(workers.map_batches(angry, range(200), 2))
