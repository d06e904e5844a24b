"""Parts of the OpenAPI description: request bodies and error responses."""

from typing import Any

from pydantic import BaseModel

from wince.server import problems, request_bodies, schemas

BINARY: dict[str, Any] = {"type": "string", "format": "binary"}
_NEUTRAL_IMAGES = {
    "type": "array",
    "items": BINARY,
    "maxItems": request_bodies.MAX_NEUTRAL_IMAGES,
    "description": "Images of the same person at rest.",
}
_NEUTRAL_JSON = {
    "type": "string",
    "description": "A neutral face from an earlier answer, as JSON.",
}
IMAGE_BODY = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": [request_bodies.IMAGE_FIELD],
                "properties": {
                    request_bodies.IMAGE_FIELD: BINARY,
                    request_bodies.NEUTRAL_FIELD: {"anyOf": [_NEUTRAL_IMAGES, _NEUTRAL_JSON]},
                    request_bodies.OLD_NEUTRAL_FIELD: {**_NEUTRAL_JSON, "deprecated": True},
                },
            }
        },
        "image/jpeg": {"schema": BINARY},
        "image/png": {"schema": BINARY},
        "image/webp": {"schema": BINARY},
        "image/avif": {"schema": BINARY},
        "image/heic": {"schema": BINARY},
    },
}
NEUTRAL_BODY = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": [request_bodies.NEUTRAL_FIELD],
                "properties": {request_bodies.NEUTRAL_FIELD: _NEUTRAL_IMAGES},
            }
        }
    },
}
ANALYZE_BODY = {
    "required": True,
    "content": {"application/json": {"schema": schemas.AnalyzeRequest.model_json_schema()}},
}
_STATUSES = (400, 401, 403, 408, 413, 415, 421, 422, 500, 503)


def speech_body(form: type[BaseModel]) -> dict[str, Any]:
    """Return the request body of `POST /v1/speech`, whose model depends on the scale."""
    return {
        "required": True,
        "content": {"application/json": {"schema": form.model_json_schema()}},
    }


def problem_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the problem responses of a route, by default with every status that is possible."""
    return _error_responses(schemas.ProblemDetails, problems.MEDIA_TYPE, statuses or _STATUSES)


def analyze_error_responses() -> dict[int | str, dict[str, Any]]:
    """Return the error responses of `POST /analyze`."""
    return _error_responses(schemas.AnalyzeError, "application/json", _STATUSES)


def _error_responses(
    model: type, media_type: str, statuses: tuple[int, ...]
) -> dict[int | str, dict[str, Any]]:
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
