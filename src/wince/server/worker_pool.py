"""A bounded pool of threads that assesses images away from the event loop."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from wince.server import memory
from wince.server.problems import ProblemError

Result = TypeVar("Result")

RELEASE_SECONDS = 5.0
"""Time from a call until memory that it no longer uses is given back."""


class WorkerPool:
    """A few threads for inference and a bounded number of calls that wait for one.

    onnxruntime releases the interpreter lock while it computes, so the threads run in parallel.
    """

    def __init__(self, workers: int, max_waiting: int) -> None:
        self._workers = workers
        self._threads: ThreadPoolExecutor | None = None  # created by the first call
        self._capacity = workers + max_waiting
        self._pending = 0  # changed on the event loop only
        self._release: asyncio.TimerHandle | None = None

    async def run(self, function: Callable[[], Result]) -> Result:
        """Call a function in a thread and return its result.

        When the caller is cancelled, the call goes on and counts until it is over, so that the
        bound is kept.

        Raises:
            ProblemError: The pool is full (`busy`).
        """
        self.check_capacity()
        self._pending += 1
        if self._threads is None:
            self._threads = ThreadPoolExecutor(self._workers, thread_name_prefix="wince")
        future = asyncio.get_running_loop().run_in_executor(self._threads, function)
        future.add_done_callback(self._on_done)
        return await asyncio.shield(future)

    def check_capacity(self) -> None:
        """Check that the pool accepts another call.

        Raises:
            ProblemError: The pool is full (`busy`).
        """
        if self._pending >= self._capacity:
            raise ProblemError(
                "busy",
                f"{self._pending} images are already being assessed or waiting. "
                "Try again in a moment.",
                {"Retry-After": "1"},
                {"images": self._pending, "seconds": 1},
            )

    @property
    def pending(self) -> int:
        """Number of calls that are running or waiting."""
        return self._pending

    @property
    def capacity(self) -> int:
        """Largest number of calls that may be running or waiting at the same time."""
        return self._capacity

    def _on_done(self, future: "asyncio.Future[Result]") -> None:
        self._pending -= 1
        if self._release is None:
            self._release = future.get_loop().call_later(RELEASE_SECONDS, self._release_memory)
        if not future.cancelled():
            future.exception()  # retrieved, so that asyncio does not log it when the caller is gone

    def _release_memory(self) -> None:
        self._release = None
        if self._threads is not None:
            self._threads.submit(memory.release)

    def close(self) -> None:
        """Shut the threads down and drop waiting calls. A later call creates new threads."""
        if self._release is not None:
            self._release.cancel()
            self._release = None
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)
            self._threads = None
