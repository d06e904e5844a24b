import re
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

from wince.errors import ServeError
from wince.server import run
from wince.server.settings import LOOPBACK


def test_ports_are_tried_in_order_and_then_any_free_one(monkeypatch):
    with run.listen("127.0.0.1") as first:  # any port that is free now
        taken = first.getsockname()[1]
        monkeypatch.setattr(run, "PORTS", (taken, 0))
        with run.listen("127.0.0.1") as second:
            assert second.getsockname()[1] not in (taken, 0)


def test_default_ports_are_those_of_the_readme():
    assert run.PORTS == (5001, 5002, 0)


def test_port_that_was_asked_for_and_is_taken_is_an_error():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(ServeError, match=f"port {port} of 127.0.0.1.*--port"):
            run.listen("127.0.0.1", port)


def test_foreign_address_is_an_error():
    with pytest.raises(ServeError, match=r"192\.0\.2\.1"):  # an address set aside for documents
        run.listen("192.0.2.1")


def test_address_names_this_machine_even_when_every_address_is_served():
    with run.listen("0.0.0.0", None) as listener:
        assert run.address(listener) == f"http://127.0.0.1:{listener.getsockname()[1]}"


def test_server_on_this_machine_goes_by_its_names_alone():
    settings = run.settings_for("127.0.0.1", ["Ward"])
    assert set(settings.hosts) == {*LOOPBACK, "ward"}
    assert not settings.any_address
    assert run.settings_for("0.0.0.0").any_address


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
