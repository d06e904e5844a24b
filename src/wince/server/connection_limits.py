"""Limits on connections: their number, and how long they wait for the client.

A client has a limited time for the head of a request, and for taking what is sent. TLS handshakes
and bodies have their own time limits, see `wince.server.event_loop` and `wince.server.body_limits`.
What arrives is parsed in small pieces, so that the event loop serves others in between.
"""

import asyncio
import contextlib
import logging
import socket
import sys
from collections import Counter
from typing import Any

import h11
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from wince.server import problems, turns

if sys.platform != "win32":
    import resource

REQUEST_HEAD_SECONDS = 20.0
"""Time for a request head to arrive, from the start of the connection or the last response."""

WRITE_SECONDS = 20.0
"""Time for the client to take the bytes that are ready for it."""

READ_BYTES = (512, 16384)
"""Fewest and most bytes that are parsed at once. 256 KB, as asyncio reads, can take 0.3 seconds."""

BODY_READ_BYTES = 65536
"""Most bytes that are read at once of a body of known length, which needs no parsing."""

MAX_UNREAD_BYTES = 2**20
"""Bytes that a WebSocket keeps for a client that does not read, answers to pings included."""

MAX_FRAGMENTS = 1000
"""Fragments of one message of a WebSocket."""

MAX_CONNECTIONS = 200
"""Open connections at the same time. A browser opens six."""

_WINDOWS_SOCKETS = 512  # that select() can watch
_log = logging.getLogger("wince.server")


