"""A finished model scored on a part of a prepared folder."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs wince[train]")

from tests.support import training_sample as sample
from wince.errors import DataError
from wince.evaluation.evaluate import evaluate
from wince.evaluation.prediction_files import read_predictions
from wince.protocol_names import OPTIMISTIC
from wince.training import evaluate_model


def test_subjects_that_the_model_has_seen_are_refused_then_marked(
    trained_run: Path, prepared_folder: Path, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match=r"has seen people .* pass --allow-overlap"):
        evaluate_model.predict(trained_run, None, tmp_path, part="all")
    assert not list(tmp_path.iterdir())
    predictions = evaluate_model.predict(
        trained_run, prepared_folder, tmp_path, part="all", allow_overlap=True
    )
    metrics = evaluate(predictions.table, resamples=0)
    assert metrics["overlap"]["label"] == OPTIMISTIC
    subjects_seen = sample.subjects(prepared_folder, "train", "val")
    assert metrics["overlap"]["subjects"] == len(subjects_seen)


def test_predictions_of_a_run_come_with_its_training_labels(
    trained_run: Path, prepared_folder: Path, tmp_path: Path
) -> None:
    predictions = evaluate_model.predict(trained_run, None, tmp_path)
    labels = [float(row["pspi"]) for row in sample.part_rows(prepared_folder, "train")]
    assert predictions.training is not None
    np.testing.assert_allclose(np.sort(predictions.training.pspi), np.sort(labels))
    written, of_run = (
        [row["predicted"] for row in sample.rows(folder / "predictions.csv")]
        for folder in (tmp_path, trained_run)
    )
    assert written == of_run
    table, (found, labelled) = predictions.table, predictions.flow
    assert found.frames - sum(found.left_out.values()) == labelled.frames
    assert labelled.frames - sum(labelled.left_out.values()) == len(table) + len(table.unscored)
    tested = sample.part_rows(prepared_folder, "test")
    of_frame = {(row["subject"], row["sequence"], row["frame"]): row["au4"] for row in tested}
    assert table.units is not None
    for row, (sequence, frame) in enumerate(zip(table.sequence, table.frame, strict=True)):
        key = (*table.sequences[sequence].split("/", 1), str(frame))
        assert table.units[row, 0] == float(of_frame[key] or "nan")
    assert table.predicted_units is not None
    assert not np.isnan(table.predicted_units).any()


def test_the_table_in_memory_is_that_of_the_file(trained_run: Path, tmp_path: Path) -> None:
    table = evaluate_model.predict(trained_run, None, tmp_path).table
    read = read_predictions(tmp_path / "predictions.csv")
    assert (table.source, table.sha256, table.sequences) == (
        read.source,
        read.sha256,
        read.sequences,
    )
    assert read.probabilities is not None
    for name in ("subject", "frame", "pspi", "predicted", "probabilities", "interval", "overlap"):
        np.testing.assert_array_equal(getattr(table, name), getattr(read, name), name)


def test_a_model_without_a_run_needs_a_prepared_folder(trained_run: Path, tmp_path: Path) -> None:
    for name in ("model.onnx", "model.json"):
        shutil.copy(trained_run / name, tmp_path / name)
    with pytest.raises(DataError, match="Name a prepared folder with --data"):
        evaluate_model.predict(tmp_path / "model.onnx", None, tmp_path / "out")


def test_an_unknown_part_is_refused(
    trained_run: Path, prepared_folder: Path, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match="Expected the part train, val, test or all"):
        evaluate_model.predict(trained_run, prepared_folder, tmp_path, part="dev")


def test_a_model_is_measured_without_torch(trained_run: Path, tmp_path: Path) -> None:
    """Importing torch takes longer than scoring a small test part."""
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from pathlib import Path\n"
        "from wince.training import evaluate_model\n"
        "predictions = evaluate_model.predict(Path(sys.argv[1]), None, Path(sys.argv[2]))\n"
        "print(len(predictions.table))\n"
    )
    command = [sys.executable, "-c", code, str(trained_run), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert int(done.stdout) == len(sample.rows(trained_run / "predictions.csv"))
