"""The model folder that a run ends with, or that `wince export` writes from it."""

import html
import json
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest

import wince

torch = pytest.importorskip("torch", reason="needs wince[train]")

from tests.support import narrow_network
from tests.support import training_sample as sample
from wince.errors import ModelError
from wince.runtime.estimator import Estimator
from wince.training import evaluate_model
from wince.training.cross_validation import CrossValidation, cross_validate
from wince.training.data import pixel_cache
from wince.training.data.prepared import open_data
from wince.training.export import model_folder, trained_network
from wince.training.networks import initial_weights, network, weights_from_onnx
from wince.training.predictions import subject_calibration


def test_predictions_are_of_the_test_part_by_the_exported_file(
    trained_run: Path, prepared_folder: Path
) -> None:
    predictions = {row["frame"]: row for row in sample.rows(trained_run / "predictions.csv")}
    tested = sample.part_rows(prepared_folder, "test")
    assert predictions.keys() == {row["frame"] for row in tested}
    estimator = Estimator(trained_run)
    data = open_data(prepared_folder, estimator.spec)
    read_image = pixel_cache.image_reader(data.prepared, estimator.spec)
    for row in tested:
        raw = float(estimator(read_image(row["crop"])[None]).raw[0])
        expected = estimator.calibration(raw)
        prediction = predictions[row["frame"]]
        assert float(prediction["predicted"]) == pytest.approx(expected.score, abs=2e-4)
        assert float(prediction["low"]) == pytest.approx(expected.interval[0], abs=2e-3)
        assert prediction["sex"] == row["sex"]


def test_the_calibration_is_of_the_validation_part(
    trained_run: Path, prepared_folder: Path
) -> None:
    manifest = json.loads((trained_run / "model.json").read_text())
    assert manifest["calibration"]["faces"] == len(sample.part_rows(prepared_folder, "val"))
    assert "validation subjects" in (trained_run / "MODEL_CARD.md").read_text()


def test_card_title_and_report_say_first_that_few_subjects_allow_no_interval(
    trained_run: Path,
) -> None:
    manifest = json.loads((trained_run / "model.json").read_text())
    count = manifest["calibration"]["subjects"]
    note = f"at least 19 people, and the errors on only {count} are known"
    assert note in manifest["title"]
    assert note in manifest["trained_on"]["calibration"]
    card = (trained_run / "MODEL_CARD.md").read_text()
    sentence = "The 90 % interval of every frame is the whole scale."
    assert card.splitlines()[2].startswith(f"> **{sentence}")
    metrics = json.loads((trained_run / "evaluation" / "metrics.json").read_text())
    assert metrics["caveats"][0].startswith(sentence)


@pytest.mark.usefixtures("quick_export", "undrawn_plots")
def test_the_scores_of_a_cross_validation_calibrate_the_model_instead(
    trained_run: Path, prepared_folder: Path, tmp_path: Path
) -> None:
    settings = sample.settings(epochs=2, head="action-units")
    with pytest.MonkeyPatch.context() as monkeypatch:
        narrow_network.use(monkeypatch)
        validated = cross_validate(prepared_folder, tmp_path / "cv", settings, folds="3")
    out = tmp_path / "model"
    model_folder.export_run(trained_run, out, "fp32", cross_validation=validated.folder)
    calibration = json.loads((out / "model.json").read_text())["calibration"]
    unseen = sample.subjects(prepared_folder, "train", "val")
    assert calibration["subjects"] == len(unseen)
    assert calibration["faces"] == len(sample.part_rows(prepared_folder, "train", "val"))
    assert "a network of a cross-validation" in (out / "MODEL_CARD.md").read_text()


def test_a_cross_validation_of_other_settings_does_not_calibrate(
    trained_run: Path, cross_validated: CrossValidation, tmp_path: Path
) -> None:
    with pytest.raises(ModelError, match="another recipe than the run"):
        model_folder.export_run(
            trained_run, tmp_path / "out", "fp32", cross_validation=cross_validated.folder
        )
    with pytest.raises(ModelError, match="not a finished cross-validation"):
        model_folder.export_run(trained_run, tmp_path / "out", "fp32", cross_validation=tmp_path)


