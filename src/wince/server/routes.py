"""The addresses of the server: the page, the HTTP API and the live socket."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, WebSocket
from fastapi.responses import FileResponse, JSONResponse, Response

from wince import __version__, scale
from wince.errors import SpeechError, WinceError
from wince.runtime.assessment import Assessment
from wince.runtime.neutral import NeutralFace
from wince.runtime.track import Track
from wince.server import live_socket as live
from wince.server import problems, request_bodies, schemas, security
from wince.server.settings import Settings
from wince.server.worker_pool import WorkerPool
from wince.speech import voices

if TYPE_CHECKING:
    from wince.runtime.assessor import Assessor

STATIC = Path(__file__).parent / "static"

HEATMAP = "heatmap"
_Explain = Annotated[
    Literal["heatmap"] | None,
    Query(description="heatmap: also say where in the face the score comes from."),
]

_FaceIndex = Annotated[
    int | None, Query(ge=0, description="Which face to assess, by size; the largest is 0.")
]

_BINARY = {"type": "string", "format": "binary"}
_NEUTRAL = {
    "type": "array",
    "items": _BINARY,
    "maxItems": request_bodies.MOST_NEUTRAL,
    "description": "Images of the same person at rest.",
}
_NEUTRAL_JSON = {
    "type": "string",
    "description": "A neutral face from an earlier answer, as JSON.",
}
_PICTURE_BODY = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": [request_bodies.FIELD],
                "properties": {
                    request_bodies.FIELD: _BINARY,
                    request_bodies.NEUTRAL: {"anyOf": [_NEUTRAL, _NEUTRAL_JSON]},
                    request_bodies.OLD_NEUTRAL: {**_NEUTRAL_JSON, "deprecated": True},
                },
            }
        },
        "image/jpeg": {"schema": _BINARY},
        "image/png": {"schema": _BINARY},
        "image/webp": {"schema": _BINARY},
    },
}
_NEUTRAL_BODY = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": [request_bodies.NEUTRAL],
                "properties": {request_bodies.NEUTRAL: _NEUTRAL},
            }
        }
    },
}
_ANALYZE_BODY = {
    "required": True,
    "content": {"application/json": {"schema": schemas.AnalyzeRequest.model_json_schema()}},
}
_SPEECH_BODY = {
    "required": True,
    "content": {"application/json": {"schema": schemas.SpeechRequest.model_json_schema()}},
}
_STATUSES = (400, 401, 403, 408, 413, 415, 421, 422, 500, 503)


def _errors(
    model: type, media_type: str, statuses: tuple[int, ...] = _STATUSES
) -> dict[int | str, dict[str, Any]]:
    """Return the error responses of a route for OpenAPI."""
    schema = {"$ref": f"#/components/schemas/{model.__name__}"}
    return {
        status: {
            "description": "; ".join(
                kind.title for kind in problems.KINDS.values() if kind.status == status
            ),
            "model": model,
            "content": {media_type: {"schema": schema}},
        }
        for status in statuses
    }


def create_router(assessor: "Assessor", pool: WorkerPool, settings: Settings) -> APIRouter:
    """Return every route of the server around one assessor."""
    routes = APIRouter()
    _add_pages(routes)
    _add_health(routes, assessor, pool)
    _add_facts(routes, assessor)
    _add_assessments(routes, assessor, pool, settings)
    _add_speech(routes, pool, settings)
    _add_live(routes, assessor, pool, settings)
    return routes


def _add_pages(routes: APIRouter) -> None:
    @routes.api_route("/", methods=["GET", "HEAD"], include_in_schema=False)
    def page() -> FileResponse:
        return FileResponse(STATIC / "index.html", headers={"Cache-Control": "no-cache"})


def _add_health(routes: APIRouter, assessor: "Assessor", pool: WorkerPool) -> None:
    @routes.get("/healthz", summary="Whether the server is up")
    async def healthz() -> schemas.Health:  # on the event loop: it must answer under any load
        return schemas.Health(version=__version__)

    @routes.get(
        "/readyz",
        summary="Whether it would take on a picture now: the model is loaded, the queue not full",
        responses={503: _errors(schemas.Problem, problems.MEDIA_TYPE)[503]},
    )
    async def readyz() -> schemas.Ready:
        pool.check_capacity()
        name = str(assessor.estimator.manifest["name"])
        return schemas.Ready(model=name, running=pool.pending, room=pool.capacity)


def _add_facts(routes: APIRouter, assessor: "Assessor") -> None:
    @routes.get("/v1/model", summary="What the model is, and what it was trained on")
    def model() -> schemas.Model:
        return schemas.the_model(assessor.estimator.manifest)

    @routes.get("/v1/scale", summary="The scale: levels, action units, sentences, advice")
    def the_scale() -> schemas.Scale:
        return schemas.the_scale()

    @routes.get(
        "/problems/{name}",
        summary="What a kind of problem means",
        responses=_errors(schemas.Problem, problems.MEDIA_TYPE, (404,)),
    )
    def problem_kind(name: str) -> problems.ProblemKind:
        if name not in problems.KINDS:
            raise problems.ProblemError("not-found", f"There is no kind of problem {name!r}.")
        return problems.KINDS[name]


def _add_assessments(
    routes: APIRouter, assessor: "Assessor", pool: WorkerPool, settings: Settings
) -> None:
    @routes.post(
        "/v1/assessments",
        summary="Assess the face in one picture",
        response_model=Assessment,
        response_description="The assessment; `heatmap` and `change` are in it only when they were "
        "asked for.",
        responses=_errors(schemas.Problem, problems.MEDIA_TYPE),
        openapi_extra={"requestBody": _PICTURE_BODY},
    )
    async def assessments(
        request: Request, explain: _Explain = None, face: _FaceIndex = None
    ) -> Response:
        await _admit(request, pool, settings)
        sent = await request_bodies.picture(request, settings)

        def work() -> Assessment:
            neutral = sent.neutral or None
            if isinstance(neutral, tuple):
                neutral = assessor.neutral_face(neutral)
            return assessor.assess(
                sent.image, face_index=face, heatmap=explain == HEATMAP, neutral=neutral
            )

        return JSONResponse((await pool.run(work)).to_dict())

    @routes.post(
        "/v1/baselines",
        deprecated=True,
        summary="Old address of /v1/neutral",
        response_model=NeutralFace,
        responses=_errors(schemas.Problem, problems.MEDIA_TYPE),
        openapi_extra={"requestBody": _NEUTRAL_BODY},
    )
    @routes.post(
        "/v1/neutral",
        summary="Make the neutral face from images of a person at rest; nothing is stored",
        response_model=NeutralFace,
        responses=_errors(schemas.Problem, problems.MEDIA_TYPE),
        openapi_extra={"requestBody": _NEUTRAL_BODY},
    )
    async def neutral_face(request: Request) -> Response:
        await _admit(request, pool, settings)
        images = await request_bodies.neutral_images(request, settings)
        neutral = await pool.run(partial(assessor.neutral_face, images))
        return JSONResponse(neutral.to_dict())

    @routes.post(
        problems.ANALYZE_PATH,
        summary="The small contract: a data URL in, three values out",
        response_model=schemas.AnalyzeAnswer,
        responses=_errors(schemas.AnalyzeError, "application/json"),
        openapi_extra={"requestBody": _ANALYZE_BODY},
    )
    async def analyze(request: Request) -> Response:
        await _admit(request, pool, settings)
        body = await request_bodies.json_body(request, settings)
        assessment = await pool.run(lambda: assessor.assess(request_bodies.from_data_url(body)))
        return JSONResponse(small_answer(assessment))


async def _admit(request: Request, pool: WorkerPool, settings: Settings) -> None:
    """Raise a `busy` problem when the queue is full, without keeping a body that has to wait."""
    try:
        pool.check_capacity()
    except problems.ProblemError:
        await request_bodies.drop(request, settings)
        raise


def small_answer(assessment: Assessment) -> dict[str, int | str]:
    """Return the three values of the small contract: percent of 16, wording, confidence percent.

    Raises a `not-judged` problem when there is no level: the contract has no room for that.
    """
    if assessment.confidence is None:
        raise problems.ProblemError("not-judged", f"{assessment.sentence} {assessment.advice}")
    return {
        "pain_level": round(scale.percent(assessment.pspi)),
        "pain_class": scale.wording(assessment.pspi),
        "confidence": round(100 * assessment.confidence),
    }


def _add_speech(routes: APIRouter, pool: WorkerPool, settings: Settings) -> None:
    @routes.get("/v1/speech", summary="Whether the machine that runs wince has a voice")
    def the_voice() -> schemas.Voice:
        return schemas.the_voice()

    @routes.post(
        "/v1/speech",
        summary="Speak the sentence for a level: WAV",
        response_class=Response,
        responses={
            200: {"description": "The sound.", "content": {"audio/wav": {"schema": _BINARY}}},
            **_errors(schemas.Problem, problems.MEDIA_TYPE),
        },
        openapi_extra={"requestBody": _SPEECH_BODY},
    )
    async def speech(request: Request) -> Response:
        wanted = await request_bodies.values(request, schemas.SpeechRequest, settings)
        return Response(await pool.run(partial(_said, wanted)), media_type="audio/wav")


def _said(wanted: schemas.SpeechRequest) -> bytes:
    try:
        voices.check_options(wanted.rate, wanted.language, wanted.voice)
    except SpeechError as error:  # what was asked for is wrong, not the machine
        raise problems.ProblemError("invalid-request", f"voice: {error}") from None
    return voices.speak_to_wav(
        wanted.text(), rate=wanted.rate, language=wanted.language, voice=wanted.voice
    )


def _add_live(
    routes: APIRouter, assessor: "Assessor", pool: WorkerPool, settings: Settings
) -> None:
    sockets: set[WebSocket] = set()

    async def assess(frame: bytes, heatmap: bool, reference: live.Reference) -> Assessment:
        work: Callable[[], Assessment] = partial(
            assessor.assess, frame, heatmap=heatmap, neutral=reference.neutral
        )
        return await pool.run(work)

    @routes.websocket("/v1/live")
    async def live_socket(socket: WebSocket) -> None:
        explain = socket.query_params.get("explain")
        if explain not in (None, HEATMAP):
            unknown = problems.from_kind(
                "invalid-request", f"explain: expected {HEATMAP!r}, found {explain[:40]!r}."
            )
            await security.send_problem(socket.scope, socket.receive, socket.send, unknown)
            return
        try:
            track_settings = live.track_settings(socket.query_params)
        except WinceError as error:
            wrong = problems.from_kind("invalid-request", str(error))
            await security.send_problem(socket.scope, socket.receive, socket.send, wrong)
            return
        if len(sockets) >= settings.max_live:
            full = problems.from_kind(
                "busy",
                f"{settings.max_live} live views are open already. Close one of them first.",
                {"Retry-After": "5"},
            )
            await security.send_problem(socket.scope, socket.receive, socket.send, full)
            return
        await socket.accept()
        sockets.add(socket)
        try:
            reference = live.Reference()
            work = partial(assess, heatmap=explain == HEATMAP, reference=reference)
            track = Track(assessor.estimator.calibration, track_settings)
            await live.converse(
                socket, work, track, max_frame_bytes=settings.max_frame_bytes, reference=reference
            )
        finally:
            sockets.discard(socket)
