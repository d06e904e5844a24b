import asyncio
import re

import numpy as np
import pytest
from fastapi import Request
from starlette.testclient import TestClient

from tests.support.frames import ROOT
from tests.support.media import data_url, encode_image
from wince import errors
from wince.server import body_limits, problems
from wince.server.app import create_app
from wince.server.request_bodies import FORM_OVERHEAD_BYTES
from wince.server.settings import Settings
from wince.speech import sentences

BASE = "http://127.0.0.1:5001"
API = (ROOT / "docs" / "http-api.md").read_text(encoding="utf-8")
GREY = encode_image(np.full((200, 200, 3), 128, np.uint8))
LIMIT = 300_000
DOCUMENTED_VALUES = dict(
    re.findall(r"^\| `([a-z-]+)` \| (.*`(?:seconds|needed|format|number)`.*) \|$", API, re.M)
)
"""What docs/http-api.md says about the values of a problem, by its code."""


@pytest.fixture(scope="module")
def client(assessor):
    settings = Settings(max_image_bytes=LIMIT)
    with TestClient(create_app(assessor, settings=settings), base_url=BASE) as client:
        yield client


def check(answer, status, kind):
    """One shape for every problem."""
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert set(problem) == {"type", "title", "status", "detail", "code", "values"}
    assert problem["code"] == kind
    words = set(DOCUMENTED_VALUES.get(kind, "").split("`")[1::2])
    assert set(problem["values"]) <= words, "docs/http-api.md lists the values of each code"
    assert problem["type"] == f"/problems/{kind}"
    assert problem["status"] == status
    assert problem["title"] == problems.KINDS[kind].title
    detail = problem["detail"]
    assert detail[0].isupper()
    assert detail.endswith((".", "?"))
    return detail


