"""A run from a prepared folder to a model that can be served, resumed after a real kill."""

import importlib.metadata
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

torch = pytest.importorskip("torch", reason="needs wince[train]")

from tests.support import training_sample as sample
from tests.support import undrawn_plots
from tests.support.frames import ROOT, Frame
from wince import Assessor
from wince.errors import DataError, ModelError
from wince.evaluation.report import plot_style
from wince.faces.spec import FaceSpec
from wince.protocol_names import OPTIMISTIC
from wince.runtime.estimator import Estimator
from wince.training import evaluate_model, run
from wince.training.data import folds, pixel_cache
from wince.training.data.prepared import open_data
from wince.training.fitting import history
from wince.training.fitting.fit import fit
from wince.training.fitting.history import COLUMNS
from wince.training.fitting.run_settings import Devices
from wince.training.networks import checkpoints


def test_a_run_folder_has_everything(trained_run: Path) -> None:
    assert sorted(path.name for path in trained_run.iterdir()) == [
        "MODEL_CARD.md",
        "checkpoints",
        "config.json",
        "evaluation",
        "history.csv",
        "history.png",
        "model.json",
        "model.onnx",
        "predictions.csv",
        "record.json",
    ]
    assert [path.name for path in (trained_run / "checkpoints").iterdir()] == ["best.ckpt"]
    epochs = sample.rows(trained_run / "history.csv")
    assert tuple(epochs[0]) == COLUMNS
    assert [row["epoch"] for row in epochs] == ["1", "2"]
    assert all(float(row["train_loss"]) > 0 and float(row["val_mae"]) > 0 for row in epochs)


def test_a_run_records_how_it_was_made(trained_run: Path, prepared_folder: Path) -> None:
    record = json.loads((trained_run / "record.json").read_text())
    data = open_data(prepared_folder, FaceSpec(size=32))
    config = json.loads((trained_run / "config.json").read_text())
    assert record["sha256"] == {
        "manifest": config["data"]["manifest_sha256"],
        "split": folds.from_prepared(data).sha256(data.frames),
        "initial weights": None,
    }
    assert record["data"] == {
        "folder": str(prepared_folder.resolve()),
        "face_specs": [config["face_spec"]],
        "kind": "split",
    }
    assert record["part"] is False
    assert record["seeds"] == {"training": 0}
    assert record["libraries"]["torch"] == importlib.metadata.version("torch")
    assert record["torch"]["deterministic"] in ("always", "where possible")
    assert record["continued"] is False
    assert record["seconds"] > 0


def test_a_run_can_be_assessed_with_at_once(trained_run: Path, frames: list[Frame]) -> None:
    assessment = Assessor(trained_run).assess(frames[0].path)
    assert assessment.model["name"] == "wince-strong"
    assert assessment.action_units is not None
    assert 0 < assessment.confidence < 1


def test_weights_have_the_subjects_that_they_were_trained_and_chosen_on(
    trained_run: Path, prepared_folder: Path
) -> None:
    expected = sample.subjects(prepared_folder, "train", "val")
    manifest = json.loads((trained_run / "model.json").read_text())
    assert set(manifest["subjects_seen"]) == expected
    assert set(checkpoints.read_weights(trained_run).meta["subjects_seen"]) == expected
    assert not expected & sample.subjects(prepared_folder, "test")


def test_the_same_call_again_finds_the_run_finished(
    trained_run: Path, prepared_folder: Path
) -> None:
    before = (trained_run / "model.onnx").stat().st_mtime_ns
    continued = run.train(prepared_folder, trained_run, sample.settings(head="action-units"))
    assert (trained_run / "model.onnx").stat().st_mtime_ns == before
    metrics = json.loads((trained_run / "evaluation" / "metrics.json").read_text())
    assert continued.metrics is not None
    assert continued.metrics["model"]["pooled"]["mae"] == metrics["model"]["pooled"]["mae"]


