"""Attacks on a real server, each with a bound: `/healthz` answers at once while they last."""

import contextlib
import os
import re
import socket
import ssl
import statistics
import subprocess
import sys
import threading
import time

import psutil
import pytest

from tests.support import bad_inputs
from tests.support.attack_streams import BODIES, CHUNKED, HEALTH, request
from tests.support.server_process import free_port

START = """
import resource, sys
from wince.server import connection_limits, event_loop
connection_limits.REQUEST_HEAD_SECONDS = 3.0
connection_limits.WRITE_SECONDS = 2.0
event_loop.TLS_SECONDS = 2.0
connection_limits.MAX_CONNECTIONS = 12
descriptors = int(sys.argv.pop(1))
resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))
from wince.cli import main
sys.exit(main(["serve", *sys.argv[1:]]))
"""


class Server:
    """A server process, and what it has logged."""

    def __init__(self, port, process, log):
        self.port, self.process, self.log = port, psutil.Process(process.pid), log
        self.context = None

    def open(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    def health(self):
        """Return the seconds until `/healthz` answers, and its status."""
        begin = time.monotonic()
        with self.open() as stream:
            if self.context:
                stream = self.context.wrap_socket(stream)
            stream.sendall(HEALTH)
            answer = stream.recv(100)
        return time.monotonic() - begin, answer[9:12]

    def client_ports(self):
        """Return the port of the client at the other end of each open connection."""
        connections = self.process.net_connections()
        return [c.raddr.port for c in connections if c.status == psutil.CONN_ESTABLISHED]

    def connections(self):
        return len(self.client_ports())


@contextlib.contextmanager
def serving(folder, *options, descriptors=1024, environment=None):
    port = free_port()
    log = folder / "log.txt"
    with log.open("w") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-c", START, str(descriptors), "--port", str(port), *options],
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **(environment or {})},
        )
        try:
            assert "wince is ready" in process.stdout.readline(), log.read_text()
            yield Server(port, process, log)
        finally:
            process.terminate()
            process.wait(30)
            process.stdout.close()
    text = log.read_text()
    assert "Traceback" not in text
    assert not re.search(r" 500 \d+ ms", text)  # a status; an answer may also take 500 ms


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("server")) as server:
        yield server


@pytest.fixture(scope="module")
def small_server(tmp_path_factory):
    """A server with few descriptors, which assesses one image after the other."""
    folder = tmp_path_factory.mktemp("small_server")
    with serving(folder, descriptors=96, environment={"WINCE_WORKERS": "1"}) as server:
        yield server


@contextlib.contextmanager
def healthy(server, seconds_at_most=1.5):
    """Request `/healthz` while the block runs; it answers 200, half of the time within 0.4 s.

    It takes a few milliseconds to 0.2 s on a machine with two cores that these tests keep busy.
    """
    seconds, statuses, stop = [], set(), threading.Event()

    def watch():
        while not stop.is_set():
            try:
                duration, status = server.health()
            except OSError as error:
                duration, status = 0.0, repr(error)
            seconds.append(duration)
            statuses.add(status)
            stop.wait(0.02)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield
    finally:
        time.sleep(1)
        stop.set()
        thread.join()
    assert statuses == {b"200"}
    assert len(seconds) >= 2
    assert statistics.median(seconds) < 0.4
    assert max(seconds) < seconds_at_most


def until(condition, seconds=20.0):
    end = time.monotonic() + seconds
    while not succeeds(condition):
        assert time.monotonic() < end
        time.sleep(0.05)


def succeeds(condition):
    with contextlib.suppress(ConnectionResetError):
        return condition()
    return False


def send_all(stream, data):
    """Send until the other side takes no more for a second or closes."""
    stream.settimeout(1)
    with contextlib.suppress(OSError):
        stream.sendall(data)


LARGE_FILE = "GET /static/onnxruntime/ThirdPartyNotices.txt HTTP/1.1"
"""340 KB: twenty of them are more than the buffers of a connection take."""