def pictures(portrait):
    return {
        "text": (b"hello, I am no picture", 415, "not-an-image"),
        "truncated": (portrait[: len(portrait) // 2], 422, "truncated-image"),
        "no face": (GREY, 422, "no-face"),
        "tiny": (encode_image(np.zeros((4, 4, 3), np.uint8)), 422, "unsuitable-image"),
        "too many bytes": (portrait + bytes(LIMIT), 413, "too-large"),
        "empty": (b"", 422, "missing-image"),
    }


@pytest.mark.parametrize("name", pictures(b""))
@pytest.mark.parametrize("how", ["multipart", "raw"])
def test_each_unusable_image_has_its_own_problem(client, portrait_jpeg, name, how):
    data, status, kind = pictures(portrait_jpeg)[name]
    if how == "multipart":
        answer = client.post("/v1/assessments", files={"image": ("x.jpg", data)})
    else:
        headers = {"Content-Type": "image/jpeg"}
        answer = client.post("/v1/assessments", content=data, headers=headers)
    check(answer, status, kind)


@pytest.mark.parametrize("name", [name for name in pictures(b"") if name != "empty"])
def test_analyze_gives_the_same_status_and_an_error_sentence(client, portrait_jpeg, name):
    data, status, _ = pictures(portrait_jpeg)[name]
    answer = client.post("/analyze", json={"image": data_url(data)})
    assert answer.status_code == status
    assert set(answer.json()) == {"error"}
    assert answer.json()["error"].endswith(".")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"not json", 400),
        (b"[" * 100_000, 400),
        (b"\xff\xfe", 400),
        (b"{}", 422),
        (b"[]", 422),
        (b'{"image": 5}', 422),
        (b'{"image": ""}', 422),
        (b'{"image": "data:image/jpeg;base64"}', 422),
        (b'{"image": "data:image/jpeg;base64,@@@"}', 422),
        (b'{"image": "data:image/jpeg;base64,"}', 415),
        (b'{"image": "data:text/plain;base64,aGVsbG8="}', 415),
        (b'{"image": "https://example.org/face.jpg"}', 422),
    ],
)
def test_analyze_refuses_bodies_without_a_data_url(client, body, status):
    answer = client.post("/analyze", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == status
    assert set(answer.json()) == {"error"}


def test_analyze_needs_json(client):
    answer = client.post("/analyze", content=b"x", headers={"Content-Type": "text/plain"})
    assert answer.status_code == 415
    assert "application/json" in answer.json()["error"]


def test_framework_errors_of_analyze_have_its_error_form(client):
    answer = client.get("/analyze")
    assert answer.status_code == 405
    assert set(answer.json()) == {"error"}
    assert answer.headers["allow"] == "POST"


def test_other_content_types_are_refused(client):
    answer = client.post("/v1/assessments", json={"image": "x"})
    assert "application/json" in check(answer, 415, "wrong-content-type")
    check(client.post("/v1/assessments"), 415, "wrong-content-type")


def test_form_without_an_image_lists_its_fields(client):
    answer = client.post("/v1/assessments", files={"photo": b"x", "note": (None, "y")})
    assert "photo, note" in check(answer, 422, "missing-image")
    answer = client.post("/v1/assessments", files={"image": (None, "only text")})
    check(answer, 422, "missing-image")


def test_damaged_forms_are_refused(client):
    for content_type in ("multipart/form-data", "multipart/form-data; boundary=b"):
        headers = {"Content-Type": content_type}
        answer = client.post("/v1/assessments", content=b"--wrong\r\n\r\nx", headers=headers)
        check(answer, 400, "malformed-request")


def test_more_than_one_image_is_refused(client, portrait_jpeg):
    files = [("image", ("a.jpg", portrait_jpeg)), ("image", ("b.jpg", portrait_jpeg))]
    check(client.post("/v1/assessments", files=files), 400, "malformed-request")


def test_too_many_pixels_are_refused_before_decoding(client):
    # A PNG whose header claims 60,000 x 60,000 pixels, in a few bytes.
    png = bytearray(encode_image(np.zeros((20, 20, 3), np.uint8), "PNG"))
    png[16:24] = (60_000).to_bytes(4, "big") * 2
    import zlib

    png[29:33] = zlib.crc32(png[12:29]).to_bytes(4, "big")
    answer = client.post("/v1/assessments", files={"image": bytes(png)})
    check(answer, 413, "too-large")
    assert answer.json()["values"] == {"limit": 64.0}


@pytest.mark.parametrize(
    ("data", "values"),
    [
        (bytes(2 * LIMIT), {"limit": (LIMIT + FORM_OVERHEAD_BYTES) / 2**20}),
        (encode_image(np.zeros((4, 9, 3), np.uint8)), {"width": 9, "height": 4, "needed": 16}),
        (
            encode_image(np.zeros((20, 20, 3), np.uint8), "BMP"),
            {"format": "BMP", "expected": "JPEG, PNG, WebP, AVIF or HEIC"},
        ),
        (b"a text", {"expected": "JPEG, PNG, WebP, AVIF or HEIC"}),
        (GREY, {}),
    ],
)
def test_the_numbers_and_names_of_a_problem_are_values(client, data, values):
    answer = client.post("/v1/assessments", files={"image": data})
    assert answer.json()["values"] == values


def test_a_face_that_is_not_there_is_a_problem_with_the_count(client, portrait_jpeg):
    answer = client.post("/v1/assessments?face=4", files={"image": portrait_jpeg})
    check(answer, 422, "no-face")
    assert answer.json()["values"]["number"] == 5


def test_body_without_a_length_is_cut_off_at_the_limit(client):
    sent = 0

    def endless():
        nonlocal sent
        while sent < 100 * LIMIT:
            sent += 65_536
            yield bytes(65_536)

    async def read():
        messages = iter(endless())

        async def receive():
            return {"type": "http.request", "body": next(messages), "more_body": True}

        scope = {"type": "http", "method": "POST", "headers": []}
        await body_limits.read_body(Request(scope, receive), LIMIT, 5.0)

    with pytest.raises(problems.ProblemError, match="larger than"):
        asyncio.run(read())
    assert sent < 6 * LIMIT


def test_body_that_never_arrives_times_out():
    async def read():
        async def receive():
            await asyncio.sleep(60)

        scope = {"type": "http", "method": "POST", "headers": []}
        await body_limits.read_body(Request(scope, receive), LIMIT, 0.05)

    with pytest.raises(problems.ProblemError, match=r"within 0\.05 seconds") as caught:
        asyncio.run(read())
    assert problems.from_error(caught.value).status == 408


def test_unknown_addresses_and_methods_are_problems(client):
    assert "/nowhere" in check(client.get("/nowhere"), 404, "not-found")
    check(client.get("/static/nothing.js"), 404, "not-found")
    check(client.get("/v1/assessments/"), 404, "not-found")
    check(client.get("/problems/unheard-of"), 404, "not-found")
    answer = client.get("/v1/assessments")
    assert "use POST" in check(answer, 405, "method-not-allowed")
    assert answer.headers["allow"] == "POST"


def test_every_problem_type_can_be_looked_up(client):
    for name, kind in problems.KINDS.items():
        answer = client.get(f"/problems/{name}").json()
        assert answer == {"title": kind.title, "status": kind.status, "meaning": kind.meaning}


def test_every_error_of_wince_has_a_kind():
    def subclasses(cls):
        return {cls}.union(*(subclasses(sub) for sub in cls.__subclasses__()))

    for cls in subclasses(errors.WinceError) - {problems.ProblemError}:
        problem = problems.from_error(cls("what happened."))
        assert problem.detail == "What happened."
        assert problem.status == problems.KINDS[problem.kind].status


class Failing:
    """An assessor that fails, to test how a crash is answered."""

    def __init__(self, error, estimator):
        self.error = error
        self.estimator = estimator

    def assess(self, image, **options):
        raise self.error


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (RuntimeError("secret of the inside"), "internal-error"),
        (errors.ModelError("the model is damaged."), "model-error"),
    ],
)
def test_crash_is_a_problem_without_internal_details(error, kind, portrait_jpeg, assessor):
    app = create_app(Failing(error, assessor.estimator))
    with TestClient(app, base_url=BASE) as client:
        answer = client.post("/v1/assessments", files={"image": portrait_jpeg})
    assert "secret" not in check(answer, 500, kind)
    assert "content-security-policy" in answer.headers


def test_documentation_lists_every_problem_and_address(client):
    text = (ROOT / "docs" / "http-api.md").read_text("utf-8")
    for name, kind in problems.KINDS.items():
        status = "4xx" if name == "http-error" else kind.status
        assert f"| `/problems/{name}` | {status} |" in text
    for path, methods in client.get("/openapi.json").json()["paths"].items():
        for method in methods:
            assert f"`{method.upper()} {path}`" in text


def test_documentation_quotes_the_advice_word_for_word():
    text = (ROOT / "docs" / "speech.md").read_text("utf-8")
    for level, advice in sentences.ADVICE.items():
        assert f"| {level} | {advice} |" in text
    assert sentences.CAUTION in text
