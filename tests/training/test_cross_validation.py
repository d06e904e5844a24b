"""Cross-validation: its folds, their table and their merged predictions."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs wince[train]")

from tests.support import training_sample as sample
from wince.errors import DataError, ModelError
from wince.evaluation.metrics import agreement, regression
from wince.evaluation.prediction_files import read_predictions
from wince.runtime.estimator import Estimator
from wince.training import cross_validation, fold_runs
from wince.training.cross_validation import (
    BY_SUBJECT,
    MEAN,
    POOLED,
    CrossValidation,
    cross_validate,
)
from wince.training.data.folds import Split
from wince.training.data.prepared import open_data
from wince.training.run import Reporter


def test_every_frame_is_scored_by_a_model_that_has_not_seen_its_subject(
    cross_validated: CrossValidation,
) -> None:
    merged = sample.rows(cross_validated.folder / "predictions.csv")
    assert {row["fold"] for row in merged} == {"1", "2"}
    for fold in ("1", "2"):
        tested = {row["subject"] for row in merged if row["fold"] == fold}
        path = cross_validated.folder / f"fold-{fold}" / "model.json"
        assert tested and not tested & set(json.loads(path.read_text())["subjects_seen"])
    assert all(row["overlap"] == "0" for row in merged)


def test_the_table_has_each_fold_all_frames_and_means(cross_validated: CrossValidation) -> None:
    merged = read_predictions(cross_validated.folder / "predictions.csv")
    table = {row["fold"]: row for row in sample.rows(cross_validated.folder / "folds.csv")}
    assert list(table) == ["1", "2", POOLED, MEAN, BY_SUBJECT]
    assert merged.fold is not None
    maes = []
    for fold in ("1", "2"):
        of_fold = merged.take(np.flatnonzero(merged.fold == fold))
        maes.append(regression.mae(of_fold.pspi, of_fold.predicted))
        assert float(table[fold]["mae"]) == pytest.approx(maes[-1], rel=1e-4)
        assert int(table[fold]["frames"]) == len(of_fold)
    assert float(table[MEAN]["mae"]) == pytest.approx(np.mean(maes), rel=1e-4)
    pooled = table[POOLED]
    assert float(pooled["mae"]) == pytest.approx(
        regression.mae(merged.pspi, merged.predicted), rel=1e-4
    )
    assert float(pooled["pcc"]) == pytest.approx(
        agreement.pcc(merged.pspi, merged.predicted), rel=1e-4
    )
    by_subject = [
        regression.mae(merged.pspi[merged.subject == n], merged.predicted[merged.subject == n])
        for n in range(len(merged.subjects))
    ]
    assert float(table[BY_SUBJECT]["mae"]) == pytest.approx(np.mean(by_subject), rel=1e-4)


def test_the_mean_is_of_the_training_labels_of_each_fold(
    cross_validated: CrossValidation, prepared_folder: Path
) -> None:
    """Two of three folds are here; their test parts say little about their training parts."""
    labels = sample.rows(prepared_folder / "manifest.csv")
    mean = {}
    for fold in ("1", "2"):
        config = json.loads((cross_validated.folder / f"fold-{fold}" / "config.json").read_text())
        train = config["part"]["train"]["subjects"]
        mean[fold] = np.mean([float(row["pspi"]) for row in labels if row["subject"] in train])
    merged = sample.rows(cross_validated.folder / "predictions.csv")
    expected = np.mean([abs(float(row["pspi"]) - mean[row["fold"]]) for row in merged])
    baseline = cross_validated.metrics["baselines"]["mean"]["pooled"]["mae"]
    assert baseline == pytest.approx(expected)
    assert cross_validated.metrics["reference"]["source"] == "the training labels of each fold"


def test_a_fold_is_calibrated_on_the_other_folds_and_not_on_its_validation_part(
    cross_validated: CrossValidation,
) -> None:
    merged = sample.rows(cross_validated.folder / "predictions.csv")
    others = [row for row in merged if row["fold"] == "2"]
    errors = [float(row["pspi"]) - float(row["raw"]) for row in others]
    for row in merged:
        if row["fold"] == "1" and 0 < float(row["predicted"]) < 16:
            shift = float(row["predicted"]) - float(row["raw"])
            assert min(errors) - 1e-3 <= shift <= max(errors) + 1e-3
            assert min(abs(shift - error) for error in errors) < 1e-3
    about = " ".join(cross_validated.metrics["about"])
    assert "The subjects of the other folds calibrate it." in about


def test_folds_are_models_without_checkpoints(cross_validated: CrossValidation) -> None:
    assert not list(cross_validated.folder.rglob("*.ckpt"))
    assert Estimator(cross_validated.folder / "fold-1").manifest["head"] == "pspi"


def test_the_report_says_how_many_of_the_folds_are_in_it(cross_validated: CrossValidation) -> None:
    about = " ".join(cross_validated.metrics["about"])
    assert "A model for each fold: wince-strong" in about
    assert "3 folds by subject" in about
    assert "Only 2 of the 3 folds are here." in about
    assert "Only 2 of the 3" in (cross_validated.folder / "evaluation" / "report.html").read_text()


@pytest.mark.usefixtures("undrawn_plots")
def test_finished_folds_are_kept(cross_validated: CrossValidation, prepared_folder: Path) -> None:
    def stamps() -> dict[str, int]:
        folder = cross_validated.folder
        files = [*folder.glob("fold-*/model.onnx"), *folder.rglob("record.json")]
        return {str(path): path.stat().st_mtime_ns for path in files}

    before, messages = stamps(), []
    assert len(before) == 5
    resumed = cross_validate(
        prepared_folder,
        cross_validated.folder,
        sample.settings(epochs=1),
        folds="3",
        first=2,
        reporter=Reporter(message=messages.append),
    )
    assert stamps() == before
    assert not any(message.startswith("Epoch") for message in messages)
    assert resumed.rows == cross_validated.rows


def test_a_folder_of_other_folds_is_refused(
    cross_validated: CrossValidation, prepared_folder: Path
) -> None:
    out = cross_validated.folder
    with pytest.raises(ModelError, match=r"folds: 3; now 5\)"):
        cross_validate(prepared_folder, out, sample.settings(epochs=1), folds="5")


def test_a_fold_with_nothing_to_learn_is_found_before_any_is_trained(
    prepared_folder: Path, tmp_path: Path
) -> None:
    settings = sample.settings(epochs=1)
    data = open_data(prepared_folder, settings.spec)
    pspi = data.frames.score
    rows = np.concatenate([np.flatnonzero(pspi == 0), np.flatnonzero(pspi > 5)[:1]])
    without_pain = replace(
        data, frames=data.frames.take(rows), image_states=data.image_states[rows]
    )
    with pytest.raises(DataError, match="no pain expression to learn"):
        cross_validation.cross_validate_data(
            without_pain, tmp_path / "cv", settings, "3", None, Reporter()
        )
    assert not (tmp_path / "cv").exists()


def test_folders_of_folds_have_safe_names() -> None:
    rows = np.array([], np.intp)
    names = [
        fold_runs.folder_name(Split(name, rows, rows, rows, "", ""))
        for name in ("1", "042-ll042", "../x", "a b")
    ]
    assert names == ["fold-1", "fold-042-ll042", "fold-_x", "fold-a_b"]
