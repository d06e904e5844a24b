"""Predictions on another scale than PSPI: what is measured, left out and refused."""

import json

import numpy as np
import pytest

from tests.support import evaluation_sample as sample
from wince.errors import DataError, ScaleError
from wince.evaluation.evaluate import evaluate
from wince.evaluation.prediction_files import read_predictions
from wince.evaluation.report.result_files import write_results
from wince.named_scales import KNOWN
from wince.scale import Scale

LEVELLED = Scale("NRS", 0.0, 10.0, "points", (1.0, 4.0), ("low", "medium", "high"))


def write(path, scale: Scale, *, recorded: bool) -> None:
    """Write the sample's predictions on a scale: labels and scores in its range."""
    cells = sample.columns()
    share = np.array(cells["pspi"], float) / 16
    predicted = np.clip(np.array(cells["predicted"], float) / 16, 0, 1)
    table = {name: cells[name] for name in ("subject", "sequence", "frame")}
    table["score"] = [f"{value:g}" for value in scale.low + share * scale.span]
    table["predicted"] = [f"{value:g}" for value in scale.low + predicted * scale.span]
    if recorded:
        table["scale"] = [scale.to_text()] * len(share)
    path.write_text(sample.as_csv(table))


@pytest.mark.usefixtures("undrawn_plots")
def test_metrics_of_pspi_alone_are_left_out_with_the_reason(tmp_path) -> None:
    path = tmp_path / "predictions.csv"
    write(path, LEVELLED, recorded=True)
    table = read_predictions(path)
    assert table.scale == LEVELLED
    metrics = evaluate(table, resamples=0)
    pooled = metrics["model"]["pooled"]
    error = np.abs(table.predicted - table.pspi).mean()
    assert pooled["mae"] == pytest.approx(error)
    assert 0 < pooled["levels_accuracy"] <= 1
    assert not any(key.startswith(("auc", "six", "four", "binary")) for key in pooled)
    assert any("only PSPI has them" in caveat for caveat in metrics["caveats"])
    write_results(metrics, table, tmp_path / "out")
    text = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert "Labelled NRS" not in text  # it is in the plots only
    assert "points of NRS" in text
    words = text.replace("only PSPI has them", "")
    assert "PSPI" not in words
    assert "pspi" not in json.dumps(json.loads((tmp_path / "out" / "metrics.json").read_text()))


@pytest.mark.usefixtures("undrawn_plots")
def test_a_scale_without_cuts_has_errors_and_no_levels(tmp_path) -> None:
    path, scale = tmp_path / "predictions.csv", KNOWN["slider"]
    write(path, scale, recorded=False)
    table = read_predictions(path, scale=scale)
    metrics = evaluate(table, resamples=0)
    assert metrics["classes"] == metrics["roc"] == {}
    assert metrics["reliability"] is None
    assert any("Slider has no cuts" in caveat for caveat in metrics["caveats"])
    mean = np.abs(table.pspi - table.pspi.mean()).mean()
    assert metrics["baselines"]["mean"]["pooled"]["mae"] == pytest.approx(mean)
    write_results(metrics, table, tmp_path / "out")
    assert (tmp_path / "out" / "plots" / "errors.png").is_file()
    assert not (tmp_path / "out" / "plots" / "roc.png").exists()


def test_a_contradicting_scale_is_refused(tmp_path) -> None:
    path = tmp_path / "predictions.csv"
    write(path, LEVELLED, recorded=True)
    with pytest.raises(ScaleError, match="NRS from 0 to 10 with the levels low"):
        read_predictions(path, scale=KNOWN["vas"])
    write(path, KNOWN["slider"], recorded=False)
    with pytest.raises(DataError, match=r"score is '.*'; expected a number from 0 to 10"):
        read_predictions(path, scale=KNOWN["vas"])
