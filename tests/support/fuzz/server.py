"""Damaged requests and messages, sent to a real server."""

import base64
import contextlib
import json
import socket
from collections.abc import Sequence
from pathlib import Path
from random import Random

import h11
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.support.bad_inputs import BODIES
from tests.support.fuzz.damage import changed, damaged
from tests.support.fuzz.images import face_jpeg, image_files
from tests.support.fuzz.target import Target

ANSWER_SECONDS = 30.0
"""Time for an answer to a complete request."""
_NEUTRAL = {
    "action_units": dict.fromkeys(("AU4", "AU6", "AU7", "AU9", "AU10", "AU43"), 0.5),
    "raw_score": 0.5,
    "images": 3,
    "model": {"name": "wince-starter", "version": "0.6.1"},
}
_PATHS = (
    *("/", "/healthz", "/readyz", "/openapi.json", "/v1/model", "/v1/scale", "/v1/speech"),
    *("/static/style.css", "/problems/busy", "/v1/live", "/static/../app.py", "/%00", "//"),
)
_IMAGE_PATHS = ("/v1/assessments", "/v1/assessments?face=0&explain=heatmap&min_score=.4")
_METHODS = ("GET", "HEAD", "POST", "PUT", "OPTIONS", "DELETE", "TRACE", "get")
_HEADERS = (
    *(b"Expect: 100-continue", b"Transfer-Encoding: chunked", b"Content-Length: -1"),
    *(b"Origin: http://[", b"Origin: null", b"Host: evil", b"Upgrade: websocket", b"Cookie: a=b"),
    *(b"Content-Type: text/plain", b"Authorization: Bearer x", b"Accept-Encoding: gzip", b"A:"),
    *(b"Range: bytes=0-1,5-", b"If-None-Match: *", b"If-Modified-Since: x", b"X: \xff\xfe"),
)


class _ServerTarget(Target):
    """A running server that gets damaged inputs.

    Attributes:
        process: Number of its process.
        host: Its host name.
        port: Its port.
    """

    def __init__(self, process: int, host: str, port: int) -> None:
        self.process, self.host, self.port = process, host, port
        self._face, self._images = face_jpeg(), image_files()

    def memory(self) -> float:
        """Return the highest resident memory of the server until now, in MB; 0 without /proc."""
        status = Path(f"/proc/{self.process}/status")
        lines = status.read_text("ascii").splitlines() if status.exists() else []
        return sum(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))

    def _image(self, random: Random) -> bytes:
        """Return a face, or a damaged image."""
        return self._face if random.randrange(8) == 0 else damaged(self._images, random)


class Requests(_ServerTarget):
    """Sends damaged HTTP requests, each on a connection of its own."""

    def attempt(self, number: int) -> str:
        """Send request `number`; leave when it is not complete."""
        random = Random(number)
        data = self._request(random)
        with socket.create_connection((self.host, self.port), ANSWER_SECONDS) as stream:
            with contextlib.suppress(ConnectionError):  # an answer before the end of the request
                stream.sendall(data)
            if not _is_complete(data):
                return "incomplete"
            answer = b""
            with contextlib.suppress(ConnectionError):
                while b"\r\n" not in answer and (part := stream.recv(4096)):
                    answer += part
        words = answer.split()
        return f"HTTP {words[1].decode()}" if len(words) > 1 else "closed"

    def _request(self, random: Random) -> bytes:
        kind = random.randrange(6)
        if kind == 0:
            method, path, body, media_type = random.choice(_METHODS), random.choice(_PATHS), b"", ""
        elif kind == 1:
            method, path, media_type = "POST", random.choice(_IMAGE_PATHS), "image/jpeg"
            body = self._image(random)
        elif kind == 2:
            method, path, media_type = "POST", "/analyze", "application/json"
            body = self._json(random)
        elif kind == 3:
            method, path, media_type = "POST", "/v1/speech", "application/json"
            body = json.dumps(changed({"level": "mild", "pspi": 3.0}, random)).encode()
        else:
            path = random.choice((*_IMAGE_PATHS, "/v1/neutral"))
            method, media_type = "POST", "multipart/form-data; boundary=b"
            body = self._form(random)
        head = [
            f"{method} {path} HTTP/1.1".encode(),
            f"Host: {self.host}:{self.port}".encode(),
            *([f"Content-Type: {media_type}".encode()] if media_type else []),
            *([b"Content-Length: %d" % len(body)] if body else []),
            *random.choices(_HEADERS, k=max(0, random.randint(-2, 2))),
        ]
        data = b"\r\n".join((*head, b"", body))
        if random.randrange(4) == 0:
            cut = data.index(b"\r\n\r\n")
            data = damaged([data[:cut]], random) + data[cut:]
        return data

    def _json(self, random: Random) -> bytes:
        url = "data:image/jpeg;base64," + base64.b64encode(self._image(random)).decode()
        texts = [body for body, _ in BODIES.values() if len(body) < 1000]
        kind = random.randrange(3)
        if kind == 0:
            return damaged(texts, random)
        if kind == 1:
            return damaged([json.dumps({"image": url}).encode()], random)
        return json.dumps(changed({"image": url}, random)).encode()

    def _form(self, random: Random) -> bytes:
        neutral = json.dumps(changed(_NEUTRAL, random)).encode()
        parts = [
            (b'name="image"; filename="a"', self._image(random)),
            (b'name="neutral"', neutral),
            (b'name="neutral"; filename="b"', self._image(random)),
        ]
        chosen = random.choices(parts, k=random.randint(1, 3))
        form = b"".join(
            b"--b\r\nContent-Disposition: form-data; " + head + b"\r\n\r\n" + data + b"\r\n"
            for head, data in chosen
        )
        form += b"--b--\r\n"
        return damaged([form], random) if random.randrange(3) == 0 else form


