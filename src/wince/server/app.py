"""The server's application, put together from an assessor and settings."""

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
from wince.server.security import Guard, is_open
from wince.server.settings import Settings, in_force
from wince.server.worker_pool import Pool

if TYPE_CHECKING:
    from wince.runtime.assessor import Assessor

_ABOUT = (
    "Reads the expression of pain from a face. Research software, not a medical device. It scores "
    "expression, not experience. Pictures are assessed in memory and never stored."
)


# FastAPI records requests and their bodies for OpenTelemetry, and can send them to an address from
# the environment. Here nothing is recorded, whatever the environment says.
_SILENT: TelemetryConfig = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "operation_spans": False,
    "auto_configure": False,
}


def create_app(assessor: "Assessor", *, settings: Settings | None = None) -> FastAPI:
    """Return the application that serves the page, the HTTP API and the live socket.

    assessor: answers every request; it is called from several threads at once.
    settings: limits, names and the token; None takes them from the environment (WINCE_...), and
        what is not set there is that of a server on this machine alone.
    Raises ServeError for settings that reach beyond this machine without a token.
    """
    settings = settings or in_force({})
    if settings.beyond and settings.token is None:
        raise ServeError(
            f"A server on {settings.host} can be reached by others and needs a token. Give one, or "
            "let wince.server.settings.with_token make one."
        )
    pool = Pool(settings.workers, settings.max_waiting)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        pool.close()

    app = (FastAPI if settings.token is None else _WithToken)(
        title="wince",
        version=__version__,
        description=_ABOUT,
        # Both viewers fetch their scripts from a foreign server.
        docs_url=None,
        redoc_url=None,
        # A redirect would repeat the Host header in an address.
        redirect_slashes=False,
        lifespan=lifespan,
        telemetry=_SILENT,
    )
    problems.install(app)
    app.add_middleware(Guard, settings=settings)
    app.include_router(routes.router(assessor, pool, settings))
    app.mount("/static", _Static(directory=routes.STATIC), name="static")
    return app


class _WithToken(FastAPI):
    """An application whose description says where the token is needed."""

    def openapi(self) -> dict[str, Any]:
        found = super().openapi()
        scheme = {"type": "http", "scheme": "bearer", "description": "The server's token."}
        found.setdefault("components", {})["securitySchemes"] = {"token": scheme}
        for path, methods in found["paths"].items():
            for operation in methods.values():
                operation["security"] = [] if is_open(path) else [{"token": []}]
        return found


class _Static(StaticFiles):
    """The page's files, asked for again on each visit, so that an update shows at once."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        MutableHeaders(raw=response.raw_headers)["Cache-Control"] = "no-cache"
        return response
