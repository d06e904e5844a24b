"""A site's training of a round: what it writes, what it sends, and how it continues."""

import json
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="needs wince[train]")

from tests.support import training_sample as sample
from wince.errors import DataError, FileWriteError, ModelError
from wince.evaluation.prediction_files import read_predictions
from wince.named_scales import ScaleOptions
from wince.runtime.estimator import Estimator
from wince.training.federation import (
    averaging,
    exchange_files,
    site_evaluation,
    site_training,
    study,
)


def test_a_site_sends_weights_counts_and_digests_and_nothing_else(
    study_folder: Path,
    prepared_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = study_folder / "round-000.pt"
    out = tmp_path / "site"

    def train() -> site_training.SiteUpdate:
        return site_training.train_site(first, prepared_folder, "north", out, sample.CPU)

    with monkeypatch.context() as stopped:
        stopped.setattr(exchange_files, "write", lambda *arguments: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            train()
    assert not list(out.glob("*.pt"))
    update = train()  # continues with the weights of the finished epoch
    current = study.read(first)
    assert dict(update.header) == {
        "format": 1,
        "kind": "update",
        "site": "north",
        "round": 0,
        "subjects": len(sample.subjects(prepared_folder, "train")),
        "frames": len(sample.part_rows(prepared_folder, "train")),
        "settings_sha256": current.study.sha256,
        "weights_sha256": exchange_files.sha256(current.weights),
        "versions": update.header["versions"],
    }
    assert set(update.header["versions"]) == {"wince", "torch", "python"}
    assert update.path == out / "update-000-north.pt"
    assert not torch.equal(update.weights["fc.weight"], current.weights["fc.weight"])
    assert sorted(path.name for path in (out / "round-000").iterdir()) == [
        "config.json",
        "history.csv",
        "history.png",
    ]
    content = update.path.read_bytes()
    private = {row[key] for row in sample.rows(prepared_folder / "manifest.csv") for key in row}
    for text in {*private, str(tmp_path), prepared_folder.name} - {""}:
        assert len(text) < 4 or text.encode() not in content, text

    modified = update.path.stat().st_mtime_ns
    train()  # is finished
    assert update.path.stat().st_mtime_ns == modified
    another = tmp_path / "again"
    repeated = site_training.train_site(first, prepared_folder, "north", another, sample.CPU)
    assert repeated.path.read_bytes() == content
    config = json.loads((out / "round-000" / "config.json").read_text())
    config["data"]["manifest_sha256"] = "0" * 64
    (out / "round-000" / "config.json").write_text(json.dumps(config))
    with pytest.raises(FileWriteError, match="of other data, or of another round"):
        train()


def test_a_site_refuses_what_it_cannot_train(
    study_folder: Path, prepared_folder: Path, tmp_path: Path
) -> None:
    first = study_folder / "round-000.pt"

    def train(round_file: Path, site: str = "a") -> None:
        site_training.train_site(round_file, prepared_folder, site, tmp_path / "out", sample.CPU)

    with pytest.raises(ModelError, match="small letters, digits and hyphens"):
        train(first, "Ward 7/b")
    with pytest.raises(ModelError, match=r"missing\.pt cannot be read"):
        train(study_folder / "missing.pt")
    current = study.read(first)
    last = study_folder / "round-002.pt"
    history = ({"sites": 2, "subjects": 4, "frames": 40},) * 2
    study.write(study.Round(last, current.study, 2, current.weights, "random weights", history))
    with pytest.raises(ModelError, match="the last of 2 rounds"):
        train(last)
    settings = sample.settings(architecture="shallow_cnn", epochs=1)
    scale = ScaleOptions("vas").scale()
    study.start(tmp_path / "vas", settings, 2, scale)
    with pytest.raises(DataError, match="has labels on the scale"):
        train(tmp_path / "vas" / "round-000.pt")


def test_a_study_begins_from_no_weights_that_name_subjects(
    trained_run: Path, tmp_path: Path
) -> None:
    settings = sample.settings(architecture="resnet18", init=str(trained_run))
    with pytest.raises(ModelError, match="would send their names to every site"):
        study.start(tmp_path / "study", settings, 2)
    with pytest.raises(ModelError, match="cannot begin from the exported model"):
        study.start(tmp_path / "study", sample.settings(init="starter"), 2)
    assert not (tmp_path / "study").exists()


def test_the_rate_falls_between_rounds_only_and_each_round_draws_anew(study_folder: Path) -> None:
    recipe = sample.tiny("strong")
    current = study.read(study_folder / "round-000.pt").study
    rounds = [current.settings(number, "none", sample.CPU) for number in range(2)]
    assert rounds[0].recipe.rate == pytest.approx(recipe.rate)
    assert rounds[1].recipe.rate == pytest.approx(recipe.rate * study.LAST_RATE)
    assert rounds[1].recipe.head_rate == pytest.approx(recipe.head_rate * study.LAST_RATE)
    assert {settings.recipe.schedule for settings in rounds} == {"constant"}
    assert rounds[0].seed != rounds[1].seed


@pytest.mark.usefixtures("quick_export")
def test_a_round_becomes_a_model_that_is_calibrated_at_the_site(
    study_folder: Path, prepared_folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "model"
    model = site_evaluation.evaluate_round(
        averaging.latest(study_folder).path, prepared_folder, out
    )
    assert model.metrics is not None
    assert model.metrics["frames"] == len(sample.part_rows(prepared_folder, "test"))
    estimator = Estimator(out)
    assert set(estimator.manifest["subjects_seen"]) == sample.subjects(
        prepared_folder, "train", "val"
    )
    trained_on = estimator.manifest["trained_on"]
    assert "the validation part of prepared" in trained_on["calibration"]
    assert "no site sends their names" in trained_on["notes"][0]
    table = read_predictions(out / "predictions.csv")
    assert set(table.subjects) == sample.subjects(prepared_folder, "test")
    assert (out / "MODEL_CARD.md").is_file()
