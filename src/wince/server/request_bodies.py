"""What requests contain: images, neutral faces and JSON values.

Bodies are kept in memory only. The multipart parser would write large files to a temporary file;
that is switched off.
"""

import json
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError
from starlette.datastructures import FormData, Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from wince import images
from wince.runtime.neutral import NeutralFace
from wince.server.body_limits import SMALL_JSON_BYTES, limited_chunks, pieces, read_body, time_limit
from wince.server.problems import ProblemError
from wince.server.settings import Settings

IMAGE_FIELD = "image"
NEUTRAL_FIELD = "neutral"  # images of the same person at rest, or a neutral face as JSON text
OLD_NEUTRAL_FIELD = "baseline"  # deprecated field for the JSON text
MAX_NEUTRAL_IMAGES = 20
FORM_OVERHEAD_BYTES = 64 * 1024  # boundaries, part headers and small fields around the image

Form = TypeVar("Form", bound=BaseModel)


class _InMemoryParser(MultiPartParser):
    spool_max_size = 2**40  # never reached: the limit of the body is far lower


@dataclass(frozen=True, slots=True)
class ImageRequest:
    """The image of a request, and the person's neutral face if it has one.

    Attributes:
        image: The image to assess.
        neutral: Images of the same person at rest, or the neutral face from an earlier answer.
    """

    image: bytes
    neutral: tuple[bytes, ...] | NeutralFace = ()


async def read_image_request(request: Request, settings: Settings) -> ImageRequest:
    """Return the images of a multipart request (fields `image`, `neutral`) or of a raw one.

    Raises:
        ProblemError: The content type is another one, an image is missing, or the body is
            malformed, too large or too slow.
    """
    media_type = _media_type(request)
    if media_type == "multipart/form-data":
        async with _open_form(request, settings) as form:
            return await _image_request_from(form)
    if media_type.startswith("image/") or media_type == "application/octet-stream":
        data = await read_body(request, settings.max_image_bytes, settings.body_seconds)
        if not data:
            raise ProblemError("missing-image", "The body is empty; expected an image.")
        images.check_web_format(data)
        return ImageRequest(data)
    raise ProblemError(
        "wrong-content-type",
        f"The Content-Type is {media_type or 'missing'}; expected multipart/form-data with the "
        f"image in the field '{IMAGE_FIELD}', or the image itself as image/jpeg, image/png, "
        "image/webp, image/avif or image/heic.",
    )


async def read_neutral_images(request: Request, settings: Settings) -> tuple[bytes, ...]:
    """Return the images in the field `neutral` of a form, at least one.

    Raises:
        ProblemError: As for `read_image_request`.
    """
    media_type = _media_type(request)
    if media_type != "multipart/form-data":
        raise ProblemError(
            "wrong-content-type",
            f"The Content-Type is {media_type or 'missing'}; expected multipart/form-data with "
            f"images of the person at rest in the field '{NEUTRAL_FIELD}'.",
        )
    async with _open_form(request, settings) as form:
        files = await _uploads(form, NEUTRAL_FIELD)
        if not files:
            raise _missing_image(form, NEUTRAL_FIELD)
        return files


async def read_data_url_body(request: Request, settings: Settings) -> bytes:
    """Return the body of a JSON request that contains an image as a data URL.

    Raises:
        ProblemError: The content type is another one, or the body is too large or too slow.
    """
    _check_json(request)
    limit = settings.max_image_bytes * 4 // 3 + FORM_OVERHEAD_BYTES  # base64 needs a third more
    return await read_body(request, limit, settings.body_seconds)


async def read_values(request: Request, form: type[Form], settings: Settings) -> Form:
    """Return the values of a small JSON request, validated against their model.

    Raises:
        ProblemError: The content type is another one, the body is not JSON or larger than
            SMALL_JSON_BYTES, or a value is missing, unknown or not allowed. The message names the
            first of these values.
    """
    _check_json(request)
    body = await read_body(request, SMALL_JSON_BYTES, settings.body_seconds)
    try:
        return form.model_validate_json(body)
    except ValidationError as error:
        first = error.errors()[0]
        if first["type"] == "json_invalid":
            raise ProblemError("malformed-request", "The body is not JSON.") from None
        name = ".".join(str(part) for part in first["loc"]) or "The request"
        raise ProblemError(
            "invalid-request", f"{name}: {first['msg'].removeprefix('Value error, ')}."
        ) from None


