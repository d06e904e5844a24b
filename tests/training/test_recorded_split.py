"""The hash of the split of a recorded run, computed again from the prepared folder."""

import json
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="needs wince[train]")

from wince.evaluation.reproduction.record_file import RecordedData
from wince.training import evaluate_model, recorded_split
from wince.training.cross_validation import CrossValidation


def recorded(path: Path) -> tuple[RecordedData, str]:
    record = json.loads(path.read_text())
    return RecordedData.model_validate(record["data"]), record["sha256"]["split"]


def test_the_split_of_a_run_is_found_again(trained_run: Path, prepared_folder: Path) -> None:
    data, expected = recorded(trained_run / "record.json")
    assert recorded_split.sha256(prepared_folder, data) == expected


def test_the_folds_of_a_cross_validation_are_found_again(
    cross_validated: CrossValidation, prepared_folder: Path, random_frames_folder: Path
) -> None:
    data, expected = recorded(cross_validated.folder / "record.json")
    assert recorded_split.sha256(prepared_folder, data) == expected
    other_seed = data.model_copy(update={"seed": 5})
    assert recorded_split.sha256(prepared_folder, other_seed) != expected
    every_fold = data.model_copy(update={"first": None})
    assert recorded_split.sha256(prepared_folder, every_fold) != expected


def test_the_part_of_an_evaluation_is_found_again(
    trained_run: Path, prepared_folder: Path, random_frames_folder: Path, tmp_path: Path
) -> None:
    scored = evaluate_model.predict(trained_run, None, tmp_path, part="test")
    data = RecordedData.model_validate(scored.data)
    assert recorded_split.sha256(prepared_folder, data) == scored.hashes["split"]
    assert recorded_split.sha256(random_frames_folder, data) != scored.hashes["split"]
