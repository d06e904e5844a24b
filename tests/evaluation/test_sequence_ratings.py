"""Ratings of sequences from features of their scores, held out by subject."""

import csv
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression

from wince.errors import DataError
from wince.evaluation import sequence_ratings
from wince.evaluation.prediction_columns import from_columns
from wince.evaluation.predictions import Predictions
from wince.evaluation.sequence_ratings import SequenceRatings, feature_names
from wince.scale import PSPI, Scale

SUBJECTS, SEQUENCES, FRAMES = 8, 4, 20


def table(*, rated: bool = True) -> Predictions:
    """Return sequences whose VAS is 8 times the share of frames with pain, and a peak at random."""
    random = np.random.default_rng(0)
    columns: dict[str, list[str]] = {
        name: [] for name in ("subject", "sequence", "frame", "pspi", "predicted", "vas")
    }
    for subject in range(SUBJECTS):
        for sequence in range(SEQUENCES):
            active = int(random.integers(1, FRAMES))
            scores = np.zeros(FRAMES)
            scores[:active] = 2 + random.uniform(0, 10) * (np.arange(active) == 0)
            for frame, score in enumerate(scores):
                cells = (f"s{subject}", f"q{sequence}", str(frame), "0", f"{score:.3f}")
                vas = f"{8 * active / FRAMES:.4f}" if rated else ""
                for name, cell in zip(columns, (*cells, vas), strict=True):
                    columns[name].append(cell)
    return from_columns(columns, "table")


@pytest.fixture(scope="module")
def ratings() -> SequenceRatings:
    (result,) = sequence_ratings.predict(table())
    return result


def test_the_features_of_a_sequence() -> None:
    scores = ["0", "1", "6", "0", "0", "12", "0", "0", "0", "0"]
    columns = {
        **{"subject": ["a"] * 10, "sequence": ["q"] * 10, "pspi": ["0"] * 10},
        **{"frame": [str(number) for number in range(10)], "predicted": scores},
    }
    shuffled = {
        name: [cells[i] for i in (3, 1, 9, 0, 2, 5, 4, 8, 7, 6)] for name, cells in columns.items()
    }
    values = dict(
        zip(
            feature_names(PSPI),
            sequence_ratings.features(from_columns(shuffled, "t"))[0],
            strict=True,
        )
    )
    assert values["maximum"] == values["top_tenth"] == 12
    assert values["mean"] == pytest.approx(1.9)
    assert values["deviation"] == pytest.approx(np.std([0, 1, 6, 0, 0, 12, 0, 0, 0, 0]))
    assert [values[f"share_{level}"] for level in ("none", "mild", "moderate", "severe")] == [
        *(0.7, 0.1, 0.1, 0.1)
    ]
    assert (values["episodes"], values["longest_episode"]) == (2, 0.2)


def test_ridge_learns_what_the_maximum_does_not_show(ratings: SequenceRatings) -> None:
    measured = sequence_ratings.measure(ratings, SUBJECTS, 200, 0)
    mae = {method: measured[method]["pooled"]["mae"] for method in measured}
    assert mae["ridge"] < 0.3
    assert mae["line"] > 1
    assert mae["mean"] > 1
    low, high = measured["ridge"]["pooled_interval"]["mae"]
    assert low < mae["ridge"] < high


def test_each_prediction_is_from_the_other_subjects(ratings: SequenceRatings) -> None:
    maximum = sequence_ratings.features(table())[:, 0]
    for owner in range(SUBJECTS):
        test = ratings.subject == owner
        line = LinearRegression().fit(maximum[~test, None], ratings.truth[~test])
        np.testing.assert_allclose(
            ratings.predicted["line"][test], line.predict(maximum[test, None]), atol=1e-9
        )
        np.testing.assert_allclose(ratings.predicted["mean"][test], ratings.truth[~test].mean())


def test_the_metrics_are_those_of_the_predictions(ratings: SequenceRatings) -> None:
    measured = sequence_ratings.measure(ratings, SUBJECTS, 0, 0)["ridge"]["pooled"]
    predicted, truth = ratings.predicted["ridge"], ratings.truth
    assert measured["mae"] == pytest.approx(np.abs(predicted - truth).mean())
    assert measured["pcc"] == pytest.approx(np.corrcoef(predicted, truth)[0, 1])


