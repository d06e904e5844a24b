"""`wince demo-archive` and `wince prepare` as a user meets them."""

import contextlib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import archive_builder as builder
from wince.archive import demo_archive
from wince.archive.layouts import known_layouts
from wince.archive.prepared_folder import open_prepared
from wince.cli import main
from wince.cli.prepare import LayoutName


def test_the_demo_archive_is_small_and_complete(tmp_path: Path) -> None:
    demo = tmp_path / "new" / "demo"
    assert main(["demo-archive", str(demo)]) == 0
    layout, base = known_layouts.recognise(demo)
    files = list(layout.files(base))
    labels = [layout.read_label(base, file) for file in files]
    assert len(files) == 600
    assert len({file.subject for file in files}) == 12
    assert all(file.label and None not in file.ratings[:4] for file in files)  # no NRS
    assert all(label.action_units and not label.doubt for label in labels)
    by_level = {level: set() for level in ("none", "mild", "moderate", "severe")}
    from wince import scale

    for file, label in zip(files, labels, strict=True):
        by_level[scale.level(label.score)].add(file.subject)
    assert all(len(subjects) >= 4 for subjects in by_level.values()), "enough to split by subject"
    assert sum(path.stat().st_size for path in demo.rglob("*") if path.is_file()) < 6e6
    assert "anny" in (demo / "README.md").read_text("utf-8")


def test_a_folder_with_files_is_not_overwritten(tmp_path: Path, capsys) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    assert main(["demo-archive", str(tmp_path)]) == 1
    assert "not an empty folder" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
    empty = tmp_path / "empty"
    empty.mkdir()
    assert demo_archive.write(empty) == 600
    assert not list(tmp_path.glob(".empty*"))


def test_every_layout_can_be_named_on_the_command_line() -> None:
    assert tuple(LayoutName) == ("auto", *known_layouts.NAMES)


def test_auto_recognises_the_layout(tmp_path: Path) -> None:
    builder.rated(tmp_path / "a")
    out = tmp_path / "out"
    command = ["prepare", str(tmp_path / "a"), "--out", str(out), "--workers", "1"]
    assert main([*command, "--layout", "auto"]) == 0
    assert open_prepared(out).report["archive"]["layout"] == "rated-faces"


def test_paths_are_printed_as_they_were_given(tmp_path: Path, monkeypatch, capsys) -> None:
    builder.table(tmp_path / "a")
    monkeypatch.chdir(tmp_path)
    for _ in range(2):
        assert main(["prepare", "a", "--out", "sub/out", "--workers", "1"]) == 0
    output = capsys.readouterr().out
    assert output.count("\nReport: sub/out/report.html\n") == 2
    backup = re.search(r"The files of the earlier run are in (sub/out/backup/backup_\S+)\n", output)
    assert backup is not None
    assert (tmp_path / backup[1] / "manifest.csv").is_file()


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs a pseudo-terminal")
def test_a_terminal_shows_the_rate_and_the_time_left(tmp_path: Path) -> None:
    builder.valid(tmp_path / "a")
    command = [sys.executable, "-m", "wince", "prepare", "a", "--out", "out", "--workers", "1"]
    master, slave = os.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "120"}
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=slave, env=environment
    ) as process:
        os.close(slave)
        shown = _everything(master)
    os.close(master)
    assert process.returncode == 0, shown
    assert "48/48" in shown
    assert re.search(r"left.*\d:\d\d:\d\d", shown)
    rates = [int(rate.replace(",", "")) for rate in re.findall(r"([\d,]+) frames/s", shown)]
    assert rates
    assert max(rates) < 2_000, "the rate is that of the run, not that within one batch"


def _everything(terminal: int) -> str:
    """Return what is written to a pseudo-terminal until its other end is closed."""
    output = b""
    with contextlib.suppress(OSError):  # Linux raises it when the other end is closed
        while data := os.read(terminal, 65536):
            output += data
    return output.decode()


def test_an_error_is_one_line(tmp_path: Path, capsys) -> None:
    out = str(tmp_path / "out")
    assert main(["prepare", str(tmp_path / "absent"), "--out", out]) == 1
    assert capsys.readouterr().err.splitlines()[-1].startswith("wince: There is nothing at")
    builder.table(tmp_path / "a")
    command = ["prepare", str(tmp_path / "a"), "--out", out]
    assert main([*command, "--split-file", "x.csv", "--split", "random-frames"]) == 2
    assert "exclude each other" in capsys.readouterr().err
    assert main([*command, "--split-file", str(tmp_path / "x.csv")]) == 1
    assert "There is no split file at" in capsys.readouterr().err
    assert main([*command, "--layout", "unbc"]) == 1
    assert "Looked for unbc: Images/" in capsys.readouterr().err
    (tmp_path / "file").write_text("")
    assert main([*command[:-1], str(tmp_path / "file" / "out")]) == 1
    assert "file/out cannot be written" in capsys.readouterr().err
