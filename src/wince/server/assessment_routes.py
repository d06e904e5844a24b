"""The routes that assess images: `/v1/assessments`, `/v1/neutral` and `/analyze`."""

from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response

from wince.faces import MIN_SCORE, MIN_SCORE_RANGE
from wince.runtime.assessment import Assessment
from wince.runtime.neutral import NeutralFace
from wince.scale import WORDING_CUTS
from wince.scale import wording as pspi_wording
from wince.score_scale import Scale
from wince.server import data_urls, openapi_parts, problems, request_bodies, schemas
from wince.server.body_limits import discard_body
from wince.server.settings import Settings
from wince.server.worker_pool import WorkerPool

if TYPE_CHECKING:
    from wince.runtime.assessor import Assessor

_Explain = Annotated[
    Literal["heatmap"] | None,
    Query(description="heatmap: also return where in the face the score comes from."),
]
_FaceIndex = Annotated[
    int | None, Query(ge=0, description="Which face to assess, by size; the largest is 0.")
]
_AnyExpression = Annotated[
    bool,
    Query(description="Accept images of the face at rest that are rated above the lowest level."),
]
_DetectorScore = Annotated[
    float,
    Query(
        ge=MIN_SCORE_RANGE[0],
        le=MIN_SCORE_RANGE[1],
        description="Minimum score of the face detector.",
    ),
]


def add_routes(
    router: APIRouter, assessor: "Assessor", pool: WorkerPool, settings: Settings
) -> None:
    """Add the routes that assess images."""
    _add_assessments(router, assessor, pool, settings)
    _add_neutral(router, assessor, pool, settings)
    _add_analyze(router, assessor, pool, settings)


def _add_assessments(
    router: APIRouter, assessor: "Assessor", pool: WorkerPool, settings: Settings
) -> None:
    @router.post(
        "/v1/assessments",
        summary="Assess the face in one image",
        response_model=Assessment,
        response_description="The assessment. `heatmap` and `change` are present only on request.",
        responses=openapi_parts.problem_responses(),
        openapi_extra={"requestBody": openapi_parts.IMAGE_BODY},
    )
    async def assessments(
        request: Request,
        explain: _Explain = None,
        face: _FaceIndex = None,
        any_expression: _AnyExpression = False,
        min_score: _DetectorScore = MIN_SCORE,
    ) -> Response:
        await _check_capacity(request, pool, settings)
        images = await request_bodies.read_image_request(request, settings)

        def assess() -> Assessment:
            neutral = images.neutral or None
            if isinstance(neutral, tuple):
                neutral = assessor.neutral_face(
                    neutral, any_expression=any_expression, min_score=min_score
                )
            return assessor.assess(
                images.image,
                face_index=face,
                heatmap=explain == "heatmap",
                neutral=neutral,
                min_score=min_score,
            )

        return JSONResponse((await pool.run(assess)).to_dict())


def _add_neutral(
    router: APIRouter, assessor: "Assessor", pool: WorkerPool, settings: Settings
) -> None:
    @router.post(
        "/v1/baselines",
        deprecated=True,
        summary="Old address of /v1/neutral",
        response_model=NeutralFace,
        responses=openapi_parts.problem_responses(),
        openapi_extra={"requestBody": openapi_parts.NEUTRAL_BODY},
    )
    @router.post(
        "/v1/neutral",
        summary="Make the neutral face from images of a person at rest; nothing is stored",
        response_model=NeutralFace,
        responses=openapi_parts.problem_responses(),
        openapi_extra={"requestBody": openapi_parts.NEUTRAL_BODY},
    )
    async def neutral(request: Request, any_expression: _AnyExpression = False) -> Response:
        await _check_capacity(request, pool, settings)
        images = await request_bodies.read_neutral_images(request, settings)
        make = partial(assessor.neutral_face, images, any_expression=any_expression)
        face = await pool.run(make)
        return JSONResponse(face.to_dict())


def _add_analyze(
    router: APIRouter, assessor: "Assessor", pool: WorkerPool, settings: Settings
) -> None:
    @router.post(
        problems.ANALYZE_PATH,
        summary="The contract of the first report: a data URL in, three values out",
        response_model=schemas.AnalyzeAnswer,
        responses=openapi_parts.analyze_error_responses(),
        openapi_extra={"requestBody": openapi_parts.ANALYZE_BODY},
    )
    async def analyze(request: Request) -> Response:
        await _check_capacity(request, pool, settings)
        bodies = [await request_bodies.read_data_url_body(request, settings)]
        assessment = await pool.run(lambda: assessor.assess(data_urls.image_from_data_url(bodies)))
        return JSONResponse(analyze_answer(assessment))


async def _check_capacity(request: Request, pool: WorkerPool, settings: Settings) -> None:
    """Raise a `busy` problem when the queue is full, without keeping the request's body."""
    try:
        pool.check_capacity()
    except problems.ProblemError:
        await discard_body(request, settings)
        raise


def analyze_answer(assessment: Assessment) -> dict[str, int | str | None]:
    """Return the answer of `POST /analyze`: percent of the scale, wording, confidence in percent.

    Raises:
        ProblemError: The face cannot be judged. The answer has no way to express that.
    """
    score, scale, confidence = assessment.score, assessment.scale, assessment.confidence
    if score is None:
        raise problems.ProblemError("not-judged", f"{assessment.sentence} {assessment.advice}")
    if scale.is_pspi:
        percent, wording = scale.percent(score, WORDING_CUTS), pspi_wording(score)
    else:
        percent, wording = scale.percent(score), assessment.level or _score_text(score, scale)
    return {
        "pain_level": percent,
        "pain_class": wording,
        "confidence": None if confidence is None else round(100 * confidence),
    }


def _score_text(score: float, scale: Scale) -> str:
    return f"{scale.name} {scale.shown(score)} {scale.of_maximum}"
