"""A run from a prepared folder to a served model, resumed after a real kill, and evaluated."""

import csv
import html
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

torch = pytest.importorskip("torch", reason="needs wince[train]")


from tests.support import training_sample as sample
from tests.support.frames import ROOT, Frame
from wince import Assessor
from wince.errors import DataError, ModelError
from wince.evaluation import plot_style
from wince.protocol_names import OPTIMISTIC
from wince.runtime.estimator import Estimator
from wince.training import (
    checkpoints,
    evaluate_model,
    exported_weights,
    folds,
    history,
    initial_weights,
    model_folder,
    network,
    pixel_cache,
    run,
    trained_network,
)
from wince.training.fit import fit
from wince.training.history import COLUMNS
from wince.training.prepared import open_data
from wince.training.run_settings import Devices


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, frames: list[Frame]) -> Path:
    return sample.prepared(tmp_path_factory.mktemp("data"), frames)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, folder: Path) -> Path:
    """A finished run that learned action units."""
    out = tmp_path_factory.mktemp("runs") / "units"
    run.train(folder, out, sample.settings(head="action-units"))
    return out


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def subjects(folder: Path, *parts: str) -> set[str]:
    return {row["subject"] for row in rows(folder / "manifest.csv") if row["split"] in parts}


def test_a_run_folder_holds_everything(trained: Path) -> None:
    assert sorted(path.name for path in trained.iterdir()) == [
        "MODEL_CARD.md",
        "checkpoints",
        "config.json",
        "evaluation",
        "history.csv",
        "history.png",
        "model.json",
        "model.onnx",
        "predictions.csv",
    ]
    assert [path.name for path in (trained / "checkpoints").iterdir()] == ["best.ckpt"]
    epochs = rows(trained / "history.csv")
    assert tuple(epochs[0]) == COLUMNS
    assert [row["epoch"] for row in epochs] == ["1", "2"]
    assert all(float(row["train_loss"]) > 0 and float(row["val_mae"]) > 0 for row in epochs)


def test_a_run_can_be_assessed_with_at_once(trained: Path, frames: list[Frame]) -> None:
    assessment = Assessor(trained).assess(frames[0].path)
    assert assessment.model["name"] == "wince-strong"
    assert assessment.action_units is not None
    assert 0 < assessment.confidence < 1


def test_weights_carry_the_subjects_that_trained_and_chose_them(
    trained: Path, folder: Path
) -> None:
    expected = subjects(folder, "train", "val")
    card = json.loads((trained / "model.json").read_text())
    assert set(card["subjects_seen"]) == expected
    held = checkpoints.read_weights(trained)
    assert set(held.meta["subjects_seen"]) == expected
    assert not expected & subjects(folder, "test")


def test_predictions_are_of_the_test_part_by_the_exported_file(trained: Path, folder: Path) -> None:
    found = {row["frame"]: row for row in rows(trained / "predictions.csv")}
    manifest = [row for row in rows(folder / "manifest.csv") if row["split"] == "test"]
    assert found.keys() == {row["frame"] for row in manifest}
    estimator = Estimator(trained)
    loaded = open_data(folder, estimator.spec)
    look = pixel_cache.image_reader(loaded.prepared, estimator.spec)
    for row in manifest:
        raw = float(estimator(look(row["crop"])[None]).raw[0])
        verdict = estimator.calibration(raw)
        assert float(found[row["frame"]]["predicted"]) == pytest.approx(verdict.pspi, abs=2e-4)
        assert float(found[row["frame"]]["low"]) == pytest.approx(verdict.interval[0], abs=2e-3)
        assert found[row["frame"]]["sex"] == row["sex"]


def test_the_calibration_is_of_the_validation_part(trained: Path, folder: Path) -> None:
    held = [row for row in rows(folder / "manifest.csv") if row["split"] == "val"]
    card = json.loads((trained / "model.json").read_text())
    assert card["calibration"]["faces"] == len(held)
    assert "validation subjects" in (trained / "MODEL_CARD.md").read_text()


