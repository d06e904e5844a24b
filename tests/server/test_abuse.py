"""A real server under floods and slow clients: others are served and memory is freed."""

import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
import urllib.request

import psutil
import pytest
from websockets.sync.client import connect

from wince.server import body_limits, connection_limits
from wince.server.settings import Settings

START = (
    "import sys; from wince.server import body_limits, connection_limits\n"
    "connection_limits.REQUEST_HEAD_SECONDS = 1.5; connection_limits.MAX_CONNECTIONS = 40\n"
    "body_limits.DISCARD_SECONDS = 0.5; body_limits.MAX_HELD_BYTES = 40 * 2**20\n"
    "from wince.cli import main; sys.exit(main(['serve', '--port', sys.argv[1]]))"
)


@pytest.fixture(scope="module")
def server():
    """A server process with short limits: heads 1.5 seconds, bodies 2 seconds, 40 connections."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-c", START, str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "WINCE_BODY_SECONDS": "2", "WINCE_MAX_WAITING": "2"},
    )
    output = ""
    while "wince is ready" not in output:
        line = process.stdout.readline()
        assert line, output
        output += line
    threading.Thread(target=process.stdout.read, daemon=True).start()
    yield Server(port, psutil.Process(process.pid))
    process.terminate()
    process.wait(30)


class Server:
    def __init__(self, port, process):
        self.port, self.process = port, process

    def open(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=30)

    def is_idle(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=30) as answer:
            return answer.status == 200 and json.load(answer)["running"] == 0

    def memory(self):
        return self.process.memory_info().rss / 2**20


def until(condition, seconds=30.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def read_all(stream):
    """Return everything until the other side closes."""
    parts = b""
    with contextlib.suppress(ConnectionResetError):
        while data := stream.recv(65536):
            parts += data
    return parts


def post(length, headers=""):
    return (
        f"POST /v1/assessments HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: image/jpeg\r\n"
        f"Content-Length: {length}\r\n{headers}\r\n"
    ).encode()


@pytest.mark.parametrize(
    "head", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "]
)
def test_half_open_connection_is_closed(server, head):
    with server.open() as stream:
        stream.sendall(head)
        assert read_all(stream) == b""  # not a timeout
    assert server.is_idle()


def test_incomplete_second_request_is_closed(server):
    with server.open() as stream:
        stream.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\nGET /heal")
        assert read_all(stream).count(b"HTTP/1.1 200") == 1


def test_request_head_that_arrives_too_slowly_is_closed(server):
    with server.open() as stream:
        stream.sendall(b"GET / HTTP/1.1\r\n")
        with pytest.raises(OSError):
            for _ in range(200):
                stream.sendall(b"X: y\r\n")
                time.sleep(0.05)
    assert server.is_idle()


def test_body_that_stops_arriving_is_answered_with_408(server):
    with server.open() as stream:
        stream.sendall(post(1000) + b"\xff\xd8\xff")
        answer = read_all(stream)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"within 2 seconds" in answer
    assert server.is_idle()


def test_data_that_is_not_http_is_answered_with_400(server):
    with server.open() as stream:
        stream.sendall(b"\x16\x03\x01 hello, this is TLS\r\n\r\n")
        assert read_all(stream).startswith(b"HTTP/1.1 400 ")
    assert server.is_idle()


def test_idle_connections_make_room_for_others(server):
    with contextlib.ExitStack() as stack:
        idle = [stack.enter_context(server.open()) for _ in range(60)]
        begin = time.monotonic()
        assert server.is_idle()
        assert time.monotonic() - begin < 1.4  # before the idle ones end by themselves
        for stream in idle:
            assert read_all(stream) == b""
    assert server.is_idle()


def test_memory_of_many_simultaneous_uploads_is_bounded(server):
    """36 clients send 8 MB each, none completely: not all of it is kept in memory."""
    before = server.memory()
    piece = bytes(2**20)
    statuses = []

    def send():
        with server.open() as stream:
            with contextlib.suppress(OSError):
                stream.sendall(post(9 * 2**20))
                for _ in range(8):
                    stream.sendall(piece)
            statuses.append(read_all(stream)[9:12])

    threads = [threading.Thread(target=send) for _ in range(36)]
    for thread in threads:
        thread.start()
    highest = before
    while any(thread.is_alive() for thread in threads):
        highest = max(highest, server.memory())
        time.sleep(0.02)
    assert highest < before + 120  # 288 were sent
    assert set(statuses) <= {b"503", b"408"}
    assert b"503" in statuses
    until(server.is_idle)
    until(lambda: server.memory() < before + 100)


def test_full_queue_is_answered_at_once(server, portrait_jpeg):
    """Of thirty images sent together some are assessed; the others get 503 with Retry-After."""
    answers = []

    def send():
        with server.open() as stream:
            stream.sendall(post(len(portrait_jpeg), "Connection: close\r\n") + portrait_jpeg)
            begin = time.monotonic()
            answers.append((read_all(stream), time.monotonic() - begin))

    threads = [threading.Thread(target=send) for _ in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    statuses = [int(re.match(rb"HTTP/1.1 (\d+)", answer)[1]) for answer, _ in answers]
    assert set(statuses) == {200, 503}
    assert all(b"retry-after: 1" in a.lower() for a, _ in answers if a.startswith(b"HTTP/1.1 503"))
    until(server.is_idle)


def test_live_socket_under_a_flood_answers_the_newest_frame_in_bounded_memory(
    server, portrait_jpeg
):
    before = server.memory()
    with connect(live_url(server), max_queue=None) as live:
        for _ in range(1500):
            live.send(portrait_jpeg)
        last = 0
        while last < 1500:
            last = json.loads(live.recv(timeout=60))["frame"]
        for _ in range(500):
            live.send("x" * 1000)
        kinds = {json.loads(live.recv(timeout=60))["problem"]["type"] for _ in range(500)}
    assert kinds == {"/problems/malformed-request"}
    until(server.is_idle)
    assert server.memory() < before + 60


def test_unread_answers_of_a_live_socket_do_not_accumulate(server, portrait_jpeg):
    before = server.memory()
    with connect(live_url(server), max_queue=1) as live:
        end = time.monotonic() + 4

        def flood():
            with contextlib.suppress(Exception):
                while time.monotonic() < end:
                    live.send("no picture " * 50)

        thread = threading.Thread(target=flood, daemon=True)
        thread.start()
        thread.join(5)
        assert server.memory() < before + 60
        live.socket.shutdown(socket.SHUT_RDWR)  # the flood has stopped because nobody reads
    until(server.is_idle)


def test_live_socket_that_is_cut_off_frees_its_place(server, portrait_jpeg):
    for _ in range(10):  # more than the four that may be open
        with connect(live_url(server)) as live:
            live.send(portrait_jpeg)
            live.socket.shutdown(socket.SHUT_RDWR)
            live.socket.close()

        def reopens():
            with contextlib.suppress(Exception), connect(live_url(server)) as other:
                other.send(portrait_jpeg)
                return "assessment" in json.loads(other.recv(timeout=60))
            return False

        until(reopens)


def live_url(server):
    return f"ws://127.0.0.1:{server.port}/v1/live"


def test_default_limits_are_wide_enough_for_people():
    assert connection_limits.REQUEST_HEAD_SECONDS >= 10
    assert connection_limits.MAX_CONNECTIONS >= 100
    assert 2 * Settings().max_image_bytes <= body_limits.MAX_HELD_LARGE_BYTES
    assert body_limits.MAX_HELD_LARGE_BYTES < body_limits.MAX_HELD_BYTES