def test_the_model_card_has_the_metrics_of_the_evaluation(trained_run: Path) -> None:
    metrics = json.loads((trained_run / "evaluation" / "metrics.json").read_text())
    test_part = json.loads((trained_run / "model.json").read_text())["figures"]["test"]
    for key in ("mae", "pcc", "auc_1"):
        expected = metrics["model"]["pooled"][key]
        assert test_part["pooled"][key] == expected
    text = (trained_run / "MODEL_CARD.md").read_text()
    assert f"| MAE, points | {test_part['pooled']['mae']:.3f} |" in text
    assert "not a medical device" in text


def test_the_report_names_the_model_and_the_data_it_was_measured_on(
    trained_run: Path, prepared_folder: Path, tmp_path: Path
) -> None:
    page = html.unescape((trained_run / "evaluation" / "report.html").read_text())
    assert "wince-strong, aligned crops of 32 x 32 pixels, recipe strong" in page
    assert "head action-units, began from random weights" in page
    assert "Measured on: the test part of prepared." in page
    count = len(sample.part_rows(prepared_folder, "train"))
    assert f"Its training: {count} frames of" in page
    about = evaluate_model.predict(trained_run, None, tmp_path, part="test").about
    assert about[1] in page
    assert Estimator(trained_run).manifest["version"] in about[0]


@pytest.mark.usefixtures("undrawn_plots")
def test_int8_is_compared_with_fp32(
    trained_run: Path, prepared_folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "int8"
    export = model_folder.export_run(trained_run, out, "int8").export
    assert export["difference"] < 1e-4
    assert export["held_out"] == "test"
    assert export["frames"] == len(sample.part_rows(prepared_folder, "test"))
    assert export["costs"]["int8"]["megabytes"] < export["costs"]["fp32"]["megabytes"] / 3
    rows = sample.rows(out / "predictions.csv")
    errors = [float(row["raw"]) - float(row["pspi"]) for row in rows]
    assert export["costs"]["int8"]["mae"] == pytest.approx(np.abs(errors).mean(), abs=1e-3)
    assert Estimator(out).manifest["figures"]["export"]["precision"] == "int8"
    assert (
        Estimator(out).manifest["made"]["training"]
        == Estimator(trained_run).manifest["made"]["training"]
    )
    check_restored_weights(trained_run, out / "model.onnx", prepared_folder)


def check_restored_weights(run: Path, path: Path, prepared_folder: Path) -> None:
    """Check that a network restored from an exported file is the one that was exported."""
    original = trained_network.load(run)
    data = open_data(prepared_folder, original.spec)
    read_image = pixel_cache.image_reader(data.prepared, original.spec)
    faces = np.stack([read_image(name) for name in data.frames.crop.tolist()])
    restored = network.build(6)
    inputs = initial_weights.normalised(faces, original.spec)
    weights_from_onnx.restore(restored, path, inputs)
    restored.fc = original.network.fc
    with torch.no_grad():
        expected = original.network(inputs)
        for mode in (restored.eval(), restored.train()):  # BatchNorm was set from these inputs
            difference = (mode(inputs) - expected).abs().max()
            assert difference < 0.1 * expected.std() + 0.02


def test_a_run_is_not_exported_with_other_data(
    trained_run: Path, random_frames_folder: Path, tmp_path: Path
) -> None:
    with pytest.raises(ModelError, match=r"is not what .* was trained on"):
        model_folder.export_run(trained_run, tmp_path / "out", "fp32", random_frames_folder)


def test_an_uncalibrated_model_takes_every_error_as_equally_likely() -> None:
    result = subject_calibration.uncalibrated()(8.0)
    assert result.interval == (0.0, 16.0)
    assert np.isclose(sum(result.level_probabilities.values()), 1)
    assert result.confidence < 0.5


def test_a_model_states_what_it_was_trained_and_exported_with(
    trained_run: Path,
) -> None:
    made = json.loads((trained_run / "model.json").read_text())["made"]
    assert made["training"] == made["export"]
    assert made["training"]["libraries"]["torch"] == version("torch")
    assert made["training"]["libraries"]["onnx"] == version("onnx")
    assert made["training"]["hardware"]["cores"] >= 1
    card = (trained_run / "MODEL_CARD.md").read_text()
    assert f"Trained with wince {wince.__version__}" in card
    assert "Exported with" not in card