def _is_complete(data: bytes) -> bool:
    """Return whether the server has to answer: a request is complete, or it is invalid."""
    parser = h11.Connection(h11.SERVER)
    try:
        parser.receive_data(data)
        while True:
            event = parser.next_event()
            if isinstance(event, h11.EndOfMessage):
                return True
            if event is h11.NEED_DATA or event is h11.PAUSED:
                return False
    except h11.RemoteProtocolError:
        return True


class LiveMessages(_ServerTarget):
    """Sends damaged frames and text over live sockets, and damaged WebSocket frames."""

    def __init__(self, process: int, host: str, port: int) -> None:
        """Prepare; the socket is opened by the first message."""
        super().__init__(process, host, port)
        self._socket: ClientConnection | None = None
        self._frames = 0

    def attempt(self, number: int) -> str:
        """Send message `number`."""
        random = Random(number)
        kind = random.randrange(10)
        if kind == 0:
            return self._send_raw(random)
        try:
            if kind < 6:
                return f"frame: {self._answer(self._image(random))}"
            self._open().send(self._text(random), text=True)
            return f"text, then a frame: {self._answer(b'x')}"
        except ConnectionClosed as error:
            self.close()
            code = error.rcvd.code if error.rcvd else 1006
            return "answer 500" if code == 1011 else f"closed {code}"

    def close(self) -> None:
        """Close the socket."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _open(self) -> ClientConnection:
        if self._socket is None:
            address = f"ws://{self.host}:{self.port}/v1/live"
            self._socket = connect(
                address, proxy=None, max_size=None, compression=None, legacy=True
            )
            self._frames = 0
        return self._socket

    def _answer(self, frame: bytes) -> str:
        """Send a frame and return how it was answered; answers to text come before it."""
        stream = self._open()
        stream.send(frame)
        self._frames += 1
        statuses: list[str] = []
        while True:
            answer = json.loads(stream.recv(ANSWER_SECONDS))
            statuses.append(str(answer["problem"]["status"]) if "problem" in answer else "assessed")
            if answer["frame"] == self._frames:
                return " ".join(statuses)
            assert answer["frame"] is None, answer["frame"]

    def _text(self, random: Random) -> bytes:
        messages: Sequence[object] = (
            {"neutral": _NEUTRAL},
            {"neutral": None},
            {"person": random.randrange(4)},
        )
        message = random.choice(messages)
        if random.randrange(3) == 0:
            return damaged([json.dumps(message).encode()], random)
        return json.dumps(changed(message, random)).encode()

    def _send_raw(self, random: Random) -> str:
        """Open a socket, send damaged WebSocket frames, and leave."""
        self.close()
        query = damaged([b"smoothing=1&hold=2&explain=heatmap"], random).translate(
            None, bytes(range(33))
        )
        head = (
            b"GET /v1/live?%s HTTP/1.1\r\nHost: %s:%d\r\nUpgrade: websocket\r\n"
            b"Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            b"Sec-WebSocket-Version: 13\r\n\r\n"
        ) % (query, self.host.encode(), self.port)
        frames = b"".join(_masked(random.randrange(16), self._text(random)) for _ in range(3))
        with socket.create_connection((self.host, self.port), ANSWER_SECONDS) as stream:
            stream.sendall(head)
            answer = stream.recv(4096)
            with contextlib.suppress(ConnectionError):
                stream.sendall(damaged([frames], random))
                stream.settimeout(0.02)
                with contextlib.suppress(TimeoutError):
                    while stream.recv(65536):
                        pass
        return f"WebSocket frames after {answer[9:12].decode('ascii', 'replace')}"


def _masked(opcode: int, payload: bytes) -> bytes:
    """Return a WebSocket frame with an empty mask."""
    length = len(payload)
    size = bytes([0x80 | length]) if length < 126 else b"\xfe" + (length & 0xFFFF).to_bytes(2)
    return bytes([0x80 | opcode]) + size + bytes(4) + payload
