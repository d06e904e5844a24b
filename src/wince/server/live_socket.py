"""The live socket: JPEG frames in, answers out, and the newest frame wins.

One frame is assessed at a time. A frame that arrives meanwhile replaces the one that is waiting, so
the answers stay current however slow the machine is, and nothing accumulates.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, fields
from time import perf_counter
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, WebSocket
from starlette.websockets import WebSocketDisconnect, WebSocketState

from wince import images, scale
from wince.errors import NoFaceError, WinceError
from wince.faces import MIN_SCORE, MIN_SCORE_RANGE
from wince.runtime.assessment import Assessment
from wince.runtime.face_crop import NO_FACE
from wince.runtime.neutral import NeutralFace, change
from wince.runtime.person_assessor import PersonAssessor, PersonFrame
from wince.runtime.track import Track, TrackSettings, TrackState
from wince.server import problems
from wince.server.body_limits import SMALL_JSON_BYTES
from wince.server.problems import Problem, ProblemError
from wince.server.request_bodies import NEUTRAL_FIELD, OLD_NEUTRAL_FIELD
from wince.server.security import send_problem
from wince.server.settings import Settings
from wince.server.worker_pool import WorkerPool

if TYPE_CHECKING:
    from wince.runtime.assessor import Assessor

AssessFrame = Callable[["Frame", NeutralFace | None], Awaitable[PersonFrame]]

PERSON_FIELD = "person"
"""Member of a message that chooses the person to follow, and of answers."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame of a live socket.

    Attributes:
        number: Count of the frames of this socket, from 1.
        data: The JPEG file.
        seconds: Time of arrival since the socket opened.
    """

    number: int
    data: bytes
    seconds: float


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
    or chooses the person to follow, and is not counted as a frame. Each answer has `frame`, the
    number of its frame, `assessment` or `problem`, `track`, what the face shows over time, and
    `person`, `choice` and `persons`, who is followed and who is in view.

    The track learns of faces, of faces that cannot be judged and of frames without a face. It does
    not learn of frames that were not assessed, for example because the server was busy.
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
                frame = Frame(number, data, self._clock() - start)
                problem = self._check_size(data)
                if problem is None:
                    self._latest.put(frame)
                else:
                    await self._send_problem(frame, problem)
        finally:
            self._latest.close()

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
        """Read `{"neutral": {...} or null}` or `{"person": number}`; return a problem if wrong."""
        if not isinstance(message, dict) or set(message) not in (
            {NEUTRAL_FIELD},
            {OLD_NEUTRAL_FIELD},
            {PERSON_FIELD},
        ):
            return problems.from_kind(
                "malformed-request",
                "Text arrived; expected a JPEG frame as a binary message, or the text "
                '{"neutral": ...} with a neutral face or null, or {"person": ...} with the number '
                "of a person in view.",
            )
        (data,) = message.values()
        if PERSON_FIELD in message:
            return self._choose_person(data)
        try:
            self._neutral = None if data is None else NeutralFace.from_dict(data)
        except WinceError as error:
            return problems.from_error(error)
        return None

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
        )

    async def _answer_frames(self) -> None:
        while (frame := await self._latest.take()) is not None:
            self._follow_chosen()
            result = await self._assess_frame(frame)
            if isinstance(result, Problem):
                await self._send_problem(frame, result)
                continue
            assessment = result.assessments.get(result.followed or 0)
            state = self._track.update(frame.seconds, assessment)
            if assessment is None:
                absent = problems.from_error(NoFaceError(_absence(result)))
                answer = {"problem": absent.to_dict(), "track": state.to_dict()}
            else:
                track = _track_part(state, assessment)
                answer = {"assessment": assessment.to_dict(), "track": track}
            await self._send({"frame": frame.number, **answer, **_persons_part(result)})

    def _follow_chosen(self) -> None:
        """Begin to follow the person that a message has chosen."""
        number, self._chosen = self._chosen, None
        if number is not None and number != self._persons.followed:
            self._persons.follow(number)
            self._track = self._new_track()

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


def _track_part(state: TrackState, assessment: Assessment) -> dict[str, Any]:
    """Return the `track` of an answer, with its change when the assessment has one."""
    part = state.to_dict()
    if assessment.change is not None and state.score is not None:
        score, neutral = state.score, assessment.change.neutral
        part["change"] = asdict(change(score.action_units, score.raw_score, neutral))
    return part


def _persons_part(frame: PersonFrame) -> dict[str, Any]:
    """Return the members of an answer about the persons in the frame."""
    return {
        PERSON_FIELD: frame.followed,
        "choice": frame.choice and str(frame.choice),
        "persons": [
            {"number": number, "box": list(face.box)} for number, face in frame.faces.items()
        ],
    }


def _absence(frame: PersonFrame) -> str:
    """Return a sentence for a frame without the followed person."""
    if frame.followed is None or not frame.faces:
        return NO_FACE
    return f"Person {frame.followed}, who is followed, is not in view, but others are."


def add_route(
    router: APIRouter, assessor: "Assessor", pool: WorkerPool, settings: Settings
) -> None:
    """Add the route of the live socket."""
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
                )
        except ProblemError as error:
            problem = problems.from_error(error)
            await send_problem(socket.scope, socket.receive, socket.send, problem)
            return

        persons = PersonAssessor(assessor, track_settings.away, min_score=min_score)

        async def assess(frame: Frame, neutral: NeutralFace | None) -> PersonFrame:
            images.check_web_format(frame.data)
            return await pool.run(
                lambda: persons.assess(frame.data, frame.seconds, heatmap=heatmap, neutral=neutral)
            )

        def new_track() -> Track:
            return Track(assessor.estimator.calibration, track_settings)

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
