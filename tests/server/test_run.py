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


def test_nagle_is_off_on_accepted_connections():
    """With Nagle's algorithm each answer took 40 ms longer."""

    async def no_delay() -> int:
        option = asyncio.get_running_loop().create_future()

        def on_connection(_, writer):
            accepted = writer.get_extra_info("socket")
            option.set_result(accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        with run.open_listener("127.0.0.1") as listener:
            async with await asyncio.start_server(on_connection, sock=listener):
                _, writer = await asyncio.open_connection(*listener.getsockname())
                value = await asyncio.wait_for(option, 10)
                writer.close()
        return value

    assert asyncio.run(no_delay()) != 0


def test_default_ports_are_those_of_the_readme():
    assert run.PORTS == (5001, 5002, 0)


def test_requested_port_that_is_taken_is_an_error():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(ServeError, match=f"port {port} of 127.0.0.1.*--port"):
            run.open_listener("127.0.0.1", port)


def test_foreign_address_is_an_error():
    with pytest.raises(ServeError, match=r"192\.0\.2\.1"):  # an address reserved for documentation
        run.open_listener("192.0.2.1")


@pytest.mark.parametrize("host", ["a" * 70, "a..b", "[::1", "[]"])
def test_host_that_no_machine_can_have_is_an_error(host):
    try:
        run.open_listener(host).close()
    except ServeError as error:
        assert host in str(error)


@pytest.mark.parametrize("host", ["::1", "[::1]"])
def test_ipv6_address_may_be_in_brackets(host):
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            pass
    except OSError:
        pytest.skip("needs IPv6")
    with run.open_listener(host) as listener:
        assert run.page_url(listener) == f"http://[::1]:{listener.getsockname()[1]}"
    assert not Settings(host=host).reachable_by_others
    assert "[::1]" in Settings(host=host).host_names


def test_page_url_is_loopback_when_every_address_is_served():
    with run.open_listener("0.0.0.0", None) as listener:
        assert run.page_url(listener) == f"http://127.0.0.1:{listener.getsockname()[1]}"


def test_local_server_has_only_its_own_host_names():
    settings = Settings(allow_host=("Ward",))
    assert set(settings.host_names) == {*LOOPBACK_NAMES, "ward"}


# Startup lines


def startup_text(token_is_new=False, **given):
    with run.open_listener("127.0.0.1") as listener:
        return "\n".join(run.startup_lines(listener, Settings(**given), token_is_new=token_is_new))


def test_local_server_prints_only_the_page_address():
    assert re.fullmatch(
        r"wince is ready: http://127\.0\.0\.1:\d+  \(Ctrl\+C stops it\)", startup_text()
    )


def test_new_token_is_printed_and_given_token_is_not():
    text = startup_text(
        token_is_new=True, host="0.0.0.0", token=TOKEN, allow_host=("ward.example",)
    )
    assert text.count(TOKEN) == 1
    assert re.search(rf"http://ward\.example:\d+/#token={TOKEN}\n", text)
    assert TOKEN not in startup_text(host="0.0.0.0", token=TOKEN)
    assert TOKEN not in startup_text(token=TOKEN)


def test_without_a_certificate_it_warns_about_network_and_camera(certificate):
    text = startup_text(host="0.0.0.0", token=TOKEN)
    assert "unencrypted" in text
    assert "no camera" in text
    cert, key = certificate
    text = startup_text(host="0.0.0.0", token=TOKEN, tls_cert=cert, tls_key=key)
    assert "Warning" not in text
    assert "https://127.0.0.1:" in text


# HTTPS


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate for 127.0.0.1 of a new authority, and its key."""
    trustme = pytest.importorskip("trustme", reason="needs trustme")
    folder = tmp_path_factory.mktemp("tls")
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1", "localhost")
    authority.cert_pem.write_to_path(str(folder / "authority.pem"))
    issued.cert_chain_pems[0].write_to_path(str(folder / "cert.pem"))
    issued.private_key_pem.write_to_path(str(folder / "key.pem"))
    return folder / "cert.pem", folder / "key.pem"


def test_certificate_with_its_key_is_accepted(certificate):
    run.check_certificate(*certificate)


def test_files_that_are_not_a_certificate_and_key_are_refused(certificate, tmp_path):
    cert, key = certificate
    with pytest.raises(ServeError, match=r"no key at .*nothing\.pem"):
        run.check_certificate(cert, tmp_path / "nothing.pem")
    (tmp_path / "text.pem").write_text("hello")
    with pytest.raises(ServeError, match="cannot be used for HTTPS"):
        run.check_certificate(tmp_path / "text.pem", key)
    with pytest.raises(ServeError, match="cannot be used for HTTPS"):
        run.check_certificate(key, cert)


def test_key_with_a_password_is_refused_without_a_prompt(certificate, tmp_path):
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


def test_remote_server_prints_a_new_token_once_and_requires_it():
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
    """Run `wince serve`; yield its first lines, its port, and a function that returns its log."""
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
    """The command as a user runs it, from the start to an answer and a clean end."""
    command = [sys.executable, "-m", "wince", "serve", "--port"]
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
    began = time.monotonic()
    process = subprocess.Popen(
        [*command, str(port)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        line = process.stdout.readline()
        match = re.search(r"http://127\.0\.0\.1:(\d+)", line)
        assert match, line + process.stderr.read()
        assert int(match[1]) == port
        with urllib.request.urlopen(f"{match[0]}/healthz", timeout=10) as answer:
            assert answer.status == 200
        assert time.monotonic() - began < 30  # a broken start, not a slow machine
        with socket.socket() as client:  # the server listens on loopback only
            client.settimeout(1)
            address = socket.gethostbyname(socket.gethostname())
            if not address.startswith("127."):
                assert client.connect_ex((address, port)) != 0
        second = subprocess.run([*command, str(port)], capture_output=True, text=True, timeout=60)
        assert second.returncode == 1
        assert str(port) in second.stderr
        assert "Traceback" not in second.stderr
    finally:
        process.terminate()
        _, log = process.communicate(timeout=20)
    assert "GET /healthz 200" in log
    assert "Traceback" not in log