def test_the_card_states_what_the_evaluation_measured(trained: Path) -> None:
    metrics = json.loads((trained / "evaluation" / "metrics.json").read_text())
    figures = json.loads((trained / "model.json").read_text())["figures"]["test"]
    for key in ("mae", "pcc", "auc_1"):
        assert figures["pooled"][key] == pytest.approx(metrics["model"]["pooled"][key], abs=1e-4)
    text = (trained / "MODEL_CARD.md").read_text()
    assert f"| MAE, points | {figures['pooled']['mae']:.3f} |" in text
    assert "not a medical device" in text


def test_the_same_call_again_finds_the_run_finished(trained: Path, folder: Path) -> None:
    before = (trained / "model.onnx").stat().st_mtime_ns
    done = run.train(folder, trained, sample.settings(head="action-units"))
    assert (trained / "model.onnx").stat().st_mtime_ns == before
    metrics = json.loads((trained / "evaluation" / "metrics.json").read_text())
    assert done.metrics is not None
    assert done.metrics["model"]["pooled"]["mae"] == metrics["model"]["pooled"]["mae"]


def test_a_folder_that_holds_another_run_is_refused(trained: Path, folder: Path) -> None:
    with pytest.raises(ModelError, match=r"has another run \(recipe epochs: 2, now 3\)"):
        run.train(folder, trained, sample.settings(head="action-units", epochs=3))


def test_a_run_that_never_got_through_an_epoch_gives_way_to_other_options(
    folder: Path, tmp_path: Path
) -> None:
    with pytest.raises(ModelError, match="There are no weights at nowhere"):
        run.train(folder, tmp_path, sample.settings("report", init="nowhere"))
    done = run.train(folder, tmp_path, sample.settings("report", epochs=1))
    assert done.metrics is not None
    with pytest.raises(ModelError, match="init: none, now nowhere"):
        run.train(folder, tmp_path, sample.settings("report", epochs=1, init="nowhere"))


@pytest.mark.parametrize(
    "where", [{"accelerator": "abacus"}, {"devices": "0"}, {"devices": "x"}, {"strategy": "luck"}]
)
def test_devices_that_cannot_be_had_are_said_so(
    folder: Path, tmp_path: Path, where: dict[str, str]
) -> None:
    wanted = sample.settings(devices=Devices(**{"accelerator": "cpu", "devices": "1", **where}))
    (name, value), *_ = where.items()
    with pytest.raises(ModelError, match=rf"--{name} {value}.*auto takes what there is"):
        run.train(folder, tmp_path, wanted)


SCRIPT = """
import sys
from pathlib import Path
from tests.support import training_sample as sample
from wince.training import run
run.train(Path(sys.argv[1]), Path(sys.argv[2]), sample.settings(epochs=3),
          run.Reporter(message=lambda words: print(words, flush=True)))
"""