@asynccontextmanager
async def _open_form(request: Request, settings: Settings) -> AsyncIterator[FormData]:
    limit = settings.max_image_bytes + FORM_OVERHEAD_BYTES  # for all images together
    try:
        async with (
            time_limit(settings.body_seconds),
            aclosing(pieces(limited_chunks(request, limit))) as chunks,
        ):
            # The last charset counts. Text is UTF-8 whatever a request states: Python decodes some
            # charsets, such as punycode, in a time that grows with the square of the length.
            content_type = f"{request.headers['content-type']}; charset=utf-8"
            parser = _InMemoryParser(
                Headers({"content-type": content_type}),
                chunks,
                max_files=1 + MAX_NEUTRAL_IMAGES,
                max_fields=8,
                max_part_size=FORM_OVERHEAD_BYTES,  # of a field that is not a file
            )
            form = await parser.parse()
    except MultiPartException as error:
        raise ProblemError(
            "malformed-request", f"The multipart body cannot be read: {error.message}"
        ) from None
    try:
        yield form
    finally:
        await form.close()


async def _image_request_from(form: FormData) -> ImageRequest:
    files = await _uploads(form, IMAGE_FIELD)
    if not files:
        raise _missing_image(form, IMAGE_FIELD)
    count = len(form.getlist(IMAGE_FIELD))
    if count > 1:
        raise ProblemError(
            "malformed-request",
            f"Expected one image in the field '{IMAGE_FIELD}', found {count}. "
            f"Images of the person at rest go into '{NEUTRAL_FIELD}'.",
        )
    return ImageRequest(files[0], await _neutral(form))


async def _neutral(form: FormData) -> tuple[bytes, ...] | NeutralFace:
    """Return the images or the neutral face of a form; no images when it has neither."""
    values = [
        (field, value)
        for field in (NEUTRAL_FIELD, OLD_NEUTRAL_FIELD)
        for value in form.getlist(field)
        if isinstance(value, str) or value.size
    ]
    if all(field == NEUTRAL_FIELD and not isinstance(value, str) for field, value in values):
        return await _uploads(form, NEUTRAL_FIELD)
    field, value = values[0]
    if len(values) > 1 or not isinstance(value, str):
        raise ProblemError(
            "invalid-request",
            "Expected image files or the JSON text of one neutral face in "
            f"'{NEUTRAL_FIELD}', not both.",
        )
    return _parse_neutral_face(value, field)


def _parse_neutral_face(text: str, field: str) -> NeutralFace:
    """Return the neutral face in the JSON text of a form field."""
    try:
        return NeutralFace.from_dict(json.loads(text))
    except (ValueError, RecursionError):
        raise ProblemError(
            "invalid-request",
            f"Expected image files or the JSON of a neutral face in '{field}'; found text that is "
            "not JSON.",
        ) from None


async def _uploads(form: FormData, field: str) -> tuple[bytes, ...]:
    """Return the image files in a field; empty ones are left out."""
    values = form.getlist(field)
    files = [value for value in values if isinstance(value, UploadFile)]
    if len(files) < len(values):
        raise ProblemError(
            "missing-image",
            f"Expected an image, sent as a file, in the field '{field}'; found text.",
        )
    uploads = tuple([await file.read() for file in files if file.size])
    for data in uploads:
        images.check_web_format(data)
    return uploads


def _missing_image(form: FormData, field: str) -> ProblemError:
    fields = ", ".join(form) or "no field at all"
    return ProblemError(
        "missing-image", f"Expected an image in the field '{field}'; found {fields}."
    )


def _check_json(request: Request) -> None:
    media_type = _media_type(request)
    if media_type != "application/json":
        raise ProblemError(
            "wrong-content-type",
            f"The Content-Type is {media_type or 'missing'}; expected application/json.",
        )


def _media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()
