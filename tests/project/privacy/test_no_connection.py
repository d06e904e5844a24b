"""Neither the server nor a command reaches another machine."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.support import network_watch, watched_command
from tests.support.frames import Frame
from tests.support.server_exercise import ExercisedServer
from tests.support.video_sample import write_video
from wince.speech import voices

needs_strace = pytest.mark.skipif(
    not network_watch.strace_works(), reason="needs strace and permission to use it"
)

# 192.0.2.1 is reserved for documentation; a datagram socket sends nothing when it connects.
CONNECTS = (
    "import socket\n"
    "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
    "s.connect(('192.0.2.1', 9))\n"
    "print('connected')"
)
LOOKS_UP = "import socket; socket.getaddrinfo('wince.invalid', 443); print('found')"


def test_the_server_does_not_try_to_reach_another_machine(server: ExercisedServer) -> None:
    assert network_watch.foreign(server.events) == []


@needs_strace
def test_no_system_call_of_the_server_has_the_address_of_another_machine(
    server: ExercisedServer,
) -> None:
    trace = server.trace.read_text("utf-8", "replace")
    assert "model.onnx" in trace  # so strace did record this server
    assert network_watch.traced_foreign(server.trace) == []


def test_espeak_is_the_only_program_that_the_server_starts(server: ExercisedServer) -> None:
    if not voices.available():
        pytest.skip("needs espeak-ng: the only program that the server starts")
    events = network_watch.events(server.events)
    programs = {event["what"] for event in events if event["event"] == "subprocess.Popen"}
    assert {Path(program).name for program in programs} == {"espeak-ng"}


@pytest.mark.parametrize(
    ("script", "target"), [(CONNECTS, "192.0.2.1"), (LOOKS_UP, "wince.invalid")]
)
def test_the_watch_records_and_prevents_a_connection(
    tmp_path: Path, script: str, target: str
) -> None:
    log = tmp_path / "events.jsonl"
    process = subprocess.run(
        [sys.executable, "-c", script],
        env=network_watch.environment(log),
        capture_output=True,
        text=True,
    )
    assert process.stdout == ""
    assert "the network watch prevents a connection" in process.stderr
    (event,) = network_watch.foreign(log)
    assert target in event["what"]


@needs_strace
def test_strace_records_a_connection(tmp_path: Path) -> None:
    trace = tmp_path / "strace.txt"
    subprocess.run([*network_watch.strace(trace), sys.executable, "-c", CONNECTS], check=False)
    (call,) = network_watch.traced_foreign(trace)
    assert "192.0.2.1" in call


def test_assessing_and_annotating_reach_no_other_machine_and_write_only_the_copy(
    tmp_path: Path, frames: list[Frame]
) -> None:
    options = ["assess", "--json", "--heatmap", "--annotate", "copies"]
    watched_command.run([*options, frames[1].path], tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"copies", "events.jsonl"}


def test_watching_reaches_no_other_machine_and_writes_only_the_files_that_it_is_told(
    tmp_path: Path, frames: list[Frame]
) -> None:
    face = np.asarray(Image.open(frames[1].path).convert("RGB"))
    write_video(tmp_path / "ward.mp4", [face] * 5)
    files = ["--csv", "rows.csv", "--summary", "summary.json", "--video", "copy.mp4"]
    watched_command.run(["watch", "ward.mp4", *files], tmp_path)
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"ward.mp4", *files[1::2], "events.jsonl"}
