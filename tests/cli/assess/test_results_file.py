"""`wince assess --out`: writing the results file."""

import csv
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.command_line import WINCE, Run
from tests.support.frames import Frame
from tests.support.full_disk import full_disk
from wince.cli.assess.outcome import Outcome
from wince.cli.assess.previous_results import ScoringSetup
from wince.cli.assess.results_file import ResultsFile
from wince.errors import FileWriteError, NoFaceError
from wince.runtime.assessment import Assessment


def test_each_result_is_in_the_file_as_soon_as_it_is_known(
    tmp_path: Path, assessment: Assessment
) -> None:
    path = tmp_path / "scores.jsonl"

    def lines() -> list[str]:
        return path.read_text("utf-8").splitlines()

    def outcomes():
        for number in range(3):
            assert len(lines()) == number
            yield Outcome(f"{number}.jpg", assessment)

    with ResultsFile(path, ScoringSetup(assessment.model), resume=False) as results:
        results.write(outcomes())
    assert [json.loads(line)["file"] for line in lines()] == ["0.jpg", "1.jpg", "2.jpg"]


def test_an_existing_file_is_not_overwritten(run: Run, frames: list[Frame], tmp_path: Path) -> None:
    path = tmp_path / "scores.csv"
    path.write_text("precious")
    status, out, err = run("assess", "--out", path, frames[0].path)
    assert (status, out, path.read_text()) == (1, "", "precious")
    assert f"{path} exists already and would be overwritten. Add --resume" in err
    status, _, err = run("assess", "--out", path, "--resume", frames[0].path)
    assert (status, path.read_text()) == (1, "precious")
    assert "line 1: expected results" in err


@pytest.mark.parametrize("resume", [False, True])
def test_a_file_that_another_run_is_writing_is_left_alone(
    run: Run, frames: list[Frame], tmp_path: Path, resume: bool
) -> None:
    path = tmp_path / "scores.csv"
    with ResultsFile(path, ScoringSetup({"name": "a", "version": "1"}), resume=False) as results:
        before = path.read_bytes()
        status, out, err = run("assess", "--out", path, *["--resume"] * resume, frames[0].path)
        assert (status, out, path.read_bytes()) == (1, "", before)
        assert f"{path} is being written by another command of wince (process {os.getpid()})" in err
        results.write([])
    assert [file.name for file in tmp_path.iterdir()] == ["scores.csv"]


FORMULAS = ("=1+1.jpg", "+1.jpg", "-1.jpg", "@a.jpg", "\tb.jpg", "\rc.jpg", "'=d.jpg")


def test_a_name_that_begins_like_a_formula_is_guarded_and_known_again(
    tmp_path: Path, assessment: Assessment
) -> None:
    path, setup = tmp_path / "scores.csv", ScoringSetup(assessment.model)
    plain = ("a.jpg", "'quoted'.jpg", "1-1.jpg")
    with ResultsFile(path, setup, resume=False) as results:
        results.write(Outcome(name, assessment, None, name) for name in (*FORMULAS, *plain))
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    guarded = [f"'{name}" for name in FORMULAS]
    assert [row["file"] for row in rows] == [*guarded, *plain]
    assert [row["annotated"] for row in rows] == [*guarded, *plain]
    assert {row["pspi"] for row in rows} == {str(assessment.pspi)}
    with ResultsFile(path, setup, resume=True) as results:
        assert results.previous.files == {*FORMULAS, *plain}
        assert results.previous.annotated_copies == [*FORMULAS, *plain]


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_a_full_disk_is_an_error_that_names_the_file(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"scores.{suffix}"
    outcomes = [Outcome(f"{number}.jpg", error=NoFaceError("No face.")) for number in range(100)]
    setup = ScoringSetup({"name": "starter", "version": "1"})
    message = rf"scores\.{suffix} cannot be written: .* place"
    with (
        pytest.raises(FileWriteError, match=message),
        full_disk(largest_file=1000),
        ResultsFile(path, setup, resume=False) as results,
    ):
        results.write(outcomes)


def test_a_missing_folder_is_an_error_that_names_the_file(
    run: Run, frames: list[Frame], tmp_path: Path
) -> None:
    path = tmp_path / "nowhere" / "scores.csv"
    status, _, err = run("assess", "--out", path, frames[0].path)
    assert status == 1
    assert err.startswith(f"wince: {path} cannot be written: No such file or directory.")


@pytest.mark.skipif(sys.platform == "win32", reason="signals work in another way on Windows")
@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
def test_ctrl_c_leaves_complete_lines_to_continue_from(
    frames: list[Frame], tmp_path: Path, assessment: Assessment, suffix: str
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    for number in range(2000):
        (folder / f"{number:04d}.jpg").symlink_to(frames[0].path)
    path = tmp_path / f"scores{suffix}"
    command = [*WINCE, "assess", "--out", str(path), str(folder)]
    child = subprocess.Popen(command, stderr=subprocess.PIPE)
    while not (path.exists() and path.read_bytes().count(b"\n") > 3):
        assert child.poll() is None
    child.send_signal(signal.SIGINT)
    assert child.communicate(timeout=60)[1] == b"wince: stopped.\n"
    assert child.returncode == 130
    data = path.read_bytes()
    assert data.endswith(b"\n")
    results_count = data.count(b"\n") - (suffix == ".csv")
    assert 3 <= results_count < 2000
    with ResultsFile(path, ScoringSetup(assessment.model), resume=True) as results:
        assert len(results.previous.files) == results_count
    assert path.read_bytes() == data
