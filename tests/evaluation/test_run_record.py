"""The record of how results were made."""

import json
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

import wince
from wince.evaluation import run_record


def record_of(path: Path, results: list[Path] | None = None) -> dict:
    start = run_record.begin(path, results or [])
    run_record.finish(start, {"bootstrap": 7}, {"manifest": "ab", "split": None})
    return json.loads(path.read_text("utf-8"))


def repository(folder: Path) -> str:
    """Make a git repository with one committed module; return the commit."""
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    for command in (["init", "-q"], ["add", "."], [*identity, "commit", "-qm", "first"]):
        subprocess.run(["git", "-C", str(folder), *command], check=True)
    head = ["git", "-C", str(folder), "rev-parse", "HEAD"]
    return subprocess.run(head, check=True, capture_output=True, text=True).stdout.strip()


def test_a_record_has_what_is_needed_to_make_the_results_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["/usr/bin/wince", "evaluate", "--out", "a folder"])
    record = record_of(tmp_path / "record.json")
    assert record["command"] == "wince evaluate --out 'a folder'"
    assert record["arguments"] == ["evaluate", "--out", "a folder"]
    assert record["directory"] == str(Path.cwd())
    monkeypatch.setattr(sys, "argv", ["/lib/wince/__main__.py", "train"])
    assert record_of(tmp_path / "record.json")["command"] == "wince train"
    monkeypatch.setattr(sys, "argv", ["study.py", "train"])
    assert record_of(tmp_path / "record.json")["arguments"] is None
    assert record["seeds"] == {"bootstrap": 7}
    assert record["sha256"] == {"manifest": "ab", "split": None}
    assert record["libraries"]["numpy"] == version("numpy")
    assert record["code"]["wince"] == wince.__version__
    assert record["hardware"]["cores"] >= 1
    assert record["date"].endswith("+00:00")
    assert record["seconds"] >= 0
    assert record["continued"] is False


def test_a_run_that_has_nothing_to_do_keeps_its_record(tmp_path: Path) -> None:
    results = [tmp_path / "first", tmp_path / "second"]
    results[0].touch()
    record = record_of(tmp_path / "record.json", results)
    assert record["continued"] is True
    results[1].touch()
    start = run_record.begin(tmp_path / "record.json", results)
    run_record.finish(start, {"bootstrap": 8}, {})
    assert json.loads((tmp_path / "record.json").read_text("utf-8")) == record


def test_a_finished_run_of_an_earlier_version_gets_a_record(tmp_path: Path) -> None:
    (tmp_path / "result").touch()
    assert record_of(tmp_path / "record.json", [tmp_path / "result"])["continued"] is True


def test_more_seeds_for_a_run_without_a_record_leave_it_without_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["wince", "train", "data", "--out", "run", "--seeds", "2"])
    run_record.state_command(tmp_path / "record.json")
    assert not list(tmp_path.iterdir())


def test_the_commit_says_whether_files_were_changed(tmp_path: Path) -> None:
    folder = tmp_path / "package"
    commit = repository(folder)
    assert run_record._commit(folder) == {"commit": commit, "clean": True}
    (folder / "__init__.py").write_text("changed = True")
    assert run_record._commit(folder) == {"commit": commit, "clean": False}


def test_a_package_inside_the_repository_of_something_else_has_no_commit(tmp_path: Path) -> None:
    repository(tmp_path / "project")
    installed = tmp_path / "project" / "site-packages"
    installed.mkdir()
    (installed / "__init__.py").write_text("")
    assert run_record._commit(installed) == {"commit": None, "clean": None}
