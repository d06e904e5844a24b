"""The page on the device, shown by the server below its own page."""

from functools import cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from wince.errors import ModelError
from wince.runtime.estimator import starter_folder
from wince.server.device_page.policy import PATH
from wince.server.problems import ProblemError
from wince.server.settings import Settings

if TYPE_CHECKING:
    from wince.runtime.assessor import Assessor
    from wince.server.device_page.page import DevicePage

_TYPES = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".onnx": "application/octet-stream",
}
"""By ending. Those that Python finds depend on the machine."""

_KEPT = "max-age=31536000, immutable"
"""Cache-Control of files in the folder whose name changes with them."""


def is_offered(assessor: "Assessor", settings: Settings) -> bool:
    """Return whether the server shows the page on the device.

    It contains the model. So where clients need a token, it is shown with the packaged model only,
    which is not secret: the page's files are loaded without the token.
    """
    from wince.server.device_page.model_files import refuse_unsupported

    if not settings.on_device:
        return False
    estimator = assessor.estimator
    if settings.token is not None and estimator.folder != starter_folder():
        return False
    try:
        refuse_unsupported(estimator)
    except ModelError:
        return False
    return True


def add_routes(router: APIRouter, assessor: "Assessor") -> None:
    """Add the page on the device to the server."""

    @cache
    def page() -> "DevicePage":  # at the first request, because it has 27 MB
        from wince.server.device_page.page import build

        return build(assessor.estimator, has_server=True)

    @router.get(PATH.rstrip("/"), include_in_schema=False)
    def without_slash() -> RedirectResponse:
        return RedirectResponse(PATH)

    @router.api_route(PATH + "{path:path}", methods=["GET", "HEAD"], include_in_schema=False)
    def file(path: str) -> Response:
        name = path or "index.html"
        content = page().files.get(name)
        if content is None:
            raise ProblemError("not-found", f"The page on the device has no file {path!r:.200}.")
        is_kept = name.startswith(f"{page().folder}/")
        return Response(
            content,
            media_type=_TYPES.get(PurePosixPath(name).suffix, "text/plain"),
            headers={"Cache-Control": _KEPT if is_kept else "no-cache"},
        )
