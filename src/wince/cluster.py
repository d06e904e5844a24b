"""Work on several machines, by a Dask cluster that the user has started.

Only paths and results travel: the workers read and write the same shared folders as this machine.
Nothing here starts a scheduler or a worker, or listens.
"""

import asyncio
import logging
import os
import pickle
import platform
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError, Future, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from wince import files
from wince.errors import ClusterError, MissingExtraError
from wince.worker_needs import (
    PACKAGES,
    WorkerNeeds,
    fingerprint,
    other_version,
    version,
    worker_problem,
)

if TYPE_CHECKING:
    from distributed import Client

Item = TypeVar("Item")
Result = TypeVar("Result")

CONNECT_SECONDS = 10
ANSWER_SECONDS = 60
"""How long a worker may take to state its versions and to compare its folders."""
NO_WORKER_SECONDS = 60
"""How long all workers may be away before the command stops."""
SMALLEST_BATCH, LARGEST_BATCH = 16, 128
"""Items of a batch."""
BATCHES_PER_ROUND = 4
"""For each thread, before the batches become larger."""
REFRESH_SECONDS = 5
"""How often the workers are counted."""
MARKER = ".cluster"
"""File in the folder that is written. A worker that reads it has the same folder."""


@dataclass(frozen=True, slots=True)
class _Task:
    """A batch and its work. Its fields are not in its text, which Dask writes into its logs.

    The two are pickled here, because Dask's scheduler unpickles what it is given. So it does not
    import what only the workers need, and has less work for each batch.
    """

    needs: WorkerNeeds = field(repr=False)
    pickled: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a long task on a worker knows of the command that waits for it.

    Attributes:
        marker: The marker in the folder that is written; the command removes it when it ends.
        token: Content of the marker, and name of the command's messages.
    """

    marker: str
    token: str

    def is_valid(self) -> bool:
        """Return whether the command still waits, as far as can be known."""
        try:
            return Path(self.marker).read_text("utf-8") == self.token
        except FileNotFoundError:
            return False
        except OSError:  # a network drive that is away for a moment
            return True

    def tell(self, text: str) -> None:
        """Send a message to the command; only for the thread of a task on a worker."""
        from distributed import get_worker

        get_worker().log_event(self.token, text)


def _run(task: _Task) -> list[Any]:
    """Do a task on a worker; raise ClusterError if the worker lacks what it needs."""
    problem = worker_problem(task.needs)
    if problem:
        raise ClusterError(problem)
    work, batch = pickle.loads(task.pickled)  # noqa: S301 - of the command, as all that Dask runs
    return cast(list[Any], work(batch))


class Cluster:
    """A connection to the scheduler of a cluster.

    Attributes:
        address: The scheduler.
    """

    def __init__(self, address: str, client: "Client", needs: WorkerNeeds) -> None:
        self.address = address
        self._client = client
        self._executor = client.get_executor(pure=False)
        self._needs = needs
        self._threads = 0
        self._counted_at = self._last_worker_at = 0.0

    @property
    def ticket(self) -> Ticket:
        """The ticket for tasks that send messages or may have to stop; needs a folder to write."""
        return Ticket(self._needs.marker, self._needs.token)

    def listen(self, message: Callable[[str], None]) -> None:
        """Call a function in another thread with each text that a worker tells."""
        self._client.subscribe_topic(self._needs.token, lambda event: message(event[1]))

    def size(self) -> int:
        """Return the number of threads of all workers, at least 1.

        Raises:
            ClusterError: The scheduler is gone, or there has been no worker for a minute.
        """
        now = time.monotonic()
        if self._counted_at and now - self._counted_at < REFRESH_SECONDS:
            return max(1, self._threads)
        try:
            self._threads = sum(self._client.nthreads().values())
        except (OSError, RuntimeError, CancelledError) as error:
            raise _lost(self.address) from error
        self._counted_at = now
        if self._threads or not self._last_worker_at:
            self._last_worker_at = now
        if now - self._last_worker_at > NO_WORKER_SECONDS:
            raise ClusterError(
                f"The cluster at {self.address} has had no worker for {NO_WORKER_SECONDS} seconds. "
                "Start workers and run the same command again: finished work is kept."
            )
        return max(1, self._threads)

    def batch_size(self, submitted: int) -> int:
        """Return how many items the next batch has.

        Dask needs about the same time for a batch of any size, so batches grow with the work that
        each thread has had. They begin small, so that little work is shared by all.
        """
        rounds = submitted // (BATCHES_PER_ROUND * self.size())
        return min(SMALLEST_BATCH * (1 + rounds), LARGEST_BATCH)

    def submit(
        self, work: Callable[[Sequence[Item]], list[Result]], batch: Sequence[Item]
    ) -> "Future[list[Result]]":
        """Submit the work on a batch."""
        from distributed.protocol.pickle import dumps

        task = _Task(self._needs, dumps((work, batch)))
        future: Future[list[Result]] = self._executor.submit(_run, task)
        return future

    def result(self, future: "Future[list[Result]]") -> list[Result]:
        """Return the result of a batch, which other workers do again if its worker dies.

        Raises:
            ClusterError: Several workers died while doing the batch, all workers or the scheduler
                are gone, or a worker lacks what it needs.
        """
        from distributed import KilledWorker

        while not wait([future], timeout=REFRESH_SECONDS).done:
            self.size()
        try:
            return future.result()
        except CancelledError as error:
            raise _lost(self.address) from error
        except KilledWorker as error:
            raise ClusterError(
                "Each worker that was given one of the batches died "
                f"({error.allowed_failures + 1} in all, the last one at "
                f"{error.last_worker.address}), most often because memory ran out. Give each "
                "worker more memory or fewer threads, and run the same command again: finished "
                "work is kept."
            ) from error

    def stop(self) -> None:
        """Cancel the batches that no worker has begun."""
        with suppress(OSError, RuntimeError, CancelledError):
            self._executor.shutdown(wait=False)


def _lost(address: str) -> ClusterError:
    return ClusterError(
        f"The connection to the scheduler at {address} was lost. Start it and its workers again, "
        "and run the same command again: finished work is kept."
    )


@contextmanager
def connect(
    address: str,
    reads: Sequence[Path],
    writes: Path | None = None,
    packages: Sequence[str] = PACKAGES,
) -> Iterator[Cluster]:
    """Yield a cluster, after a check of what its workers have.

    Args:
        address: The scheduler, such as "tcp://10.0.0.5:8786" or "tls://10.0.0.5:8786".
        reads: Files and folders that the workers read.
        writes: An existing folder that the workers write.
        packages: Packages whose versions must be the same.

    Raises:
        MissingExtraError: Dask is not installed.
        ClusterError: The scheduler does not answer, it has no worker, or a worker has other
            versions or folders.
    """
    if find_spec("distributed") is None:
        raise MissingExtraError(
            "--cluster needs distributed, which is not installed. Install it here and on every "
            "machine of the cluster with: pip install 'wince[cluster]'"
        )
    token = f"{socket.gethostname()} {os.getpid()} {time.time_ns()}"
    marker = None if writes is None else writes / MARKER
    needs = WorkerNeeds(
        tuple((name, version(name)) for name in ("Python", *packages)),
        tuple((str(path), fingerprint(path)) for path in reads),
        str(marker or ""),
        token,
    )
    client = _open(address)
    try:
        if marker is not None:
            files.write_text(marker, token)
        _check_workers(client, address, needs)
        yield Cluster(address, client, needs)
    finally:
        with suppress(OSError, RuntimeError):
            client.close(timeout=CONNECT_SECONDS)
        if marker is not None:
            marker.unlink(missing_ok=True)


def _open(address: str) -> "Client":
    """Return a client of the scheduler at an address."""
    from distributed import Client

    for name in ("distributed", "distributed.client", "distributed.core", "distributed.comm"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # our own message follows
    try:
        # A client that cannot connect takes long to give up and leaves its threads behind.
        asyncio.run(_try_to_connect(address))
        return Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError, TypeError, RuntimeError) as error:
        raise ClusterError(
            f"No Dask scheduler answered at {address} within {CONNECT_SECONDS} seconds "
            f"({str(error).strip() or type(error).__name__}). Expected an address such as "
            "tcp://10.0.0.5:8786, or tls:// with certificates in Dask's configuration. Start one "
            "with `dask scheduler`, and check the address and the firewall."
        ) from error


async def _try_to_connect(address: str) -> None:
    from distributed import Security
    from distributed.comm.core import connect as open_comm

    arguments = Security().get_connection_args("client")
    comm = await open_comm(address, timeout=CONNECT_SECONDS, **arguments)
    await comm.close()


def _check_workers(client: "Client", address: str, needs: WorkerNeeds) -> None:
    """Raise ClusterError unless there are workers and each of them has what it needs."""
    addresses = list(client.nthreads())
    if not addresses:
        raise ClusterError(
            f"The cluster at {address} has no worker. Start some with `dask worker {address}` on "
            "machines that have the same wince and the same folders."
        )
    # First what needs no code of ours: a function for another Python may end its process.
    for worker, full_version in _ask(client, addresses, platform.python_version).items():
        python = ".".join(str(full_version).split(".")[:2])
        if python != version("Python"):
            raise ClusterError(_other_version(worker, "Python", python))
    _check_scheduler(client, address)
    for worker, problem in _ask(client, addresses, worker_problem, needs).items():
        if isinstance(problem, ModuleNotFoundError):
            raise ClusterError(_other_version(worker, "wince", ""))
        if problem:
            raise ClusterError(str(problem))


def _other_version(worker: str, name: str, actual: str) -> str:
    return other_version(f"The worker on {worker}", name, actual, version(name))


def _check_scheduler(client: "Client", address: str) -> None:
    """Raise ClusterError for a scheduler with another wince: it unpickles what it passes on."""
    try:
        actual = str(client.run_on_scheduler(version, "wince"))
    except ModuleNotFoundError:
        actual = ""
    if actual != version("wince"):
        place = f"The scheduler at {address}"
        raise ClusterError(other_version(place, "wince", actual, version("wince")))


def _ask(
    client: "Client", addresses: Sequence[str], function: Callable[..., Any], *arguments: Any
) -> dict[str, Any]:
    """Return what a function returns on each worker, or the error that it raises there.

    Raises:
        ClusterError: A worker does not answer in time.
    """

    async def ask() -> tuple[dict[str, Any], list[str]]:
        calls = {
            worker: asyncio.ensure_future(
                client.run(function, *arguments, workers=[worker], on_error="return")
            )
            for worker in addresses
        }
        _, late = await asyncio.wait(calls.values(), timeout=ANSWER_SECONDS)
        for call in late:
            call.cancel()
        answers = {
            worker: call.result()[worker]
            for worker, call in calls.items()
            if call not in late and call.exception() is None  # it raises if the worker has left
        }
        return answers, [worker for worker, call in calls.items() if call in late]

    answers, silent = client.sync(ask)
    if silent:
        count = f"{len(silent)} of the {len(addresses)} workers"
        raise ClusterError(
            f"{count} did not answer within {ANSWER_SECONDS} seconds, the first is {silent[0]}. A "
            "network drive that does not answer may hold it. Check its machine, or end that worker "
            "and start another, then run the same command again."
        )
    return cast(dict[str, Any], answers)
