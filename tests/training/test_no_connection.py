"""The commands that work with trained runs reach no other machine."""

import shutil
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="needs wince[train]")

from tests.support import watched_command
from wince.runtime.estimator import Estimator
from wince.training.cross_validation import CrossValidation


def test_commands_reach_no_other_machine_and_write_only_into_out(
    trained_run: Path, cross_validated: CrossValidation, prepared_folder: Path, tmp_path: Path
) -> None:
    """The folds are finished already.

    `train`, which makes one, and `evaluate` are watched with the README, which draws their plots.
    """
    shutil.copytree(cross_validated.folder, tmp_path / "folds")
    shutil.copytree(cross_validated.folder, tmp_path / "comparison" / "resnet18")
    options = ["--folds", "3", "--max-folds", "2", "--epochs", "1", "--size", "32", "--batch", "4"]
    options += ["--precision", "32-true", "--init", "none", "--accelerator", "cpu"]
    options += ["--devices", "1"]
    names = ["--architectures", "resnet18"]
    commands: list[list[str | Path]] = [
        ["export", trained_run, "--out", "model", "--precision", "int8"],
        ["cross-validate", prepared_folder, "--out", "folds", *options],
        ["compare", prepared_folder, "--out", "comparison", *names, *options],
    ]
    watched_command.run_each(commands, tmp_path, drawn=0)
    names_written = {path.name for path in tmp_path.iterdir()}
    assert names_written == {"model", "folds", "comparison", "events.jsonl"}
    for path in ("model/model.onnx", "comparison/comparison.csv"):
        assert (tmp_path / path).is_file()
    assert not list(tmp_path.rglob("*.lock"))
    assert Estimator(tmp_path / "model").manifest["figures"]["export"]["precision"] == "int8"
