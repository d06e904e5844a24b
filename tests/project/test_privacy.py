"""A server is used through every feature while it is watched: what it does beyond answering.

It must reach no other machine, write no file, and log neither a picture nor a result nor a token.
"""

import base64
import contextlib
import json
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import numpy as np
import pytest
from PIL import Image
from websockets.sync.client import connect

from tests.support import network_watch
from tests.support.media import data_url, encode_image
from wince.speech import voices

TOKEN = "a-token.for_tests~1234567890"
NAME = "JaneDoe"  # stands wherever a caller could put somebody's name
REACHES_OUT = (
    "import socket\n"
    "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
    "s.connect(('192.0.2.1', 9))\n"  # an address set aside for documents; a datagram socket sends
    "print('connected')"  # nothing when it connects
)
LOOKS_UP = "import socket; socket.getaddrinfo('wince.invalid', 443); print('found')"
SPOOLS = """
import asyncio, sys
from starlette.datastructures import Headers
from starlette.formparsers import MultiPartParser

async def body():
    yield b'--b\\r\\nContent-Disposition: form-data; name="image"; filename="x"\\r\\n\\r\\n'
    yield sys.stdin.buffer.read()
    yield b"\\r\\n--b--\\r\\n"

headers = Headers({"content-type": "multipart/form-data; boundary=b"})
asyncio.run(MultiPartParser(headers, body()).parse())
"""


@dataclass
class Session:
    """What a watched server did and said."""

    folder: Path
    said: str = ""
    log: str = ""
    answers: list[str] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)

    @property
    def noted(self) -> Path:
        return self.folder / "events.jsonl"

    @property
    def trace(self) -> Path:
        return self.folder / "strace.txt"


@pytest.fixture(scope="module")
def big_picture(astronaut) -> bytes:
    """A face in a PNG of some megabytes, more than any parser keeps in memory by default."""
    picture = np.asarray(Image.fromarray(astronaut).resize((1400, 1400))).astype(int)
    noise = np.random.default_rng(0).integers(-12, 13, picture.shape)
    data = encode_image(np.clip(picture + noise, 0, 255).astype(np.uint8), "PNG")
    assert len(data) > 2 * 2**20
    return data


@pytest.fixture(scope="module", params=["text", "json"])
def session(request, tmp_path_factory, portrait_jpeg, big_picture) -> Session:
    """A server that was used through every feature, once for each form of the log."""
    found = Session(tmp_path_factory.mktemp("session"))
    strace = network_watch.strace(found.trace) if network_watch.strace_works() else []
    with serving(found, strace, request.param) as address:
        use(address, found, portrait_jpeg, big_picture)
    return found


@contextlib.contextmanager
def serving(session: Session, strace: list[str], log_format: str) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
    command = [sys.executable, "-m", "wince", "serve", "--port", str(port)]
    process = subprocess.Popen(
        [*strace, *command, "--log-format", log_format],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=network_watch.environment(session.noted, WINCE_TOKEN=TOKEN, PYTHONUNBUFFERED="1"),
        cwd=session.folder,
    )
    try:
        line = process.stdout.readline()
        address = re.search(r"http://[\w.]+:\d+", line)
        assert address, line + process.communicate(timeout=20)[1]
        yield address[0]
    finally:
        process.terminate()
        try:
            said, session.log = process.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        session.said = line + said


