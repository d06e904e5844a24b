"""Ratings of whole sequences predicted from the scores of their frames.

VAS, OPR and other ratings are of a sequence, the model scores its frames. Each method below learns
from the other subjects only (leave one subject out): the mean rating, a line on the highest score,
and ridge regression (Hoerl & Kennard 1970) on several features of the scores over time.
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wince import files, spreadsheet_cells
from wince.errors import DataError
from wince.evaluation import bootstrap
from wince.evaluation.all_metrics import Metric, column_mean
from wince.evaluation.arrays import Floats, Indices
from wince.evaluation.metrics import agreement, sequence_scores
from wince.evaluation.prediction_columns import FURTHER_RATINGS, NOT_STATED, RATINGS
from wince.evaluation.predictions import Predictions
from wince.evaluation.traces.trace import from_predictions
from wince.scale import Scale

METHODS = {
    "mean": "mean of the other subjects",
    "line": "line on the maximum",
    "ridge": "ridge regression on all features",
}
METRICS = ("mae", "icc", "pcc")
USUAL = (*RATINGS, *FURTHER_RATINGS)
"""Ratings that are predicted where a table has them, without being named."""
PENALTIES = np.logspace(-1, 4, 11)
FEWEST_SUBJECTS = 3


@dataclass(frozen=True, slots=True)
class SequenceRatings:
    """Sequences that have a rating, and what each method predicts.

    Attributes:
        rating: Name of the rating: its column.
        sequence: Their numbers in the table (Q,).
        subject: Number of the subject of each (Q,).
        truth: Their ratings (Q,).
        predicted: Held-out predictions by method, each (Q,).
    """

    rating: str
    sequence: Indices
    subject: Indices
    truth: Floats
    predicted: Mapping[str, Floats]


def feature_names(scale: Scale) -> tuple[str, ...]:
    """Return the names of the features of a sequence.

    `deviation` is the standard deviation of its scores, `share_{level}` the share of its frames in
    a level. An episode is a run of frames with pain, of PSPI those whose score rounds to 1 or more;
    its length is a share of the frames.
    """
    shares = (f"share_{level}" for level in scale.levels)
    return (*("maximum", "top_tenth", "mean", "deviation"), *shares, "episodes", "longest_episode")


def features(table: Predictions) -> Floats:
    """Return the features of each sequence, (Q, F), in the order of their names."""
    return np.array([_features(trace.predicted, table.scale) for trace in from_predictions(table)])


def predict(table: Predictions, columns: Sequence[str] = ()) -> list[SequenceRatings]:
    """Return the predictions for each rating that sequences of three subjects or more have.

    Args:
        table: The predictions of frames.
        columns: Columns with ratings, beside those of USUAL.

    Raises:
        DataError: There is no such column, it has something else than numbers, or it differs
            within a sequence.
    """
    first = sequence_scores.first_rows(table.sequence)
    owner, described = table.subject[first], features(table)
    results = []
    for name, ratings in _ratings(table, columns).items():
        rated = np.flatnonzero(~np.isnan(ratings[first]))
        truth, subject = ratings[first][rated], owner[rated]
        if len(np.unique(subject)) < FEWEST_SUBJECTS:
            continue
        maximum = described[rated, feature_names(table.scale).index("maximum")]
        predicted = {
            "mean": _held_out_mean(truth, subject),
            "line": sequence_scores.held_out_line(maximum, truth, subject),
            "ridge": _held_out_ridge(described[rated], truth, subject),
        }
        results.append(SequenceRatings(name, rated, subject, truth, predicted))
    return results


def _ratings(table: Predictions, columns: Sequence[str]) -> dict[str, Floats]:
    """Return the rating of each frame's sequence (N,) by name, NaN where there is none."""
    ratings = {name: values for name, values in _vas_and_opr(table) if values is not None}
    others = [name for name in USUAL if name in table.others]
    named = [table.column_name(name) for name in columns if name.lower() not in ratings]
    for name in dict.fromkeys((*others, *named)):
        ratings[name] = _numbers(table, name)
    return ratings


def _vas_and_opr(table: Predictions) -> tuple[tuple[str, Floats | None], ...]:
    return (("vas", table.vas), ("opr", table.opr))


def _numbers(table: Predictions, name: str) -> Floats:
    """Return a column of ratings as numbers, NaN where the cell is empty."""
    cells = table.column(name)
    values = np.full(len(table), np.nan)
    for row, cell in enumerate(cells.tolist()):
        if cell == NOT_STATED:
            continue
        try:
            values[row] = float(cell)
        except ValueError:
            values[row] = np.inf
        if not np.isfinite(values[row]):
            raise DataError(
                f"{table.source}: the rating {name} of {table.sequences[table.sequence[row]]} is "
                f"{cell!r:.40}; expected a number, or an empty cell if there is none."
            )
    expected = values[sequence_scores.first_rows(table.sequence)][table.sequence]
    wrong = np.flatnonzero((values != expected) & ~(np.isnan(values) & np.isnan(expected)))
    if wrong.size:
        row = int(wrong[0])
        raise DataError(
            f"{table.source}: the rating {name} of {table.sequences[table.sequence[row]]} is "
            f"{expected[row]:g} and {values[row]:g}. Write one value in all rows of a sequence."
        )
    return values


