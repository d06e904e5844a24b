"""model.json: what it repeats of an evaluation."""

import pytest

pytest.importorskip("torch", reason="needs wince[train]")

from tests.support import undrawn_plots
from tests.support.evaluation_sample import PLAIN, columns
from wince.evaluation.evaluate import evaluate
from wince.evaluation.prediction_columns import from_columns
from wince.evaluation.report.report_page import render_report
from wince.evaluation.report.result_files import draw
from wince.training.export import model_card, model_manifest


def test_card_and_report_round_the_same_value_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """0.71549 is 0.715 in both; rounded to four digits first it would be 0.716."""
    undrawn_plots.use(monkeypatch)
    cells = columns()
    table = from_columns({name: cells[name] for name in PLAIN}, "plain.csv")
    metrics = evaluate(table, resamples=0)
    for part in (metrics["model"]["pooled"], metrics["baselines"]["mean"]["pooled"]):
        part["mae"] = 0.71549
    metrics["model"]["pooled"]["rmse"] = -0.00049
    manifest = {
        "figures": {"test": model_manifest.selected_metrics(metrics)},
        "name": "m", "version": "1", "head": "pspi", "subjects_seen": [],
        "face_spec": {"kind": "aligned", "size": 224},
        "trained_on": {"words": "", "calibration": ""},
    }  # fmt: skip
    card = model_card.text(manifest)
    row = next(line for line in card.splitlines() if line.startswith("| MAE, points |"))
    assert row.split("|")[2].strip() == row.split("|")[4].strip() == "0.715"
    page = render_report(metrics, draw(metrics, table))
    cell = page[page.index('<th scope="row">MAE</th>') :]
    assert "0.715" in cell[: cell.index("</tr>")]
    assert "0.716" not in cell[: cell.index("</tr>")]
