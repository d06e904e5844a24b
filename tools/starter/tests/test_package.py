"""The packaged model of a finished run."""

import csv
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs wince[train]")

import wince
from tests.support.frames import Frame
from tests.support.starter_sample import NEIGHBOUR, FinishedRun
from tests.support.training_sample import write_archive
from tools.starter import package, stretch
from wince.evaluation.prediction_files import read_predictions
from wince.runtime.estimator import interpret, starter_folder
from wince.training.export import model_manifest, onnx_export


def test_the_packaged_model_can_be_used_at_once(
    finished_run: FinishedRun, frames: list[Frame]
) -> None:
    assessment = wince.Assessor(finished_run.model).assess(frames[0].path)
    assert assessment.model["name"] == package.NAME
    assert sorted(path.name for path in finished_run.model.iterdir()) == [
        "MODEL_CARD.md",
        "model.json",
        "model.onnx",
    ]


def test_the_model_names_the_people_it_has_seen_and_only_them(finished_run: FinishedRun) -> None:
    manifest = finished_run.manifest
    assert manifest["subjects_seen"] == sorted({*finished_run.faces.subject, NEIGHBOUR})
    assert manifest["trained_on"]["faces_rated_once"] == 2


def test_a_model_of_a_fold_names_the_people_it_has_seen(finished_run: FinishedRun) -> None:
    folder = finished_run.run / "fold1" / finished_run.fold_precision
    subjects = finished_run.faces.subject[finished_run.fold != 0]
    assert model_manifest.read(folder)["subjects_seen"] == sorted({*subjects, NEIGHBOUR})


def test_the_predictions_are_of_models_that_had_not_seen_the_faces(
    finished_run: FinishedRun,
) -> None:
    with (finished_run.run / "readings.csv").open() as file:
        rows = list(csv.DictReader(file))
    faces, precision = finished_run.faces, finished_run.fold_precision
    assert [row["frame"] for row in rows] == faces.image.tolist()
    held_out = finished_run.fold == 0
    scores, _ = onnx_export.scores(finished_run.run / "fold1" / precision, faces.crops[held_out])
    other_fold = np.load(finished_run.run / "fold2" / "scores.npz")[precision]
    line = stretch.fit(other_fold, faces.units[~held_out])
    expected = interpret(line(scores), np.zeros((*line(scores).shape, 0, 0)), "action-units").raw
    predicted = [float(row["predicted"]) for row in rows if row["fold"] == "1"]
    np.testing.assert_allclose(predicted, expected, atol=6e-4)


def test_another_archive_is_measured_subject_by_subject(
    frames: list[Frame], tmp_path: Path
) -> None:
    archive = write_archive(tmp_path / "archive", frames)
    metrics = package.on_other_archive(starter_folder(), archive, tmp_path / "work")
    table = read_predictions(tmp_path / "work" / "readings" / "predictions.csv")
    assert metrics["frames"] == len(table)
    pooled = np.corrcoef(table.predicted, table.pspi)[0, 1]
    assert metrics["pcc_pooled"] == pytest.approx(pooled, abs=6e-4)
    by_subject = metrics["pcc_by_subject"]
    scores_of = {
        frame.subject: {f.pspi for f in frames if f.subject == frame.subject} for frame in frames
    }
    assert set(by_subject) == {name for name, scores in scores_of.items() if len(scores) > 1}
    mean = np.mean(list(by_subject.values()))
    assert metrics["pcc_mean_of_subjects"] == pytest.approx(mean, abs=6e-4)
