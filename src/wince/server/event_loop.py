"""The server's event loop, and time limits for clients that its own work does not shorten."""

import asyncio
import selectors
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from wince.server import turns

TLS_SECONDS = 5.0
"""Time for a TLS handshake, and for the end of a TLS connection."""

BUSY_FACTOR = 10.0
"""Longest time for a client on a busy server, in multiples of the time limit."""

CHECK_SECONDS = 0.01
"""Shortest time from one look at a time limit to the next."""


class _TimedSelector(selectors.DefaultSelector):
    """A selector that measures how long the event loop has nothing to do."""

    idle_seconds = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Wait until a file is ready, at most for a number of seconds."""
        start = max(time.monotonic(), turns.next_turn())  # until then input waits for the server
        ready = super().select(timeout)
        if timeout is None or timeout > 0:  # else there is work
            self.idle_seconds += max(0.0, time.monotonic() - start)
        return ready


class EventLoop(asyncio.SelectorEventLoop):
    """An event loop whose servers limit the time of TLS handshakes; uvicorn has no option for it.

    Its servers use `LimitedListener.accept`, also on Windows.
    """

    def __init__(self) -> None:
        self._timed_selector = _TimedSelector()
        super().__init__(self._timed_selector)

    def idle_seconds(self) -> float:
        """Return the time for which this loop has waited for clients or for worker threads."""
        return self._timed_selector.idle_seconds

    async def create_server(self, *args: Any, **options: Any) -> asyncio.Server:
        """Return a server, as asyncio's event loop does."""
        if options.get("ssl"):
            options |= {"ssl_handshake_timeout": TLS_SECONDS, "ssl_shutdown_timeout": TLS_SECONDS}
        return await super().create_server(*args, **options)


@asynccontextmanager
async def client_timeout(seconds: float) -> AsyncIterator[None]:
    """Limit the time for which the block waits for a client.

    A client whose bytes lie unread because the server is busy is not slow, so such time does not
    count. It still ends after BUSY_FACTOR times as many seconds in all. On an event loop of another
    class all time counts.

    Raises:
        TimeoutError: The time is over.
    """
    loop = asyncio.get_running_loop()
    clock = loop.idle_seconds if isinstance(loop, EventLoop) else loop.time
    end, latest = clock() + seconds, loop.time() + BUSY_FACTOR * seconds

    def check() -> None:
        remaining = min(end - clock(), latest - loop.time())
        if remaining > 0:
            timers.append(loop.call_later(max(remaining, CHECK_SECONDS), check))
        else:
            timeout.reschedule(loop.time())

    timers = [loop.call_later(seconds, check)]
    async with asyncio.timeout(None) as timeout:
        try:
            yield
        finally:
            timers[-1].cancel()
