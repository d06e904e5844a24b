"""A prepared folder is not a place for results, and its names stay what they are."""

import json
import shutil
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="needs wince[train]")

from tests.support.frames import Frame
from wince.archive import given_split
from wince.archive.prepare import PrepareOptions, prepare
from wince.archive.prepared_folder import open_prepared
from wince.cli import main
from wince.evaluation.evaluate import evaluate
from wince.evaluation.prediction_files import read_predictions
from wince.evaluation.report.result_files import _subjects_csv
from wince.training.data.frames import read_frames
from wince.training.predictions import prediction_table


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


def test_names_like_formulas_stay_what_they_are_on_the_way_to_an_evaluation(
    frames: list[Frame], tmp_path: Path
) -> None:
    archive = tmp_path / "archive"
    archive.mkdir()
    names = [f"={number}+1.jpg" for number in range(6)]
    lines = ["image,subject,pspi"]
    for name, frame in zip(names, frames, strict=False):
        shutil.copy(frame.path, archive / name)
        lines.append(f"{name},@{frame.subject},{frame.pspi}")
    (archive / "frames.csv").write_text("\n".join(lines))
    prepare(archive, tmp_path / "prepared", PrepareOptions(workers=1, split="random-frames"))
    text = (tmp_path / "prepared" / "manifest.csv").read_text()
    assert ",'@" in text
    assert ",@" not in text
    prepared = open_prepared(tmp_path / "prepared")
    every_frame = read_frames(prepared)
    assert set(every_frame.path) == set(names)
    assert {Path(row["path"]).name for row in prepared.rows()} == set(names)
    assert given_split.read(tmp_path / "prepared").by == "path"
    table = {
        name: list(getattr(every_frame, name)) for name in ("subject", "sequence", "frame")
    } | {"pspi": [str(value) for value in every_frame.score], "predicted": ["-0.5"] * 6}
    prediction_table.write(tmp_path / "predictions.csv", table)
    assert "'-0.5" not in (tmp_path / "predictions.csv").read_text()
    predictions = read_predictions(tmp_path / "predictions.csv")
    assert set(predictions.subjects) == set(every_frame.subject)
    assert all(subject.startswith("@") for subject in predictions.subjects)
    assert "'@" in _subjects_csv(evaluate(predictions))
