"""A prepared folder is not a place for results."""

import json
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="needs wince[train]")

from wince.cli import main


@pytest.mark.parametrize(
    "command",
    [
        ["evaluate", "--predictions", "x.csv"],
        ["export", "--state-dict", "x.pt"],
        ["train", "{out}", "--init", "none"],
        ["cross-validate", "{out}", "--init", "none"],
        ["compare", "{out}", "--init", "none"],
    ],
)
def test_results_are_not_written_among_the_files_of_a_prepared_folder(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "report.json").write_text(json.dumps({}))
    (tmp_path / "report.html").write_text("precious")
    arguments = [part.format(out=tmp_path) for part in command]
    assert main([*arguments, "--out", str(tmp_path)]) == 1
    assert "is a folder that `wince prepare` wrote" in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report.html", "report.json"]
