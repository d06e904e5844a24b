"""Predictions of a cross-validation, calibrated on the subjects of the other folds."""

import numpy as np
import pytest

from wince.evaluation.prediction_columns import RAW
from wince.runtime.calibration import ScoreMap
from wince.training.predictions import subject_calibration
from wince.training.predictions.cross_fitted import cross_fitted, raw_fold_scores

Table = dict[str, list[str]]
FRAMES = 30


def table_of(subjects: int, folds: int, bias: float = 0.0) -> Table:
    """Return the columns of a cross-validation whose scores are too high for each subject."""
    rng = np.random.default_rng(1)
    subject = np.repeat(np.arange(subjects), FRAMES)
    rating = np.clip(np.round(rng.gamma(0.6, 3.0, len(subject))), 0, 16)
    raw = rating + rng.normal(0, 0.8, subjects)[subject] + rng.normal(bias, 0.3, len(subject))
    return {
        "subject": [f"s{number:03}" for number in subject],
        "pspi": [f"{value:g}" for value in rating],
        "predicted": ["0"] * len(subject),
        **{name: ["0"] * len(subject) for name in ("p_none", "p_mild", "p_moderate", "p_severe")},
        "low": ["0"] * len(subject),
        "high": ["0"] * len(subject),
        RAW: [f"{value:.5f}" for value in np.clip(raw, 0, 16)],
        "fold": [str(number % folds + 1) for number in subject],
    }


def test_each_fold_is_calibrated_on_the_subjects_of_the_others() -> None:
    table = table_of(subjects=40, folds=4)
    calibrated = cross_fitted(table)
    scores = raw_fold_scores(table)
    others = scores[scores.fold != "2"]
    expected = subject_calibration.fit(others.raw, others.rating, others.subject, ScoreMap())
    assert expected.subjects == 30
    for row in np.flatnonzero(scores.fold == "2")[:50].tolist():
        result = expected(float(table[RAW][row]))
        assert float(calibrated["predicted"][row]) == pytest.approx(result.score, abs=1e-5)
        assert float(calibrated["low"][row]) == pytest.approx(result.interval[0], abs=1e-4)
        assert float(calibrated["high"][row]) == pytest.approx(result.interval[1], abs=1e-4)
    assert calibrated["pspi"] == table["pspi"]


def test_the_interval_of_the_folds_covers_nine_in_ten_labels() -> None:
    calibrated = cross_fitted(table_of(subjects=100, folds=5))
    label, low, high = (np.array(calibrated[name], float) for name in ("pspi", "low", "high"))
    assert 0.88 < ((label >= low) & (label <= high)).mean() < 0.96


def test_a_bias_that_all_folds_share_is_removed() -> None:
    table = table_of(subjects=40, folds=4, bias=1.5)
    label, raw = np.array(table["pspi"], float), np.array(table[RAW], float)
    predicted = np.array(cross_fitted(table)["predicted"], float)
    assert np.median(raw - label) > 1
    assert abs(np.median(predicted - label)) < 0.25


def test_frames_without_a_score_keep_their_empty_cells() -> None:
    table = table_of(subjects=20, folds=4)
    for name in ("predicted", "low", "high", RAW):
        table[name][3] = ""
    calibrated = cross_fitted(table)
    assert calibrated["predicted"][3] == calibrated["low"][3] == ""
    assert float(calibrated["high"][4]) > 0


def test_the_only_fold_keeps_its_predictions() -> None:
    table = table_of(subjects=5, folds=1)
    assert cross_fitted(table) == table


def test_a_table_of_an_earlier_version_has_its_scores_as_predictions() -> None:
    table = table_of(subjects=20, folds=4)
    earlier = {**table, "predicted": table[RAW]}
    del earlier[RAW]
    np.testing.assert_array_equal(raw_fold_scores(earlier).raw, raw_fold_scores(table).raw)