def test_a_folder_that_has_another_run_is_refused(trained_run: Path, prepared_folder: Path) -> None:
    settings = sample.settings(head="action-units", epochs=3)
    with pytest.raises(ModelError, match=r"has another run \(recipe epochs: 2, now 3\)"):
        run.train(prepared_folder, trained_run, settings)
    settings = sample.settings(head="action-units", init="nowhere")
    with pytest.raises(ModelError, match="init: none, now nowhere"):
        run.train(prepared_folder, trained_run, settings)


def test_a_run_that_never_finished_an_epoch_is_replaced_by_one_with_other_settings(
    prepared_folder: Path, tmp_path: Path
) -> None:
    for init in ("nowhere", "elsewhere"):  # the second one reaches its weights too
        with pytest.raises(ModelError, match=f"There are no weights at {init}"):
            run.train(prepared_folder, tmp_path, sample.settings(init=init))
    assert json.loads((tmp_path / "config.json").read_text())["init"] == "elsewhere"


@pytest.mark.parametrize(
    "where", [{"accelerator": "abacus"}, {"devices": "0"}, {"devices": "x"}, {"strategy": "luck"}]
)
def test_a_device_that_is_missing_is_named(
    prepared_folder: Path, tmp_path: Path, where: dict[str, str]
) -> None:
    devices = Devices(**{"accelerator": "cpu", "devices": "1", **where})
    (name, value), *_ = where.items()
    with pytest.raises(ModelError, match=rf"--{name} {value}.*auto takes what is available"):
        run.train(prepared_folder, tmp_path, sample.settings(devices=devices))


SCRIPT = """
import sys
from dataclasses import replace
from pathlib import Path
import pytest
from tests.support import narrow_network, training_sample as sample
from wince.training import run
narrow_network.use(pytest.MonkeyPatch())
run.train(Path(sys.argv[1]), Path(sys.argv[2]), sample.settings(epochs=2))
"""


@pytest.mark.usefixtures("narrow_network", "undrawn_plots")
def test_a_killed_run_continues_to_the_same_result(prepared_folder: Path, tmp_path: Path) -> None:
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    kill_after_first_checkpoint(prepared_folder, killed)
    assert not (killed / "model.json").exists()
    finished = torch.load(killed / "checkpoints" / "last.ckpt", weights_only=True)["epoch"] + 1
    messages: list[str] = []
    fit_only(prepared_folder, killed, messages)
    fit_only(prepared_folder, whole, [])
    assert sum(message.startswith("Epoch") for message in messages) == 2 - finished
    assert finished == 2 or messages[0] == f"Continuing after epoch {finished}."
    last = [checkpoints.read(folder / "checkpoints" / "last.ckpt") for folder in (killed, whole)]
    for part in ("state_dict", "current_model_state", "averaging_state"):
        assert last[0][part].keys() == last[1][part].keys()
        for name in last[0][part]:
            assert torch.equal(last[0][part][name], last[1][part][name]), name
    best = [checkpoints.read_weights(folder).weights for folder in (killed, whole)]
    assert all(torch.equal(best[0][name], best[1][name]) for name in best[0])
    histories = [sample.rows(folder / "history.csv") for folder in (killed, whole)]
    for row in (*histories[0], *histories[1]):
        row.pop("seconds")
    assert histories[0] == histories[1]


def kill_after_first_checkpoint(folder: Path, out: Path) -> None:
    """Start a run in another process, and kill it when its first epoch is over."""
    command = [sys.executable, "-c", SCRIPT, str(folder), str(out)]
    child = subprocess.Popen(command, cwd=ROOT)
    last = out / "checkpoints" / "last.ckpt"
    try:
        end = time.monotonic() + 240
        while not last.exists() and child.poll() is None and time.monotonic() < end:
            time.sleep(0.005)
        os.kill(child.pid, signal.SIGKILL)
    finally:
        child.kill()
        child.wait()
    assert child.returncode == -signal.SIGKILL
    assert last.exists()


def fit_only(folder: Path, out: Path, messages: list[str]) -> None:
    """Train as `run.train` does, up to the best checkpoint."""
    settings = sample.settings(epochs=2)
    data = open_data(folder, settings.spec)
    pixels = pixel_cache.load(data, settings.spec)
    split = folds.from_prepared(data)
    fit(pixels, data.frames, split, settings, out, message=messages.append)