def with_column(name: str, cells: Sequence[str]) -> Predictions:
    """Return `table` without VAS and with another column."""
    unrated = table(rated=False)
    return replace(unrated, others={name: np.array(cells)})


def test_any_column_with_numbers_is_a_rating(ratings: SequenceRatings) -> None:
    vas = table().vas
    assert vas is not None
    named = with_column("worst pain", [f"{value:.4f}" for value in vas])
    assert sequence_ratings.predict(named) == []
    (result,) = sequence_ratings.predict(named, ["Worst pain"])
    assert result.rating == "worst pain"
    np.testing.assert_allclose(result.predicted["ridge"], ratings.predicted["ridge"])
    (usual,) = sequence_ratings.predict(with_column("nrs", [f"{value:.4f}" for value in vas]))
    assert usual.rating == "nrs"


def test_sequences_without_a_rating_are_left_out() -> None:
    vas = table().vas
    assert vas is not None
    cells = [f"{value:.4f}" for value in vas]
    cells[:FRAMES] = ["not stated"] * FRAMES  # as an empty cell is read
    (result,) = sequence_ratings.predict(with_column("nrs", cells))
    assert len(result.truth) == SUBJECTS * SEQUENCES - 1


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("high", r"the rating nrs of s0/q0 is 'high'; expected a number, or an empty cell"),
        ("3", r"the rating nrs of s0/q0 is 1 and 3\. Write one value in all rows"),
    ],
)
def test_a_column_that_is_no_rating_is_refused(cell: str, message: str) -> None:
    cells = ["1"] * (SUBJECTS * SEQUENCES * FRAMES)
    cells[3] = cell
    with pytest.raises(DataError, match=message):
        sequence_ratings.predict(with_column("nrs", cells))


def test_another_scale_has_the_features_of_its_levels() -> None:
    scale = Scale("NRS", 0.0, 10.0, "points", (2.0, 5.0), ("low", "medium", "high"))
    cells = {
        **{"subject": ["a"] * 4, "sequence": ["q"] * 4, "score": ["0"] * 4},
        **{"frame": list("0123"), "predicted": ["0", "2", "5", "1"]},
    }
    values = dict(
        zip(
            feature_names(scale),
            sequence_ratings.features(from_columns(cells, "t", scale=scale))[0],
            strict=True,
        )
    )
    assert [values[f"share_{level}"] for level in scale.levels] == [0.5, 0.25, 0.25]
    assert (values["episodes"], values["longest_episode"]) == (1, 0.5)
    plain = replace(scale, cuts=(), levels=())
    assert "share_low" not in feature_names(plain)
    assert len(sequence_ratings.features(from_columns(cells, "t", scale=plain))[0]) == 6


def test_metrics_json_has_the_ratings(ratings: SequenceRatings) -> None:
    entry = sequence_ratings.as_data([ratings], SUBJECTS, 50, 0)["vas"]
    assert (entry["sequences"], entry["subjects"]) == (SUBJECTS * SEQUENCES, SUBJECTS)
    measured = sequence_ratings.measure(ratings, SUBJECTS, 50, 0)
    assert entry["methods"]["ridge"] == measured["ridge"]
    assert set(measured["ridge"]["pooled_interval"]) == {"mae", "icc", "pcc"}


def test_a_table_without_ratings_has_none() -> None:
    assert sequence_ratings.predict(table(rated=False)) == []


def test_the_file_has_a_row_for_each_sequence(ratings: SequenceRatings, tmp_path: Path) -> None:
    path = tmp_path / "sequences.csv"
    sequence_ratings.write(table(), [ratings], path, "")
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == SUBJECTS * SEQUENCES
    row = rows[5]
    assert (row["subject"], row["sequence"]) == ("s1", "s1/q1")
    assert float(row["vas"]) == pytest.approx(8 * float(row["longest_episode"]), abs=1e-3)
    assert float(row["vas_ridge"]) == pytest.approx(ratings.predicted["ridge"][5], abs=1e-4)
