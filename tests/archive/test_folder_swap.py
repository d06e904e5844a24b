"""The old files or the new ones, whatever happens, tested by ending the process at every step."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from wince.archive import folder_swap

TABLES = folder_swap.FILES[:-1]  # without faces.html


def fill(folder: Path, words: str, names=TABLES) -> None:
    for name in names:
        (folder / name).write_text(f"{words} {name}")


def put(out: Path, words: str, names=TABLES) -> Path | None:
    staged = folder_swap.stage(out)
    fill(staged, words, names)
    return folder_swap.publish(out, staged)


def standing(out: Path) -> str:
    """The one word that all files of a folder begin with; "" for none, fails for a mixture."""
    found = {name: (out / name).read_text() for name in folder_swap.FILES if (out / name).exists()}
    words = {text.split()[0] for text in found.values()}
    assert len(words) <= 1, f"a mixture of {words}"
    assert not words or set(TABLES) <= set(found), "some files are missing"
    return words.pop() if words else ""


def backups(out: Path) -> list[str]:
    return sorted(standing(folder) for folder in (out / "backup").glob("backup_*"))


def test_old_files_go_to_a_dated_backup(tmp_path: Path) -> None:
    assert put(tmp_path, "first") is None
    backup = put(tmp_path, "second")
    assert backup is not None
    assert backup.parent == tmp_path / "backup"
    assert standing(tmp_path) == "second"
    assert standing(backup) == "first"
    import re

    assert re.fullmatch(r"backup_\d{8}_\d{6}", backup.name)
    third = put(tmp_path, "third")
    assert third is not None
    assert third != backup
    assert backups(tmp_path) == ["first", "second"]


def test_a_file_that_is_not_made_any_more_is_gone(tmp_path: Path) -> None:
    put(tmp_path, "first", folder_swap.FILES)
    assert (tmp_path / "faces.html").exists()
    put(tmp_path, "second")
    assert not os.path.lexists(tmp_path / "faces.html")


def test_plain_files_of_somebody_else_are_put_away_too(tmp_path: Path) -> None:
    fill(tmp_path, "foreign", ["train.csv", "val.csv"])
    (tmp_path / "other.txt").write_text("untouched")
    backup = put(tmp_path, "first")
    assert backup is not None
    assert (backup / "train.csv").read_text() == "foreign train.csv"
    assert standing(tmp_path) == "first"
    (tmp_path / "train.csv").unlink()
    (tmp_path / "train.csv").write_text("edited by hand")
    put(tmp_path, "second")
    texts = [path.read_text() for path in (tmp_path / "backup").glob("*/train.csv")]
    assert "edited by hand" in texts
    assert standing(tmp_path) == "second"
    assert (tmp_path / "other.txt").read_text() == "untouched"


def test_without_symbolic_links_the_files_are_moved(tmp_path: Path, monkeypatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError("the file system has no links")

    monkeypatch.setattr(Path, "symlink_to", refuse)
    assert put(tmp_path, "first") is None
    backup = put(tmp_path, "second")
    assert backup is not None
    assert standing(tmp_path) == "second"
    assert standing(backup) == "first"
    assert not any((tmp_path / name).is_symlink() for name in folder_swap.FILES)


CHILD = """
import os, signal, sys
from pathlib import Path
from wince.archive import folder_swap
out, words, last = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
steps = 0
def deadly(function):
    def step(*given, **named):
        global steps
        if steps == last:
            os.kill(os.getpid(), signal.SIGKILL)
        steps += 1
        return function(*given, **named)
    return step
for name in ("replace", "rename", "symlink_to", "unlink", "mkdir"):
    setattr(Path, name, deadly(getattr(Path, name)))
folder_swap.shutil.copy2 = deadly(folder_swap.shutil.copy2)
staged = folder_swap.stage(out)
for name in folder_swap.FILES:
    (staged / name).write_text(words + " " + name)
folder_swap.publish(out, staged)
"""


def killed_at(out: Path, words: str, step: int) -> bool:
    """Publish in another process that is killed before its n-th step; return whether it was."""
    code = subprocess.run([sys.executable, "-c", CHILD, str(out), words, str(step)], check=False)
    assert code.returncode in (0, -signal.SIGKILL)
    return code.returncode != 0


@pytest.mark.parametrize("before", ["nothing", "ours", "foreign"])
def test_a_kill_before_any_step_leaves_old_or_new_and_the_next_run_works(
    tmp_path: Path, before: str
) -> None:
    seen = set()
    for step in range(100):
        out = tmp_path / str(step)
        out.mkdir()
        if before == "ours":
            put(out, "old")
        elif before == "foreign":
            fill(out, "old")
        killed = killed_at(out, "new", step)
        seen.add(standing(out))
        assert standing(out) in (("", "new") if before == "nothing" else ("old", "new"))
        put(out, "next")
        assert standing(out) == "next"
        if before != "nothing":
            assert "old" in backups(out), "the old data are never lost"
        assert not list((out / ".prepared").glob("*.part"))
        if not killed:
            break
    assert not killed
    assert step > 10
    assert seen == ({"", "new"} if before == "nothing" else {"old", "new"})
