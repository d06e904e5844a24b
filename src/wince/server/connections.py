"""How long and how many connections are kept: half-open ones and floods do not pile up."""

import asyncio

import h11
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from wince.server import problems

HEAD_SECONDS = 20.0  # for a request's head to arrive, from the connection or the answer before it
MOST = 200  # connections at a time; a browser opens six


class Connection(H11Protocol):
    """An HTTP/1.1 connection that is closed when no request comes, and refused when there are many.

    uvicorn alone waits for the first request without end. Bodies have their own limit of time, see
    `wince.server.request_bodies`; WebSockets are closed when a ping is not answered.
    """

    _head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request."""
        super().connection_made(transport)
        if len(self.connections) > MOST:
            self.app = _refuse
        self._wait_for_head()

    def on_response_complete(self) -> None:
        """Begin to wait for the next request."""
        super().on_response_complete()
        self._wait_for_head()

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        """Hand the connection over to the WebSocket, which has limits of its own."""
        self._stop_waiting()
        super().handle_websocket_upgrade(event)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _wait_for_head(self) -> None:
        self._stop_waiting()
        self._head_timer = self.loop.call_later(HEAD_SECONDS, self._head_is_due)

    def _stop_waiting(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _head_is_due(self) -> None:
        self._head_timer = None
        at_work = self.cycle is not None and not self.cycle.response_complete
        if not at_work and not self.transport.is_closing():
            self.transport.close()


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    found = problems.problem(
        "busy",
        f"{MOST} connections are open already. Try again in a moment.",
        {"Retry-After": "5", "Connection": "close"},
    )
    await found.response(str(scope["path"]))(scope, receive, send)
