"""The live socket: JPEG frames in, assessments out, and the newest frame always wins.

One frame is assessed at a time. What arrives meanwhile replaces what is waiting, so the answers
stay current however slow the machine is, and nothing piles up.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, fields
from time import perf_counter
from typing import Any

from fastapi import WebSocket
from starlette.websockets import WebSocketDisconnect, WebSocketState

from wince.errors import WinceError
from wince.runtime.assessment import Assessment
from wince.runtime.neutral import NeutralFace, change
from wince.runtime.track import Track, TrackSettings
from wince.server import problems
from wince.server.problems import ProblemError
from wince.server.request_bodies import OLD_NEUTRAL, SMALL_JSON

Assess = Callable[[bytes], Awaitable[Assessment]]


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame as it came.

    number: counts every frame of the socket from 1. seconds: when it came, on a clock of its own.
    """

    number: int
    data: bytes
    seconds: float


class Reference:
    """The neutral face that frames are compared with: the client's last text message, or None."""

    def __init__(self) -> None:
        self.neutral: NeutralFace | None = None

    def update(self, text: str) -> problems.Problem | None:
        """Read `{"neutral": {...} or null}`; return a problem if the text is something else."""
        try:
            message = json.loads(text) if len(text) <= SMALL_JSON else None
        except (ValueError, RecursionError):
            message = None
        if not isinstance(message, dict) or set(message) not in ({"neutral"}, {OLD_NEUTRAL}):
            return problems.from_kind(
                "malformed-request",
                "Text arrived; expected a JPEG frame as a binary message, or the text "
                '{"neutral": ...} with a neutral face or null.',
            )
        try:
            (data,) = message.values()
            self.neutral = None if data is None else NeutralFace.from_dict(data)
        except WinceError as error:
            return problems.from_error(error)
        return None


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


def track_settings(query: Mapping[str, str]) -> TrackSettings:
    """Return the settings of the track that the query of a live socket asks for.

    Raises ScaleError for a value that is not allowed.
    """
    names = [field.name for field in fields(TrackSettings)]
    return TrackSettings(**{name: query[name] for name in names if name in query})  # type: ignore[arg-type]


async def converse(
    socket: WebSocket,
    assess: Assess,
    track: Track,
    *,
    max_frame_bytes: int,
    reference: Reference,
    clock: Callable[[], float] = perf_counter,
) -> None:
    """Answer the frames of an open socket until it closes; text messages set the neutral face.

    Each answer is an assessment, or a problem, with `frame`: the number of the frame it is about,
    and `track`: what stands with this frame, or None. clock: seconds, for when a frame came.
    """
    inbox = Inbox()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_read(socket, inbox, max_frame_bytes, reference, clock))
        tasks.create_task(_answer(socket, inbox, assess, track))


async def _read(
    socket: WebSocket,
    inbox: Inbox,
    max_frame_bytes: int,
    reference: Reference,
    clock: Callable[[], float],
) -> None:
    number, begin = 0, clock()
    try:
        while True:
            message = await socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            data = message.get("bytes")
            wrong = (
                reference.update(message["text"])
                if data is None
                else _refusal(data, max_frame_bytes)
            )
            if data is None and wrong is None:
                continue  # no frame, so it is not counted
            number += 1
            if wrong is not None:
                await _send(socket, {**wrong.to_dict(), "frame": number})
            elif data is not None:
                inbox.put(Frame(number, data, clock() - begin))
    finally:
        inbox.close()


def _refusal(data: bytes, max_frame_bytes: int) -> problems.Problem | None:
    if len(data) <= max_frame_bytes:
        return None
    return problems.from_kind(
        "too-large",
        f"A frame of {len(data) / 2**20:.1f} MB arrived; the limit is "
        f"{max_frame_bytes / 2**20:.0f} MB. Send smaller frames.",
    )


async def _answer(socket: WebSocket, inbox: Inbox, assess: Assess, track: Track) -> None:
    while (frame := await inbox.take()) is not None:
        found = await _assessed(frame.data, assess)
        reading = track.update(frame.seconds, found if isinstance(found, Assessment) else None)
        answer = found.to_dict()
        stands = None if reading is None else reading.to_dict()
        if reading and stands and isinstance(found, Assessment) and found.change is not None:
            neutral = found.change.neutral
            stands["change"] = asdict(change(reading.action_units, reading.raw_score, neutral))
        await _send(socket, {**answer, "frame": frame.number, "track": stands})


async def _assessed(data: bytes, assess: Assess) -> Assessment | problems.Problem:
    try:
        return await assess(data)
    except (ProblemError, WinceError) as error:
        return problems.from_error(error)
    except Exception as error:
        problems.server_log.exception("A live frame failed")
        return problems.from_error(error)


async def _send(socket: WebSocket, data: dict[str, Any]) -> None:
    if socket.application_state is not WebSocketState.CONNECTED:
        return
    try:
        await socket.send_json(data)
    except (WebSocketDisconnect, RuntimeError):
        return  # the other side has gone while we were at work; the reader ends the session
