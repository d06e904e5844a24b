"""Metrics of each action unit: which frames count, values, presence, and refused cells."""

import numpy as np
import pytest
import scipy.stats
import sklearn.metrics as sk

from tests.support.evaluation_sample import columns
from wince.errors import DataError
from wince.evaluation.evaluate import evaluate
from wince.evaluation.prediction_columns import from_columns
from wince.evaluation.report import metric_rows
from wince.evaluation.report.paper_tables import paper_tables


def with_units():
    """Return columns with AU4 labelled in most frames, AU43 in all, and AU6 only predicted."""
    cells, rng = columns(), np.random.default_rng(5)
    rows = len(cells["subject"])
    au4 = rng.integers(0, 6, rows)
    au43 = rng.integers(0, 2, rows)
    unlabelled = [name == "p11" or row % 7 == 0 for row, name in enumerate(cells["subject"])]
    cells["au4"] = ["" if skip else f"{value}" for skip, value in zip(unlabelled, au4, strict=True)]
    cells["predicted_au4"] = [f"{v:.4f}" for v in 0.8 * au4 + rng.normal(0, 0.6, rows)]
    cells["au43"] = [f"{value}" for value in au43]
    cells["predicted_au43"] = [f"{v:.4f}" for v in np.clip(au43 + rng.normal(0, 0.4, rows), 0, 1)]
    cells["predicted_au6"] = ["1"] * rows
    return cells


@pytest.fixture(scope="module")
def metrics():
    return evaluate(from_columns(with_units(), "units"), resamples=100)


@pytest.mark.parametrize("unit", ["AU4", "AU43"])
def test_metrics_are_those_of_the_frames_with_a_label(metrics, unit):
    cells, name = with_units(), unit.lower()
    rows = [row for row, cell in enumerate(cells[name]) if cell]
    labels, scores = (
        np.array([float(cells[column][row]) for row in rows])
        for column in (name, f"predicted_{name}")
    )
    values = metrics["action_units"][unit]
    assert values["frames"] == len(rows)
    assert values["present"] == (labels > 0).sum()
    assert values["subjects"] == len({cells["subject"][row] for row in rows})
    pooled = values["model"]["pooled"]
    assert pooled["pcc"] == pytest.approx(scipy.stats.pearsonr(labels, scores).statistic)
    assert pooled["mae"] == pytest.approx(sk.mean_absolute_error(labels, scores))
    assert pooled["mae_zero"] == pytest.approx(labels.mean())
    assert pooled["f1"] == pytest.approx(sk.f1_score(labels >= 0.5, scores >= 0.5))
    assert pooled["f1_present"] == pytest.approx(sk.f1_score(labels >= 0.5, np.ones_like(labels)))
    for key in ("pcc", "icc", "mae", "f1"):
        low, high = values["model"]["pooled_interval"][key]
        assert low < pooled[key] < high


def test_units_without_labels_are_left_out(metrics):
    assert list(metrics["action_units"]) == ["AU4", "AU43"]
    assert metrics["action_units"]["AU4"]["subjects"] == 11
    assert evaluate(from_columns(columns(), "none"), resamples=0)["action_units"] == {}


def test_units_are_in_the_tables(metrics):
    table = paper_tables(metrics)["action-units"]
    assert [row[0] for row in table.rows] == ["AU4", "AU43"]
    value = metrics["action_units"]["AU4"]["model"]["pooled"]["pcc"]
    assert table.rows[0][3].startswith(f"{value:.3f} (")
    rows = metric_rows.rows(metrics)
    pcc = [row for row in rows if row["metric"] == "au4_pcc" and row["over"] == "frames"]
    assert [(row["column"], row["value"]) for row in pcc] == [("", value)]


def test_a_label_out_of_its_range_is_refused():
    cells = with_units()
    cells["au43"][3] = "2"
    with pytest.raises(DataError, match="au43 is '2'; expected a number from 0 to 1"):
        from_columns(cells, "units")
