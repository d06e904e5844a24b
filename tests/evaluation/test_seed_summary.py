"""Standard deviations over seeds and over folds are told apart."""

import csv
import json
from pathlib import Path

import pytest

pytest.importorskip("matplotlib", reason="needs wince[train]")

from wince.evaluation import seed_summary

FOLDERS = {4: ".", 5: "seed-5"}


def test_the_spread_of_seeds_and_that_of_folds_are_different_numbers() -> None:
    """Folds differ by 2 in each seed, seeds by 1 in each fold."""
    summary = seed_summary.summarise(
        FOLDERS,
        {4: {"mae": 2.0}, 5: {"mae": 3.0}},
        {4: [{"mae": 1.0}, {"mae": 3.0}], 5: [{"mae": 2.0}, {"mae": 4.0}]},
    )
    (mae,) = summary.metrics
    assert mae.mean == 2.5
    assert mae.sd_between_seeds == pytest.approx(0.5**0.5)
    assert mae.fold_mean == 2.5
    assert mae.sd_between_seeds_of_fold_means == pytest.approx(0.5**0.5)
    assert mae.sd_between_folds == pytest.approx(2**0.5)


def test_the_spread_of_folds_is_the_root_mean_square_of_the_seeds() -> None:
    folds = {4: [{"mae": 1.0}, {"mae": 1.0}], 5: [{"mae": 1.0}, {"mae": 3.0}]}
    summary = seed_summary.summarise(FOLDERS, {4: {"mae": 1.0}, 5: {"mae": 2.0}}, folds)
    assert summary.metrics[0].sd_between_folds == pytest.approx(1.0)  # of 0 and the root of 2


def test_undefined_values_are_left_out_and_written_as_null() -> None:
    nan = float("nan")
    pooled = {4: {"pcc": nan, "mae": 1.0}, 5: {"pcc": 0.5, "mae": 1.0}}
    summary = seed_summary.summarise(FOLDERS, pooled)
    pcc = summary.to_dict()["metrics"]["pcc"]
    assert pcc == {"pooled": {"4": None, "5": 0.5}, "mean": 0.5, "sd_between_seeds": None}
    assert seed_summary.BETWEEN_FOLDS not in summary.about


def test_which_seed_is_in_the_folder_is_said() -> None:
    pooled = {4: {"mae": 2.0}, 5: {"mae": 1.0}}
    summary = seed_summary.summarise(FOLDERS, pooled, has_model=True)
    assert "those of the first seed, 4, whatever the others give" in summary.about[0]
    assert summary.to_dict()["first"] == 4
    assert summary.to_dict()["folders"] == {"4": ".", "5": "seed-5"}


def test_the_table_is_marked_where_subjects_overlap(tmp_path: Path) -> None:
    summary = seed_summary.summarise(
        FOLDERS, {4: {"mae": 2.0}, 5: {"mae": 1.0}}, caution="subjects overlap: optimistic"
    )
    (tmp_path / "seeds.csv").write_text(seed_summary._csv(summary))
    with (tmp_path / "seeds.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert row["seed_4"] == "2.0"
    assert row["mean"] == "1.5"
    assert row["protocol"] == "subjects overlap: optimistic"
    assert json.loads(json.dumps(summary.to_dict()))["protocol"] == row["protocol"]
