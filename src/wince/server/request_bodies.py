"""Request bodies: read up to a limit, in memory only, and what is wanted taken out of them.

Nothing is written to disk: the multipart parser's own habit of spooling large files to a temporary
one is switched off.
"""

import asyncio
import base64
import binascii
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect

from wince.runtime.neutral import NeutralFace
from wince.server.problems import ProblemError
from wince.server.settings import Settings

FIELD = "image"
NEUTRAL = "neutral"  # images of the same person at rest, or a neutral face as JSON text
OLD_NEUTRAL = "baseline"  # deprecated field for the JSON text
MOST_NEUTRAL = 20
FORM_OVERHEAD = 64 * 1024  # boundaries, part headers and small fields around the picture
SMALL_JSON = 4 * 1024  # bytes of a request that carries a few values and no picture
MOST_ARRIVING = 256 * 2**20  # bytes of bodies that are still on their way, over all requests
_MEGABYTE = 2**20
DROP_SECONDS = 2.0  # for the rest of a body that nobody wants
_DROPPED = 4  # times the limit: how much of a body that is too large is read to be polite

Form = TypeVar("Form", bound=BaseModel)


class _Arriving:
    """Bytes of bodies that are on their way; beyond MOST_ARRIVING no more are taken in.

    The pool bounds the pictures that have arrived, this the ones before, so that many large uploads
    at a time cannot fill the memory. It is touched on the event loop only.
    """

    def __init__(self) -> None:
        self.count = 0

    def take(self, size: int) -> None:
        """Count bytes in; raise a `busy` problem when there is no room for them."""
        if self.count + size > MOST_ARRIVING:
            raise ProblemError(
                "busy",
                "Too many pictures are arriving at the same time. Try again in a moment.",
                {"Retry-After": "1", "Connection": "close"},
            )
        self.count += size

    def give(self, size: int) -> None:
        """Count bytes out again."""
        self.count -= size


_arriving = _Arriving()


class _InMemoryParser(MultiPartParser):
    spool_max_size = 2**40  # never reached: the body's own limit is far lower


@dataclass(frozen=True, slots=True)
class Pictures:
    """The image of a request, and the person's neutral face if it has one.

    Attributes:
        image: The image to assess.
        neutral: Images of the same person at rest, or the neutral face from an earlier answer.
    """

    image: bytes
    neutral: tuple[bytes, ...] | NeutralFace = ()


async def picture(request: Request, settings: Settings) -> Pictures:
    """Return the images of a multipart request (fields `image`, `neutral`) or of a raw one.

    Raises ProblemError for another content type, a missing picture, a malformed or too large body.
    """
    media_type = _media_type(request)
    if media_type == "multipart/form-data":
        return await _from_form(request, settings)
    if media_type.startswith("image/") or media_type == "application/octet-stream":
        data = await whole(request, settings.max_image_bytes, settings.body_seconds)
        if not data:
            raise ProblemError("missing-image", "The body is empty; expected a picture.")
        return Pictures(data)
    raise ProblemError(
        "wrong-content-type",
        f"The Content-Type is {media_type or 'missing'}; expected multipart/form-data with the "
        f"picture in the field '{FIELD}', or the picture itself as image/jpeg, image/png or "
        "image/webp.",
    )


async def json_body(request: Request, settings: Settings) -> bytes:
    """Return the body of a JSON request that carries a picture as a data URL."""
    _expect_json(request)
    limit = settings.max_image_bytes * 4 // 3 + FORM_OVERHEAD  # base64 needs a third more
    return await whole(request, limit, settings.body_seconds)


async def values(request: Request, form: type[Form], settings: Settings) -> Form:
    """Return the few values of a JSON request, checked against their form.

    Raises ProblemError for another content type, a body over SMALL_JSON bytes or that is not JSON,
    and for a value that is missing, unknown or not allowed; the sentence names the first of these.
    """
    _expect_json(request)
    body = await whole(request, SMALL_JSON, settings.body_seconds)
    try:
        return form.model_validate_json(body)
    except ValidationError as error:
        first = error.errors()[0]
        if first["type"] == "json_invalid":
            raise ProblemError("malformed-request", "The body is not JSON.") from None
        where = ".".join(str(part) for part in first["loc"]) or "The request"
        raise ProblemError(
            "invalid-request", f"{where}: {first['msg'].removeprefix('Value error, ')}."
        ) from None


