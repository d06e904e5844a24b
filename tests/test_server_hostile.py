"""A running server under hostile input: each ends in its status and a sentence, and it lives on."""

import asyncio
import base64
import http.client
import io
import json
import os
import socket
import struct
import subprocess
import sys
import time
import zlib
from pathlib import Path

import numpy as np
import pytest
import websockets.sync.client
from PIL import Image

from conftest import encoded

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="memory and open files are read from /proc"
)

BODY_SECONDS = 2.0
MEMORY_ROOM = 80 * 2**20  # bytes that may stay after a flood; a leak of one 60 MB picture shows


class Server:
    def __init__(self, process: subprocess.Popen, port: int) -> None:
        self.process, self.port = process, port
        self.host = f"127.0.0.1:{port}"

    def send(self, path: str, body: bytes, kind: str) -> tuple[int, dict]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("POST", path, body, {"Content-Type": kind})
        answer = connection.getresponse()
        found = json.loads(answer.read())
        connection.close()
        return answer.status, found

    def alive(self, portrait: bytes) -> bool:
        status, found = self.send("/v1/assessments", portrait, "image/jpeg")
        return status == 200 and found["pspi"] >= 0 and self.process.poll() is None

    def memory(self) -> int:
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    def returns_to(self, before: int, portrait: bytes) -> bool:
        """Say whether memory comes back; a picture is freed only after its answer has been sent."""
        end = time.monotonic() + 10
        while self.memory() - before >= MEMORY_ROOM and time.monotonic() < end:
            assert self.alive(portrait)
        return self.memory() - before < MEMORY_ROOM

    def open_files(self) -> int:
        return len(list(Path(f"/proc/{self.process.pid}/fd").iterdir()))


@pytest.fixture(scope="module")
def server():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    words = [sys.executable, "-m", "wince", "serve", "--port", str(port)]
    environment = {**os.environ, "WINCE_BODY_SECONDS": str(BODY_SECONDS)}
    process = subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
    )
    assert process.stdout is not None
    assert b"ready" in process.stdout.readline()
    yield Server(process, port)
    process.terminate()
    process.wait(30)
    process.stdout.close()


