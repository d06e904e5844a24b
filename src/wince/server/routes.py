"""The routes of the server: the page, its health, and facts about the model and the scale."""

from typing import TYPE_CHECKING

from fastapi import APIRouter
from fastapi.responses import FileResponse, HTMLResponse, Response

from wince import __version__
from wince.server import (
    assessment_routes,
    device_routes,
    live_socket,
    problems,
    schemas,
    speech_routes,
)
from wince.server.openapi_parts import problem_responses
from wince.server.page_sources import DOCUMENT, ON_DEVICE_LINK, STATIC
from wince.server.settings import Settings
from wince.server.worker_pool import WorkerPool

if TYPE_CHECKING:
    from wince.runtime.assessor import Assessor


def create_router(
    assessor: "Assessor", pool: WorkerPool, speech_pool: WorkerPool, settings: Settings
) -> APIRouter:
    """Return every route of the server.

    Args:
        assessor: Assesses the images.
        pool: Runs the assessments.
        speech_pool: Runs the speech.
        settings: Limits.
    """
    router = APIRouter()
    has_device_page = device_routes.is_offered(assessor, settings)
    _add_page(router, has_device_page=has_device_page)
    if has_device_page:
        device_routes.add_routes(router, assessor)
    _add_health(router, assessor, pool)
    _add_facts(router, assessor)
    assessment_routes.add_routes(router, assessor, pool, settings)
    speech_routes.add_routes(router, assessor.estimator.scale, speech_pool, settings)
    live_socket.add_route(router, assessor, pool, settings)
    return router


def _add_page(router: APIRouter, *, has_device_page: bool) -> None:
    @router.api_route("/", methods=["GET", "HEAD"], include_in_schema=False)
    def page() -> Response:
        headers = {"Cache-Control": "no-cache"}
        if has_device_page:
            return FileResponse(STATIC / DOCUMENT, headers=headers)
        html = (STATIC / DOCUMENT).read_text("utf-8").replace(ON_DEVICE_LINK, "")
        return HTMLResponse(html, headers=headers)


def _add_health(router: APIRouter, assessor: "Assessor", pool: WorkerPool) -> None:
    @router.get("/healthz", summary="Whether the server is up")
    async def healthz() -> schemas.Health:  # on the event loop, so that it answers under any load
        return schemas.Health(version=__version__)

    @router.get(
        "/readyz",
        summary="Whether the server would accept an image: model loaded and queue not full",
        responses=problem_responses(503),
    )
    async def readyz() -> schemas.Ready:
        pool.check_capacity()
        name = str(assessor.estimator.manifest["name"])
        return schemas.Ready(model=name, running=pool.pending, room=pool.capacity)


def _add_facts(router: APIRouter, assessor: "Assessor") -> None:
    @router.get("/v1/model", summary="What the model is and what it was trained on")
    def model() -> schemas.Model:
        return schemas.describe_model(assessor.estimator.manifest)

    @router.get(
        "/v1/model/card",
        summary="The model card, a page for people",
        response_class=HTMLResponse,
        responses=problem_responses(404),
    )
    def card() -> str:
        # Here, because Markdown and Jinja2 would make the start of the server longer.
        from wince.server import model_card

        return model_card.render_model_card(assessor.estimator)

    @router.get("/v1/scale", summary="The scale: levels, action units, sentences and advice")
    def scale() -> schemas.ScaleFacts:
        return schemas.describe_scale(assessor.estimator.scale)

    @router.get(
        "/problems/{name}",
        summary="What a kind of problem means",
        responses=problem_responses(404),
    )
    def problem_kind(name: str) -> problems.ProblemKind:
        if name not in problems.KINDS:
            raise problems.ProblemError("not-found", f"There is no kind of problem {name!r}.")
        return problems.KINDS[name]