def from_data_url(body: bytes) -> bytes:
    """Return the picture in `{"image": "data:image/...;base64,..."}`.

    Raises ProblemError when the body is not JSON, or holds no picture as a data URL.
    """
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise ProblemError("malformed-request", "The body is not JSON.") from None
    url = value.get(FIELD) if isinstance(value, dict) else None
    if not isinstance(url, str) or not url:
        raise ProblemError(
            "missing-image", f'Expected {{"{FIELD}": "data:image/jpeg;base64,..."}} in the body.'
        )
    head, comma, payload = url.partition(",")
    if not comma or not head.startswith("data:") or not head.endswith(";base64"):
        raise ProblemError(
            "invalid-request",
            f"'{FIELD}' is not a data URL; expected data:image/jpeg;base64, and the picture.",
        )
    if not head.startswith("data:image/"):
        raise ProblemError(
            "not-an-image", f"'{FIELD}' holds {head[5:-7] or 'plain text'}, not a picture."
        )
    try:
        return base64.b64decode(payload, validate=True)
    except (binascii.Error, ValueError):
        raise ProblemError(
            "invalid-request", f"The base64 text in '{FIELD}' is damaged or cut off."
        ) from None


async def whole(request: Request, limit: int, seconds: float) -> bytes:
    """Return the body; raise a `too-large` problem as soon as it exceeds `limit` bytes."""
    parts = bytearray()
    async with _deadline(seconds), aclosing(_limited(request, limit)) as chunks:
        async for chunk in chunks:
            parts += chunk
    return bytes(parts)


async def drop(request: Request, settings: Settings) -> None:
    """Read a body and forget it, for an answer that does not depend on it."""
    seconds = min(DROP_SECONDS, settings.body_seconds)
    await _drop(request.stream(), seconds, _DROPPED * settings.max_image_bytes)


async def _drop(stream: AsyncIterator[bytes], seconds: float, limit: int) -> None:
    """Read the rest of a body and forget it, but not for long.

    Clients that are still sending when the answer comes tend to miss it.
    """
    received = 0
    with suppress(TimeoutError, ClientDisconnect):
        async with asyncio.timeout(seconds):
            async for chunk in stream:
                received += len(chunk)
                if received > limit:
                    return


async def neutral_images(request: Request, settings: Settings) -> tuple[bytes, ...]:
    """Return the images in the field `neutral` of a form, at least one.

    Raises ProblemError for another content type, a missing picture, a malformed or too large body.
    """
    if _media_type(request) != "multipart/form-data":
        raise ProblemError(
            "wrong-content-type",
            f"The Content-Type is {_media_type(request) or 'missing'}; expected "
            f"multipart/form-data with images of the person at rest in the field '{NEUTRAL}'.",
        )
    form = await _form(request, settings)
    try:
        found = await _uploads(form, NEUTRAL)
        if not found:
            raise _missing(form, NEUTRAL)
        return found
    finally:
        await form.close()


def neutral_face(text: str, field: str) -> NeutralFace:
    """Return the neutral face in the JSON text of a form field; raise ProblemError if invalid."""
    try:
        return NeutralFace.from_dict(json.loads(text))
    except (ValueError, RecursionError):
        raise ProblemError(
            "invalid-request",
            f"Expected image files or the JSON of a neutral face in '{field}'; found text that is "
            "not JSON.",
        ) from None


