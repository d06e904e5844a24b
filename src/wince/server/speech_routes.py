"""The routes that speak: `GET /v1/speech` and `POST /v1/speech`."""

from functools import partial

from fastapi import APIRouter, Request
from fastapi.responses import Response

from wince.errors import SpeechError
from wince.score_scale import Scale
from wince.server import openapi_parts, problems, request_bodies, schemas
from wince.server.settings import Settings
from wince.server.speech_request import SpeechRequest, request_model
from wince.server.worker_pool import WorkerPool
from wince.speech import voices


def add_routes(router: APIRouter, scale: Scale, pool: WorkerPool, settings: Settings) -> None:
    """Add the routes that speak about results on a scale."""
    form = request_model(scale)

    @router.get("/v1/speech", summary="Whether the machine that runs wince has a voice")
    def speech_availability() -> schemas.SpeechAvailability:
        return schemas.describe_speech()

    @router.post(
        "/v1/speech",
        summary="Speak the sentence for a level: WAV",
        response_class=Response,
        responses={
            200: {
                "description": "The sound.",
                "content": {"audio/wav": {"schema": openapi_parts.BINARY}},
            },
            **openapi_parts.problem_responses(),
        },
        openapi_extra={"requestBody": openapi_parts.speech_body(form)},
    )
    async def speech(request: Request) -> Response:
        wanted = await request_bodies.read_values(request, form, settings)
        return Response(await pool.run(partial(_speak, wanted)), media_type="audio/wav")


def _speak(request: SpeechRequest) -> bytes:
    """Return the speech that was requested as WAV."""
    try:
        voices.check_options(request.rate, request.language, request.voice)
    except SpeechError as error:  # the request is wrong, not the machine
        raise problems.ProblemError("invalid-request", f"voice: {error}") from None
    return voices.speak_to_wav(
        request.text(), rate=request.rate, language=request.language, voice=request.voice
    )
