"""A file or folder is written by one process at a time, and a dead process locks nothing."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from wince.errors import FileWriteError
from wince.output_lock import locked_file, locked_folder

HOLD = """
import sys, time
from pathlib import Path
from wince.output_lock import locked_file, locked_folder
lock = locked_folder if sys.argv[1] == "folder" else locked_file
with lock(Path(sys.argv[2])):
    print("locked", flush=True)
    time.sleep(60)
"""


def hold(kind: str, path: Path) -> "subprocess.Popen[str]":
    """Start a process that holds a lock; return it when it does."""
    command = [sys.executable, "-c", HOLD, kind, str(path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "locked\n"
    return process


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_a_second_process_learns_who_writes_and_a_kill_releases_the_lock(
    kind: str, tmp_path: Path
) -> None:
    path = tmp_path / "results"
    lock = locked_folder if kind == "folder" else locked_file
    process = hold(kind, path)
    try:
        with (
            pytest.raises(FileWriteError, match=f"results is being.*process {process.pid}"),
            lock(path),
        ):
            pass
    finally:
        process.kill()
        process.wait()
    with lock(path):
        pass
    assert [file.name for file in tmp_path.rglob("*") if file.name.endswith(".lock")] == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal")
def test_ctrl_c_removes_the_lock_file_and_the_folder_that_was_made_for_it(tmp_path: Path) -> None:
    process = hold("folder", tmp_path / "results")
    process.send_signal(signal.SIGINT)
    process.wait(20)
    assert list(tmp_path.iterdir()) == []


def test_files_in_a_folder_are_locked_apart(tmp_path: Path) -> None:
    with locked_file(tmp_path / "a.csv"), locked_file(tmp_path / "b.csv"):
        with (
            pytest.raises(FileWriteError, match=r"a\.csv is being written"),
            locked_file(tmp_path / "a.csv"),
        ):
            pass
        (tmp_path / "a.csv").write_text("kept")
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


def test_two_files_with_one_long_beginning_are_locked_apart(tmp_path: Path) -> None:
    beginning = tmp_path / ("é" * 120)
    with locked_file(beginning.with_suffix(".a.csv")), locked_file(beginning.with_suffix(".b.csv")):
        assert len(list(tmp_path.iterdir())) == 2


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(FileWriteError, match="results cannot be written"),
        locked_folder(tmp_path / "file" / "results"),
    ):
        pass
