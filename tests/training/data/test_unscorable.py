"""Labelled frames that a model cannot score: which they are, and that evaluations count them."""

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs wince[train]")

from tests.support import training_sample as sample
from wince.archive.prepared_folder import open_prepared
from wince.evaluation.evaluate import evaluate
from wince.evaluation.prediction_files import read_predictions
from wince.evaluation.report.result_files import without_nan
from wince.faces.spec import FaceSpec
from wince.training import cross_validation, evaluate_model, run
from wince.training.cross_validation import cross_validate
from wince.training.data import folds, unscorable
from wince.training.data.frames import read_frames
from wince.training.data.prepared import open_data
from wince.training.run import Reporter

Folder = tuple[Path, dict[str, str]]
SPEC = FaceSpec(size=32)
WHOLE = FaceSpec(kind="whole", size=32, side=0.0, centre=0.0)


def test_every_labelled_frame_without_a_usable_image_has_its_reason(
    folder_with_missing: Folder,
) -> None:
    folder, reasons = folder_with_missing
    missing = open_data(folder, SPEC).unscorable
    reason_of = dict(zip(missing.frames.path.tolist(), missing.reason.tolist(), strict=True))
    assert reason_of == reasons
    assert set(missing.frames.score.tolist()) == {9.0}
    assert set(missing.frames.groups["sex"].tolist()) == {"female"}
    parts = {row["subject"]: row["split"] for row in sample.rows(folder / "manifest.csv")}
    for subject, part in zip(missing.frames.subject, missing.frames.split, strict=True):
        if subject != "nobody":
            assert part == parts[str(subject)]


def test_a_model_of_whole_images_needs_no_face(folder_with_missing: Folder) -> None:
    folder, reasons = folder_with_missing
    prepared = open_prepared(folder)
    missing = unscorable.find(prepared, read_frames(prepared), WHOLE)
    expected = {name for name, reason in reasons.items() if reason != unscorable.NO_FACE}
    assert set(missing.frames.path.tolist()) == expected


def test_a_folder_of_an_earlier_version_has_no_labels_of_excluded_frames(
    folder_to_change: Path,
) -> None:
    path = folder_to_change / "excluded.csv"
    path.write_text("path,subject,sequence,reason,detail,label_path,line\nx.png,a,s,no label,,,\n")
    assert len(open_data(folder_to_change, SPEC).unscorable) == 0


def test_the_numbers_by_part_are_said_before_training(folder_with_missing: Folder) -> None:
    data = open_data(folder_with_missing[0], SPEC)
    (sentence,) = unscorable.sentences(data.unscorable, data.frames)
    for part in ("train", "val", "test"):
        missing = int((data.unscorable.frames.split == part).sum())
        labelled = missing + int((data.frames.split == part).sum())
        assert missing and f"{part} part {missing} of {labelled}" in sentence
    split = folds.from_prepared(data)
    tested = folds.unscorable_in_test(split, data)
    assert set(tested.frames.split.tolist()) == {"test"}


def test_an_evaluation_of_a_model_counts_them(
    trained_run: Path, folder_with_missing: Folder, tmp_path: Path
) -> None:
    folder, reasons = folder_with_missing
    predictions = evaluate_model.predict(
        trained_run, folder, tmp_path, part="all", allow_overlap=True
    )
    metrics = evaluate(predictions.table, resamples=0)
    counts = metrics["not_scored"]
    assert counts["frames"] == len(reasons)
    assert counts["labelled"] == len(reasons) + len(predictions.table)
    assert counts["reasons"] == dict(Counter(reasons.values()))
    assert counts["levels"]["moderate"]["not_scored"] == len(reasons)
    assert counts["subjects_without_score"] == 1
    assert {"train", "val", "test"} <= counts["groups"]["part"].keys()
    right = metrics["model"]["pooled"]["four_levels_accuracy"] * len(predictions.table)
    expected = right / counts["labelled"]
    accuracy = counts["as_errors"]["pooled"]["four_levels_accuracy"]
    assert accuracy == pytest.approx(expected)
    read = read_predictions(tmp_path / "predictions.csv")
    of_file = evaluate(read, resamples=0)["not_scored"]
    assert without_nan(of_file) == without_nan(counts)


@pytest.mark.usefixtures("narrow_network", "quick_export", "undrawn_plots")
def test_the_evaluation_at_the_end_of_a_training_counts_them(
    folder_with_missing: Folder, tmp_path: Path
) -> None:
    folder, _ = folder_with_missing
    messages: list[str] = []
    settings = sample.settings(epochs=1)
    finished = run.train(folder, tmp_path / "run", settings, Reporter(message=messages.append))
    assert any("frames without a score: train part" in message for message in messages)
    assert finished.metrics is not None
    subjects = sample.subjects(folder, "test")
    assert finished.metrics["not_scored"]["frames"] == 4 * len(subjects)
    second_run = run.train(folder, tmp_path / "run", settings)
    assert second_run.metrics is not None
    counts, second_counts = finished.metrics["not_scored"], second_run.metrics["not_scored"]
    assert without_nan(second_counts) == without_nan(counts)
    test_part = json.loads((tmp_path / "run" / "model.json").read_text())["figures"]["test"]
    assert test_part["not_scored"]["frames"] == 4 * len(subjects)
    card = (tmp_path / "run" / "MODEL_CARD.md").read_text()
    assert f"**{4 * len(subjects)} of " in card
    assert f"{test_part['as_errors']['four_levels_accuracy']:.3f}" in card


@pytest.mark.usefixtures("narrow_network", "quick_export", "undrawn_plots")
def test_a_cross_validation_counts_them_by_fold(
    folder_with_missing: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, _ = folder_with_missing
    monkeypatch.setattr(cross_validation, "write_results", lambda *_: None)
    validated = cross_validate(folder, tmp_path, sample.settings(epochs=1), folds="3", first=1)
    counts = validated.metrics["not_scored"]
    tested = {row["subject"] for row in sample.rows(tmp_path / "fold-1" / "predictions.csv")}
    missing = 4 * len(tested)
    assert counts["frames"] == missing + 4, "the four frames of nobody are in no fold"
    assert counts["groups"]["fold"] == {
        "1": {"labelled": validated.rows[0]["frames"] + missing, "not_scored": missing},
        "not stated": {"labelled": 4, "not_scored": 4},
    }
    assert validated.rows[0]["not_scored"] == missing
    caveats = validated.metrics["caveats"]
    assert any(caveat.startswith(f"{counts['frames']} of") for caveat in caveats)
    table = validated.predictions
    assert table is not None
    assert np.isfinite(table.predicted).all()
