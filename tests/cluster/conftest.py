"""A cluster on this machine: a scheduler in this process, and two worker processes."""

from collections.abc import Iterator

import pytest

distributed = pytest.importorskip("distributed", reason="needs the extra [cluster]")


@pytest.fixture(scope="session")
def two_workers() -> Iterator["distributed.LocalCluster"]:
    with distributed.LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        host="127.0.0.1",
        dashboard_address=None,
        silence_logs=False,
    ) as cluster:
        yield cluster


@pytest.fixture
def address(two_workers: "distributed.LocalCluster") -> str:
    """Address of the scheduler, when both workers are there."""
    with distributed.Client(two_workers, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=120)  # one may have died in the test before
    return str(two_workers.scheduler_address)
