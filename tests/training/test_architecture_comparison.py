"""Architectures compared on the same folds."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs wince[train]")

from tests.support import training_sample as sample
from wince.errors import ModelError
from wince.evaluation.metrics import agreement
from wince.evaluation.prediction_files import read_predictions
from wince.training import architecture_comparison, architecture_results, cross_validation
from wince.training.architecture_comparison import architecture_candidates
from wince.training.architecture_results import (
    SHOWN,
    ArchitectureComparison,
    ArchitectureResult,
)
from wince.training.cross_validation import CrossValidation
from wince.training.data import prepared
from wince.training.lead import Lead


@pytest.mark.usefixtures("quick_export", "undrawn_plots")
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
        architecture_candidates(sample.settings(epochs=1), ["resnet18", "mobilenet"]),
        folds="3",
        first=1,
    )
    assert reads == [prepared_folder], "the prepared folder is opened once for all architectures"
    written = json.loads((out / "comparison.json").read_text())
    assert written["winner"] is comparison.winner is None
    rows = {row.name: row for row in comparison.rows}
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
    assert lead.value == pytest.approx(comparison.rows[0].ccc - comparison.rows[1].ccc)
    assert comparison.trivial.keys() == {"zero", "mean", "majority"}
    table = tables["resnet18"]
    assert comparison.trivial["zero"]["mae"] == pytest.approx(np.mean(table.pspi))
    assert comparison.trivial["zero"]["ccc"] == 0
    for name, gain in comparison.gains.items():
        assert gain.value == pytest.approx(rows[name].ccc)
        assert np.isnan(gain.low), "fewer than six subjects have no interval"
    csv_rows = sample.rows(out / "comparison.csv")
    assert [row["architecture"] for row in csv_rows[2:]] == [
        "always zero", "the mean", "the majority",
    ]  # fmt: skip
    assert written["verdict"] == comparison.conclusion
    assert comparison.conclusion.startswith("No winner:")
    assert (out / "comparison.png").read_bytes()[:4] == b"\x89PNG"


TRIVIAL = {name: dict.fromkeys(SHOWN, 0.0) for name in ("zero", "mean", "majority")}
BEYOND, WITHIN = Lead(0.1, 0.05, 0.2), Lead(0.1, -0.05, 0.2)
UNKNOWN = Lead(0.1, float("nan"), float("nan"))


def compared(
    gains: tuple[Lead, Lead], lead: Lead, origins: tuple[str, str] = ("random weights",) * 2
) -> ArchitectureComparison:
    """Return a comparison of resnet18 and mobilenet."""
    names = ("resnet18", "mobilenet")
    rows = tuple(
        ArchitectureResult(name, gain.value, 0.5, 0.5, 1, 0.7, 1, 1, 1, 1, origin)
        for name, gain, origin in zip(names, gains, origins, strict=True)
    )
    return ArchitectureComparison(
        Path(), rows, TRIVIAL, dict(zip(names, gains, strict=True)), {"mobilenet": lead}, ""
    )


def test_a_comparison_of_different_initial_weights_is_marked() -> None:
    alike = compared((BEYOND, BEYOND), BEYOND)
    different = compared((BEYOND, BEYOND), BEYOND, ("ImageNet weights", "random weights"))
    assert "like with like" not in alike.conclusion
    assert (
        "different weights (resnet18 ImageNet weights, mobilenet random weights)"
        in different.conclusion
    )


@pytest.mark.parametrize(
    ("gain", "reason"),
    [
        (Lead(-0.01, -0.2, 0.1), "is not above that of a trivial predictor (always zero, 0.000)"),
        (Lead(0.003, -0.05, 0.06), "not more than the choice of subjects explains"),
        (Lead(0.3, float("nan"), float("nan")), "cannot be known whether that is chance"),
    ],
)
def test_networks_that_do_not_beat_trivial_predictors_have_no_winner(
    gain: Lead, reason: str
) -> None:
    comparison = compared((gain, Lead(-0.02, -0.1, 0.1)), WITHIN)
    assert comparison.winner is None
    assert comparison.conclusion.startswith("No winner:")
    assert reason in comparison.conclusion
    assert "faster" not in comparison.conclusion


def test_a_winner_beats_trivial_predictors_beyond_chance() -> None:
    comparison = compared((BEYOND, BEYOND), BEYOND)
    assert comparison.winner == "resnet18"
    assert "both are more than the choice of subjects explains" in comparison.conclusion
    alike = compared((BEYOND, BEYOND), WITHIN)
    assert alike.conclusion.endswith("Take the faster or smaller of the two.")
    assert "Take the faster" not in compared((BEYOND, WITHIN), WITHIN).conclusion
    assert "too few subjects for an interval" in compared((BEYOND, BEYOND), UNKNOWN).conclusion


def test_labels_that_do_not_vary_leave_no_winner() -> None:
    undefined = Lead(float("nan"), float("nan"), float("nan"))
    comparison = compared((undefined, undefined), undefined)
    assert comparison.winner is None
    assert "CCC is undefined" in comparison.conclusion


def test_architectures_are_sorted_with_undefined_ones_last() -> None:
    values = (float("nan"), 0.2, 0.4, -0.1)
    rows = [ArchitectureResult(str(v), v, 0, 0, 0, 0, 1, 1, 1, 1, "") for v in values]
    architecture_results.sort_best_first(rows)
    assert [row.name for row in rows] == ["0.4", "0.2", "-0.1", "nan"]


def test_an_unknown_name_is_refused_before_anything_is_trained() -> None:
    with pytest.raises(ModelError, match="no architecture 'resnet17'"):
        architecture_candidates(sample.settings(), ["resnet18", "resnet17"])


def test_metrics_that_no_row_has_are_not_shown(tmp_path: Path) -> None:
    comparison = compared((BEYOND, BEYOND), BEYOND)
    assert comparison.shown == SHOWN
    rows = tuple(replace(row, auc_1=float("nan")) for row in comparison.rows)  # on another scale
    other = replace(comparison, rows=rows, folder=tmp_path)
    assert other.shown == ("ccc", "pcc", "icc", "mae")
    architecture_results.write(other)
    header = (tmp_path / "comparison.csv").read_text().partition("\n")[0].split(",")
    assert "auc_1" not in header
    assert header[:2] == ["architecture", "ccc"]
