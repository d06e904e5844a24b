"""Limits on request bodies: their size, their time, and the bytes of all that are in memory.

Clients that are still sending when the response comes tend to miss it. So most of a body that is
refused is read and discarded first.
"""

import asyncio
import io
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager, suppress

from fastapi import Request
from starlette.requests import ClientDisconnect
from starlette.types import Scope

from wince.server import turns
from wince.server.event_loop import client_timeout
from wince.server.problems import ProblemError
from wince.server.settings import Settings

SMALL_JSON_BYTES = 4 * 1024
"""Largest body of a request with a few values and no image."""

MAX_HELD_BYTES = 88 * 2**20
"""Bytes of all bodies that are arriving or whose requests are not answered yet."""

MAX_HELD_LARGE_BYTES = 68 * 2**20
"""Part of it for bodies above SMALL_IMAGE_BYTES, so that these leave room for others."""

SMALL_IMAGE_BYTES = 4 * 2**20

DISCARD_SECONDS = 2.0
"""Time of waiting for the client while the rest of a refused body is read."""

PIECE_BYTES = 4096
"""Bytes of a body that are parsed at once."""

_DISCARD_FACTOR = 4  # how much of a body that is too large is read, in multiples of the limit
_MEGABYTE = 2**20


_HELD = "wince.held_bytes"  # in a request's scope


class _HeldBytes:
    """Counts the bytes of bodies in memory, so that many large uploads cannot fill it.

    A body is counted when it starts to arrive, so that the first ones arrive whole, until its
    request is answered. The counts are changed on the event loop only.
    """

    def __init__(self) -> None:
        self.count = 0
        self._large = 0

    def add(self, scope: Scope, size: int) -> None:
        """Count the body of a request; raise a `busy` problem when there is no room for it."""
        large = size if size > SMALL_IMAGE_BYTES else 0
        if self.count + size > MAX_HELD_BYTES or self._large + large > MAX_HELD_LARGE_BYTES:
            raise ProblemError(
                "busy",
                "Too many images are arriving at the same time. Try again in a moment.",
                {"Retry-After": "1", "Connection": "close"},
                {"seconds": 1},
            )
        scope[_HELD] = (size, large)
        self.count += size
        self._large += large

    def remove(self, scope: Scope) -> None:
        """Stop counting the body of a request, if it has one."""
        size, large = scope.pop(_HELD, (0, 0))
        self.count -= size
        self._large -= large


held_bytes = _HeldBytes()


async def read_body(request: Request, limit: int, seconds: float) -> bytes:
    """Return the body of a request.

    Args:
        request: The request.
        limit: Largest size in bytes.
        seconds: Time for the body to arrive.

    Raises:
        ProblemError: The body is too large, arrives too slowly, or too many bodies are arriving.
    """
    body = io.BytesIO()  # gives its bytes without a copy
    async with time_limit(seconds), aclosing(limited_chunks(request, limit)) as chunks:
        async for chunk in chunks:
            body.write(chunk)
    return body.getvalue()


async def discard_body(request: Request, settings: Settings) -> None:
    """Read and discard the body of a request that is refused."""
    seconds = min(DISCARD_SECONDS, settings.body_seconds)
    await _discard(request.stream(), seconds, _DISCARD_FACTOR * settings.max_image_bytes)


async def _discard(stream: AsyncIterator[bytes], seconds: float, limit: int) -> None:
    received = 0
    with suppress(TimeoutError, ClientDisconnect):
        async with client_timeout(seconds):
            async for chunk in stream:
                received += len(chunk)
                if received > limit:
                    return


async def limited_chunks(request: Request, limit: int) -> AsyncGenerator[bytes, None]:
    """Yield the chunks of a body up to a limit in bytes.

    A body that is too large is read and discarded before the error is raised, unless it is very
    long or the client waits for permission to send it (`Expect: 100-continue`).

    Raises:
        ProblemError: The body is too large, or too many bodies are arriving.
    """
    content_length = request.headers.get("content-length", "")
    announced = int(content_length) if content_length.isdigit() else 0
    client_waits = "expect" in request.headers
    if announced > limit and (client_waits or announced > _DISCARD_FACTOR * limit):
        raise _too_large(limit)
    stream = request.stream()
    received = 0
    try:
        if announced <= limit:
            held_bytes.add(request.scope, announced or limit)
    except ProblemError:
        await _discard(stream, DISCARD_SECONDS, _DISCARD_FACTOR * limit)
        raise
    async for chunk in stream:
        received += len(chunk)
        if received > _DISCARD_FACTOR * limit:
            break
        if received <= limit and announced <= limit:
            yield chunk
    if received > limit:
        raise _too_large(limit)


async def pieces(chunks: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    """Yield parts of chunks; wait for a turn when who takes them needs much time for one."""
    async for chunk in chunks:
        for start in range(0, len(chunk), PIECE_BYTES):
            before = turns.begin()
            yield chunk[start : start + PIECE_BYTES]
            when = turns.turn_after(before)
            if when is not None:
                await asyncio.sleep(when - asyncio.get_running_loop().time())


def _too_large(limit: int) -> ProblemError:
    size = f"{limit // _MEGABYTE} MB" if limit >= _MEGABYTE else f"{limit // 1024} KB"
    content = "image" if limit > SMALL_JSON_BYTES else "request"
    return ProblemError(
        "too-large",
        f"The request is larger than {size}, the limit. Send a smaller {content}.",
        {"Connection": "close"},  # the rest of the body is not read
        {"limit": limit / _MEGABYTE},
    )


@asynccontextmanager
async def time_limit(seconds: float) -> AsyncIterator[None]:
    """Raise a `too-slow` problem when the block waits for the client for a number of seconds.

    Raises:
        ProblemError: The time is over.
    """
    try:
        async with client_timeout(seconds):
            yield
    except TimeoutError:
        raise ProblemError(
            "too-slow",
            f"The request did not arrive within {seconds:g} seconds.",
            {"Connection": "close"},
            {"seconds": seconds},
        ) from None
