"""The README: its commands and examples run and print what it shows."""

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.support import watched_command
from tests.support.frames import ROOT, Frame
from tests.support.video_sample import write_video
from wince.archive.prepared_folder import open_prepared
from wince.cli import main
from wince.runtime.estimator import starter_folder

TEXT = (ROOT / "README.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.S)


@pytest.fixture
def folder(tmp_path: Path, frames: list[Frame]) -> Path:
    """A folder with the files of the examples: photo.jpg, photos/ and ward.mp4."""
    shutil.copy(frames[1].path, tmp_path / "photo.jpg")
    (tmp_path / "photos").mkdir()
    for frame in frames[2:4]:
        shutil.copy(frame.path, tmp_path / "photos")
    face = np.asarray(Image.open(frames[1].path).convert("RGB"))
    write_video(tmp_path / "ward.mp4", [face] * 3)
    return tmp_path


def wince_lines() -> list[str]:
    lines = "".join(blocks("sh")).splitlines()
    return [line for line in lines if line.startswith(("wince assess", "wince watch"))]


@pytest.mark.parametrize("line", wince_lines())
def test_each_wince_command_runs(line: str, folder: Path) -> None:
    command, _, output = line.partition(" > ")
    arguments = [sys.executable, "-m", *shlex.split(command)]
    process = subprocess.run(arguments, cwd=folder, capture_output=True, text=True)
    assert process.returncode == 0, process.stderr
    assert not output or len(process.stdout.splitlines()) == 3


def test_the_first_command_prints_the_table_of_the_readme(folder: Path) -> None:
    (command,), expected = documented("<!-- assess -->")
    assert [line for line in run(command, folder)[0] if line] == expected


def test_the_python_example_runs(folder: Path) -> None:
    process = subprocess.run(
        [sys.executable, "-c", "".join(blocks("python"))],
        cwd=folder,
        capture_output=True,
        text=True,
    )
    assert process.returncode == 0, process.stderr
    assert re.search(r"none|mild|moderate|severe", process.stdout)


def test_every_linked_file_exists() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", TEXT)
    assert links
    missing = [link for link in links if "://" not in link and not (ROOT / link).exists()]
    assert missing == []


def test_its_metrics_are_those_of_the_packaged_model() -> None:
    metrics = json.loads((starter_folder() / "model.json").read_text("utf-8"))["figures"]
    table = TEXT.partition("<!-- figures -->")[2].partition("<!-- /figures -->")[0]
    for name in ("all", "landmark_ridge"):
        for key in ("pcc", "auc_at_4", "auc_at_6"):
            assert f"{metrics[name][key]:.3f}".removeprefix("0") in table, (name, key)
        assert f"{metrics[name]['mae']:.2f}" in table


def test_the_first_screen_has_what_a_newcomer_needs() -> None:
    first = TEXT.partition("## ")[0]
    assert "wince serve --open" in first
    assert "wince assess photo.jpg" in first
    assert "not a medical device" in first
    assert re.search(r"!\[.+\]\(docs/images/.+\.png\)", first)


@pytest.fixture(scope="module")
def walkthrough(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which the commands of the walkthroughs run, one after the other."""
    return tmp_path_factory.mktemp("walkthrough")


def documented(mark: str) -> tuple[list[str], list[str]]:
    """Return the commands of the console block after a mark, and the output that it shows."""
    lines = TEXT.partition(mark)[2].partition("```console\n")[2].partition("```")[0].splitlines()
    commands = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
    return commands, [line.rstrip() for line in lines if not line.startswith("$ ")]


def run(command: str, folder: Path) -> tuple[list[str], list[str]]:
    """Run a command under the network watch; return its lines of stdout and stderr."""
    process = watched_command.run(shlex.split(command)[1:], folder)
    out, errors = (
        [line.rstrip() for line in s.splitlines()] for s in (process.stdout, process.stderr)
    )
    return out, errors


def test_the_walkthrough_prints_what_it_shows(walkthrough: Path) -> None:
    commands, expected = documented("<!-- walk -->")
    assert [line for command in commands for line in run(command, walkthrough)[0]] == expected


def test_the_walkthrough_prepares_every_frame_for_parts_with_every_level(walkthrough: Path) -> None:
    prepared = open_prepared(walkthrough / "demo-prepared")
    assert prepared.report["kept"] == prepared.report["faces"]["found"] == 600
    assert prepared.report["warnings"] == []
    for part in prepared.report["split"]["parts"].values():
        assert all(part["levels"].values())


def test_preparing_again_reuses_what_was_found_and_keeps_the_earlier_files(
    walkthrough: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    shutil.copytree(walkthrough / "demo-prepared", out)
    arguments = ["prepare", str(walkthrough / "demo"), "--out", str(out)]
    assert main([*arguments, "--split", "random-frames"]) == 0
    output = capsys.readouterr().out
    assert "subjects overlap: optimistic" in output.replace("\n", " ")
    assert "600 images have not changed since an earlier run" in output
    assert "backup_" in output


def test_training_on_the_demo_archive_prints_what_the_walkthrough_shows(walkthrough: Path) -> None:
    pytest.importorskip("torch", reason="needs wince[train]")
    (command,), expected = documented("<!-- training walk -->")
    arguments = [shlex.split(command)[1:], ["evaluate", "demo-run", "--out", "demo-evaluation"]]
    before = {path.name for path in walkthrough.iterdir()}
    process = watched_command.run_each(arguments, walkthrough, drawn=1)
    written = {path.name for path in walkthrough.iterdir()} - before
    assert written - {"events.jsonl"} == {"demo-run", "demo-evaluation"}
    assert (walkthrough / "demo-evaluation" / "metrics.json").is_file()
    (out, evaluated, _), (errors, *_) = (
        [[line.rstrip() for line in part.splitlines()] for part in text.split(watched_command.END)]
        for text in (process.stdout, process.stderr)
    )

    def without_numbers(lines: list[str]) -> list[str]:
        """Return the lines without numbers, whose last digits differ between machines."""
        return sorted(re.sub(r"\S*\d\S*|undefined|to|─|\s", "", line) for line in lines)

    assert without_numbers(errors + out) == without_numbers(expected)
    table = [line for line in out if line.startswith(("PCC", "MAE", "AUC"))]
    assert len(table) == 5
    assert [line for line in table if line not in evaluated] == []
