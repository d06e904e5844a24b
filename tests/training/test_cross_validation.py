"""Folds, their table and their merged predictions; architectures compared on them."""

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs wince[train]")

from tests.support import training_sample as sample
from tests.support.frames import Frame
from wince.errors import DataError, ModelError
from wince.evaluation import agreement, regression
from wince.evaluation.prediction_files import read_predictions
from wince.runtime.estimator import Estimator
from wince.training import architecture_comparison, cross_validation
from wince.training.architecture_comparison import ArchitectureComparison, ArchitectureResult
from wince.training.cross_validation import (
    BY_SUBJECT,
    MEAN,
    POOLED,
    CrossValidation,
    cross_validate,
)
from wince.training.run import Reporter


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, frames: list[Frame]) -> Path:
    return sample.prepared(tmp_path_factory.mktemp("data"), frames)


@pytest.fixture(scope="module")
def validated(tmp_path_factory: pytest.TempPathFactory, folder: Path) -> CrossValidation:
    out = tmp_path_factory.mktemp("cv") / "resnet18"
    return cross_validate(folder, out, sample.settings(epochs=1), folds="3", first=2)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_every_frame_is_scored_by_a_model_that_has_not_seen_its_subject(
    validated: CrossValidation,
) -> None:
    merged = rows(validated.folder / "predictions.csv")
    assert {row["fold"] for row in merged} == {"1", "2"}
    for fold in ("1", "2"):
        own = {row["subject"] for row in merged if row["fold"] == fold}
        card = json.loads((validated.folder / f"fold-{fold}" / "model.json").read_text())
        assert own and not own & set(card["subjects_seen"])
    assert all(row["overlap"] == "0" for row in merged)


def test_the_table_has_each_fold_all_frames_and_means(validated: CrossValidation) -> None:
    merged = read_predictions(validated.folder / "predictions.csv")
    table = {row["fold"]: row for row in rows(validated.folder / "folds.csv")}
    assert list(table) == ["1", "2", POOLED, MEAN, BY_SUBJECT]
    assert merged.fold is not None
    maes = []
    for fold in ("1", "2"):
        one = merged.take(np.flatnonzero(merged.fold == fold))
        maes.append(regression.mae(one.pspi, one.predicted))
        assert float(table[fold]["mae"]) == pytest.approx(maes[-1], rel=1e-4)
        assert int(table[fold]["frames"]) == len(one)
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


def test_folds_are_models_without_checkpoints(validated: CrossValidation) -> None:
    assert not list(validated.folder.rglob("*.ckpt"))
    assert Estimator(validated.folder / "fold-1").manifest["head"] == "pspi"


def test_the_report_says_how_many_of_the_folds_are_in_it(validated: CrossValidation) -> None:
    about = " ".join(validated.metrics["about"])
    assert "A model for each fold: wince-strong" in about
    assert "3 folds by subject" in about
    assert "Only 2 of the 3 folds are here." in about
    assert "Only 2 of the 3" in (validated.folder / "evaluation" / "report.html").read_text()


def test_finished_folds_are_kept(validated: CrossValidation, folder: Path) -> None:
    def stamps() -> dict[str, int]:
        found = validated.folder.glob("fold-*/model.onnx")
        return {str(path): path.stat().st_mtime_ns for path in found}

    before, told = stamps(), []
    again = cross_validate(
        folder,
        validated.folder,
        sample.settings(epochs=1),
        folds="3",
        first=2,
        reporter=Reporter(message=told.append),
    )
    assert stamps() == before
    assert not any(words.startswith("Epoch") for words in told)
    assert again.rows == validated.rows


def test_a_folder_of_other_folds_is_refused(validated: CrossValidation, folder: Path) -> None:
    with pytest.raises(ModelError, match=r"folds: 3; now 5\)"):
        cross_validate(folder, validated.folder, sample.settings(epochs=1), folds="5")


def test_a_fold_with_nothing_to_learn_is_found_before_any_is_trained(
    frames: list[Frame], tmp_path: Path
) -> None:
    calm = [frame for frame in frames if frame.pspi == 0]
    pained = [frame for frame in frames if frame.pspi > 5][:1]
    folder = sample.prepared(tmp_path, [*calm, *pained])
    with pytest.raises(DataError, match="no pain expression to learn"):
        cross_validate(folder, tmp_path / "cv", sample.settings(epochs=1), folds="3")
    assert not (tmp_path / "cv").exists()


def test_architectures_are_compared_on_the_same_folds(
    validated: CrossValidation, folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "comparison"
    shutil.copytree(validated.folder, out / "resnet18")  # its first fold is finished already
    wanted = sample.settings(epochs=1)
    done = architecture_comparison.compare(
        folder, out, wanted, names=["resnet18", "mobilenet"], folds="3", first=1
    )
    found = json.loads((out / "comparison.json").read_text())
    assert found["winner"] == done.rows[0].architecture
    assert {row.architecture for row in done.rows} == {"resnet18", "mobilenet"}
    by_name = {row.architecture: row for row in done.rows}
    assert by_name["mobilenet"].parameters < by_name["resnet18"].parameters
    assert by_name["mobilenet"].megabytes < by_name["resnet18"].megabytes
    assert all(row.milliseconds > 0 for row in done.rows)
    assert {row.began_from for row in done.rows} == {"random weights"}
    assert done.rows[0].ccc >= done.rows[1].ccc
    tables = {name: read_predictions(out / name / "predictions.csv") for name in by_name}
    assert tables["mobilenet"].subjects == tables["resnet18"].subjects
    for name, row in by_name.items():
        one = tables[name]
        assert row.ccc == pytest.approx(agreement.ccc(one.pspi, one.predicted), abs=1e-9)
    lead = done.lead
    assert lead is not None
    assert lead[0] == pytest.approx(done.rows[0].ccc - done.rows[1].ccc)
    assert lead[1] <= lead[2]
    assert ("more than the choice" in done.verdict) or ("not more than" in done.verdict)
    assert (out / "comparison.png").read_bytes()[:4] == b"\x89PNG"


def test_a_comparison_of_different_beginnings_says_so(tmp_path: Path) -> None:
    def row(name: str, began_from: str) -> ArchitectureResult:
        return ArchitectureResult(name, 0.5, 0.5, 0.5, 1, 0.7, 1, 1, 1, 1, began_from)

    alike = (row("resnet18", "random weights"), row("mobilenet", "random weights"))
    other = (row("resnet18", "ImageNet weights"), row("mobilenet", "random weights"))
    lead = (0.1, 0.05, 0.2)
    assert "like with like" not in ArchitectureComparison(tmp_path, alike, lead, "").verdict
    assert (
        "different weights (resnet18 ImageNet weights, mobilenet random weights)"
        in ArchitectureComparison(tmp_path, other, lead, "").verdict
    )


def test_a_wrong_name_is_refused_before_anything_is_trained(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no architecture 'resnet17'"):
        architecture_comparison.compare(
            folder, tmp_path / "x", sample.settings(), names=["resnet18", "resnet17"], folds="3"
        )
    assert not (tmp_path / "x").exists()


def test_folders_of_folds_have_safe_names(folder: Path) -> None:
    from wince.training.folds import Split

    none = np.array([], np.intp)
    names = [
        cross_validation.folder_name(Split(name, none, none, none, "", ""))
        for name in ("1", "042-ll042", "../x", "a b")
    ]
    assert names == ["fold-1", "fold-042-ll042", "fold-_x", "fold-a_b"]
