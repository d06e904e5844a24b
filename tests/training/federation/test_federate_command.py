"""`wince federate`: what each command prints."""

from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="needs wince[train]")

from tests.support.federation import write_update
from wince import cli
from wince.training.federation import averaging


def test_a_study_by_commands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "study"
    start = ["federate", "start", "--out", str(folder), "--architecture", "shallow_cnn"]
    start += ["--size", "32", "--init", "none", "--rounds", "1"]
    assert cli.main(start) == 0
    assert f"Send {folder / 'round-000.pt'} to every site." in capsys.readouterr().out
    assert cli.main(start) == 1
    assert "exists already" in capsys.readouterr().err
    first = averaging.latest(folder)
    updates = [
        str(write_update(first, tmp_path / "sent", site, subjects=count, step=step))
        for site, count, step in (("a", 1, 0.1), ("b", 4, 0.2))
    ]
    assert cli.main(["federate", "average", str(folder), *updates]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:3] for line in lines if line.startswith(("a ", "b "))] == [
        ["a", "1", "10"],
        ["b", "4", "40"],
    ]
    assert lines[-1].startswith("The study is finished.")
    assert cli.main(["federate", "average", str(folder), *updates]) == 1
    error = capsys.readouterr().err
    assert error.startswith("wince: ")
    assert "the study is finished" in error
    assert cli.main(["federate"]) == 2
    assert "train-site" in capsys.readouterr().err