def test_answers_that_nobody_reads_do_not_hold_connections(server):
    """More clients than connections pipeline requests for large files and never read."""
    requests = request(LARGE_FILE) * 20
    with contextlib.ExitStack() as stack:
        for _ in range(15):
            stream = stack.enter_context(socket.socket())
            stream.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            stream.connect(("127.0.0.1", server.port))
            stream.setblocking(False)
            with contextlib.suppress(OSError):
                stream.send(requests)
        until(lambda: server.health()[1] == b"200")  # others get 503 while answers are made
        assert server.connections() >= 8
        with healthy(server):
            pass
        until(lambda: server.connections() == 0, 60.0)


def test_one_unread_answer_does_not_keep_a_closed_connection(server):
    with contextlib.ExitStack() as stack:
        for _ in range(10):
            stream = stack.enter_context(socket.socket())
            stream.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            stream.connect(("127.0.0.1", server.port))
            with contextlib.suppress(OSError):
                stream.sendall(request(LARGE_FILE) * 20)
            stream.shutdown(socket.SHUT_WR)
        until(lambda: server.connections() == 0, 60.0)


def test_more_connections_than_descriptors(small_server):
    before = len(small_server.log.read_text())
    with contextlib.ExitStack() as stack:
        for _ in range(400):
            stack.enter_context(small_server.open())
        until(lambda: small_server.health()[1] == b"200")
        assert small_server.connections() >= 8
        with healthy(small_server):
            pass
        text = small_server.log.read_text()[before:]
    lines = [line for line in text.splitlines() if "healthz" not in line]
    assert len(lines) < 20


@pytest.fixture(scope="module")
def tls_server(tmp_path_factory):
    trustme = pytest.importorskip("trustme", reason="needs trustme")
    folder = tmp_path_factory.mktemp("tls")
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    issued.cert_chain_pems[0].write_to_path(str(folder / "cert.pem"))
    issued.private_key_pem.write_to_path(str(folder / "key.pem"))
    names = ("--tls-cert", folder / "cert.pem", "--tls-key", folder / "key.pem")
    with serving(folder, *map(str, names)) as server:
        server.context = ssl.create_default_context()
        authority.configure_trust(server.context)
        server.context.check_hostname = False
        yield server


def test_half_open_tls_handshakes_end(tls_server):
    with contextlib.ExitStack() as stack:
        with healthy(tls_server):
            for _ in range(20):  # more than may be served, fewer than may be accepted
                stack.enter_context(tls_server.open()).sendall(b"\x16\x03\x01")
            until(lambda: tls_server.connections() >= 20)
        until(lambda: tls_server.connections() <= 1, 10)


def test_half_open_tls_handshakes_are_counted(tls_server):
    with contextlib.ExitStack() as stack:
        for _ in range(200):
            stack.enter_context(tls_server.open())
        time.sleep(0.3)
        assert tls_server.connections() <= 24
    until(lambda: tls_server.connections() == 0, 10)
    until(lambda: tls_server.health()[1] == b"200", 10)  # the server may still be closing them


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has every address of 127.0.0.0/8")
def test_one_host_with_half_open_tls_handshakes_does_not_keep_others_out(tls_server):
    with contextlib.ExitStack() as stack:
        for _ in range(60):  # more than are accepted
            stream = stack.enter_context(socket.socket())
            stream.bind(("127.0.0.2", 0))
            stream.connect(("127.0.0.1", tls_server.port))
        for _ in range(3):
            assert tls_server.health()[1] == b"200"


@pytest.mark.parametrize("name", BODIES)
def test_event_loop_is_free_while_requests_of_many_parts_arrive(server, name):
    with contextlib.ExitStack() as stack, healthy(server):
        streams = [stack.enter_context(server.open()) for _ in range(3)]
        threads = [threading.Thread(target=send_all, args=(s, BODIES[name])) for s in streams]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


