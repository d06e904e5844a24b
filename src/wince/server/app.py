"""The server's ASGI application, built from an assessor and settings."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from fastapi.telemetry import TelemetryConfig
from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from wince import __version__
from wince.errors import ServeError
from wince.server import problems, routes
from wince.server.page_sources import STATIC
from wince.server.security import RequestGuard, is_public
from wince.server.settings import Settings, load_settings
from wince.server.worker_pool import WorkerPool
from wince.speech import languages

if TYPE_CHECKING:
    from wince.runtime.assessor import Assessor

CACHE_CONTROL = "no-cache"
"""Of the page's files: browsers revalidate them on each visit, so that an update shows at once."""

_DESCRIPTION = (
    "Reads the expression of pain from a face. Research software, not a medical device. It scores "
    "expression, not experience. Images are assessed in memory and never stored."
)

# FastAPI can record requests and their bodies for OpenTelemetry and send them to an address from
# the environment. This switches it off whatever the environment contains.
_NO_TELEMETRY: TelemetryConfig = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "operation_spans": False,
    "auto_configure": False,
}


def create_app(assessor: "Assessor", *, settings: Settings | None = None) -> FastAPI:
    """Return the application that serves the page, the HTTP API and the live socket.

    Args:
        assessor: Assesses the images of every request. It is called from several threads at once.
        settings: Limits, host names and the token. None reads them from the environment (WINCE_...)
            and uses the defaults of a server that only this machine can reach.

    Raises:
        ServeError: Other machines can reach the server and the settings have no token.
    """
    settings = settings or load_settings({})
    if settings.reachable_by_others and settings.token is None:
        raise ServeError(
            f"A server on {settings.host} can be reached from other machines and needs a token. "
            "Set one, or call wince.server.settings.ensure_token to generate one."
        )
    pool = WorkerPool(settings.workers, settings.max_waiting)
    # Speech has its own worker, so that it neither waits for images nor makes them wait.
    speech_pool = WorkerPool(1, settings.max_waiting)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        for worker_pool in (pool, speech_pool):
            worker_pool.close()

    app = (FastAPI if settings.token is None else _TokenProtectedApp)(
        title="wince",
        version=__version__,
        description=_DESCRIPTION,
        # Both viewers load their scripts from a foreign server.
        docs_url=None,
        redoc_url=None,
        # A redirect would repeat the Host header in an address.
        redirect_slashes=False,
        lifespan=lifespan,
        telemetry=_NO_TELEMETRY,
    )
    problems.install(app)
    app.add_middleware(RequestGuard, settings=settings)
    app.include_router(routes.create_router(assessor, pool, speech_pool, settings))
    app.mount("/static/texts", _PageFiles(directory=languages.CATALOGUES), name="texts")
    app.mount("/static", _PageFiles(directory=STATIC), name="static")
    return app


class _TokenProtectedApp(FastAPI):
    """An application whose OpenAPI description marks the routes that need the token."""

    def openapi(self) -> dict[str, Any]:
        document = super().openapi()
        scheme = {"type": "http", "scheme": "bearer", "description": "The server's token."}
        document.setdefault("components", {})["securitySchemes"] = {"token": scheme}
        for path, methods in document["paths"].items():
            for operation in methods.values():
                operation["security"] = [] if is_public(path) else [{"token": []}]
        return document


class _PageFiles(StaticFiles):
    """The page's files."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        headers = MutableHeaders(raw=response.raw_headers)
        headers["Cache-Control"] = CACHE_CONTROL
        if path.endswith(".webmanifest") and response.status_code == 200:  # Python does not know it
            headers["Content-Type"] = "application/manifest+json"
        return response