def as_data(
    ratings: Sequence[SequenceRatings], subjects: int, resamples: int, seed: int
) -> dict[str, Any]:
    """Return the entry of metrics.json: by rating its sequences, subjects and methods.

    Args:
        ratings: What `predict` returned.
        subjects: Number of subjects of the table.
        resamples: Number of resamples; 0 for no intervals.
        seed: Random seed of the bootstrap.
    """
    return {
        result.rating: {
            "sequences": len(result.truth),
            "subjects": len(np.unique(result.subject)),
            "methods": measure(result, subjects, resamples, seed),
        }
        for result in ratings
    }


def measure(ratings: SequenceRatings, subjects: int, resamples: int, seed: int) -> dict[str, Any]:
    """Return MAE, ICC(3,1) and PCC of each method with 95 % intervals from resampling subjects.

    Args:
        ratings: Ratings and predictions.
        subjects: Number of subjects of the table.
        resamples: Number of resamples; 0 for no intervals.
        seed: Random seed of the bootstrap.
    """
    counts = bootstrap.subject_counts(subjects, resamples, seed)
    rated = len(np.unique(ratings.subject))
    return {
        method: bootstrap.as_data(
            {
                metric.key: bootstrap.estimate_metric(metric, counts)
                for metric in _metrics(ratings, method, subjects, rated)
            }
        )
        for method in METHODS
    }


def write(table: Predictions, results: list[SequenceRatings], path: Path, caution: str) -> None:
    """Write a row for each sequence: its features, ratings and predictions.

    Args:
        table: The predictions of frames.
        results: What `predict` returned.
        path: The CSV file.
        caution: "subjects overlap: optimistic", or "".

    Raises:
        FileWriteError: The file cannot be written.
    """
    first, described = sequence_scores.first_rows(table.sequence), features(table)
    columns: dict[str, list[str]] = {
        "subject": [table.subjects[owner] for owner in table.subject[first]],
        "sequence": list(table.sequences),
    }
    for number, name in enumerate(feature_names(table.scale)):
        columns[name] = [f"{value:.5f}" for value in described[:, number]]
    for ratings in results:
        for name, values in {ratings.rating: ratings.truth, **ratings.predicted}.items():
            column = name if name == ratings.rating else f"{ratings.rating}_{name}"
            columns[column] = [""] * len(first)
            for row, value in zip(ratings.sequence, values, strict=True):
                columns[column][row] = f"{value:.5f}"
    if caution:
        columns["protocol"] = [caution] * len(first)
    text = io.StringIO()
    spreadsheet_cells.Writer(text).write(columns, *zip(*columns.values(), strict=True))
    files.write_text(path, text.getvalue())


def _metrics(ratings: SequenceRatings, method: str, subjects: int, rated: int) -> list[Metric]:
    predicted = ratings.predicted[method]
    parts = agreement.moments(ratings.truth, predicted, ratings.subject, subjects)
    ones = np.bincount(ratings.subject, minlength=subjects).astype(np.float64)
    errors = np.bincount(ratings.subject, np.abs(predicted - ratings.truth), minlength=subjects)
    sums = np.column_stack([ones, errors])

    def mae(counts: Floats) -> Floats:
        return column_mean(1, counts @ sums)

    def agreed(formula: Any, counts: Floats) -> Floats:
        result: Floats = formula(agreement.pool(parts, counts))
        return result

    return [
        Metric("mae", mae, subjects=rated),
        Metric("icc", partial(agreed, agreement.icc_of), subjects=rated),
        Metric("pcc", partial(agreed, agreement.pcc_of), subjects=rated),
    ]


def _features(scores: Floats, scale: Scale) -> list[float]:
    """Return the features of a sequence's scores (n,) in the order of time."""
    levels = np.searchsorted(scale.cuts, scores, side="right")
    shares = np.bincount(levels, minlength=len(scale.levels)) / len(scores)
    lengths = episode_lengths(scale.is_pain(scores))
    same_sequence = np.zeros(len(scores), np.intp)
    return [
        float(scores.max()),
        float(sequence_scores.top_tenth(scores, same_sequence)[0]),
        float(scores.mean()),
        float(scores.std()),
        *shares[: len(scale.levels)].tolist(),
        float(len(lengths)),
        max(lengths, default=0) / len(scores),
    ]


def episode_lengths(active: NDArray[np.bool_]) -> list[int]:
    """Return the length of each run of true values.

    >>> episode_lengths(np.array([True, True, False, True]))
    [2, 1]
    """
    edges = np.diff(np.concatenate([[0], active.astype(np.int8), [0]]))
    lengths: list[int] = (np.flatnonzero(edges == -1) - np.flatnonzero(edges == 1)).tolist()
    return lengths


def _held_out_mean(truth: Floats, subject: Indices) -> Floats:
    return np.array([truth[subject != owner].mean() for owner in subject])


def _held_out_ridge(described: Floats, truth: Floats, subject: Indices) -> Floats:
    """Return held-out predictions; the penalty is chosen on the other subjects, one at a time."""
    from sklearn.linear_model import RidgeCV
    from sklearn.model_selection import LeaveOneGroupOut
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    predicted = np.empty(len(truth))
    for owner in np.unique(subject):
        test = subject == owner
        folds = list(LeaveOneGroupOut().split(described[~test], groups=subject[~test]))
        ridge = RidgeCV(PENALTIES, cv=folds, scoring="neg_mean_absolute_error")
        model = make_pipeline(StandardScaler(), ridge).fit(described[~test], truth[~test])
        predicted[test] = model.predict(described[test])
    return predicted