def test_a_killed_run_goes_on_to_the_same_result(folder: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-c", SCRIPT, str(folder), str(tmp_path / "killed")]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    last = tmp_path / "killed" / "checkpoints" / "last.ckpt"
    try:
        end = time.monotonic() + 240
        while not last.exists() and child.poll() is None and time.monotonic() < end:
            time.sleep(0.005)
        os.kill(child.pid, signal.SIGKILL)
    finally:
        child.kill()
        child.wait()
        assert child.stdout is not None
        child.stdout.close()
    assert child.returncode == -signal.SIGKILL
    assert not (tmp_path / "killed" / "model.json").exists()
    assert last.exists()
    done_before = torch.load(last, weights_only=True)["epoch"] + 1
    told: list[str] = []
    for name in ("killed", "whole"):
        fit_only(folder, tmp_path / name, told if name == "killed" else [])
    assert sum(words.startswith("Epoch") for words in told) == 3 - done_before
    assert done_before == 3 or told[0] == f"Continuing after epoch {done_before}."
    one, other = (checkpoints.read(tmp_path / name / "checkpoints" / "last.ckpt") for name in NAMES)
    for part in ("state_dict", "current_model_state", "averaging_state"):
        assert one[part].keys() == other[part].keys()
        for name in one[part]:
            assert torch.equal(one[part][name], other[part][name]), name
    best, also_best = (checkpoints.read_weights(tmp_path / name).weights for name in NAMES)
    assert all(torch.equal(best[name], also_best[name]) for name in best)
    histories = [rows(tmp_path / name / "history.csv") for name in NAMES]
    for row in (*histories[0], *histories[1]):
        row.pop("seconds")
    assert histories[0] == histories[1]


NAMES = ("killed", "whole")


def fit_only(folder: Path, out: Path, told: list[str]) -> None:
    """Train as `run.train` does, up to the best checkpoint."""
    wanted = sample.settings(epochs=3)
    data = open_data(folder, wanted.spec)
    pixels = pixel_cache.load(data, wanted.spec)
    fit(pixels, data.frames, folds.from_prepared(data), wanted, out, message=told.append)


def test_evaluating_on_people_it_has_seen_is_refused_then_marked(
    trained: Path, folder: Path, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match=r"has seen people .* pass --allow-overlap"):
        evaluate_model.predict(trained, None, tmp_path, part="all")
    assert not list(tmp_path.iterdir())
    tested = evaluate_model.predict(trained, folder, tmp_path, part="all", allow_overlap=True)
    from wince.evaluation.evaluate import evaluate

    metrics = evaluate(tested.table, resamples=0)
    assert metrics["overlap"]["label"] == OPTIMISTIC
    assert metrics["overlap"]["subjects"] == len(subjects(folder, "train", "val"))


def test_beginning_with_weights_that_have_seen_the_test_part_is_told_and_marked(
    trained: Path, frames: list[Frame], tmp_path: Path
) -> None:
    other = sample.prepared(tmp_path, frames, seed=1)
    tested = subjects(other, "test")
    known = tested & set(Estimator(trained).manifest["subjects_seen"])
    assert known
    told: list[str] = []
    out = tmp_path / "run"
    wanted = sample.settings(epochs=1, init=str(trained), head="action-units")
    done = run.train(other, out, wanted, run.Reporter(message=told.append))
    assert f"have seen {len(known)} of the {len(tested)} subjects of the test part" in told[0]
    assert OPTIMISTIC in told[0]
    assert done.metrics is not None
    assert done.metrics["overlap"]["label"] == OPTIMISTIC
    assert OPTIMISTIC in Estimator(out).manifest["title"]
    assert OPTIMISTIC in (out / "MODEL_CARD.md").read_text()
    red = tuple(bytes.fromhex(plot_style.RED[1:]))
    for folder, marked in ((out, True), (trained, False)):
        with Image.open(folder / "history.png") as picture:
            colours = picture.convert("RGB").getcolors(1 << 24)
        assert (red in {colour for _, colour in colours}) == marked


def test_the_report_says_which_model_was_measured_on_what(
    trained: Path, folder: Path, tmp_path: Path
) -> None:
    page = html.unescape((trained / "evaluation" / "report.html").read_text())
    assert "wince-strong, aligned crops of 32 x 32 pixels, recipe strong" in page
    assert "head action-units, began from random weights" in page
    assert "Measured on: the test part of prepared." in page
    count = len([row for row in rows(folder / "manifest.csv") if row["split"] == "train"])
    assert f"Its training: {count} frames of" in page
    about = evaluate_model.predict(trained, None, tmp_path, part="test").about
    assert about[1] in page
    assert Estimator(trained).manifest["version"] in about[0]


def test_the_plot_of_the_history_says_what_its_lines_are(trained: Path) -> None:
    found = [{name: float(row[name]) for name in row} for row in rows(trained / "history.csv")]
    legend = history.plot(found, "val_ccc").legends[0]
    words = [text.get_text() for text in legend.get_texts()]
    assert words == ["best epoch, by validation CCC", "training", "validation"]


def test_evaluating_knows_what_was_trained_on(trained: Path, folder: Path, tmp_path: Path) -> None:
    tested = evaluate_model.predict(trained, None, tmp_path)
    train = [float(r["pspi"]) for r in rows(folder / "manifest.csv") if r["split"] == "train"]
    assert tested.training is not None
    np.testing.assert_allclose(np.sort(tested.training.pspi), np.sort(train))
    predicted = [row["predicted"] for row in rows(tmp_path / "predictions.csv")]
    assert predicted == [row["predicted"] for row in rows(trained / "predictions.csv")]


def test_a_model_that_is_no_run_needs_a_folder_to_be_tested_on(
    trained: Path, tmp_path: Path
) -> None:
    for name in ("model.onnx", "model.json"):
        shutil.copy(trained / name, tmp_path / name)
    with pytest.raises(DataError, match="Name a prepared folder with --data"):
        evaluate_model.predict(tmp_path / "model.onnx", None, tmp_path / "out")


def test_an_empty_part_is_named(trained: Path, folder: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="Expected the part train, val, test or all"):
        evaluate_model.predict(trained, folder, tmp_path, part="dev")


def test_int8_is_measured_beside_fp32(trained: Path, folder: Path, tmp_path: Path) -> None:
    found = model_folder.export_run(trained, tmp_path / "int8", "int8").export
    assert found["difference"] < 1e-4
    assert found["held_out"] == "test"
    assert found["frames"] == len(
        [row for row in rows(folder / "manifest.csv") if row["split"] == "test"]
    )
    assert found["costs"]["int8"]["megabytes"] < found["costs"]["fp32"]["megabytes"] / 3
    raw = [float(row["predicted"]) for row in rows(tmp_path / "int8" / "predictions.csv")]
    labels = [float(row["pspi"]) for row in rows(tmp_path / "int8" / "predictions.csv")]
    mae = np.abs(np.array(raw) - labels).mean()
    assert found["costs"]["int8"]["mae"] == pytest.approx(mae, abs=1e-3)
    assert Estimator(tmp_path / "int8").manifest["figures"]["export"]["precision"] == "int8"
    can_be_learned_on_from(trained, tmp_path / "int8" / "model.onnx", folder)


def can_be_learned_on_from(trained: Path, path: Path, folder: Path) -> None:
    """Check that a network restored from a packaged file is the one that was packaged."""
    original = trained_network.load(trained)
    loaded = open_data(folder, original.spec)
    look = pixel_cache.image_reader(loaded.prepared, original.spec)
    faces = np.stack([look(name) for name in loaded.frames.crop.tolist()])
    again = network.build(6)
    inputs = initial_weights.normalised(faces, original.spec)
    exported_weights.restore(again, path, inputs)
    again.fc = original.network.fc
    with torch.no_grad():
        expected = original.network(inputs)
        for mode in (again.eval(), again.train()):  # its normalisation layers know their inputs
            difference = (mode(inputs) - expected).abs().max()
            assert difference < 0.1 * expected.std() + 0.02


def test_a_run_is_not_exported_with_other_data(
    trained: Path, frames: list[Frame], tmp_path: Path
) -> None:
    other = sample.prepared(tmp_path, frames[:15])
    with pytest.raises(ModelError, match=r"is not what .* was trained on"):
        model_folder.export_run(trained, tmp_path / "out", "fp32", other)


def test_random_frames_are_marked_in_every_output(frames: list[Frame], tmp_path: Path) -> None:
    folder = sample.prepared(tmp_path, frames, split="random-frames")
    told: list[str] = []
    done = run.train(
        folder,
        tmp_path / "run",
        sample.settings("report", epochs=1),
        run.Reporter(message=told.append),
    )
    assert any(OPTIMISTIC in words for words in told)
    assert done.metrics is not None
    assert done.metrics["overlap"]["label"] == OPTIMISTIC
    assert OPTIMISTIC in (tmp_path / "run" / "MODEL_CARD.md").read_text()
    card = json.loads((tmp_path / "run" / "model.json").read_text())
    assert OPTIMISTIC in card["title"]
    assert card["face_spec"]["kind"] == "whole"
    with pytest.raises(DataError, match="--allow-overlap"):
        evaluate_model.predict(tmp_path / "run", None, tmp_path / "out")
