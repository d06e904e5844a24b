"""Errors over HTTP as problem details, application/problem+json (RFC 9457).

Every refusal has a kind with its own status and title, and a detail: a sentence for people. The
older contract `POST /analyze` returns the same sentence as `{"error": sentence}`.
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
from wince.faces.frame_view import FramePartError

MEDIA_TYPE = "application/problem+json"
ANALYZE_PATH = "/analyze"
MAX_DETAIL_LENGTH = 500
"""Characters of a detail. It may quote a request, which can be far longer."""

server_log = logging.getLogger("wince.server")


@dataclass(frozen=True, slots=True)
class ProblemKind:
    """What a kind of problem means."""

    title: str
    status: int
    meaning: str


KINDS: dict[str, ProblemKind] = {
    "not-an-image": ProblemKind(
        "Not an image", 415, "The data is not a JPEG, PNG, WebP, AVIF or HEIC image."
    ),
    "wrong-content-type": ProblemKind(
        "Wrong content type", 415, "This address does not read the Content-Type of the request."
    ),
    "missing-image": ProblemKind(
        "No image in the request", 422, "The request body contains no image."
    ),
    "truncated-image": ProblemKind(
        "Damaged image", 422, "The image file ends too early, or its pixels are damaged."
    ),
    "unsuitable-image": ProblemKind(
        "Unsuitable image", 422, "The image is too small, or cannot be read as a photo."
    ),
    "no-face": ProblemKind("No face found", 422, "No face was found in the image."),
    "not-judged": ProblemKind(
        "Cannot be judged", 422, "The face is too small, turned, covered or similar."
    ),
    "expressive-face": ProblemKind(
        "Not a neutral face", 422, "The images of the face at rest show an expression of pain."
    ),
    "too-large": ProblemKind("Too large", 413, "The data exceeds the limit of bytes or pixels."),
    "malformed-request": ProblemKind(
        "Malformed request", 400, "The body is not in the format that the request states."
    ),
    "invalid-request": ProblemKind(
        "Invalid request", 422, "A value in the request is not allowed."
    ),
    "too-slow": ProblemKind("Too slow", 408, "The request did not arrive in time."),
    "foreign-host": ProblemKind(
        "Unknown host name", 421, "The Host header is not a name of this server."
    ),
    "no-token": ProblemKind("Token needed", 401, "The request does not have the server's token."),
    "foreign-origin": ProblemKind(
        "Foreign page", 403, "A web page of another site may not use this server."
    ),
    "not-found": ProblemKind("Not found", 404, "There is nothing at this address."),
    "method-not-allowed": ProblemKind(
        "Method not allowed", 405, "The address exists, but does not support this method."
    ),
    "busy": ProblemKind(
        "Busy", 503, "More requests are waiting than the server accepts. Try again later."
    ),
    "no-voice": ProblemKind(
        "No voice", 503, "The machine that runs wince has no voice, or speaking failed."
    ),
    "model-error": ProblemKind("Model error", 500, "The model could not assess the image."),
    "internal-error": ProblemKind("Internal error", 500, "An error occurred inside wince."),
    "http-error": ProblemKind("Request refused", 400, "The request was refused."),
}
"""Kinds of problem by name. The name is the last part of the problem's `type`."""

# The first match counts, so subclasses come before their base class.
_KIND_BY_ERROR: tuple[tuple[type[errors.WinceError], str], ...] = (
    (errors.NotAnImageError, "not-an-image"),
    (errors.TruncatedImageError, "truncated-image"),
    (errors.ImageTooLargeError, "too-large"),
    (errors.ImageError, "unsuitable-image"),
    (errors.NoFaceError, "no-face"),
    (FramePartError, "invalid-request"),
    (errors.ExpressiveFaceError, "expressive-face"),
    (errors.NeutralFaceError, "invalid-request"),
    (errors.ModelError, "model-error"),
    (errors.SpeechError, "no-voice"),
    (errors.WinceError, "internal-error"),
)
_KIND_BY_STATUS = {404: "not-found", 405: "method-not-allowed"}