async def _neutral(form: FormData) -> tuple[bytes, ...] | NeutralFace:
    """Return the images or the neutral face of a form; no images when it has neither."""
    values = [
        (field, value)
        for field in (NEUTRAL, OLD_NEUTRAL)
        for value in form.getlist(field)
        if isinstance(value, str) or value.size
    ]
    if all(field == NEUTRAL and not isinstance(value, str) for field, value in values):
        return await _uploads(form, NEUTRAL)
    field, value = values[0]
    if len(values) > 1 or not isinstance(value, str):
        raise ProblemError(
            "invalid-request",
            f"Expected image files or the JSON text of one neutral face in '{NEUTRAL}', not both.",
        )
    return neutral_face(value, field)


async def _from_form(request: Request, settings: Settings) -> Pictures:
    form = await _form(request, settings)
    try:
        found = await _uploads(form, FIELD)
        if not found:
            raise _missing(form, FIELD)
        if len(form.getlist(FIELD)) > 1:
            raise ProblemError(
                "malformed-request",
                f"Expected one picture in the field '{FIELD}', found {len(form.getlist(FIELD))}. "
                f"Pictures of the person at rest go into '{NEUTRAL}'.",
            )
        return Pictures(found[0], await _neutral(form))
    finally:
        await form.close()


async def _form(request: Request, settings: Settings) -> FormData:
    limit = settings.max_image_bytes + FORM_OVERHEAD  # for all pictures together
    try:
        async with _deadline(settings.body_seconds), aclosing(_limited(request, limit)) as chunks:
            parser = _InMemoryParser(
                request.headers, chunks, max_files=1 + MOST_NEUTRAL, max_fields=8
            )
            return await parser.parse()
    except MultiPartException as error:
        raise ProblemError(
            "malformed-request", f"The multipart body cannot be read: {error.message}"
        ) from None


async def _uploads(form: FormData, field: str) -> tuple[bytes, ...]:
    given = form.getlist(field)
    found = [one for one in given if isinstance(one, UploadFile)]
    if len(found) < len(given):
        raise ProblemError(
            "missing-image",
            f"Expected a picture, sent as a file, in the field '{field}'; found text.",
        )
    return tuple([await one.read() for one in found if one.size])


def _missing(form: FormData, field: str) -> ProblemError:
    found = ", ".join(form) or "no field at all"
    return ProblemError(
        "missing-image", f"Expected a picture in the field '{field}'; found {found}."
    )


async def _limited(request: Request, limit: int) -> AsyncGenerator[bytes, None]:
    """Yield the body's pieces; raise `too-large` as soon as it is known to exceed `limit`.

    Clients that are still sending when the answer comes tend to miss it, so the rest is read and
    dropped first, unless it is very long or the client waits to be told to go on.
    """
    length = request.headers.get("content-length", "")
    known = int(length) if length.isdigit() else 0
    polite = "expect" in request.headers
    if known > limit and (polite or known > _DROPPED * limit):
        raise _too_large(limit)
    received = taken = 0
    stream = request.stream()
    try:
        async for chunk in stream:
            received += len(chunk)
            if received > _DROPPED * limit:
                break
            if received <= limit >= known:
                try:
                    _arriving.take(len(chunk))
                except ProblemError:
                    await _drop(stream, DROP_SECONDS, _DROPPED * limit)
                    raise
                taken += len(chunk)
                yield chunk
    finally:
        _arriving.give(taken)
    if received > limit:
        raise _too_large(limit)


def _too_large(limit: int) -> ProblemError:
    size = f"{limit // _MEGABYTE} MB" if limit >= _MEGABYTE else f"{limit // 1024} KB"
    what = "picture" if limit > SMALL_JSON else "request"
    return ProblemError(
        "too-large",
        f"The request is larger than {size}, the limit. Send a smaller {what}.",
        {"Connection": "close"},  # what is left of the body is not read
    )


@asynccontextmanager
async def _deadline(seconds: float) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise ProblemError(
            "too-slow",
            f"The request did not arrive within {seconds:g} seconds.",
            {"Connection": "close"},
        ) from None


def _expect_json(request: Request) -> None:
    media_type = _media_type(request)
    if media_type != "application/json":
        raise ProblemError(
            "wrong-content-type",
            f"The Content-Type is {media_type or 'missing'}; expected application/json.",
        )


def _media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()
