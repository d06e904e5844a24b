"""The live socket: JPEG frames in, assessments out, and the newest frame always wins.

One frame is assessed at a time. What arrives meanwhile replaces what is waiting, so the answers
stay current however slow the machine is, and nothing piles up.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from fastapi import WebSocket
from starlette.websockets import WebSocketDisconnect, WebSocketState

from wince.errors import WinceError
from wince.runtime.assessment import Assessment
from wince.server import problems
from wince.server.problems import ProblemError

Assess = Callable[[bytes], Awaitable[Assessment]]


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame as it came. number: counts every frame of the socket from 1."""

    number: int
    data: bytes


class Inbox:
    """The newest frame that has not been looked at, or none."""

    def __init__(self) -> None:
        self._frame: Frame | None = None
        self._changed = asyncio.Event()
        self._open = True

    def put(self, frame: Frame) -> None:
        """Keep a frame; the one that was waiting is forgotten."""
        self._frame = frame
        self._changed.set()

    def close(self) -> None:
        """Say that no frame will come any more."""
        self._open = False
        self._changed.set()

    async def take(self) -> Frame | None:
        """Return the newest frame as soon as there is one; None when the socket has closed."""
        while self._open:
            await self._changed.wait()
            self._changed.clear()
            frame, self._frame = self._frame, None
            if frame is not None and self._open:
                return frame
        return None


async def converse(socket: WebSocket, assess: Assess, *, max_frame_bytes: int) -> None:
    """Answer the frames of an open socket until it closes.

    Each answer is an assessment, or a problem, with `frame`: the number of the frame it is about.
    """
    inbox = Inbox()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_read(socket, inbox, max_frame_bytes))
        tasks.create_task(_answer(socket, inbox, assess))


async def _read(socket: WebSocket, inbox: Inbox, max_frame_bytes: int) -> None:
    number = 0
    try:
        while True:
            message = await socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            number += 1
            data = message.get("bytes")
            if data is not None and len(data) <= max_frame_bytes:
                inbox.put(Frame(number, data))
            else:
                wrong = _refusal(data, max_frame_bytes)
                await _send(socket, {**wrong.to_dict(), "frame": number})
    finally:
        inbox.close()


def _refusal(data: bytes | None, max_frame_bytes: int) -> problems.Problem:
    if data is None:
        return problems.problem(
            "wrong-content-type", "Text arrived; expected a JPEG frame as a binary message."
        )
    return problems.problem(
        "too-large",
        f"A frame of {len(data) / 2**20:.1f} MB arrived; the limit is "
        f"{max_frame_bytes / 2**20:.0f} MB. Send smaller frames.",
    )


async def _answer(socket: WebSocket, inbox: Inbox, assess: Assess) -> None:
    while (frame := await inbox.take()) is not None:
        await _send(socket, {**await _assessed(frame.data, assess), "frame": frame.number})


async def _assessed(data: bytes, assess: Assess) -> dict[str, Any]:
    try:
        return (await assess(data)).to_dict()
    except (ProblemError, WinceError) as error:
        return problems.from_error(error).to_dict()
    except Exception as error:
        problems.log.exception("A live frame failed")
        return problems.from_error(error).to_dict()


async def _send(socket: WebSocket, data: dict[str, Any]) -> None:
    if socket.application_state is not WebSocketState.CONNECTED:
        return
    try:
        await socket.send_json(data)
    except (WebSocketDisconnect, RuntimeError):
        return  # the other side has gone while we were at work; the reader ends the session