class ProblemError(errors.WinceError):
    """A request that the server refuses.

    Args:
        kind: A name in `KINDS`.
        detail: A sentence for people.
        headers: Further headers of the response.
        values: Numbers and names in the detail.
    """

    def __init__(
        self,
        kind: str,
        detail: str,
        headers: Mapping[str, str] | None = None,
        values: errors.Values | None = None,
    ) -> None:
        super().__init__(detail, values)
        self.kind = kind
        self.headers = dict(headers or {})


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem, ready to be sent.

    Attributes:
        kind: A name in `KINDS`.
        detail: A sentence for people.
        status: The HTTP status.
        headers: Further headers of the response.
        values: Numbers and names in the detail.
    """

    kind: str
    detail: str
    status: int
    headers: dict[str, str] = field(default_factory=dict)
    values: errors.Values = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the members of the problem details object of RFC 9457, with code and values."""
        return {
            "type": f"/problems/{self.kind}",
            "title": KINDS[self.kind].title,
            "status": self.status,
            "detail": self.detail,
            "code": self.kind,
            "values": dict(self.values),
        }

    def response(self, path: str) -> JSONResponse:
        """Return the HTTP response for a request to `path`, in the format of that path."""
        if path == ANALYZE_PATH:
            return JSONResponse({"error": self.detail}, self.status, self.headers)
        return JSONResponse(self.to_dict(), self.status, self.headers, media_type=MEDIA_TYPE)


def from_kind(
    kind: str,
    detail: str,
    headers: Mapping[str, str] | None = None,
    values: errors.Values | None = None,
) -> Problem:
    """Return a problem of a kind in `KINDS` with its own detail."""
    return Problem(
        kind, _sentence(detail), KINDS[kind].status, dict(headers or {}), dict(values or {})
    )


def from_error(error: BaseException) -> Problem:
    """Return the problem for an exception. An unexpected one reveals nothing about its cause."""
    if isinstance(error, ProblemError):
        return from_kind(error.kind, str(error), error.headers, error.values)
    for error_class, kind in _KIND_BY_ERROR:
        if isinstance(error, error_class):
            return from_kind(kind, str(error), values=error.values)
    return from_kind(
        "internal-error", "An error occurred inside wince. The server's log has the details."
    )


def install(app: FastAPI) -> None:
    """Make every error of an application a problem, including those of the framework."""
    app.add_exception_handler(errors.WinceError, _on_wince_error)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(RequestValidationError, _on_validation_error)


async def _on_wince_error(request: Request, error: Exception) -> JSONResponse:
    problem = from_error(error)
    if problem.status >= 500 and problem.kind != "busy":
        server_log.error("%s: %s", type(error).__name__, error)
    return problem.response(request.url.path)


async def _on_http_exception(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # registered for this class only
    path = request.url.path
    kind = _KIND_BY_STATUS.get(error.status_code, "http-error")
    headers = dict(error.headers or {})
    if kind == "not-found":
        detail = f"There is nothing at {path}. /openapi.json lists every address."
    elif kind == "method-not-allowed":
        allowed = headers.get("Allow", "another method")
        detail = f"{request.method} is not possible at {path}; use {allowed}."
    else:
        detail = str(error.detail)
    return Problem(kind, _sentence(detail), error.status_code, headers).response(path)


async def _on_validation_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # registered for this class only
    first = error.errors()[0]
    name = ".".join(str(part) for part in first["loc"][1:]) or "the request"
    return from_kind("invalid-request", f"{name}: {first['msg']}.").response(request.url.path)


def _sentence(text: str) -> str:
    """Return a text with a capital, cut to MAX_DETAIL_LENGTH, as valid Unicode."""
    if len(text) > MAX_DETAIL_LENGTH:
        text = f"{text[: MAX_DETAIL_LENGTH - 5]} ...."
    text = text.encode("utf-8", "backslashreplace").decode()  # JSON can contain half a character
    return text[:1].upper() + text[1:]
