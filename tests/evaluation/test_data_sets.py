"""One model on several data sets: metrics of each, differences from the first, files."""

import csv
import io
from dataclasses import replace

import numpy as np
import pytest

from tests.support.evaluation_sample import columns
from wince.errors import DataError
from wince.evaluation import bootstrap, data_sets
from wince.evaluation.evaluate import evaluate
from wince.evaluation.metrics import regression
from wince.evaluation.prediction_columns import from_columns
from wince.evaluation.report import data_sets_files
from wince.protocol_names import OPTIMISTIC
from wince.score_scale import Scale


def sample(seed, noise, subjects=12, prefix="p"):
    cells = columns(seed, noise)
    kept = [row for row, name in enumerate(cells["subject"]) if int(name[1:]) < subjects]
    cells = {name: [values[row] for row in kept] for name, values in cells.items()}
    cells["subject"] = [prefix + name[1:] for name in cells["subject"]]
    return from_columns(cells, "sample")


@pytest.fixture(scope="module")
def tables():
    return {"ward": sample(0, 0.6), "home": sample(1, 2.0, 9, "q"), "few": sample(2, 0.6, 4, "r")}


@pytest.fixture(scope="module")
def comparison(tables):
    return data_sets.compare(tables, resamples=200, seed=3)


def test_each_data_set_has_the_metrics_of_its_own_evaluation(comparison, tables):
    for name, table in tables.items():
        entry, measured = comparison["data"][name], evaluate(table, resamples=200, seed=3)
        assert (entry["frames"], entry["subjects"]) == (len(table), len(table.subjects))
        for part in ("pooled", "pooled_interval", "subject_mean"):
            for key in ("mae", "pcc", "coverage"):
                np.testing.assert_equal(entry["model"][part][key], measured["model"][part][key])


def test_labels_are_described_by_mean_and_share_of_each_level(comparison, tables):
    pooled = comparison["data"]["home"]["model"]["pooled"]
    labels = tables["home"].pspi
    assert pooled["label_mean"] == pytest.approx(labels.mean())
    assert pooled["label_share_none"] == pytest.approx(np.mean(labels < 0.5))
    assert pooled["label_share_severe"] == pytest.approx(np.mean(labels >= 10.5))


def test_differences_are_from_the_first_with_data_sets_resampled_by_themselves(comparison, tables):
    home, few = comparison["differences"]
    assert home["data"] == ["home", "ward"]
    maes, drawn = {}, {}
    for name, seed in (("home", 4), ("ward", 3)):
        table = tables[name]
        maes[name] = regression.mae(table.pspi, table.predicted)
        counts = bootstrap.subject_counts(len(table.subjects), 200, seed)
        weights = counts[:, table.subject]
        drawn[name] = (weights @ np.abs(table.predicted - table.pspi)) / weights.sum(1)
    assert home["pooled"]["mae"] == pytest.approx(maes["home"] - maes["ward"])
    ends = np.quantile(drawn["home"] - drawn["ward"], [0.025, 0.975])
    np.testing.assert_allclose(home["pooled_interval"]["mae"], ends)
    assert home["pooled_interval"]["mae"][0] > 0
    assert np.isnan(few["pooled_interval"]["mae"]).all()


def test_names_that_are_in_two_data_sets_are_noted(tables):
    assert "different people" not in " ".join(data_sets.compare(tables, resamples=0)["notes"])
    same = data_sets.compare({"a": tables["few"], "b": sample(5, 1.0, 3, "R")}, resamples=0)
    assert same["notes"][0].startswith("3 of the 3 subjects of b have names that are in a too")
    distinct = {"a": tables["few"], "b": sample(5, 1.0, 3, "R")}
    assert len(data_sets.compare(distinct, resamples=0, distinct_subjects=True)["notes"]) == 1


def test_data_sets_on_different_scales_are_refused(tables):
    other = replace(tables["home"], scale=Scale("VAS", 0.0, 100.0, "mm"))
    with pytest.raises(DataError, match=r"ward has scores of PSPI .* home of VAS from 0 to 100"):
        data_sets.compare({"ward": tables["ward"], "home": other})


def test_the_files_have_every_number_and_mark_subjects_that_the_model_has_seen(tables, tmp_path):
    seen = replace(tables["home"], overlap=np.ones(len(tables["home"]), np.bool_))
    marked = data_sets.compare({"ward": tables["ward"], "<b>": seen}, resamples=50)
    page = data_sets_files.write(marked, tmp_path).read_text("utf-8")
    assert "&lt;b&gt; minus ward" in page
    assert "<b>" not in page
    assert f"<title>{OPTIMISTIC}" in page
    rows = list(csv.DictReader(io.StringIO((tmp_path / "across.csv").read_text("utf-8"))))
    value = {(row["group"], row["metric"], row["over"]): row for row in rows}
    gap = value["<b> minus ward", "mae", "frames"]
    both = [float(value[name, "mae", "frames"]["value"]) for name in ("<b>", "ward")]
    assert float(gap["value"]) == pytest.approx(both[0] - both[1])
    assert float(gap["low"]) < float(gap["value"]) < float(gap["high"])
    assert value["<b>", "subjects", "frames"]["value"] == "9"
    marks = {row["group"]: row["protocol"] for row in rows}
    assert marks == {"ward": "", "<b>": OPTIMISTIC, "<b> minus ward": OPTIMISTIC}
    data_sets_files.remove_old(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_scale_without_levels_has_no_shares(tables):
    scale = Scale("VAS", 0.0, 100.0, "mm")
    plain = {
        name: replace(tables[name], scale=scale, probabilities=None) for name in ("ward", "home")
    }
    comparison = data_sets.compare(plain, resamples=0)
    assert comparison["titles"]["label_mean"] == "Labels: mean VAS"
    assert not any(key.startswith("label_share") for key in comparison["titles"])
    assert "auc_1" not in data_sets_files.shown_keys(comparison)
