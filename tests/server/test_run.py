import asyncio
import contextlib
import json
import os
import re
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

from wince.errors import ServeError
from wince.server import run
from wince.server.settings import LOOPBACK_NAMES, Settings

TOKEN = "a-token.for_tests~1234567890"


def test_ports_are_tried_in_order_and_then_any_free_one(monkeypatch):
    with run.open_listener("127.0.0.1") as first:  # any port that is free now
        taken = first.getsockname()[1]
        monkeypatch.setattr(run, "PORTS", (taken, 0))
        with run.open_listener("127.0.0.1") as second:
            assert second.getsockname()[1] not in (taken, 0)


def test_an_answer_does_not_wait_until_its_head_is_acknowledged():
    """Nagle's algorithm is off on what is accepted; on, each answer took 40 ms longer."""

    async def accepted() -> int:
        found = asyncio.get_running_loop().create_future()

        def met(_, writer):
            taken = writer.get_extra_info("socket")
            found.set_result(taken.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        with run.open_listener("127.0.0.1") as listener:
            async with await asyncio.start_server(met, sock=listener):
                _, writer = await asyncio.open_connection(*listener.getsockname())
                option = await asyncio.wait_for(found, 10)
                writer.close()
        return option

    assert asyncio.run(accepted()) != 0


def test_default_ports_are_those_of_the_readme():
    assert run.PORTS == (5001, 5002, 0)


def test_port_that_was_asked_for_and_is_taken_is_an_error():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(ServeError, match=f"port {port} of 127.0.0.1.*--port"):
            run.open_listener("127.0.0.1", port)


def test_foreign_address_is_an_error():
    with pytest.raises(ServeError, match=r"192\.0\.2\.1"):  # an address set aside for documents
        run.open_listener("192.0.2.1")


def test_address_names_this_machine_even_when_every_address_is_served():
    with run.open_listener("0.0.0.0", None) as listener:
        assert run.page_url(listener) == f"http://127.0.0.1:{listener.getsockname()[1]}"


def test_server_on_this_machine_goes_by_its_names_alone():
    settings = Settings(allow_host=("Ward",))
    assert set(settings.host_names) == {*LOOPBACK_NAMES, "ward"}


# What is said when it is ready


def said(token_is_new=False, **given):
    with run.open_listener("127.0.0.1") as listener:
        return "\n".join(run.startup_lines(listener, Settings(**given), token_is_new=token_is_new))


def test_on_this_machine_it_says_where_the_page_is_and_no_more():
    assert re.fullmatch(r"wince is ready: http://127\.0\.0\.1:\d+  \(Ctrl\+C stops it\)", said())


def test_a_new_token_is_told_and_one_that_was_given_is_not():
    told = said(token_is_new=True, host="0.0.0.0", token=TOKEN, allow_host=("ward.example",))
    assert told.count(TOKEN) == 1
    assert re.search(rf"http://ward\.example:\d+/#token={TOKEN}\n", told)
    assert TOKEN not in said(host="0.0.0.0", token=TOKEN)
    assert TOKEN not in said(token=TOKEN)


def test_without_a_certificate_it_warns_of_the_network_and_the_camera(certificate):
    told = said(host="0.0.0.0", token=TOKEN)
    assert "unencrypted" in told
    assert "no camera" in told
    cert, key = certificate
    told = said(host="0.0.0.0", token=TOKEN, tls_cert=cert, tls_key=key)
    assert "Warning" not in told
    assert "https://127.0.0.1:" in told


# HTTPS


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate for 127.0.0.1 of an authority of our own, and its key."""
    trustme = pytest.importorskip("trustme", reason="needs trustme")
    folder = tmp_path_factory.mktemp("tls")
    authority = trustme.CA()
    own = authority.issue_cert("127.0.0.1", "localhost")
    authority.cert_pem.write_to_path(str(folder / "authority.pem"))
    own.cert_chain_pems[0].write_to_path(str(folder / "cert.pem"))
    own.private_key_pem.write_to_path(str(folder / "key.pem"))
    return folder / "cert.pem", folder / "key.pem"


def test_a_certificate_with_its_key_is_fine(certificate):
    run.check_certificate(*certificate)


def test_files_that_are_no_certificate_and_key_are_refused(certificate, tmp_path):
    cert, key = certificate
    with pytest.raises(ServeError, match=r"no key at .*nothing\.pem"):
        run.check_certificate(cert, tmp_path / "nothing.pem")
    (tmp_path / "text.pem").write_text("hello")
    with pytest.raises(ServeError, match="cannot be used for HTTPS"):
        run.check_certificate(tmp_path / "text.pem", key)
    with pytest.raises(ServeError, match="cannot be used for HTTPS"):
        run.check_certificate(key, cert)


def test_a_key_with_a_password_is_refused_and_nobody_is_asked(certificate, tmp_path):
    serialization = pytest.importorskip("cryptography.hazmat.primitives.serialization")
    cert, key = certificate
    secret = serialization.load_pem_private_key(key.read_bytes(), None).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"password"),
    )
    (tmp_path / "locked.pem").write_bytes(secret)
    with pytest.raises(ServeError, match="key without a password"):
        run.check_certificate(cert, tmp_path / "locked.pem")


def test_served_over_https_with_a_token_from_the_environment(certificate, frames):
    cert, key = certificate
    trusted = ssl.create_default_context(cafile=str(cert.parent / "authority.pem"))
    picture = frames[1].path.read_bytes()
    with serving("--host", "0.0.0.0", "--tls-cert", cert, "--tls-key", key, WINCE_TOKEN=TOKEN) as (
        lines,
        port,
        log,
    ):
        request = urllib.request.Request(
            f"https://127.0.0.1:{port}/v1/assessments", picture, {"Content-Type": "image/jpeg"}
        )
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request, timeout=20, context=trusted)
        assert refused.value.code == 401
        request.add_header("Authorization", f"Bearer {TOKEN}")
        with urllib.request.urlopen(request, timeout=20, context=trusted) as answer:
            assert "pspi" in json.load(answer)
    assert any(line.startswith("From other machines: https://") for line in lines)
    assert TOKEN not in "".join(lines) + log()


def test_beyond_this_machine_a_new_token_is_printed_once_and_wanted():
    with serving("--host", "0.0.0.0", "--log-format", "json") as (lines, port, log):
        (token,) = re.findall(r"#token=([\w-]{43})$", "".join(lines), re.M)
        request = urllib.request.Request(f"http://127.0.0.1:{port}/v1/model")
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request, timeout=20)
        assert refused.value.code == 401
        request.add_header("Authorization", f"Bearer {token}")
        with urllib.request.urlopen(request, timeout=20) as answer:
            number = answer.headers["X-Request-Id"]
    assert "".join(lines).count(token) == 1
    written = [json.loads(line) for line in log().splitlines()]
    assert [(line["path"], line["status"]) for line in written] == [
        ("/v1/model", 401),
        ("/v1/model", 200),
    ]
    assert written[1]["id"] == number
    assert set(written[1]) == {
        *("time", "level", "logger", "message"),
        *("id", "method", "path", "status", "milliseconds"),
    }
    assert token not in log()


@contextlib.contextmanager
def serving(*options, **environment):
    """Run `wince serve`; yield what it said at its start, its port, and its log once it is over."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "wince", "serve", "--port", str(port), *map(str, options)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1", **environment},
    )
    lines, written = [], []
    try:
        lines.append(process.stdout.readline())
        assert "wince is ready" in lines[0], process.communicate(timeout=20)[1]
        if "--host" in options:
            while not lines[-1].startswith("From other machines"):
                lines.append(process.stdout.readline())
        yield lines, port, lambda: "".join(written)
    finally:
        process.terminate()
        out, log = process.communicate(timeout=20)
        lines.append(out)
        written.append(log)


def test_serve_announces_its_address_and_answers_there():
    """The command as a user runs it, from the command line to an answer and a clean end."""
    command = [sys.executable, "-m", "wince", "serve", "--port"]
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
    began = time.monotonic()
    process = subprocess.Popen(
        [*command, str(port)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        line = process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:(\d+)", line)
        assert found, line + process.stderr.read()
        assert int(found[1]) == port
        with urllib.request.urlopen(f"{found[0]}/healthz", timeout=10) as answer:
            assert answer.status == 200
        assert time.monotonic() - began < 30  # a broken start, not a slow machine
        with socket.socket() as everywhere:  # on this machine alone
            everywhere.settimeout(1)
            own = socket.gethostbyname(socket.gethostname())
            if not own.startswith("127."):
                assert everywhere.connect_ex((own, port)) != 0
        second = subprocess.run([*command, str(port)], capture_output=True, text=True, timeout=60)
        assert second.returncode == 1
        assert str(port) in second.stderr
        assert "Traceback" not in second.stderr
    finally:
        process.terminate()
        _, log = process.communicate(timeout=20)
    assert "GET /healthz 200" in log
    assert "Traceback" not in log