@pytest.mark.parametrize(
    "frames", [b"\x89\xfd" + bytes(4 + 125), b"\0\x80\0\0\0\0"], ids=["pings", "fragments"]
)
def test_socket_that_makes_answers_or_fragments_accumulate_is_closed(server, frames):
    head = BODIES["fragments"][: BODIES["fragments"].index(b"\r\n\r\n") + 4]
    with server.open() as stream:
        _, port = stream.getsockname()
        stream.sendall(head + b"\x02\x80\0\0\0\0" + frames)
        with pytest.raises(ConnectionError):  # nothing is read, and nothing ends the message
            for _ in range(1000):
                stream.sendall(frames * 1000)
    until(lambda: port not in server.client_ports())


def test_connection_beyond_those_that_are_being_answered_gets_503(small_server):
    """No connection waits for its client, so none can make room."""
    image = bad_inputs.many_scans(3000, 99)
    head = (
        f"POST /v1/assessments HTTP/1.1\r\nContent-Type: image/jpeg\r\nContent-Length: {len(image)}"
    )
    with contextlib.ExitStack() as stack:
        answers: list[bytes] = []

        def is_refused() -> bool:
            while len(small_server.client_ports()) < 12:  # one whose image arrives makes room
                stack.enter_context(small_server.open()).sendall(request(head, image))
            time.sleep(0.3)
            with small_server.open() as stream:
                stream.sendall(HEALTH)
                answers.append(b"".join(iter(lambda: stream.recv(65536), b"")))
            return answers[-1].startswith(b"HTTP/1.1 503 ")

        until(is_refused)
    assert b"12 connections are already open" in answers[-1]
    assert b"retry-after: 5" in answers[-1].lower()


UPLOAD = "POST /v1/assessments HTTP/1.1\r\nContent-Type: image/jpeg\r\nContent-Length: 1000000"


def test_client_that_leaves_during_an_upload_is_one_line_in_the_log(server):
    def uploads() -> list[str]:
        return [line for line in server.log.read_text().splitlines() if "/v1/assessments" in line]

    before = len(uploads())
    with server.open() as stream:
        stream.sendall(request(UPLOAD, bytes(1000)))
        until(lambda: server.connections() >= 1)
    until(lambda: len(uploads()) > before)
    (line,) = uploads()[before:]
    assert "POST /v1/assessments 499" in line


def test_two_statements_of_a_length_end_the_connection(server):
    both = f"{UPLOAD}\r\nTransfer-Encoding: chunked"
    with server.open() as stream:
        stream.sendall(request(both, b"0\r\n\r\n") + HEALTH)
        answer = b""
        with contextlib.suppress(ConnectionResetError):
            while data := stream.recv(65536):
                answer += data
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.count(b"HTTP/1.1") == 1


@pytest.mark.parametrize(
    ("parts", "answers"),
    [
        # The body is wrong before the application answers, while it reads, and after its answer.
        ((request(CHUNKED, b"no length\r\n"),), [b"400"]),
        ((request(CHUNKED, b"1\r\nx\r\n"), b"no length\r\n"), [b"400"]),
        ((request(CHUNKED.replace("/v1/", "/")), b"no length\r\n"), [b"404"]),
        ((request("GET /healthz HTTP/1.1"), b"no request\r\n\r\n"), [b"200", b"400"]),
    ],
)
def test_bytes_that_are_not_http_end_the_connection_with_one_answer(server, parts, answers):
    with server.open() as stream:
        for part in parts:
            stream.sendall(part)
            time.sleep(0.1)
        text = b""
        with contextlib.suppress(ConnectionResetError):
            while data := stream.recv(65536):
                text += data
    assert [line[:3] for line in text.split(b"HTTP/1.1 ")[1:]] == answers


def test_upload_that_the_end_of_the_server_cuts_off_gets_503(tmp_path):
    with serving(tmp_path) as server, server.open() as stream:
        stream.sendall(request(UPLOAD, bytes(1000)))
        server.health()
        server.process.terminate()
        answer = stream.recv(65536)
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b"problem+json" in answer