# Pictures


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def bomb_png(width: int, height: int) -> bytes:
    """A PNG that claims many pixels, all black, and is a few kilobytes long."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    rows = zlib.compress(bytes(2**20), 9)
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def text_bomb_png() -> bytes:
    """A small PNG with a compressed text of 256 MB."""
    good = encoded(np.zeros((32, 32, 3), np.uint8), "PNG")
    packer = zlib.compressobj(9)
    text = b"".join(packer.compress(bytes(2**20)) for _ in range(256)) + packer.flush()
    return good[:33] + chunk(b"zTXt", b"Comment\0\0" + text) + good[33:]


def saved(form: str, size: tuple[int, int] = (64, 64), **options) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, "beige").save(file, form, **options)
    return file.getvalue()


def several(form: str) -> bytes:
    pages = [Image.new("RGB", (64, 64), shade) for shade in ("red", "green", "blue")]
    file = io.BytesIO()
    pages[0].save(file, form, save_all=True, append_images=pages[1:])
    return file.getvalue()


PLAIN = saved("JPEG")
PICTURES = {
    "empty": (b"", 422, "missing-image"),
    "text": (b"hello", 415, "not-an-image"),
    "null bytes": (bytes(5000), 415, "not-an-image"),
    "html": (b"<html><script>alert(1)</script>", 415, "not-an-image"),
    "svg": (b'<svg xmlns="http://www.w3.org/2000/svg"/>', 415, "not-an-image"),
    "pdf": (b"%PDF-1.7\n", 415, "not-an-image"),
    "gif": (saved("GIF"), 415, "not-an-image"),
    "bmp": (saved("BMP"), 415, "not-an-image"),
    "tiff of several pages": (several("TIFF"), 415, "not-an-image"),
    "animated gif": (several("GIF"), 415, "not-an-image"),
    "animated webp": (several("WEBP"), 422, "unsuitable-image"),
    "animated png": (several("PNG"), 422, "unsuitable-image"),
    "1x1": (saved("PNG", (1, 1)), 422, "unsuitable-image"),
    "30000x1": (saved("PNG", (30_000, 1)), 422, "unsuitable-image"),
    "1x30000": (saved("JPEG", (1, 30_000)), 422, "unsuitable-image"),
    "30000x20": (saved("JPEG", (30_000, 20)), 422, "no-face"),
    "bomb of 50000x50000": (bomb_png(50_000, 50_000), 413, "too-large"),
    "bomb within the limit": (bomb_png(7900, 7900), 422, "truncated-image"),
    "bomb of text": (text_bomb_png(), 422, "truncated-image"),
    "over the byte limit": (PLAIN + bytes(33 * 2**20), 413, "too-large"),
    "jpeg head alone": (PLAIN[:20], 422, "truncated-image"),
    "half a jpeg": (PLAIN[: len(PLAIN) // 2], 422, "truncated-image"),
    "half a png": (saved("PNG")[:60], 422, "truncated-image"),
    "half a webp": (saved("WEBP")[:30], 422, "truncated-image"),
    "jpeg and zip at once": (PLAIN + b"PK\x03\x04" + bytes(500), 422, "no-face"),
    "gif head on a jpeg": (b"GIF89a" + PLAIN, 415, "not-an-image"),
    "broken exif": (saved("JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff"), 422, "no-face"),
}


@pytest.mark.parametrize("name", PICTURES)
def test_a_bad_picture_has_its_status_and_a_sentence(server, name: str) -> None:
    data, status, kind = PICTURES[name]
    found_status, found = server.send("/v1/assessments", data, "image/jpeg")
    assert (found_status, found["type"]) == (status, f"/problems/{kind}")
    assert found["status"] == status
    assert found["detail"].endswith((".", ")"))
    if data:
        url = f"data:image/jpeg;base64,{base64.b64encode(data).decode()}"
        body = json.dumps({"image": url}).encode()
        small_status, small = server.send("/analyze", body, "application/json")
        assert small_status == status
        assert set(small) == {"error"}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"\xff\xfe", 400),
        (b"[" * 100_000, 400),
        (b"null", 422),
        (b"[]", 422),
        (b'"image"', 422),
        (b"{}", 422),
        (b'{"image": null}', 422),
        (b'{"image": 5}', 422),
        (b'{"image": ["data:image/png;base64,AAAA"]}', 422),
        (b'{"image": "photo.jpg"}', 422),
        (b'{"image": "data:"}', 422),
        (b'{"image": "data:image/jpeg;base64"}', 422),
        (b'{"image": "data:image/jpeg;base64,"}', 415),
        (b'{"image": "data:image/jpeg;base64,%%%"}', 422),
        (b'{"image": "data:text/plain;base64,aGk="}', 415),
        (b'{"image": "\\ud800"}', 422),
        (b'{"image": ' + b"9" * 10_000 + b"}", 400),
    ],
)
def test_json_of_another_shape_has_its_status_and_a_sentence(
    server, body: bytes, status: int
) -> None:
    found_status, found = server.send("/analyze", body, "application/json")
    assert (found_status, set(found)) == (status, {"error"})
    assert found["error"].endswith(".")


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("multipart/form-data", b"x", 400),
        ("multipart/form-data; boundary=x", b"no boundary at all", 400),
        ("multipart/form-data; boundary=x", b"--x\r\n\r\n", 400),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: nothing", 422),
        ("multipart/form-data; boundary=" + "y" * 5000, b"--y", 400),
        ("text/html", b"<p>", 415),
        ("image/jpeg; charset=\xff", b"x", 415),
        ("application/json", b"{}", 415),
    ],
)
def test_a_form_of_another_shape_is_refused(server, kind: str, body: bytes, status: int) -> None:
    found_status, found = server.send("/v1/assessments", body, kind)
    assert 400 <= found_status < 500
    assert found["detail"].endswith((".", ")"))
    assert found_status == status


# Clients


def test_slow_clients_are_told_and_hold_up_nobody(server, portrait_jpeg) -> None:
    head = (
        f"POST /v1/assessments HTTP/1.1\r\nHost: {server.host}\r\nContent-Type: image/jpeg\r\n"
        "Content-Length: 100000\r\n\r\n"
    ).encode()
    slow = [socket.create_connection(("127.0.0.1", server.port), timeout=60) for _ in range(40)]
    for one in slow:
        one.sendall(head + b"\xff\xd8")
    assert server.alive(portrait_jpeg)
    for one in slow:
        assert one.recv(4000).startswith(b"HTTP/1.1 408 ")
        one.close()


def test_sockets_that_say_nothing_or_vanish_half_way_hold_up_nobody(server, portrait_jpeg) -> None:
    before = server.open_files()
    begun = f"POST /analyze HTTP/1.1\r\nHost: {server.host}\r\nContent-Length: 50\r\n".encode()
    opened = []
    for number in range(60):
        one = socket.create_connection(("127.0.0.1", server.port), timeout=60)
        if number % 3 == 1:
            one.sendall(begun)
        elif number % 3 == 2:
            one.sendall(begun + b"Content-Type: application/json\r\n\r\n{")
            # gone without a farewell: the kernel sends a reset in place of an end
            one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            one.close()
            continue
        opened.append(one)
    assert server.alive(portrait_jpeg)
    for one in opened:
        one.close()
    end = time.monotonic() + 30
    while server.open_files() > before + 2:
        assert time.monotonic() < end, "sockets stay open"
        time.sleep(0.1)
    assert server.alive(portrait_jpeg)


@pytest.mark.parametrize(
    "data", [b"", b"GET\r\n\r\n", b"\x16\x03\x01\x02\x00" + bytes(500), b"GET /" + b"a" * 200_000]
)
def test_what_is_no_http_ends_the_connection_alone(server, portrait_jpeg, data: bytes) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as one:
        try:
            one.sendall(data)
            one.shutdown(socket.SHUT_WR)
            answer = one.recv(4000)
        except OSError:  # it had seen enough and closed before all was sent
            answer = b""
    assert answer == b"" or answer.startswith(b"HTTP/1.1 4")
    assert server.alive(portrait_jpeg)


def test_a_flood_of_frames_is_answered_with_the_newest_and_memory_returns(
    server, portrait_jpeg
) -> None:
    url = f"ws://{server.host}/v1/live"
    with websockets.sync.client.connect(url, max_size=None) as socket_:
        socket_.send(portrait_jpeg)
        socket_.recv(60)
        before = server.memory()
        noise = bytes(1_900_000)  # as large as a frame may be, 570 MB in all
        for _ in range(300):
            socket_.send(noise)
        socket_.send(portrait_jpeg)
        answers = 0
        while True:
            answer = json.loads(socket_.recv(60))
            answers += 1
            if answer["frame"] == 302:
                break
        assert "pspi" in answer
        assert answers < 302
        assert server.returns_to(before, portrait_jpeg)
    assert server.alive(portrait_jpeg)


def test_a_live_client_that_never_reads_holds_up_nobody(server, portrait_jpeg) -> None:
    async def story() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        key = base64.b64encode(os.urandom(16)).decode()
        writer.write(
            f"GET /v1/live HTTP/1.1\r\nHost: {server.host}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n"
            "".encode()
        )
        assert b" 101 " in await reader.readline()
        frame = b"\x81\x80\0\0\0\0"  # an empty text, which each time is answered with a problem
        try:
            async with asyncio.timeout(2):
                while True:
                    writer.write(frame * 1000)
                    await writer.drain()
        except (TimeoutError, ConnectionError):
            pass  # the server has stopped to read, or hung up
        writer.transport.abort()

    before = server.memory()
    asyncio.run(story())
    assert server.alive(portrait_jpeg)
    assert server.returns_to(before, portrait_jpeg)


def test_memory_returns_after_large_and_hostile_pictures(server, portrait_jpeg) -> None:
    large = saved("PNG", (4000, 4000))
    for name in ("bomb within the limit", "bomb of text", "over the byte limit"):
        server.send("/v1/assessments", PICTURES[name][0], "image/png")
    assert server.send("/v1/assessments", large, "image/png")[0] == 422
    before = server.memory()
    for _ in range(4):
        for name in ("bomb within the limit", "bomb of text", "over the byte limit"):
            server.send("/v1/assessments", PICTURES[name][0], "image/png")
        server.send("/v1/assessments", large, "image/png")
    assert server.returns_to(before, portrait_jpeg)
    assert server.alive(portrait_jpeg)
