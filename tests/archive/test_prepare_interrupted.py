"""Preparations that are killed, interrupted or stopped by a full disk."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support import archive_builder as builder
from tests.support.prepared_files import consistent, digests
from wince import output_lock
from wince.archive import first_pass, prepare, replace_files
from wince.archive.prepare import PrepareOptions
from wince.errors import DataError

ONE_WORKER = PrepareOptions(workers=1)


def test_a_full_disk_leaves_the_old_files_and_is_reported(
    valid_archive: Path, tmp_path: Path
) -> None:
    prepare.prepare(valid_archive, tmp_path, PrepareOptions(workers=1, seed=1))
    before = consistent(tmp_path)
    command = ["prepare", str(valid_archive), "--out", str(tmp_path), "--workers", "1", "--fresh"]
    messages = []
    for limit in (10_000, 40_000, 80_000):  # bytes a file may have: stands in for a full disk
        code = (
            "import resource, sys; from wince.cli import main; "
            f"resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit})); sys.exit(main())"
        )
        run = subprocess.run(
            [sys.executable, "-c", code, *command], capture_output=True, text=True, check=False
        )
        assert run.returncode == 1
        messages.append(run.stderr.splitlines()[-1])
        assert consistent(tmp_path) == before
    assert all(text.startswith("wince: ") for text in messages)
    assert all("Check the free space" in text for text in messages)
    assert any("run the same command again" in text for text in messages)
    prepare.prepare(valid_archive, tmp_path, ONE_WORKER)
    assert consistent(tmp_path) != before


COMMAND = [sys.executable, "-m", "wince", "prepare"]


def alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def wait_until_locked(out: Path, process: "subprocess.Popen[bytes]") -> None:
    """Wait until a command has locked its folder; a killed one before it leaves the lock's file."""
    lock = out / output_lock.NAME
    while not lock.exists() or lock.read_text() != str(process.pid):
        assert process.poll() is None, "ended before it locked its folder"
        time.sleep(0.01)


def test_a_kill_at_any_moment_loses_nothing_and_the_next_run_finishes(tmp_path: Path) -> None:
    archive, out = builder.valid(tmp_path / "archive"), tmp_path / "out"
    prepare.prepare(archive.root, out, ONE_WORKER)
    old = consistent(out)
    for subject in builder.SUBJECTS:  # every frame changes, and so does the result
        code = subject.partition("-")[2]
        for number in range(1, 9):
            archive.frame(
                subject,
                f"{code}t1aaaff",
                number + 10,
                number,
                image=builder.frame_image(number * 7 + len(old)),
            )
    command = [*COMMAND, str(archive.root), "--out", str(out), "--workers", "2", "--seed", "7"]
    killed = 0
    for seconds in (0.0, 0.2, 0.4, 0.7, 1.1, 1.6):  # after it has begun, whatever that takes
        process = subprocess.Popen(
            [*command, "--fresh"],
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_until_locked(out, process)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()  # only the parent: its workers must notice and stop
            process.wait()
            killed += 1
        deadline = time.monotonic() + 20
        while alive(process.pid):
            assert time.monotonic() < deadline, "a worker still runs without its parent"
            time.sleep(0.05)
        try:
            now = consistent(out)
        except DataError as error:
            assert "wince prepare" in str(error)
            (backup,) = (out / "backup").iterdir()
            assert consistent(backup, out) == old
            break
        if now != old:
            break
    assert killed
    subprocess.run(command, check=True, capture_output=True)
    clean = tmp_path / "clean"
    prepare.prepare(archive.root, clean, PrepareOptions(workers=1, seed=7))
    assert consistent(out) == consistent(clean)
    assert not list((out / "crops").rglob("*.part"))
    assert not (out / replace_files.STAGING).exists()


def test_a_killed_run_continues_where_it_stopped(
    valid_archive: Path, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setattr(first_pass, "COMMIT_EVERY", 8)

    class Killed(BaseException):
        pass

    def stop(result: int, _: int) -> None:
        if result == 30:
            raise Killed

    with pytest.raises(Killed):
        prepare.prepare(valid_archive, tmp_path, ONE_WORKER, stop)
    assert not (tmp_path / "manifest.csv").exists()
    result = prepare.prepare(valid_archive, tmp_path, ONE_WORKER)
    assert result.reused >= 24


def test_ctrl_c_stops_the_command_and_leaves_the_old_files(tmp_path: Path) -> None:
    archive, out = builder.valid(tmp_path / "archive"), tmp_path / "out"
    prepare.prepare(archive.root, out, ONE_WORKER)
    before = digests(out)
    command = [*COMMAND, str(archive.root), "--out", str(out), "--fresh", "--workers", "2"]
    process = subprocess.Popen(command, start_new_session=True, stderr=subprocess.PIPE, text=True)
    while not (out / ".state.sqlite-wal").exists():  # the command has begun
        assert process.poll() is None, "ended before it wrote anything"
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode in (130, 0, -signal.SIGINT)
    assert "Traceback" not in errors
    assert digests(out) == before