def use(address: str, session: Session, portrait: bytes, big: bytes) -> None:
    """Call everything that the server has, rightly and wrongly."""
    with httpx2.Client(base_url=address, trust_env=False, timeout=60) as caller:

        def call(method, path, *, shown=TOKEN, headers=None, **rest):
            headers = {"Authorization": f"Bearer {shown}", **(headers or {})}
            answer = caller.request(method, path, headers=headers, **rest)
            session.statuses.append(answer.status_code)
            if "json" in answer.headers["content-type"]:
                session.answers.append(answer.text)
            return answer

        page = call("GET", f"/?name={NAME}").text
        for script in {*re.findall(r"/static/[\w.]+", page), "/static/live.js"}:
            assert call("GET", script).status_code == 200
        for path in ("/healthz", "/readyz", "/openapi.json", "/v1/model", "/v1/scale"):
            assert call("GET", path).status_code == 200
        for kind in ("no-face", NAME):
            call("GET", f"/problems/{kind}")
        upload = {"image": (f"{NAME}.png", big)}
        for path in ("/v1/assessments", f"/v1/assessments?explain=heatmap&name={NAME}"):
            assert call("POST", path, files=upload).status_code == 200
        jpeg = {"Content-Type": "image/jpeg"}
        assert call("POST", "/v1/assessments", content=portrait, headers=jpeg).status_code == 200
        small = {"image": data_url(portrait)}
        assert call("POST", "/analyze", json=small).status_code == 200
        at_rest = [("neutral", (f"{NAME}-{i}.jpg", portrait)) for i in range(2)]
        call("POST", "/v1/neutral", files=at_rest)
        call("POST", "/v1/assessments", files=[("image", (f"{NAME}.jpg", portrait)), *at_rest])
        assert call("GET", "/v1/speech").status_code == 200
        wanted = {"level": "severe", "pspi": 13.7, "percent": True, "advice": True}
        assert call("POST", "/v1/speech", json=wanted).status_code == 200 or not voices.available()

        grey = encode_image(np.full((200, 200, 3), 128, np.uint8))
        for data in (grey, portrait[:9000], NAME.encode(), b""):
            call("POST", "/v1/assessments", files={"image": (f"{NAME}.jpg", data)})
            call("POST", "/v1/assessments", content=data, headers=jpeg)
        call("POST", "/v1/assessments", json={"name": NAME})
        call("POST", "/analyze", json={"image": NAME, "pspi": 13.7})
        call("POST", "/v1/speech", json={"level": NAME})
        call("POST", "/v1/assessments", files={"image": b"x" * (33 * 2**20)})
        form = {"Content-Type": "multipart/form-data; boundary=b"}
        part = f"--b\r\nContent-Transfer-Encoding: {NAME}\r\n\r\nx".encode()
        for body in (NAME.encode(), part):
            call("POST", "/v1/assessments", content=body, headers=form)
        call("DELETE", "/v1/assessments")
        call("GET", "/nowhere")
        call("GET", "/v1/model", shown=f"{TOKEN}-wrong")
        call("POST", "/analyze", headers={"Origin": "http://evil.example"})
        call("GET", "/", headers={"Host": f"{NAME}.example"})
    live(address, session, portrait, grey)


def live(address: str, session: Session, portrait: bytes, grey: bytes) -> None:
    target = address.replace("http:", "ws:") + "/v1/live"
    offered = ["wince", f"wince.token.{TOKEN}"]
    for ending in ("", "?explain=heatmap"):
        with connect(target + ending, subprotocols=offered, proxy=None) as view:
            for message in (portrait, grey, NAME, b"no picture", portrait):
                view.send(message)
                session.answers.append(str(view.recv(timeout=60)))
    for offer in (["wince", f"wince.token.{TOKEN}-wrong"], ["wince"]):
        with pytest.raises(Exception, match="401"):
            connect(target, subprotocols=offer, proxy=None)


# No other machine


def test_nothing_tries_to_reach_another_machine(session):
    assert network_watch.foreign(session.noted) == []


@pytest.mark.skipif(not network_watch.strace_works(), reason="needs strace, and leave to use it")
def test_no_system_call_names_another_machine(session):
    assert "model.onnx" in session.trace.read_text("utf-8", "replace")  # it did look on
    assert network_watch.traced_foreign(session.trace) == []


def test_the_watch_saw_what_the_server_did(session):
    if not voices.available():
        pytest.skip("needs espeak-ng: the one program that the server starts")
    events = network_watch.events(session.noted)
    started = {event["what"] for event in events if event["event"] == "subprocess.Popen"}
    assert {Path(program).name for program in started} == {"espeak-ng"}


def test_the_watch_notes_and_refuses_a_program_that_reaches_out(tmp_path):
    for script, what in ((REACHES_OUT, "192.0.2.1"), (LOOKS_UP, "wince.invalid")):
        log = tmp_path / f"{what}.jsonl"
        done = subprocess.run(
            [sys.executable, "-c", script],
            env=network_watch.environment(log),
            capture_output=True,
            text=True,
        )
        assert done.stdout == ""
        assert "lets nothing reach" in done.stderr
        (event,) = network_watch.foreign(log)
        assert what in event["what"]


