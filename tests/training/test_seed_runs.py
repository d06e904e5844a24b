"""Runs and cross-validations with several seeds."""

import json
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="needs wince[train]")

from tests.support import training_sample as sample
from wince.errors import DataError
from wince.training import seed_runs
from wince.training.cross_validation import cross_validate
from wince.training.run import Reporter

pytestmark = pytest.mark.usefixtures("quick_export", "undrawn_plots", "narrow_network")


def stamps(folder: Path) -> dict[str, int]:
    """Return when the models in a folder were written."""
    return {str(path): path.stat().st_mtime_ns for path in folder.rglob("model.onnx")}


def test_a_finished_run_gets_further_seeds_and_keeps_its_model(
    prepared_folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    settings = sample.settings(head="action-units", epochs=1)
    assert seed_runs.train_seeds(prepared_folder, out, settings, 1, Reporter())[1] is None
    model = (out / "model.onnx").read_bytes()
    run, summary = seed_runs.train_seeds(prepared_folder, out, settings, 2, Reporter())
    assert (out / "model.onnx").read_bytes() == model
    assert (out / "seed-1" / "model.onnx").read_bytes() != model
    assert json.loads((out / "seed-1" / "config.json").read_text())["seed"] == 1
    assert json.loads((out / "seed-1" / "record.json").read_text())["part"] is True
    assert run.metrics is not None
    assert summary is not None
    written = json.loads((out / "seeds.json").read_text())
    assert written["first"] == 0
    mae = written["metrics"]["mae"]["pooled"]
    assert mae["0"] == run.metrics["model"]["pooled"]["mae"]
    other = json.loads((out / "seed-1" / "evaluation" / "metrics.json").read_text())
    assert mae["1"] == other["model"]["pooled"]["mae"]
    report = (out / "evaluation" / "report.html").read_text()
    assert "<h2>Seeds</h2>" in report
    assert "wince-strong, aligned crops" in report

    before = stamps(out)
    seed_runs.train_seeds(prepared_folder, out, settings, 2, Reporter())
    assert stamps(out) == before
    assert json.loads((out / "seeds.json").read_text()) == written


def test_all_seeds_of_a_cross_validation_have_the_folds_of_the_first(
    prepared_folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "cv"
    settings = sample.settings(epochs=1)
    one_seed = cross_validate(prepared_folder, out, settings, folds="3", first=2)
    validated = cross_validate(prepared_folder, out, settings, folds="3", first=2, seeds=2)
    for fold in ("fold-1", "fold-2"):
        first, second = (
            json.loads((folder / fold / "config.json").read_text())
            for folder in (out, out / "seed-1")
        )
        assert first["part"] == second["part"]
        assert (first["seed"], second["seed"]) == (0, 1)
    record = json.loads((out / "seed-1" / "record.json").read_text())
    assert record["seeds"] == {"folds": 0, "training": 1}
    assert record["sha256"] == json.loads((out / "record.json").read_text())["sha256"]
    assert validated.rows == one_seed.rows
    assert validated.seeds is not None
    (mae,) = [metric for metric in validated.seeds.metrics if metric.key == "mae"]
    assert list(mae.folds[0]) == [row["mae"] for row in one_seed.rows[:2]]
    assert mae.pooled[0] == one_seed.rows[2]["mae"]
    assert mae.pooled[1] != mae.pooled[0]
    assert "<h2>Seeds and folds</h2>" in (out / "evaluation" / "report.html").read_text()


def test_seeds_that_are_finished_stay_when_a_later_one_is_stopped(tmp_path: Path) -> None:
    def run(seed: int, folder: Path, reporter: Reporter) -> int:
        if seed == 9:
            raise DataError("stopped")
        folder.mkdir(exist_ok=True)
        (folder / "result").write_text(str(seed))
        return seed

    with pytest.raises(DataError):
        seed_runs.repeat(tmp_path, 7, 3, Reporter(), run)
    assert (tmp_path / "result").read_text() == "7"
    assert (tmp_path / "seed-8" / "result").read_text() == "8"
