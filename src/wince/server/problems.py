"""Errors over HTTP, in the one shape of RFC 9457: application/problem+json.

Every refusal has a kind with its own status and title, and a sentence a person understands. The
old `/analyze` contract gives the same sentence as `{"error": sentence}`.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from wince import errors

MEDIA_TYPE = "application/problem+json"
SMALL_CONTRACT = "/analyze"
log = logging.getLogger("wince.server")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of problem: the HTTP status, a short title, and what it means."""

    status: int
    title: str
    meaning: str


KINDS: dict[str, Kind] = {
    "not-an-image": Kind(415, "Not an image", "The data is not a JPEG, PNG or WebP picture."),
    "wrong-content-type": Kind(
        415, "Wrong content type", "The request's Content-Type is not one that this address reads."
    ),
    "missing-image": Kind(422, "No picture in the request", "The body holds no picture."),
    "truncated-image": Kind(
        422, "Damaged picture", "The picture stops before its end, or its pixels are damaged."
    ),
    "unsuitable-image": Kind(
        422, "Unsuitable picture", "The picture is too small, or an animation."
    ),
    "no-face": Kind(422, "No face found", "No face was found in the picture."),
    "not-judged": Kind(
        422,
        "Cannot be judged",
        "The face is too small, turned, covered, or the like.",
    ),
    "too-large": Kind(413, "Too large", "There are more bytes or pixels than the limit."),
    "malformed-request": Kind(400, "Malformed request", "The body cannot be read as it claims."),
    "invalid-request": Kind(422, "Invalid request", "A value in the request is not allowed."),
    "too-slow": Kind(408, "Too slow", "The request did not arrive in time."),
    "foreign-host": Kind(
        421, "Unknown host name", "The server was called by a name that it does not go by."
    ),
    "no-token": Kind(401, "Token needed", "The request does not show the server's token."),
    "foreign-origin": Kind(
        403, "Foreign page", "A web page of another site may not use this server."
    ),
    "not-found": Kind(404, "Not found", "There is nothing at this address."),
    "method-not-allowed": Kind(
        405, "Method not allowed", "The address exists, but not for this method."
    ),
    "busy": Kind(503, "Busy", "More pictures are waiting than the server takes on; try again."),
    "no-voice": Kind(503, "No voice", "The machine that runs wince has no voice, or it failed."),
    "model-error": Kind(500, "Model error", "The model could not assess the picture."),
    "internal-error": Kind(500, "Internal error", "Something went wrong inside wince."),
    "http-error": Kind(400, "Request refused", "The request was refused."),
}
"""Kinds of problem by name; the name is the last part of the problem's `type`."""

_BY_ERROR: tuple[tuple[type[errors.WinceError], str], ...] = (
    (errors.NotAnImageError, "not-an-image"),
    (errors.TruncatedImageError, "truncated-image"),
    (errors.ImageTooLargeError, "too-large"),
    (errors.ImageError, "unsuitable-image"),
    (errors.NoFaceError, "no-face"),
    (errors.BaselineError, "invalid-request"),
    (errors.ModelError, "model-error"),
    (errors.SpeechError, "no-voice"),
    (errors.WinceError, "internal-error"),
)  # first match wins, so subclasses stand first
_BY_STATUS = {404: "not-found", 405: "method-not-allowed"}


class ProblemError(errors.WinceError):
    """A request that the server refuses, with the kind of problem it is."""

    def __init__(self, kind: str, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.kind = kind
        self.headers = dict(headers or {})


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem, ready to be sent. kind: a name in KINDS; detail: the sentence."""

    kind: str
    detail: str
    status: int
    headers: dict[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the problem's members as RFC 9457 names them."""
        return {
            "type": f"/problems/{self.kind}",
            "title": KINDS[self.kind].title,
            "status": self.status,
            "detail": self.detail,
        }

    def response(self, path: str) -> JSONResponse:
        """Return the HTTP response for a request to `path`, in that path's shape."""
        if path == SMALL_CONTRACT:
            return JSONResponse({"error": self.detail}, self.status, self.headers)
        return JSONResponse(self.to_dict(), self.status, self.headers, media_type=MEDIA_TYPE)


def problem(kind: str, detail: str, headers: Mapping[str, str] | None = None) -> Problem:
    """Return a problem of a kind in KINDS with a sentence of its own."""
    return Problem(kind, _sentence(detail), KINDS[kind].status, dict(headers or {}))


def from_error(error: BaseException) -> Problem:
    """Return the problem that an exception stands for; unknown ones say nothing of their inside."""
    if isinstance(error, ProblemError):
        return problem(error.kind, str(error), error.headers)
    for cls, kind in _BY_ERROR:
        if isinstance(error, cls):
            return problem(kind, str(error))
    return problem(
        "internal-error", "Something went wrong inside wince. The server's log says what."
    )


def install(app: FastAPI) -> None:
    """Make every error of the app a problem, those of the framework included."""
    app.add_exception_handler(errors.WinceError, _on_error)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(RequestValidationError, _on_invalid)


async def _on_error(request: Request, error: Exception) -> JSONResponse:
    found = from_error(error)
    if found.status >= 500 and found.kind != "busy":
        log.error("%s: %s", type(error).__name__, error)
    return found.response(request.url.path)


async def _on_http_exception(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # registered for this class alone
    path = request.url.path
    kind = _BY_STATUS.get(error.status_code, "http-error")
    headers = dict(error.headers or {})
    if kind == "not-found":
        detail = f"There is nothing at {path}. /openapi.json lists what there is."
    elif kind == "method-not-allowed":
        allowed = headers.get("Allow", "another method")
        detail = f"{request.method} is not possible at {path}; use {allowed}."
    else:
        detail = str(error.detail)
    return Problem(kind, _sentence(detail), error.status_code, headers).response(path)


async def _on_invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # registered for this class alone
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"][1:]) or "the request"
    return problem("invalid-request", f"{where}: {first['msg']}.").response(request.url.path)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
