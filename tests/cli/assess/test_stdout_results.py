"""Results on stdout: tables, JSON and CSV, in pipes and on terminals."""

import csv
import io
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.command_line import WINCE, Run, Terminal
from tests.support.frames import Frame
from wince import cli
from wince.cli.assess import stdout_results
from wince.cli.assess.outcome import Outcome
from wince.runtime.assessment import Assessment
from wince.runtime.assessor import Assessor
from wince.scale import PSPI


def test_in_a_pipe_each_file_is_one_line_of_the_table(
    run: Run, frames: list[Frame], assessor: Assessor
) -> None:
    paths = [frame.path for frame in frames[:3]]
    status, out, err = run("assess", *paths)
    assert (status, err) == (0, "")
    for path in paths:
        assessment = assessor.assess(path)
        (line,) = [line for line in out.splitlines() if line.startswith(str(path))]
        assert line.split()[1:3] == [assessment.level, f"{assessment.pspi:.1f}"]
        assert f"{100 * assessment.confidence:.0f} %" in line
    assert "\x1b" not in out


def test_warnings_are_below_the_table_with_their_file(run: Run, two_faces: Path) -> None:
    _, out, _ = run("assess", two_faces)
    assert f"{two_faces}, face 1 of 2: 2 faces were found." in out


def test_a_long_table_is_printed_in_parts(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    assessment: Assessment,
) -> None:
    monkeypatch.setattr(stdout_results, "TABLE_ROWS", 3)
    stdout_results.write_table((Outcome(f"{n}.jpg", assessment) for n in range(7)), PSPI)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines if ".jpg" in line] == [f"{n}.jpg" for n in range(7)]
    assert len([line for line in lines if line.startswith("File")]) == 3


def test_json_and_csv_are_complete_if_nothing_can_be_assessed(
    run: Run, truncated_jpeg: Path
) -> None:
    status, out, _ = run("assess", "--csv", truncated_jpeg)
    assert status == 1
    assert len(list(csv.DictReader(io.StringIO(out)))) == 1
    status, out, _ = run("assess", "--json", truncated_jpeg)
    assert status == 1
    assert len(json.loads(out)) == 1
    status, out, err = run("assess", truncated_jpeg)
    assert (status, out) == (1, "")
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize("name", ["[red]face.jpg", "two\nlines.jpg", "\x1b[31mred.jpg"])
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such file names")
def test_a_strange_file_name_is_shown_on_one_line(
    run: Run, frames: list[Frame], tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    shutil.copy(frames[0].path, path)
    missing = tmp_path / f"missing{name}"
    _, out, err = run("assess", path, missing)
    shown = name.replace("\n", "\\n").replace("\x1b", "\\x1b")
    assert len([line for line in out.splitlines() if shown in line]) == 1
    assert len(err.splitlines()) == 2
    assert shown in err


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux accepts any bytes as a name")
@pytest.mark.parametrize("options", [["--json"], ["--csv"], []])
def test_a_file_whose_name_is_not_unicode_can_be_assessed(
    run: Run, frames: list[Frame], tmp_path: Path, options: list[str]
) -> None:
    path = os.fsdecode(os.fsencode(tmp_path) + b"/\xff.jpg")
    shutil.copy(frames[0].path, path)
    status, out, err = run("assess", *options, path)
    assert (status, err) == (0, "")
    assert "\\udcff.jpg" in out


@pytest.mark.skipif(sys.platform == "win32", reason="signals work in another way on Windows")
def test_ctrl_c_ends_with_130_one_line_and_a_closed_array(frames: list[Frame]) -> None:
    files = [str(frames[0].path)] * 3000
    child = subprocess.Popen(
        [*WINCE, "assess", "--json", *files],
        bufsize=0,  # otherwise read(1) takes more than a byte, and communicate() misses the rest
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert child.stdout is not None
    first = child.stdout.read(1)  # the first results are written
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=60)
    assert (child.returncode, err) == (130, b"wince: stopped.\n")
    assert 0 < len(json.loads(first + out)) < len(files)


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such pipes on Windows")
@pytest.mark.parametrize("form", ["--json", "--csv"])
def test_a_reader_that_closes_the_pipe_ends_the_run_silently(
    frames: list[Frame], form: str
) -> None:
    files = [str(frames[0].path)] * 3000
    child = subprocess.Popen(
        [*WINCE, "assess", form, *files], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert child.stdout is not None
    assert child.stderr is not None
    child.stdout.read(1)
    child.stdout.close()
    assert child.wait(timeout=60) == 1
    assert child.stderr.read() == b""
    child.stderr.close()


@pytest.mark.parametrize("no_color", [False, True])
def test_colour_is_for_terminals_and_no_color_turns_it_off(
    frames: list[Frame], monkeypatch: pytest.MonkeyPatch, no_color: bool
) -> None:
    out = Terminal()
    monkeypatch.setattr(sys, "stdout", out)
    for name in ("NO_COLOR", "FORCE_COLOR", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "80")
    if no_color:
        monkeypatch.setenv("NO_COLOR", "1")
    assert cli.main(["assess", str(frames[0].path)]) == 0
    lines = out.getvalue().splitlines()
    assert any("\x1b[3" in line for line in lines) is not no_color
    if no_color:
        bare = [line.replace("\x1b[1m", "").replace("\x1b[0m", "") for line in lines]
        assert max(map(len, bare)) <= 80
