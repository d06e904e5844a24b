"""Call everything that a server has, with valid and invalid requests, while it is watched."""

import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import numpy as np
import pytest
from websockets.sync.client import connect

from tests.support import network_watch, server_process
from tests.support.media import data_url, encode_image
from wince.speech import voices

TOKEN = "a-token.for_tests~1234567890"
NAME = "JaneDoe"  # in every place where a client could put the name of a person
_GREY_IMAGE = encode_image(np.full((200, 200, 3), 128, np.uint8))
_AS_JPEG = {"Content-Type": "image/jpeg"}
_UPLOAD_LIMIT = 32 * 2**20


@dataclass
class ExercisedServer:
    """What a watched server printed, answered and did. It has ended.

    Attributes:
        folder: Its working directory, with the records of the watch.
        stdout: What it printed to stdout.
        log: What it printed to stderr.
        answers: The JSON answers, of HTTP and of the live socket.
        statuses: The status codes of the HTTP answers.
    """

    folder: Path
    stdout: str = ""
    log: str = ""
    answers: list[str] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)

    @property
    def events(self) -> Path:
        """The events that the network watch recorded."""
        return self.folder / "events.jsonl"

    @property
    def trace(self) -> Path:
        """The system calls that strace recorded."""
        return self.folder / "strace.txt"


def exercise(
    folder: Path, log_format: str, sound_server: str, portrait: bytes, large_png: bytes
) -> ExercisedServer:
    """Run a server in a folder, call everything that it has, and end it.

    Args:
        folder: An empty folder.
        log_format: "text" or "json".
        sound_server: Address of a sound server that the user's programs use, "" for none.
        portrait: A face as a JPEG file.
        large_png: A face as a PNG file that is too large for a parser's memory.
    """
    result = ExercisedServer(folder)
    strace = network_watch.strace(result.trace) if network_watch.strace_works() else []
    command = [*strace, sys.executable, "-m", "wince", "serve", "--log-format", log_format]
    variables = {"PULSE_SERVER": sound_server} if sound_server else {}
    environment = network_watch.environment(
        result.events,
        WINCE_TOKEN=TOKEN,
        PYTHONUNBUFFERED="1",
        HOME=str(folder / "home"),
        **variables,
    )
    with server_process.serve(command, environment=environment, folder=folder) as server:
        with httpx2.Client(base_url=server.address, trust_env=False, timeout=60) as http:
            client = _Client(http, result)
            _send_valid_requests(client, portrait, large_png)
            _send_invalid_requests(client, portrait)
        _use_live_socket(server.address, result, portrait)
    result.stdout, result.log = server.stdout, server.stderr
    return result


class _Client:
    """Sends requests with the token and records the answers."""

    def __init__(self, http: httpx2.Client, result: ExercisedServer) -> None:
        self._http = http
        self._result = result

    def call(self, method, path, *, token=TOKEN, headers=None, **body):
        headers = {"Authorization": f"Bearer {token}", **(headers or {})}
        answer = self._http.request(method, path, headers=headers, **body)
        self._result.statuses.append(answer.status_code)
        if "json" in answer.headers["content-type"]:
            self._result.answers.append(answer.text)
        return answer

    def expect(self, status, method, path, **options):
        answer = self.call(method, path, **options)
        assert answer.status_code == status, (path, answer.text)
        return answer


def _send_valid_requests(client: _Client, portrait: bytes, large_png: bytes) -> None:
    page = client.expect(200, "GET", f"/?name={NAME}").text
    for script in {
        *(f"/{file}" for file in re.findall(r"static/[\w./-]+", page)),
        "/static/engine/live_connection.js",
        "/static/texts/ar.json",
    }:
        client.expect(200, "GET", script)
    for path in ("/healthz", "/readyz", "/openapi.json", "/v1/model", "/v1/scale"):
        client.expect(200, "GET", path)
    for problem in ("no-face", NAME):
        client.call("GET", f"/problems/{problem}")
    upload = {"image": (f"{NAME}.png", large_png)}
    for path in ("/v1/assessments", f"/v1/assessments?explain=heatmap&name={NAME}"):
        client.expect(200, "POST", path, files=upload)
    client.expect(200, "POST", "/v1/assessments", content=portrait, headers=_AS_JPEG)
    client.expect(200, "POST", "/analyze", json={"image": data_url(portrait)})
    neutral = [("neutral", (f"{NAME}-{number}.jpg", portrait)) for number in range(2)]
    client.call("POST", "/v1/neutral", files=neutral)
    files = [("image", (f"{NAME}.jpg", portrait)), *neutral]
    client.call("POST", "/v1/assessments", files=files)
    client.expect(200, "GET", "/v1/speech")
    statement = {"level": "severe", "pspi": 13.7, "percent": True, "advice": True}
    answer = client.call("POST", "/v1/speech", json=statement)
    assert answer.status_code == 200 or not voices.available()


def _send_invalid_requests(client: _Client, portrait: bytes) -> None:
    for data in (_GREY_IMAGE, portrait[:9000], NAME.encode(), b""):
        client.call("POST", "/v1/assessments", files={"image": (f"{NAME}.jpg", data)})
        client.call("POST", "/v1/assessments", content=data, headers=_AS_JPEG)
    client.call("POST", "/v1/assessments", json={"name": NAME})
    client.call("POST", "/analyze", json={"image": NAME, "pspi": 13.7})
    client.call("POST", "/v1/speech", json={"level": NAME})
    client.call("POST", "/v1/assessments", files={"image": b"x" * (_UPLOAD_LIMIT + 2**20)})
    form = {"Content-Type": "multipart/form-data; boundary=b"}
    part = f"--b\r\nContent-Transfer-Encoding: {NAME}\r\n\r\nx".encode()
    for body in (NAME.encode(), part):
        client.call("POST", "/v1/assessments", content=body, headers=form)
    client.call("DELETE", "/v1/assessments")
    client.call("GET", "/nowhere")
    client.call("GET", "/v1/model", token=f"{TOKEN}-wrong")
    client.call("POST", "/analyze", headers={"Origin": "http://evil.example"})
    client.call("GET", "/", headers={"Host": f"{NAME}.example"})


def _use_live_socket(address: str, result: ExercisedServer, portrait: bytes) -> None:
    url = address.replace("http:", "ws:") + "/v1/live"
    subprotocols = ["wince", f"wince.token.{TOKEN}"]
    for query in ("", "?explain=heatmap"):
        with connect(url + query, subprotocols=subprotocols, proxy=None) as live:
            for message in (portrait, _GREY_IMAGE, NAME, b"not an image", portrait):
                live.send(message)
                result.answers.append(str(live.recv(timeout=60)))
    for refused in (["wince", f"wince.token.{TOKEN}-wrong"], ["wince"]):
        with pytest.raises(Exception, match="401"):
            connect(url, subprotocols=refused, proxy=None)
