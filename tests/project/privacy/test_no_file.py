"""The server writes no file, not even for a large upload."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import network_watch
from tests.support.server_exercise import ExercisedServer

# Parses standard input as the only file of a form.
PARSES_A_FORM = """
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


def test_the_server_writes_no_file_for_any_request(server: ExercisedServer) -> None:
    assert network_watch.written(server.events) == []
    records = {server.events.name, server.trace.name}
    assert {path.name for path in server.folder.iterdir()} <= records


@pytest.mark.skipif(
    not network_watch.strace_works(), reason="needs strace and permission to use it"
)
def test_no_system_call_of_the_server_opens_a_file_for_writing(server: ExercisedServer) -> None:
    calls = network_watch.traced_written(server.trace)
    assert [call for call in calls if str(server.events) not in call] == []


def test_the_watch_records_the_file_that_the_framework_would_write(
    tmp_path: Path, large_png: bytes
) -> None:
    """The same upload without the server's own limit writes a file, so the tests above can fail."""
    log = tmp_path / "events.jsonl"
    environment = network_watch.environment(log)
    command = [sys.executable, "-c", PARSES_A_FORM]
    subprocess.run(command, env=environment, input=large_png, check=True)
    assert network_watch.written(log) != []
