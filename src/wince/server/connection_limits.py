"""Limits on connections: how long a request head may take, and how many connections are open."""

import asyncio

import h11
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from wince.server import problems

REQUEST_HEAD_SECONDS = 20.0
"""Time for a request head to arrive, from the start of the connection or the last response."""

MAX_CONNECTIONS = 200
"""Open connections at the same time. A browser opens six."""


class LimitedConnection(H11Protocol):
    """An HTTP/1.1 connection with a time limit for request heads and a limit on their number.

    uvicorn has a time limit between two requests (`timeout_keep_alive`) but none for the first
    request or for a head that arrives slowly, and its `limit_concurrency` answers in plain text.
    `H11Protocol` is not public, so pyproject.toml pins the minor version of uvicorn.

    Bodies have their own time limit, see `wince.server.body_limits`. uvicorn closes a WebSocket
    when the other side does not answer a ping.
    """

    _head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn declares it
        """Start waiting for a request head; refuse the connection when there are too many."""
        super().connection_made(transport)
        if len(self.connections) > MAX_CONNECTIONS:
            self.app = _send_busy
        self._start_head_timer()

    def on_response_complete(self) -> None:
        """Start waiting for the next request head."""
        super().on_response_complete()
        self._start_head_timer()

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        """Stop the timer and pass the connection to the WebSocket protocol."""
        self._stop_head_timer()
        super().handle_websocket_upgrade(event)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the timer."""
        self._stop_head_timer()
        super().connection_lost(exc)

    def _start_head_timer(self) -> None:
        self._stop_head_timer()
        self._head_timer = self.loop.call_later(REQUEST_HEAD_SECONDS, self._close_if_idle)

    def _stop_head_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _close_if_idle(self) -> None:
        self._head_timer = None
        responding = self.cycle is not None and not self.cycle.response_complete
        if not responding and not self.transport.is_closing():
            self.transport.close()


async def _send_busy(scope: Scope, receive: Receive, send: Send) -> None:
    problem = problems.from_kind(
        "busy",
        f"{MAX_CONNECTIONS} connections are already open. Try again in a moment.",
        {"Retry-After": "5", "Connection": "close"},
    )
    await problem.response(str(scope["path"]))(scope, receive, send)
