"""The live socket: JPEG frames in, answers out, and the newest frame wins.

One frame is assessed at a time. A frame that arrives meanwhile replaces the one that is waiting, so
the answers stay current however slow the machine is, and nothing accumulates.
"""

import asyncio
import json
import math
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, fields
from time import perf_counter
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, WebSocket
from starlette.websockets import WebSocketDisconnect, WebSocketState

from wince import images, scale
from wince.errors import WinceError
from wince.faces import MIN_SCORE, MIN_SCORE_RANGE
from wince.faces.frame_view import FramePart
from wince.runtime.neutral import NeutralFace
from wince.runtime.person_assessor import PersonAssessor, PersonFrame
from wince.runtime.person_states import refuse_look_ahead
from wince.runtime.track import Track, TrackSettings, TrackState
from wince.server import problems
from wince.server.body_limits import SMALL_JSON_BYTES
from wince.server.frame_message import FRAME_FIELD, FrameMessage, read_frame_message
from wince.server.live_answer import PERSON_FIELD, answer_members
from wince.server.problems import Problem, ProblemError
from wince.server.request_bodies import NEUTRAL_FIELD, OLD_NEUTRAL_FIELD
from wince.server.security import send_problem
from wince.server.settings import Settings
from wince.server.worker_pool import WorkerPool

if TYPE_CHECKING:
    from wince.runtime.assessor import Assessor