@pytest.mark.skipif(not network_watch.strace_works(), reason="needs strace, and leave to use it")
def test_the_trace_notes_a_program_that_reaches_out(tmp_path):
    trace = tmp_path / "strace.txt"
    subprocess.run([*network_watch.strace(trace), sys.executable, "-c", REACHES_OUT], check=False)
    (call,) = network_watch.traced_foreign(trace)
    assert "192.0.2.1" in call


# No file


def test_no_file_is_written_not_even_for_large_uploads(session):
    assert network_watch.written(session.noted) == []
    assert sorted(path.name for path in session.folder.iterdir()) in (
        ["events.jsonl"],
        ["events.jsonl", "strace.txt"],
    )


@pytest.mark.skipif(not network_watch.strace_works(), reason="needs strace, and leave to use it")
def test_no_system_call_opens_a_file_for_writing(session):
    own = str(session.noted)
    assert [call for call in network_watch.traced_written(session.trace) if own not in call] == []


def test_the_usual_parser_would_have_written_the_upload_to_disk(tmp_path, big_picture):
    """The same upload without our limit: the watch notes it, so the test above can fail."""
    log = tmp_path / "events.jsonl"
    environment = network_watch.environment(log)
    subprocess.run([sys.executable, "-c", SPOOLS], env=environment, input=big_picture, check=True)
    assert network_watch.written(log) != []


# Nobody in the log


def test_everything_was_used(session):
    assert {200, 400, 401, 403, 404, 405, 413, 415, 421, 422} <= set(session.statuses)
    assert sum('"pspi"' in answer for answer in session.answers) >= 7
    assert len(session.log.splitlines()) > len(session.statuses)  # the sockets have lines as well
    assert re.search(r"LIVE /v1/live 101 ", session.log)
    assert "Traceback" not in session.log


def test_log_and_announcement_hold_no_token(session):
    assert TOKEN not in session.log + session.said
    assert "Bearer" not in session.log
    for event in network_watch.events(session.noted):
        assert TOKEN not in event["what"]  # nor does the list of processes show it


def test_log_holds_no_result_and_no_words_of_one(session):
    log = re.sub(r"\d\d:\d\d:\d\d(\.\d+)?", "", session.log)  # a clock's 40.059 is no score of .059
    assert len(log) < len(session.log)
    answers = map(json.loads, session.answers)
    assessments = [answer.get("assessment", answer) for answer in answers]
    for found in (assessment for assessment in assessments if "pspi" in assessment):
        for secret in (found["sentence"], found["advice"], *map(str, found["interval"])):
            assert secret not in log
        for number in (found["pspi"], found["confidence"], *found["action_units"].values()):
            assert not re.search(rf"(?<![\w.]){re.escape(str(number))}(?![\w.])", log)
        assert f" {found['level']} " not in log
    assert "13.7" not in log
    for word in ("mild", "moderate", "severe", "pspi", "confidence"):
        assert word not in log.lower()


def test_log_holds_no_picture_and_no_name(session, portrait_jpeg, big_picture):
    encoded_portrait = base64.b64encode(portrait_jpeg).decode()
    assert not any(encoded_portrait[i : i + 40] in session.log for i in range(0, 4000, 40))
    assert max(map(len, session.log.splitlines())) < 400
    assert "image" not in session.log
    # Somebody who puts a name into a path has written it into the address of a file.
    lines = [line for line in session.log.splitlines() if f"/problems/{NAME}" not in line]
    assert NAME not in "\n".join(lines)


def test_every_line_is_one_request_with_a_number_of_its_own(session):
    numbers = []
    for line in session.log.splitlines():
        if line.startswith("{"):
            entry = json.loads(line)
            assert entry["level"] == "info"
            numbers.append(entry["id"])
        else:
            match = re.fullmatch(
                r"\d\d:\d\d:\d\d ([0-9a-f]{12}) ([A-Z]+) (/\S*) (\d{3}) (\d+) ms", line
            )
            assert match, line
            numbers.append(match[1])
    assert len(set(numbers)) == len(numbers)


# The command line


def test_assessing_and_annotating_reach_no_other_machine(tmp_path, frames):
    log = tmp_path / "events.jsonl"
    command = ["assess", "--json", "--heatmap", "--annotate", tmp_path / "copies", frames[1].path]
    done = subprocess.run(
        [sys.executable, "-m", "wince", *map(str, command)],
        env=network_watch.environment(log),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert network_watch.foreign(log) == []
    written = network_watch.written(log)
    assert written
    assert [path for path in written if not Path(path).is_relative_to(tmp_path)] == []
