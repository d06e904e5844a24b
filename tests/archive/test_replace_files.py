"""The complete old files or the complete new ones, tested by killing the process at every step."""

import hashlib
import json
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from wince.archive import crops, replace_files
from wince.archive.prepared_folder import open_prepared
from wince.errors import DataError
from wince.faces.spec import FaceSpec

FILES = tuple(name for name in replace_files.FILES if name != "faces.html")
TABLES = tuple(name for name in FILES if name.endswith(".csv"))


def report(folder: Path, text: str) -> str:
    """A report.json that lists the tables of a folder."""
    data = {
        "text": text,
        "archive": {"folder": "archive"},
        "split": {"protocol": "by-subject", "subjects_overlap": False, "caution": ""},
        "crops": {"face_spec": FaceSpec().to_dict(), "margin": crops.MARGIN},
        "files": {
            name: {"sha256": hashlib.sha256((folder / name).read_bytes()).hexdigest()}
            for name in TABLES
        },
    }
    return json.dumps(data)


def fill(folder: Path, text: str, names=FILES) -> None:
    """Write files that all begin with one word; report.json lists the SHA-256 of the tables."""
    for name in names:
        if name != "report.json":
            (folder / name).write_text(f"{text} {name}")
    if "report.json" in names:
        (folder / "report.json").write_text(report(folder, text))


def put(out: Path, text: str, names=FILES) -> Path | None:
    staged = replace_files.stage(out)
    fill(staged, text, names)
    return replace_files.replace_files(out, staged)