AssessFrame = Callable[["Frame", NeutralFace | None], Awaitable[PersonFrame]]


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame of a live socket.

    Attributes:
        number: Count of the frames of this socket, from 1.
        data: The JPEG file.
        seconds: Its time, as the client states it, or of its arrival since the socket opened.
        part: Which part of the camera's frame it shows; None for a whole frame at full size.
    """

    number: int
    data: bytes
    seconds: float
    part: FramePart | None = None


class LatestFrame:
    """Holds the newest frame that has not been assessed, or none."""

    def __init__(self) -> None:
        self._frame: Frame | None = None
        self._changed = asyncio.Event()
        self._open = True

    def put(self, frame: Frame) -> None:
        """Replace the waiting frame."""
        self._frame = frame
        self._changed.set()

    def close(self) -> None:
        """End: no further frame will come."""
        self._open = False
        self._changed.set()

    async def take(self) -> Frame | None:
        """Wait for a frame and return it; return None when the socket has closed."""
        while self._open:
            await self._changed.wait()
            self._changed.clear()
            frame, self._frame = self._frame, None
            if frame is not None and self._open:
                return frame
        return None


class LiveSocket:
    """An open live socket: it receives frames and answers them until it closes.

    A binary message is a frame. A text message sets the neutral face that frames are compared with,
    chooses the person to follow, or describes the next frame, and is not counted as a frame. Each
    answer has `frame`, the number of its frame, `assessment` or `problem`, `track`, what the face
    shows over time, and `person`, `choice` and `persons`, who is followed and who is in view.

    The track learns of faces, of faces that cannot be judged and of frames without a face. It does
    not learn of frames that were not assessed, for example because the server was busy, or because
    they show the face reduced or cut off: these have neither an assessment nor a problem.
    """

    def __init__(
        self,
        socket: WebSocket,
        assess: AssessFrame,
        persons: PersonAssessor,
        new_track: Callable[[], Track],
        *,
        max_frame_bytes: int,
        clock: Callable[[], float] = perf_counter,
    ) -> None:
        """Prepare the exchange on an accepted socket.

        Args:
            socket: The accepted socket.
            assess: Assesses the persons in a frame, against a neutral face or None.
            persons: Who is in the frames, and who of them is followed.
            new_track: Starts the track of another person.
            max_frame_bytes: Largest size of a frame.
            clock: Seconds, for the time at which a frame arrives.
        """
        self._socket = socket
        self._assess = assess
        self._persons = persons
        self._new_track = new_track
        self._track = new_track()
        self._chosen: int | None = None  # the person to follow from the next frame on
        self._max_frame_bytes = max_frame_bytes
        self._clock = clock
        self._neutral: NeutralFace | None = None
        self._description: FrameMessage | Problem | None = None  # of the next frame
        self._last_seconds = self._track_seconds = -math.inf
        self._latest = LatestFrame()

    async def run(self) -> None:
        """Receive frames and answer them until the socket closes."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._receive_messages())
            tasks.create_task(self._answer_frames())

    async def _receive_messages(self) -> None:
        number, start = 0, self._clock()
        try:
            while True:
                message = await self._socket.receive()
                if message["type"] == "websocket.disconnect":
                    return
                data = message.get("bytes")
                if data is None:
                    await self._read_text(message["text"])
                    continue
                number += 1
                await self._receive_frame(number, data, self._clock() - start)
        finally:
            self._latest.close()

    async def _receive_frame(self, number: int, data: bytes, arrival: float) -> None:
        """Let a frame wait for its assessment, or answer it with a problem."""
        description, self._description = self._description, None
        seconds, part = arrival, None
        if isinstance(description, FrameMessage):
            part = description.part
            seconds = arrival if description.seconds is None else description.seconds
        problem = description if isinstance(description, Problem) else self._check_size(data)
        problem = problem or self._check_time(seconds)
        if problem is None:
            self._last_seconds = seconds
            self._latest.put(Frame(number, data, seconds, part))
        else:
            seconds = max(seconds, self._last_seconds)
            await self._send_problem(Frame(number, data, seconds, part), problem)

    async def _read_text(self, text: str) -> None:
        """Read a message of text; answer with a problem if it cannot be used."""
        try:
            message = json.loads(text) if len(text) <= SMALL_JSON_BYTES else None
        except (ValueError, RecursionError):
            message = None
        problem = self._read_message(message)
        if problem is not None:
            await self._send({"frame": None, "problem": problem.to_dict()})

    def _read_message(self, message: object) -> Problem | None:
        """Read a message with one member; return a problem if it is wrong.

        That of a message about the next frame is the answer to that frame.
        """
        if not isinstance(message, dict) or set(message) not in (
            {NEUTRAL_FIELD},
            {OLD_NEUTRAL_FIELD},
            {PERSON_FIELD},
            {FRAME_FIELD},
        ):
            return problems.from_kind(
                "malformed-request",
                "Text arrived; expected a JPEG frame as a binary message, or the text "
                '{"neutral": ...} with a neutral face or null, {"person": ...} with the number '
                'of a person in view, or {"frame": ...} with the region, size and seconds of the '
                "next frame.",
            )
        (data,) = message.values()
        if FRAME_FIELD in message:
            self._describe_frame(data)
            return None
        if PERSON_FIELD in message:
            return self._choose_person(data)
        try:
            self._neutral = None if data is None else NeutralFace.from_dict(data)
        except WinceError as error:
            return problems.from_error(error)
        return None

    def _describe_frame(self, data: object) -> None:
        """Keep what a message states about the next frame, or its problem."""
        try:
            self._description = read_frame_message(data)
        except ProblemError as error:
            self._description = problems.from_error(error)

    def _choose_person(self, number: object) -> Problem | None:
        """Follow another person from the next frame on; return a problem if there is none."""
        if type(number) is int and self._persons.is_expected(number):
            self._chosen = number
            return None
        return problems.from_kind(
            "invalid-request",
            f"person: expected the number of a person in view, found {number!r:.40}.",
        )

    def _check_size(self, data: bytes) -> Problem | None:
        if len(data) <= self._max_frame_bytes:
            return None
        return problems.from_kind(
            "too-large",
            f"A frame of {len(data) / 2**20:.1f} MB arrived; the limit is "
            f"{self._max_frame_bytes / 2**20:.0f} MB. Send smaller frames.",
            values={
                "megabytes": round(len(data) / 2**20, 1),
                "limit": self._max_frame_bytes / 2**20,
            },
        )

    def _check_time(self, seconds: float) -> Problem | None:
        if seconds >= self._last_seconds:
            return None
        return problems.from_kind(
            "invalid-request",
            f"seconds: expected a time that is not before that of the previous frame, "
            f"{self._last_seconds:g} s, found {seconds:g} s. Send a time with each frame or with "
            "none, and open another live view to go back.",
        )

    async def _answer_frames(self) -> None:
        while (frame := await self._latest.take()) is not None:
            self._follow_chosen()
            result = await self._assess_frame(frame)
            if isinstance(result, Problem):
                await self._send_problem(frame, result)
                continue
            state = self._track_state(frame, result)
            await self._send({"frame": frame.number, **answer_members(result, state)})

    def _track_state(self, frame: Frame, result: PersonFrame) -> TrackState | None:
        """Return the track's state after a frame, which counts if it is later than those before."""
        if result.is_inconclusive or frame.seconds <= self._track_seconds:
            return self._track.current(frame.seconds)
        self._track_seconds = frame.seconds
        return self._track.update(frame.seconds, result.assessments.get(result.followed or 0))

    def _follow_chosen(self) -> None:
        """Begin to follow the person that a message has chosen."""
        number, self._chosen = self._chosen, None
        if number is not None and number != self._persons.followed:
            self._persons.follow(number)
            self._track = self._new_track()
            self._track_seconds = -math.inf

    async def _send_problem(self, frame: Frame, problem: Problem) -> None:
        """Answer a frame that was not assessed; it does not count for the track."""
        state = self._track.current(frame.seconds)
        track = state and state.to_dict()
        await self._send({"frame": frame.number, "problem": problem.to_dict(), "track": track})

    async def _assess_frame(self, frame: Frame) -> PersonFrame | Problem:
        try:
            return await self._assess(frame, self._neutral)
        except (ProblemError, WinceError) as error:
            return problems.from_error(error)
        except Exception as error:
            problems.server_log.exception("A live frame failed")
            return problems.from_error(error)

    async def _send(self, answer: dict[str, Any]) -> None:
        if self._socket.application_state is not WebSocketState.CONNECTED:
            return
        try:
            await self._socket.send_json(answer)
        except (WebSocketDisconnect, RuntimeError):
            return  # the client has gone meanwhile; _receive_messages ends the exchange


