"""Comparison of groups: metrics, sizes, differences on the same resamples, worst gaps."""

import csv
import io

import numpy as np
import pytest

from tests.support.evaluation_sample import columns
from wince.evaluation.evaluate import evaluate
from wince.evaluation.group_fairness import METRICS, columns_of
from wince.evaluation.metrics import regression
from wince.evaluation.prediction_columns import from_columns
from wince.evaluation.report import metric_rows
from wince.evaluation.report.report_page import render_fairness


@pytest.fixture(scope="module")
def table():
    """Twelve subjects in groups of six and six, of four and eight, and of both halves of each."""
    cells = columns()
    number = [int(name[1:]) for name in cells["subject"]]
    cells["age"] = ["old" if person < 4 else "young" for person in number]
    cells["half"] = ["ab"[int(frame) % 2] for frame in cells["frame"]]
    cells["note"] = [f"n{row}" for row in range(len(number))]
    return from_columns(cells, "sample")


@pytest.fixture(scope="module")
def metrics(table):
    return evaluate(table, resamples=200)


def test_columns_with_a_few_values_are_compared_and_those_that_are_named(table):
    assert columns_of(table) == ["sex", "age", "half"]
    assert columns_of(table, ["fold", "note", "sex"]) == ["note", "sex", "age", "half"]


def test_ratings_of_sequences_are_compared_only_if_they_are_named():
    cells = {**columns(), "nrs": columns()["opr"], "sen": columns()["opr"]}
    rated = from_columns(cells, "rated")
    assert columns_of(rated) == ["sex"]
    assert columns_of(rated, ["nrs"]) == ["nrs", "sex"]


def test_groups_have_size_metrics_coverage_and_calibration(metrics, table):
    groups = metrics["fairness"]["columns"]["sex"]["groups"]
    assert set(groups["F"]["model"]["pooled"]) == {
        key for key in METRICS if key in metrics["model"]["pooled"]
    }
    for name in "FM":
        rows = table.others["sex"] == name
        assert (groups[name]["frames"], groups[name]["subjects"]) == (rows.sum(), 6)
        mae = regression.mae(table.pspi[rows], table.predicted[rows])
        assert groups[name]["model"]["pooled"]["mae"] == pytest.approx(mae)
        low, high = groups[name]["model"]["pooled_interval"]["mae"]
        assert low < mae < high


def test_differences_are_paired_in_the_resamples_of_all_subjects(metrics, table):
    compared = metrics["fairness"]["columns"]["sex"]
    (difference,) = compared["differences"]
    groups = compared["groups"]
    assert difference["groups"] == ["F", "M"]
    gap = groups["F"]["model"]["pooled"]["mae"] - groups["M"]["model"]["pooled"]["mae"]
    assert difference["pooled"]["mae"] == pytest.approx(gap)
    error = np.abs(table.predicted - table.pspi)
    drawn = np.random.default_rng(0).multinomial(12, np.full(12, 1 / 12), 200)
    values = []
    for counts in drawn:
        weight = counts[table.subject]
        means = [
            (error * weight)[table.others["sex"] == name].sum()
            / weight[table.others["sex"] == name].sum()
            for name in "FM"
        ]
        values.append(means[0] - means[1])
    expected = np.nanquantile(values, [0.025, 0.975])
    assert difference["pooled_interval"]["mae"] == pytest.approx(expected)
    low, high = difference["pooled_t_interval"]["mae"]
    assert low < gap < high


def test_the_same_frames_as_two_groups_do_not_differ(table):
    cells = columns()
    twice = {name: [*values, *values] for name, values in cells.items()}
    rows = len(cells["subject"])
    twice["frame"] = [f"{frame}{'ab'[row // rows]}" for row, frame in enumerate(twice["frame"])]
    twice["copy"] = ["a"] * rows + ["b"] * rows
    compared = evaluate(from_columns(twice, "twice"), resamples=50)["fairness"]["columns"]["copy"]
    (difference,) = compared["differences"]
    assert difference["pooled"]["mae"] == pytest.approx(0)
    assert difference["pooled_interval"]["mae"] == pytest.approx([0, 0])
    assert difference["pooled_t_interval"]["mae"] == pytest.approx([0, 0])


def test_groups_of_too_few_subjects_have_no_metrics(metrics, table):
    compared = metrics["fairness"]["columns"]["age"]
    assert compared["groups"]["old"] == {
        "frames": int((table.others["age"] == "old").sum()), "subjects": 4, "model": None,
    }  # fmt: skip
    assert compared["differences"] == []
    assert compared["worst"] == {}
    smaller = evaluate(table, resamples=50, smallest_group=4)["fairness"]["columns"]["age"]
    assert smaller["groups"]["old"]["model"]["pooled"]["mae"] > 0
    (difference,) = smaller["differences"]
    assert np.isnan(difference["pooled_interval"]["mae"]).all()  # four subjects decide it


def test_pairs_of_columns_are_compared_too(metrics):
    pairs = metrics["fairness"]["columns"]
    assert {"sex × age", "sex × half", "age × half"} <= pairs.keys()
    groups = pairs["sex × half"]["groups"]
    assert {name: group["subjects"] for name, group in groups.items()} == {
        "F × a": 6, "F × b": 6, "M × a": 6, "M × b": 6,
    }  # fmt: skip
    differences = pairs["sex × half"]["differences"]
    assert len(differences) == 6
    worst = pairs["sex × half"]["worst"]["mae"]
    gaps = [abs(difference["pooled"]["mae"]) for difference in differences]
    assert abs(worst["difference"]) == max(gaps)
    assert worst["groups"] == differences[int(np.argmax(gaps))]["groups"]
    assert pairs["sex × age"]["worst"] == {}  # no group of six


def test_page_and_long_table_contain_the_comparison(metrics):
    page = render_fairness(metrics, {})
    assert page.count("too few</td>") > 0
    assert "Worst gaps" in page
    rows = metric_rows.rows(metrics)
    gap = [
        row
        for row in rows
        if (row["column"], row["group"], row["metric"]) == ("fairness: sex", "F minus M", "mae")
    ]
    assert [row["value"] for row in gap] == [
        metrics["fairness"]["columns"]["sex"]["differences"][0]["pooled"]["mae"]
    ]
    text = io.StringIO()
    csv.DictWriter(text, metric_rows.HEAD).writerows(rows)  # no other columns


def test_without_columns_there_is_no_page(table):
    plain = {name: cells for name, cells in columns().items() if name != "sex"}
    metrics = evaluate(from_columns(plain, "plain"), resamples=0)
    assert metrics["fairness"]["columns"] == {}
    assert render_fairness(metrics, {}) is None
