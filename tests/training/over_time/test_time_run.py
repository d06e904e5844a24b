"""Training of models of time on the rendered faces: folds, the table, and what is kept."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tests.support.training_sample import rows
from wince.errors import DataError, ModelError
from wince.evaluation.metrics import agreement
from wince.protocol_names import OPTIMISTIC
from wince.training.data.unscorable import Unscorable
from wince.training.over_time import time_run
from wince.training.over_time.time_run import train_over_time
from wince.training.over_time.time_settings import TimeSettings
from wince.training.over_time.time_table import TimeTable

SINGLE = ["network", "per-frame", "network-mean-of-11", "per-frame-mean-of-11"]


def test_every_model_scores_every_frame_once_in_the_same_order(
    trained_over_time: tuple[Path, TimeTable], prepared_folder: Path
) -> None:
    out, _ = trained_over_time
    keys = ("subject", "sequence", "frame", "pspi", "fold")
    tables = [rows(out / name / "predictions.csv") for name in [*SINGLE, "gru", "tcn"]]
    frames = [[tuple(row[key] for key in keys) for row in table] for table in tables]
    manifest = rows(prepared_folder / "manifest.csv")
    assert all(other == frames[0] for other in frames)
    assert len(set(frames[0])) == len([row for row in manifest if row["crop"]])


def test_the_table_has_the_metrics_of_the_predictions(
    trained_over_time: tuple[Path, TimeTable],
) -> None:
    out, table = trained_over_time
    by_name = {row["model"]: row for row in rows(out / "over_time.csv")}
    predictions = rows(out / "tcn" / "predictions.csv")
    labels, scores = (
        np.array([float(row[key]) for row in predictions]) for key in ("pspi", "predicted")
    )
    assert float(by_name["tcn"]["ccc"]) == pytest.approx(agreement.ccc(labels, scores), abs=1e-5)
    assert float(by_name["tcn"]["mae"]) == pytest.approx(np.abs(labels - scores).mean(), abs=1e-5)
    reference = float(by_name[table.reference]["ccc"])
    difference = float(by_name["tcn"]["ccc"]) - reference
    assert float(by_name["tcn"]["ccc_difference"]) == pytest.approx(difference, abs=2e-5)
    assert by_name[table.reference]["ccc_difference"] == ""


def test_the_network_s_row_has_the_scores_of_the_model_itself(
    trained_over_time: tuple[Path, TimeTable], prepared_folder: Path
) -> None:
    from wince.runtime.estimator import Estimator
    from wince.training.data.prepared import open_data
    from wince.training.predictions.frame_scores import score_frames

    estimator = Estimator()
    data = open_data(prepared_folder, estimator.spec)
    every = np.arange(len(data.frames))
    scores = score_frames(estimator, estimator.spec, data, every).raw
    expected = dict(zip(data.frames.path.tolist(), scores.tolist(), strict=True))
    keys = ("subject", "sequence", "frame")
    names = {
        tuple(str(getattr(data.frames, key)[row]) for key in keys): data.frames.path[row]
        for row in every
    }
    for row in rows(trained_over_time[0] / "network" / "predictions.csv"):
        path = str(names[tuple(row[key] for key in keys)])
        assert float(row["raw"]) == pytest.approx(expected[path], abs=1e-3)


def test_the_same_call_keeps_finished_models_and_gives_the_same_table(
    trained_over_time: tuple[Path, TimeTable],
    prepared_folder: Path,
    time_settings: TimeSettings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out, table = trained_over_time
    monkeypatch.setattr(time_run, "fit", None)  # nothing may be fitted again
    record = (out / "record.json").read_text()
    assert train_over_time(prepared_folder, out, time_settings) == table
    assert (out / "record.json").read_text() == record


def test_another_training_in_the_same_folder_is_refused(
    trained_over_time: tuple[Path, TimeTable], prepared_folder: Path, time_settings: TimeSettings
) -> None:
    with pytest.raises(ModelError, match="other settings"):
        train_over_time(prepared_folder, trained_over_time[0], replace(time_settings, window=9))


def test_a_network_that_has_seen_the_subjects_is_marked_and_never_wins(
    prepared_folder: Path, trained_run: Path, time_settings: TimeSettings, tmp_path: Path
) -> None:
    settings = replace(time_settings, kinds=("gru",), init=str(trained_run), epochs=1)
    table = train_over_time(prepared_folder, tmp_path / "run", settings)
    content = json.loads((tmp_path / "run" / "over_time.json").read_text("utf-8"))
    assert table.winner is None
    assert content["caution"] == OPTIMISTIC
    assert {row["protocol"] for row in rows(tmp_path / "run" / "over_time.csv")} == {OPTIMISTIC}
    marks = {row["overlap"] for row in rows(tmp_path / "run" / "gru" / "predictions.csv")}
    assert "1" in marks


def test_the_features_are_kept_and_computed_again_when_the_file_is_damaged(
    trained_over_time: tuple[Path, TimeTable], prepared_folder: Path, tmp_path: Path
) -> None:
    from wince.runtime.estimator import Estimator
    from wince.training.data.prepared import open_data
    from wince.training.over_time import features

    folder = shutil.copytree(prepared_folder, tmp_path / "prepared")
    (path,) = (folder / "features").glob(f"{Estimator().manifest['sha256'][:12]}-*.npz")
    data = open_data(folder, Estimator().spec)
    kept = features.load(Estimator(), data)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(DataError, match="Delete it"):
        features.load(Estimator(), data)
    path.unlink()
    renewed = features.load(Estimator(), data)
    np.testing.assert_array_equal(renewed.features, kept.features)
    assert kept.features.shape == (len(data.frames), 512)


def test_labelled_frames_without_a_score_are_counted() -> None:
    reasons = np.array(["no face found"] * 3 + ["damaged picture"])
    data: Any = SimpleNamespace(unscorable=Unscorable(None, reasons), frames=range(96))  # type: ignore[arg-type]  # only counted
    (note,) = time_run._left_out(data)
    assert note.startswith(
        "4 of 100 labelled frames have no score (3 no face found, 1 damaged picture). They are"
    )
    empty: Any = SimpleNamespace(unscorable=Unscorable(None, reasons[:0]), frames=range(96))  # type: ignore[arg-type]  # only counted
    assert time_run._left_out(empty) == []


def test_the_notes_say_that_the_step_is_not_known(
    trained_over_time: tuple[Path, TimeTable],
) -> None:
    out, table = trained_over_time
    assert any("State the rate of the sequences with --fps" in note for note in table.notes)
    config = json.loads((out / "config.json").read_text("utf-8"))
    assert config["data"]["step"] is None