def add_route(
    router: APIRouter, assessor: "Assessor", pool: WorkerPool, settings: Settings
) -> None:
    """Add the route of the live socket.

    Raises:
        ModelError: The model of time looks ahead.
    """
    refuse_look_ahead(assessor.estimator.time_model)
    sockets: set[WebSocket] = set()

    @router.websocket("/v1/live")
    async def live(socket: WebSocket) -> None:
        try:
            heatmap = _wants_heatmap(socket.query_params)
            track_settings = _settings_from_query(socket.query_params)
            min_score = _min_score_from_query(socket.query_params)
            if len(sockets) >= settings.max_live:
                raise ProblemError(
                    "busy",
                    f"{settings.max_live} live views are already open. Close one of them first.",
                    {"Retry-After": "5"},
                    {"views": settings.max_live, "seconds": 5},
                )
        except ProblemError as error:
            problem = problems.from_error(error)
            await send_problem(socket.scope, socket.receive, socket.send, problem)
            return

        persons = PersonAssessor(assessor, track_settings.away, min_score=min_score)

        async def assess(frame: Frame, neutral: NeutralFace | None) -> PersonFrame:
            images.check_web_format(frame.data)
            return await pool.run(
                lambda: persons.assess(
                    frame.data, frame.seconds, heatmap=heatmap, neutral=neutral, part=frame.part
                )
            )

        def new_track() -> Track:
            return Track(assessor.estimator.track_calibration, track_settings)

        await socket.accept()
        sockets.add(socket)
        try:
            await LiveSocket(
                socket, assess, persons, new_track, max_frame_bytes=settings.max_frame_bytes
            ).run()
        finally:
            sockets.discard(socket)


def _wants_heatmap(query: Mapping[str, str]) -> bool:
    explain = query.get("explain")
    if explain not in (None, "heatmap"):
        raise ProblemError(
            "invalid-request", f"explain: expected 'heatmap', found {explain[:40]!r}."
        )
    return explain is not None


def _min_score_from_query(query: Mapping[str, str]) -> float:
    """Return the minimum score of the face detector from the query of a live socket."""
    value: Any = query.get("min_score", MIN_SCORE)
    try:
        return scale.check_range(value, *MIN_SCORE_RANGE, "min_score")
    except WinceError as error:
        raise ProblemError("invalid-request", str(error)) from None


def _settings_from_query(query: Mapping[str, str]) -> TrackSettings:
    """Return the settings of the track from the query of a live socket."""
    names = [field.name for field in fields(TrackSettings)]
    try:
        return TrackSettings(**{name: query[name] for name in names if name in query})  # type: ignore[arg-type]  # TrackSettings converts text
    except WinceError as error:
        raise ProblemError("invalid-request", str(error)) from None
