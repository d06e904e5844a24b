"""The pool that pictures are assessed in, away from the event loop and bounded."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from wince.server.problems import ProblemError

Result = TypeVar("Result")


class Pool:
    """A few threads for inference, and a bounded number of calls that wait for one.

    onnxruntime lets go of the interpreter lock while it computes, so threads do run side by side.
    """

    def __init__(self, workers: int, max_waiting: int) -> None:
        self._workers = workers
        self._threads: ThreadPoolExecutor | None = None  # begun with the first call
        self._room = workers + max_waiting
        self._running = 0  # touched on the event loop only

    async def run(self, function: Callable[[], Result]) -> Result:
        """Return what `function` returns, called in a thread; raise a `busy` problem when full.

        A caller that goes away does not stop the work it has begun: its place stays taken until
        the work is over, so that the bound holds.
        """
        self.check_room()
        self._running += 1
        if self._threads is None:
            self._threads = ThreadPoolExecutor(self._workers, thread_name_prefix="wince")
        work = asyncio.get_running_loop().run_in_executor(self._threads, function)
        work.add_done_callback(self._finished)
        return await asyncio.shield(work)

    def check_room(self) -> None:
        """Raise a `busy` problem when no further call would be taken on."""
        if self._running >= self._room:
            raise ProblemError(
                "busy",
                f"{self._running} pictures are being assessed or waiting already. "
                "Try again in a moment.",
                {"Retry-After": "1"},
            )

    @property
    def running(self) -> int:
        """Calls that are being worked on or wait for their turn."""
        return self._running

    @property
    def room(self) -> int:
        """Calls that may be running or waiting at the same time."""
        return self._room

    def _finished(self, work: "asyncio.Future[Result]") -> None:
        self._running -= 1
        if not work.cancelled():
            work.exception()  # seen, even when the caller has gone

    def close(self) -> None:
        """Let go of the threads; work that has not begun is dropped. A later call begins anew."""
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)
            self._threads = None
