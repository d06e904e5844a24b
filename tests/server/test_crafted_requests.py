"""Requests that no honest client sends get the right status, with no traceback in the log."""

import asyncio
import json
import logging
import time

import pytest
from starlette.requests import ClientDisconnect
from starlette.testclient import TestClient

from wince.server.app import create_app
from wince.server.security import RequestGuard
from wince.server.settings import Settings

BASE = "http://127.0.0.1:5001"


@pytest.fixture(scope="module")
def client(assessor):
    app = create_app(assessor, settings=Settings())
    with TestClient(app, base_url=BASE, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture(autouse=True)
def no_traceback(caplog):
    yield
    assert [record for record in caplog.records if record.exc_info] == []


def form(*parts, charset):
    """Return the body and Content-Type of a form whose parts are pairs of a head and bytes."""
    body = b"".join(
        b"--b\r\nContent-Disposition: form-data; " + head + b"\r\n\r\n" + data + b"\r\n"
        for head, data in parts
    )
    headers = {"Content-Type": f"multipart/form-data; charset={charset}; boundary=b"}
    return {"content": body + b"--b--\r\n", "headers": headers}


@pytest.mark.parametrize("charset", ["punycode", "idna", "utf-16", "hex", "base64", "rot13", "x"])
def test_forms_are_utf_8_whatever_their_charset(client, portrait_jpeg, charset):
    image = (b'name="image"; filename="a"', portrait_jpeg)
    neutral = (b'name="neutral"', "ä".encode() * 15_000)
    answer = client.post("/v1/assessments", **form(image, charset=charset))
    assert answer.status_code == 200
    begin = time.monotonic()
    answer = client.post("/v1/assessments", **form(image, neutral, charset=charset))
    assert answer.status_code == 422
    assert "not JSON" in answer.json()["detail"]
    assert time.monotonic() - begin < 5  # 14 s for a megabyte of punycode
    other = form(('name="nämé"'.encode(), b"x"), charset=charset)
    answer = client.post("/v1/assessments", **other)
    assert "found nämé" in answer.json()["detail"]


def test_long_text_in_a_form_is_refused(client):
    neutral = (b'name="neutral"', b"[" + b"1," * 50_000 + b"1]")
    answer = client.post("/v1/assessments", **form(neutral, charset="utf-8"))
    assert answer.status_code == 400
    assert "64KB" in answer.json()["detail"]


@pytest.mark.parametrize("origin", ["http://[", "http://]", "http://[::1", "//", "", "http://\x80"])
def test_origin_that_is_no_url_is_foreign(client, origin):
    answer = client.post("/v1/assessments", headers={"Origin": origin.encode("latin-1")})
    assert answer.status_code == 403
    assert answer.json()["type"] == "/problems/foreign-origin"


NEUTRAL = {
    "action_units": None,
    "raw_score": 0.5,
    "images": 1,
    "model": {"name": "n", "version": "1"},
}


@pytest.mark.parametrize("number", ["1" + "0" * 400, "-1" + "0" * 400, "1e400", "NaN"])
@pytest.mark.parametrize("member", ["raw_score", "action_units", "images"])
def test_numbers_that_no_float_holds_are_refused(client, portrait_jpeg, number, member):
    units = json.dumps(dict.fromkeys(("AU4", "AU6", "AU7", "AU9", "AU10", "AU43"), 0))
    units = units.replace("0", number, 1) if member == "action_units" else units
    value = units if member == "action_units" else number
    text = json.dumps(NEUTRAL | {member: "HERE"}).replace('"HERE"', value)
    files = {"image": portrait_jpeg}
    answer = client.post("/v1/assessments", files=files, data={"neutral": text})
    assert answer.status_code == 422
    assert len(answer.content) < 1000
    with client.websocket_connect("ws://127.0.0.1:5001/v1/live") as live:
        live.send_text(f'{{"neutral": {text}}}')
        assert live.receive_json()["problem"]["type"] == "/problems/invalid-request"


@pytest.mark.parametrize(
    "url",
    [
        r"\ud800",
        r"data:image/\udfff;base64,AAAA",
        r"data:\ud800;base64,AAAA",
        r"data:image/jpeg;base64,\ud800",
        r"data:image/jpeg;base64,%\ud800",
        r"data:text/plain\ud800;base64,AAAA",
    ],
)
def test_lone_surrogates_are_refused(client, url):
    headers = {"Content-Type": "application/json"}
    answer = client.post("/analyze", content=f'{{"image": "{url}"}}', headers=headers)
    assert answer.status_code in (415, 422)
    assert set(answer.json()) == {"error"}


@pytest.mark.parametrize(
    "head", ["data:{};base64", "data:image/{};base64", "{}", "data:text/{};base64"]
)
def test_long_head_of_a_data_url_is_not_echoed(client, head):
    url = head.format("x" * 30_000_000) + ",AAAA"
    answer = client.post("/analyze", json={"image": url})
    assert answer.status_code in (415, 422)
    assert len(answer.content) < 1000


def test_long_names_are_not_echoed(client, portrait_jpeg):
    long = "x" * 50_000
    answers = [
        client.post("/v1/assessments", files={long: portrait_jpeg}),
        client.post("/v1/assessments", content=b"x", headers={"Content-Type": long}),
        client.get(f"/{long}"),
        client.get(f"/problems/{long}"),
        client.post("/v1/assessments", params={"explain": long}),
        client.post("/v1/speech", json={long[:4000]: 1}),
    ]
    assert {answer.status_code for answer in answers} <= {400, 404, 415, 422}
    assert max(len(answer.content) for answer in answers) < 2000


def test_length_together_with_a_transfer_encoding_is_refused(client, portrait_jpeg):
    headers = {"Content-Length": "4", "Transfer-Encoding": "chunked"}
    answer = client.post("/v1/assessments", content=portrait_jpeg, headers=headers)
    assert answer.status_code == 400
    assert answer.headers["connection"] == "close"
    assert answer.json()["type"] == "/problems/malformed-request"


async def serve_request(app):
    """Return the messages that the guard sends for one request."""
    sent = []
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/assessments",
        "headers": [(b"host", b"127.0.0.1")],
    }

    async def send(message):
        sent.append(message)

    async def receive():
        return {"type": "http.disconnect"}

    await RequestGuard(app, Settings())(scope, receive, send)
    return sent


def log_lines(caplog):
    return [record.getMessage().split(" ", 1)[1] for record in caplog.records]


def test_client_that_leaves_during_an_upload_is_one_line_in_the_log(caplog):
    async def app(scope, receive, send):
        raise ClientDisconnect

    caplog.set_level(logging.INFO)
    assert asyncio.run(serve_request(app)) == []
    (line,) = log_lines(caplog)
    assert line.startswith("POST /v1/assessments 499 ")


def test_request_that_is_cut_off_by_the_end_of_the_server_gets_503(caplog):
    async def app(scope, receive, send):
        asyncio.current_task().cancel()
        await asyncio.sleep(1)

    caplog.set_level(logging.INFO)
    start, body = asyncio.run(serve_request(app))
    assert start["status"] == 503
    assert json.loads(body["body"])["type"] == "/problems/busy"
    (line,) = log_lines(caplog)
    assert line.startswith("POST /v1/assessments 503 ")