@pytest.mark.usefixtures("quick_export")
def test_initial_weights_that_have_seen_the_test_part_are_reported_and_marked(
    trained_run: Path, prepared_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    undrawn_plots.use_in_evaluations(monkeypatch)
    tested = sample.subjects(prepared_folder, "test")
    checkpoint = checkpoints.read(trained_run / "checkpoints" / "best.ckpt")
    checkpoint[checkpoints.KEY]["subjects_seen"] = sorted(tested)
    torch.save(checkpoint, tmp_path / "seen.ckpt")
    messages: list[str] = []
    out = tmp_path / "run"
    settings = sample.settings(epochs=1, init=str(tmp_path / "seen.ckpt"), head="action-units")
    trained = run.train(prepared_folder, out, settings, run.Reporter(message=messages.append))
    assert f"have seen {len(tested)} of the {len(tested)} subjects of the test part" in messages[0]
    assert OPTIMISTIC in messages[0]
    assert trained.metrics is not None
    assert trained.metrics["overlap"]["label"] == OPTIMISTIC
    assert OPTIMISTIC in Estimator(out).manifest["title"]
    assert OPTIMISTIC in (out / "MODEL_CARD.md").read_text()
    red = tuple(bytes.fromhex(plot_style.RED[1:]))
    for folder, marked in ((out, True), (trained_run, False)):
        with Image.open(folder / "history.png") as image:
            colours = image.convert("RGB").getcolors(1 << 24)
        assert (red in {colour for _, colour in colours}) == marked


@pytest.mark.usefixtures("quick_export", "undrawn_plots")
def test_runs_begun_one_from_another_keep_the_view_of_the_first(
    prepared_folder: Path, tmp_path: Path
) -> None:
    """From the packaged model, that run, its exported model; resumed without the first."""
    inits = ("starter", str(tmp_path / "first"), str(tmp_path / "exported"))
    for init, name in zip(inits, ("first", "second", "third"), strict=True):
        settings = sample.settings(init=init, epochs=1)
        run.train(prepared_folder, tmp_path / name, settings)
        manifest = json.loads((tmp_path / name / "model.json").read_text())
        spec = FaceSpec.from_dict(manifest["face_spec"])
        assert spec == replace(Estimator().spec, size=32), name
        if name == "second":
            (tmp_path / "exported").mkdir()
            for file in ("model.onnx", "model.json"):
                shutil.copy(tmp_path / name / file, tmp_path / "exported" / file)
    assert "an exported model" in (tmp_path / "third" / "MODEL_CARD.md").read_text()
    shutil.rmtree(tmp_path / "first")
    continued = run.train(
        prepared_folder, tmp_path / "second", sample.settings(init=inits[1], epochs=1)
    )
    assert continued.metrics is not None


@pytest.mark.usefixtures("narrow_network", "quick_export", "undrawn_plots")
def test_random_frames_are_marked_in_every_output(
    random_frames_folder: Path, tmp_path: Path
) -> None:
    messages: list[str] = []
    out = tmp_path / "run"
    settings = sample.settings("report", epochs=1)
    trained = run.train(random_frames_folder, out, settings, run.Reporter(messages.append))
    assert any(OPTIMISTIC in message for message in messages)
    assert trained.metrics is not None
    assert trained.metrics["overlap"]["label"] == OPTIMISTIC
    assert OPTIMISTIC in (out / "MODEL_CARD.md").read_text()
    manifest = json.loads((out / "model.json").read_text())
    assert OPTIMISTIC in manifest["title"]
    assert manifest["face_spec"]["kind"] == "whole"
    with pytest.raises(DataError, match="--allow-overlap"):
        evaluate_model.predict(out, None, tmp_path / "out")


def test_the_plot_of_the_history_has_a_legend(trained_run: Path) -> None:
    rows = [
        {name: float(value) for name, value in row.items()}
        for row in sample.rows(trained_run / "history.csv")
    ]
    legend = history.plot(rows, "val_ccc").legends[0]
    labels = [text.get_text() for text in legend.get_texts()]
    assert labels == ["best epoch, by validation CCC", "training", "validation"]
