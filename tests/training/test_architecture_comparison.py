"""Architectures compared on the same folds."""

import json
import shutil
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="needs wince[train]")

from tests.support import training_sample as sample
from wince.errors import ModelError
from wince.evaluation.metrics import agreement
from wince.evaluation.prediction_files import read_predictions
from wince.training import architecture_comparison, cross_validation
from wince.training.architecture_comparison import ArchitectureComparison, ArchitectureResult
from wince.training.cross_validation import CrossValidation
from wince.training.data import prepared


@pytest.mark.usefixtures("quick_export")
def test_architectures_are_compared_on_the_same_folds(
    cross_validated: CrossValidation,
    prepared_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out = tmp_path / "comparison"
    shutil.copytree(cross_validated.folder, out / "resnet18")  # its first fold is finished already
    reads: list[Path] = []
    read_frames = prepared.read_frames
    monkeypatch.setattr(
        prepared, "read_frames", lambda folder: reads.append(folder.folder) or read_frames(folder)
    )
    # The reports of the cross-validations are tested where these are.
    monkeypatch.setattr(cross_validation, "write_results", lambda *_: None)
    comparison = architecture_comparison.compare(
        prepared_folder,
        out,
        sample.settings(epochs=1),
        names=["resnet18", "mobilenet"],
        folds="3",
        first=1,
    )
    assert reads == [prepared_folder], "the prepared folder is opened once for all architectures"
    written = json.loads((out / "comparison.json").read_text())
    assert written["winner"] == comparison.rows[0].architecture
    rows = {row.architecture: row for row in comparison.rows}
    assert rows.keys() == {"resnet18", "mobilenet"}
    assert rows["mobilenet"].parameters < rows["resnet18"].parameters
    assert rows["mobilenet"].megabytes < rows["resnet18"].megabytes
    assert all(row.milliseconds > 0 and row.hours > 0 for row in comparison.rows)
    assert {row.began_from for row in comparison.rows} == {"random weights"}
    assert comparison.rows[0].ccc >= comparison.rows[1].ccc
    tables = {name: read_predictions(out / name / "predictions.csv") for name in rows}
    assert tables["mobilenet"].subjects == tables["resnet18"].subjects
    for name, row in rows.items():
        expected = agreement.ccc(tables[name].pspi, tables[name].predicted)
        assert row.ccc == pytest.approx(expected, abs=1e-9)
    lead = comparison.lead
    assert lead is not None
    assert lead[0] == pytest.approx(comparison.rows[0].ccc - comparison.rows[1].ccc)
    assert lead[1] <= lead[2]
    assert ("more than the choice" in comparison.conclusion) or (
        "not more than" in comparison.conclusion
    )
    assert (out / "comparison.png").read_bytes()[:4] == b"\x89PNG"


def test_a_comparison_of_different_initial_weights_is_marked(tmp_path: Path) -> None:
    def row(name: str, began_from: str) -> ArchitectureResult:
        return ArchitectureResult(name, 0.5, 0.5, 0.5, 1, 0.7, 1, 1, 1, 1, began_from)

    alike = (row("resnet18", "random weights"), row("mobilenet", "random weights"))
    different = (row("resnet18", "ImageNet weights"), row("mobilenet", "random weights"))
    lead = (0.1, 0.05, 0.2)
    assert "like with like" not in ArchitectureComparison(tmp_path, alike, lead, "").conclusion
    assert (
        "different weights (resnet18 ImageNet weights, mobilenet random weights)"
        in ArchitectureComparison(tmp_path, different, lead, "").conclusion
    )


def test_an_unknown_name_is_refused_before_anything_is_trained(
    prepared_folder: Path, tmp_path: Path
) -> None:
    with pytest.raises(ModelError, match="no architecture 'resnet17'"):
        architecture_comparison.compare(
            prepared_folder,
            tmp_path / "x",
            sample.settings(),
            names=["resnet18", "resnet17"],
            folds="3",
        )
    assert not (tmp_path / "x").exists()