def complete_set(folder: Path) -> str:
    """The word that all files of a complete folder begin with, "" if the folder is refused.

    A folder that is not refused must not be a mixture.
    """
    try:
        prepared = open_prepared(folder)
    except DataError as error:
        assert "wince prepare" in str(error)
        return ""
    for name, file in prepared.report["files"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == file["sha256"], name
    names = [name for name in FILES if name != "report.json"]
    words = {(folder / name).read_text().split()[0] for name in names}
    assert words == {prepared.report["text"]}
    return words.pop()


def backups(out: Path) -> list[str]:
    return sorted(complete_set(folder) for folder in (out / "backup").glob("backup_*"))


def link_files_as_earlier_versions_did(out: Path, text: str) -> None:
    """Make the folder that earlier versions made: links into `.prepared/current`."""
    files = out / ".prepared" / "000002"
    files.mkdir(parents=True)
    fill(files, text)
    (out / ".prepared" / "current").symlink_to("000002")
    for name in FILES:
        (out / name).symlink_to(f".prepared/current/{name}")


def test_old_files_are_in_a_dated_backup(tmp_path: Path) -> None:
    assert put(tmp_path, "first") is None
    backup = put(tmp_path, "second")
    assert backup is not None
    assert backup.parent == tmp_path / "backup"
    assert complete_set(tmp_path) == "second"
    assert complete_set(backup) == "first"
    assert re.fullmatch(r"backup_\d{8}_\d{6}", backup.name)
    third = put(tmp_path, "third")
    assert third is not None
    assert third != backup
    assert backups(tmp_path) == ["first", "second"]
    assert {path.name for path in tmp_path.iterdir()} == {*FILES, "backup"}


def test_a_file_that_is_not_written_any_more_is_removed(tmp_path: Path) -> None:
    put(tmp_path, "first", replace_files.FILES)
    assert (tmp_path / "faces.html").exists()
    put(tmp_path, "second")
    assert not (tmp_path / "faces.html").exists()


def test_files_that_wince_did_not_write_are_backed_up_too(tmp_path: Path) -> None:
    fill(tmp_path, "foreign", ["train.csv", "val.csv"])
    (tmp_path / "other.txt").write_text("untouched")
    backup = put(tmp_path, "first")
    assert backup is not None
    assert (backup / "train.csv").read_text() == "foreign train.csv"
    assert complete_set(tmp_path) == "first"
    (tmp_path / "train.csv").write_text("edited by hand")
    put(tmp_path, "second")
    texts = [path.read_text() for path in (tmp_path / "backup").glob("*/train.csv")]
    assert "edited by hand" in texts
    assert complete_set(tmp_path) == "second"
    assert (tmp_path / "other.txt").read_text() == "untouched"


def test_a_folder_of_links_from_an_earlier_version_is_read_and_replaced(tmp_path: Path) -> None:
    link_files_as_earlier_versions_did(tmp_path, "old")
    (tmp_path / "faces.html").symlink_to(".prepared/current/faces.html")  # leads nowhere
    assert complete_set(tmp_path) == "old"
    backup = put(tmp_path, "new")
    assert backup is not None
    assert complete_set(tmp_path) == "new"
    assert complete_set(backup) == "old"
    assert not any(path.is_symlink() for path in tmp_path.rglob("*"))
    assert {path.name for path in tmp_path.iterdir()} == {*FILES, "backup"}


def test_a_copy_of_such_a_folder_with_the_links_resolved_is_read_and_replaced(
    tmp_path: Path,
) -> None:
    links, out = tmp_path / "links", tmp_path / "copy"
    links.mkdir()
    link_files_as_earlier_versions_did(links, "old")
    shutil.copytree(links, out)
    assert complete_set(out) == "old"
    backup = put(out, "new")
    assert backup is not None
    assert (complete_set(out), complete_set(backup)) == ("new", "old")
    assert {path.name for path in out.iterdir()} == {*FILES, "backup"}


def test_an_incomplete_folder_is_refused_with_what_to_do(tmp_path: Path) -> None:
    put(tmp_path, "first")
    (tmp_path / "report.json").unlink()
    with pytest.raises(DataError, match=r"is incomplete.*Run `wince prepare ROOT --out .*` again"):
        open_prepared(tmp_path)


def test_a_manifest_of_another_run_is_refused_with_what_to_do(tmp_path: Path) -> None:
    put(tmp_path, "first")
    (tmp_path / "manifest.csv").write_text("second manifest.csv")
    with pytest.raises(DataError, match=r"not the file that .* wrote.*run `wince prepare` again"):
        open_prepared(tmp_path)
    (tmp_path / "manifest.csv").unlink()
    with pytest.raises(DataError, match=r"manifest\.csv cannot be read.*Run `wince prepare` again"):
        open_prepared(tmp_path)


CHILD = """
import os, shutil, signal, sys
from pathlib import Path
from wince.archive import replace_files
out, new_files, last = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
steps = 0
def deadly(function):
    def step(*arguments, **options):
        global steps
        if steps == last:
            os.kill(os.getpid(), signal.SIGKILL)
        steps += 1
        return function(*arguments, **options)
    return step
for name in ("replace", "rename", "unlink", "mkdir"):
    setattr(Path, name, deadly(getattr(Path, name)))
for name in ("copy2", "rmtree"):
    setattr(shutil, name, deadly(getattr(shutil, name)))
for name in ("unlink", "rmdir"):  # what rmtree does step by step
    setattr(os, name, deadly(getattr(os, name)))
staged = replace_files.stage(out)
for path in new_files.iterdir():
    (staged / path.name).write_bytes(path.read_bytes())
replace_files.replace_files(out, staged)
"""


def killed_at(out: Path, new_files: Path, step: int) -> bool:
    """Replace the files in a process that is killed before its n-th step; return whether it was."""
    arguments = [str(out), str(new_files), str(step)]
    run = subprocess.run([sys.executable, "-c", CHILD, *arguments], check=False)
    assert run.returncode in (0, -signal.SIGKILL)
    return run.returncode != 0


@pytest.mark.parametrize("before", ["nothing", "files", "links"])
def test_a_kill_before_any_step_loses_nothing_and_the_next_run_works(
    tmp_path: Path, before: str
) -> None:
    states = []
    new_files = tmp_path / "new"
    new_files.mkdir()
    fill(new_files, "new")
    for step in range(100):
        out = tmp_path / str(step)
        out.mkdir()
        if before == "files":
            put(out, "old")
        elif before == "links":
            link_files_as_earlier_versions_did(out, "old")
        killed = killed_at(out, new_files, step)
        states.append(complete_set(out))
        if before != "nothing" and states[-1] != "old":
            assert backups(out) == ["old"], "the old files are in backup/, all of them"
        put(out, "next")
        assert complete_set(out) == "next"
        assert before == "nothing" or "old" in backups(out)
        assert not any(path.is_symlink() for path in out.rglob("*"))
        assert {path.name for path in out.iterdir()} <= {*FILES, "backup"}
        if not killed:
            break
    assert not killed
    assert step > 10
    refused = [""] * states.count("")
    expected = [] if before == "nothing" else ["old"] * states.count("old")
    assert states == [*expected, *refused, *["new"] * states.count("new")]
    assert states.count("new") > 1
    assert before == "nothing" or states.count("old") > 1
