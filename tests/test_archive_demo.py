"""`wince demo-archive` and `wince prepare` as a user meets them."""

from pathlib import Path

import pytest

import archive_builder as builder
from wince.archive import demo_archive, layouts, manifest
from wince.cli import main
from wince.cli.prepare import LayoutName


@pytest.fixture(scope="module")
def demo(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "new" / "demo"
    assert main(["demo-archive", str(folder)]) == 0
    return folder


def test_the_demo_archive_is_small_and_whole(demo: Path) -> None:
    layout, base = layouts.recognise(demo)
    files = list(layout.files(base))
    labels = [layout.read_label(base, file) for file in files]
    assert len(files) == 600
    assert len({file.subject for file in files}) == 12
    assert all(file.label and None not in file.ratings for file in files)
    assert all(label.action_units and not label.doubt for label in labels)
    by_level = {level: set() for level in ("none", "mild", "moderate", "severe")}
    from wince import scale

    for file, label in zip(files, labels, strict=True):
        by_level[scale.level(label.pspi)].add(file.subject)
    assert all(len(subjects) >= 4 for subjects in by_level.values()), "enough to split by subject"
    assert sum(path.stat().st_size for path in demo.rglob("*") if path.is_file()) < 6e6
    assert "anny" in (demo / "README.md").read_text("utf-8")


def test_the_demo_archive_is_prepared_by_the_next_command(
    demo: Path, tmp_path: Path, capsys
) -> None:
    out = tmp_path / "out"
    assert main(["prepare", str(demo), "--out", str(out)]) == 0
    said = capsys.readouterr().out
    assert "Files found" in said
    assert "4. The label's first token is a number from 0 to 16" in said
    assert f"Report: {out / 'report.html'}" in said
    prepared = manifest.open_prepared(out)
    assert prepared.report["kept"] == prepared.report["faces"]["found"] == 600
    assert prepared.report["warnings"] == []
    for part in prepared.report["split"]["parts"].values():
        assert all(part["levels"].values()), "every level is in every part"
    assert main(["prepare", str(demo), "--out", str(out), "--split", "random-frames"]) == 0
    said = capsys.readouterr().out
    assert "subjects overlap: optimistic" in said.replace("\n", " ")
    assert "600 pictures had been looked at before" in said
    assert "backup_" in said


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path, capsys) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    assert main(["demo-archive", str(tmp_path)]) == 1
    assert "not an empty folder" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
    empty = tmp_path / "empty"
    empty.mkdir()
    assert demo_archive.write(empty) == 600
    assert not list(tmp_path.glob(".empty*"))


def test_every_layout_can_be_named_on_the_command_line() -> None:
    assert tuple(LayoutName) == layouts.NAMES


def test_what_is_wrong_is_said_in_one_line(tmp_path: Path, capsys) -> None:
    out = str(tmp_path / "out")
    assert main(["prepare", str(tmp_path / "absent"), "--out", out]) == 1
    assert capsys.readouterr().err.splitlines()[-1].startswith("wince: There is nothing at")
    builder.table(tmp_path / "a")
    words = ["prepare", str(tmp_path / "a"), "--out", out]
    assert main([*words, "--split-file", "x.csv", "--split", "random-frames"]) == 2
    assert "exclude each other" in capsys.readouterr().err
    assert main([*words, "--split-file", str(tmp_path / "x.csv")]) == 1
    assert "There is no split file at" in capsys.readouterr().err
    assert main([*words, "--layout", "unbc"]) == 1
    assert "Looked for unbc: Images/" in capsys.readouterr().err
    (tmp_path / "file").write_text("")
    assert main([*words[:-1], str(tmp_path / "file" / "out")]) == 1
    assert "cannot be made" in capsys.readouterr().err