def connection_limit() -> int:
    """Return how many connections are served: MAX_CONNECTIONS, or a quarter of the descriptors.

    Twice as many are accepted, because a connection is served only after its TLS handshake. The
    other half of the descriptors is for files and for the programs that speak.
    """
    descriptors = _WINDOWS_SOCKETS
    if sys.platform != "win32":
        soft_limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        descriptors = soft_limit if soft_limit >= 0 else 4 * MAX_CONNECTIONS  # -1: no limit
    return max(1, min(MAX_CONNECTIONS, descriptors // 4))


class LimitedListener(socket.socket):
    """A listening socket that closes connections at once while too many are open.

    A client from another host than most of them is served, and the oldest of those is closed.
    """

    _connections: tuple[tuple[socket.socket, str], ...] = ()  # with their hosts, the oldest first

    def accept(self) -> tuple[socket.socket, Any]:
        """Return the next connection and its address.

        Raises:
            ConnectionAbortedError: It was closed, or could not be accepted. asyncio then serves
                others before it accepts the next one.
            BlockingIOError: No connection waits.
        """
        try:
            connection, address = super().accept()
        except (BlockingIOError, InterruptedError):
            raise
        except OSError as error:  # asyncio would log it some thousand times
            _log.warning("A connection was not accepted: %s.", error.strerror)
            raise ConnectionAbortedError from None
        host = str(address[0])
        self._connections = tuple(old for old in self._connections if old[0].fileno() >= 0)
        if len(self._connections) >= 2 * connection_limit() and not self._end_oldest(host):
            connection.close()
            _log.warning("%d connections are open; others are closed.", len(self._connections))
            raise ConnectionAbortedError
        self._connections += ((connection, host),)
        return connection, address

    def _end_oldest(self, newcomer: str) -> bool:
        """End the oldest connection of the host with the most, and return whether that was done.

        It is not done if the newcomer's host has as many: one host cannot keep others out, and does
        not end its own connections.
        """
        counts = Counter(host for _, host in self._connections)
        ((busiest, count),) = counts.most_common(1)
        if count <= counts[newcomer] + 1:
            return False
        oldest = next(old for old in self._connections if old[1] == busiest)
        self._connections = tuple(old for old in self._connections if old is not oldest)
        with contextlib.suppress(OSError):  # the client has ended it meanwhile
            oldest[0].shutdown(socket.SHUT_RDWR)  # the event loop closes it
        return True


class _ReadsPieces(asyncio.BufferedProtocol):
    """Makes asyncio read few bytes at once, and more of them as long as parsing takes no time.

    After a costly piece nothing is parsed until it is this connection's turn, see
    `wince.server.turns`.
    """

    transport: asyncio.Transport
    _buffer = memoryview(b"")
    _turn: asyncio.TimerHandle | None = None
    _waiting = b""  # what arrived before the turn, because uvicorn resumed reading

    def get_buffer(self, sizehint: int) -> memoryview:
        """Return where the next bytes are written to."""
        if not self._buffer:
            self._buffer = memoryview(bytearray(READ_BYTES[0]))
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Parse the bytes that arrived, and set how many are read next."""
        data = bytes(self._buffer[:nbytes])
        if self._turn is not None:
            self._waiting += data
            self.transport.pause_reading()
            return
        costly = self._parse(data)
        size = READ_BYTES[0] if costly else min(2 * len(self._buffer), self.most_read_bytes())
        if size != len(self._buffer):
            self._buffer = memoryview(bytearray(size))

    def _parse(self, data: bytes) -> bool:
        """Parse bytes, and return whether that was costly; then this connection waits."""
        start = turns.begin()
        self.data_received(data)
        when = turns.turn_after(start)
        if when is None:
            return False
        self.transport.pause_reading()
        self._turn = asyncio.get_running_loop().call_at(when, self._take_turn)
        return True

    def _take_turn(self) -> None:
        """Go on with what has arrived, or read."""
        self._turn = None
        data, self._waiting = self._waiting, b""
        if self.transport.is_closing() or (data and self._parse(data)):
            return
        # An upgrade to a WebSocket passes the transport to another object.
        protocol = self.transport.get_protocol()
        if isinstance(protocol, _ReadsPieces) and not protocol.is_reading_paused():
            self.transport.resume_reading()

    def is_reading_paused(self) -> bool:
        """Return whether uvicorn waits until the application has read what arrived."""
        raise NotImplementedError

    def data_received(self, data: bytes) -> None:
        """Parse bytes."""
        raise NotImplementedError

    def most_read_bytes(self) -> int:
        """Return how many bytes may be read at once."""
        return READ_BYTES[1]


class LimitedConnection(H11Protocol, _ReadsPieces):
    """An HTTP/1.1 connection that does not wait for its client without an end.

    uvicorn has a time limit between two requests (`timeout_keep_alive`), but none for the first
    request, for a head that arrives slowly, or for a client that does not read its answers; and its
    `limit_concurrency` answers in plain text. `H11Protocol` is not public, so pyproject.toml pins
    the minor version of uvicorn.
    """

    _timer: asyncio.TimerHandle | None = None
    _waiting_since = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn declares it
        """Start waiting for a request head. If too many connections are open, close one.

        The one that has waited for its client for the longest time is closed. If none waits, this
        one is refused.
        """
        super().connection_made(transport)
        transport.set_write_buffer_limits(high=1, low=0)  # pause while anything is unsent
        limit = connection_limit()
        if len(self.connections) > limit and self._open_count() > limit:
            self._make_room()
        self._wait_for_client(REQUEST_HEAD_SECONDS)

    def on_response_complete(self) -> None:
        """Start waiting for the next request head."""
        super().on_response_complete()
        self._wait_for_client(REQUEST_HEAD_SECONDS)

    def send_400_response(self, msg: str) -> None:
        """Refuse bytes that are not HTTP, also in the middle of a body, and close.

        The request before them gets no answer if it has none yet. uvicorn would send two.
        """
        if self.cycle is not None:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            super().send_400_response(msg)
        else:
            self.transport.close()

    def pause_writing(self) -> None:
        """Start waiting for the client to read."""
        super().pause_writing()
        self._wait_for_client(WRITE_SECONDS)

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        """Stop the timer and pass the connection to the WebSocket protocol."""
        self._stop_timer()
        super().handle_websocket_upgrade(event)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the timer."""
        self._stop_timer()
        super().connection_lost(exc)

    def is_reading_paused(self) -> bool:
        """Return whether uvicorn waits until the application has read what arrived."""
        return bool(self.flow.read_paused)

    def most_read_bytes(self) -> int:
        """Return how many bytes may be read at once: more while a body of known length arrives."""
        in_body = self.conn.their_state is h11.SEND_BODY
        known = in_body and any(name == b"content-length" for name, _ in self.headers)
        return BODY_READ_BYTES if known else READ_BYTES[1]

    def _wait_for_client(self, seconds: float) -> None:
        self._stop_timer()
        self._waiting_since = self.loop.time()
        self._timer = self.loop.call_later(seconds, self._on_timeout)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _on_timeout(self) -> None:
        self._timer = None
        if not self._is_responding() or self.flow.write_paused:
            self.transport.abort()  # close() would wait until the client has read everything

    def _is_responding(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _is_waiting(self) -> bool:
        """Whether the client has to send or to read something before this connection goes on."""
        waiting = not self._is_responding() or self.flow.write_paused or self.cycle.more_body
        return waiting and not self.transport.is_closing()

    def _open_count(self) -> int:
        """Return the number of connections without those that are closing."""
        return sum(not other.transport.is_closing() for other in self.connections)

    def _make_room(self) -> None:
        waiting = [
            other
            for other in self.connections
            if isinstance(other, LimitedConnection) and other is not self and other._is_waiting()
        ]
        if waiting:
            min(waiting, key=lambda other: other._waiting_since).transport.abort()
        else:
            self.app = _send_busy


class LimitedSocket(WebSocketsSansIOProtocol, _ReadsPieces):
    """A WebSocket that ends when its client does not read, or sends endless fragments.

    uvicorn ends it when a ping is not answered, but then waits until everything is read.
    """

    _timer: asyncio.TimerHandle | None = None

    def data_received(self, data: bytes) -> None:
        """Parse bytes; end the connection if they make too much accumulate."""
        super().data_received(data)
        unread = self.transport.get_write_buffer_size()
        if unread > MAX_UNREAD_BYTES or len(self.frames) > MAX_FRAGMENTS:
            self.transport.abort()

    def is_reading_paused(self) -> bool:
        """Return whether uvicorn waits until the application has read what arrived."""
        return bool(self.read_paused)

    def pause_writing(self) -> None:
        """Start waiting for the client to read."""
        super().pause_writing()
        self._stop_timer()
        self._timer = self.loop.call_later(WRITE_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """Stop waiting."""
        self._stop_timer()
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._stop_timer()
        super().connection_lost(exc)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


async def _send_busy(scope: Scope, receive: Receive, send: Send) -> None:
    problem = problems.from_kind(
        "busy",
        f"{connection_limit()} connections are already open. Try again in a moment.",
        {"Retry-After": "5", "Connection": "close"},
        {"connections": connection_limit(), "seconds": 5},
    )
    await problem.response(str(scope["path"]))(scope, receive, send)
