"""The rows of metrics.csv: what is measured of episodes and of ratings is among them."""

import pytest

from tests.support.evaluation_sample import columns
from wince.evaluation.evaluate import evaluate
from wince.evaluation.prediction_columns import from_columns
from wince.evaluation.report import metric_rows


@pytest.fixture(scope="module")
def metrics():
    plain = {name: cells for name, cells in columns().items() if name != "sex"}
    return evaluate(from_columns(plain, "plain"), resamples=0)


def row_of(rows, **cells):
    (row,) = [row for row in rows if all(row[name] == cell for name, cell in cells.items())]
    assert list(row) == list(metric_rows.HEAD)
    return row


def test_episodes_have_rows_by_cut(metrics):
    rows, entry = metric_rows.rows(metrics), metrics["episodes"]["cuts"]["6"]
    place = {"column": "episodes", "group": "6"}
    assert row_of(rows, **place, metric="labelled")["value"] == entry["labelled"]
    row = row_of(rows, **place, predictor="model", metric="f1", over="frames")
    assert row["value"] == entry["model"]["pooled"]["f1"]
    assert row["subjects"] == entry["model"]["pooled_subjects"]["f1"]
    row = row_of(rows, **place, predictor="always", metric="f1", over="subjects")
    assert row["value"] == entry["always"]["subject_mean"]["f1"]
    assert not [
        row
        for row in metric_rows.rows({**metrics, "episodes": None})
        if row["column"] == "episodes"
    ]


def test_ratings_have_rows_by_method(metrics):
    ratings = {"vas": {"sequences": 24, "subjects": 12, "methods": {"line": metrics["model"]}}}
    row = row_of(
        metric_rows.rows({**metrics, "sequence_ratings": ratings}),
        column="sequence ratings: vas",
        group="line",
        metric="mae",
        over="frames",
    )
    assert row["value"] == metrics["model"]["pooled"]["mae"]
