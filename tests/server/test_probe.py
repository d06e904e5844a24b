"""The health check of a container."""

import http.server
import os
import subprocess
import sys
import threading

import pytest

from tests.support.server_process import free_port
from wince.errors import ServeError
from wince.server import probe
from wince.server.settings import Settings


def run(**environment):
    return subprocess.run(
        [sys.executable, "-m", "wince.server.probe"],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_running_server_is_healthy_and_stopped_one_is_not():
    settings = {"WINCE_HOST": "0.0.0.0", "WINCE_PORT": str(free_port())}
    server = subprocess.Popen(
        [sys.executable, "-m", "wince", "serve"],
        env={**os.environ, **settings, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert "wince is ready" in server.stdout.readline()
        done = run(**settings)  # without the token, which a health check need not know
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    finally:
        server.terminate()
        server.communicate(timeout=20)
    done = run(**settings)
    assert done.returncode == 1
    assert done.stderr.startswith(f"wince: No wince answers on port {settings['WINCE_PORT']}")
    assert "Traceback" not in done.stderr


def test_another_program_on_the_port_is_not_healthy():
    class Wrong(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_error(404)

        def log_message(self, *_):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Wrong) as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        with pytest.raises(ServeError, match="status 404"):
            probe.check_health(Settings(port=other.server_port))
        other.shutdown()


def test_wrong_settings_are_one_message():
    done = run(WINCE_PORT="many")
    assert done.returncode == 1
    assert done.stderr.startswith("wince: WINCE_PORT many is not allowed")
