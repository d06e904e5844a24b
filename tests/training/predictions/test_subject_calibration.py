"""Calibrations fitted by subject, and the coverage of their intervals on new subjects."""

import json
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from wince.runtime.calibration import FEWEST_SUBJECTS, Calibration, ScoreMap, interval_tail
from wince.training.predictions import subject_calibration
from wince.training.predictions.subject_calibration import fit, neutral_map

Floats = NDArray[np.float64]
Sample = tuple[Floats, Floats, NDArray[np.intp]]
"""Raw scores, ratings, and the subject of each."""
NEW_SUBJECTS, NEW_FRAMES = 30, 5


def subject_with_bias(rng: np.random.Generator, frames: int) -> tuple[Floats, Floats]:
    """Return frames of a subject whose errors share a bias: an intraclass correlation of .8."""
    raw = np.clip(rng.uniform(1, 6) + rng.normal(0, 1.5, frames), 0, 16)
    error = rng.normal() + rng.normal(0, 0.5, frames)
    return raw, np.clip(raw + error * (0.4 + 0.15 * raw), 0, 16)


def subject_mostly_without_pain(rng: np.random.Generator, frames: int) -> tuple[Floats, Floats]:
    """Return frames with whole ratings, most of them 0, and scores that are too high for one."""
    in_pain = rng.random(frames) < rng.beta(0.5, 1.0)
    rating = np.clip(np.round(np.where(in_pain, rng.gamma(2, 1.5, frames), 0)), 0, 16)
    raw = 0.7 * rating + abs(rng.normal(0, 0.8)) + rng.normal(0, 0.4, frames)
    return np.clip(raw, 0, 16), rating


def subject_with_errors_of_one_size(rng: np.random.Generator, frames: int) -> tuple[Floats, Floats]:
    """Return frames of a subject whose errors have their own size, small or very large."""
    raw = np.clip(rng.exponential(2.0, frames), 0, 16)
    error = (rng.normal(0, 0.8) + rng.normal(0, 0.6, frames)) * np.exp(rng.normal(0, 0.7))
    return raw, np.clip(raw + error * (0.4 + 0.2 * raw), 0, 16)


KINDS = [subject_with_bias, subject_mostly_without_pain, subject_with_errors_of_one_size]
Kind = Callable[[np.random.Generator, int], tuple[Floats, Floats]]


def sample(rng: np.random.Generator, kind: Kind, frames: list[int]) -> Sample:
    """Return subjects with these numbers of frames."""
    raw, rating = zip(*(kind(rng, count) for count in frames), strict=True)
    subject = np.repeat(np.arange(len(frames)), frames)
    return np.concatenate(raw), np.concatenate(rating), subject


def calibrated(rng: np.random.Generator, kind: Kind, subjects: int) -> Calibration:
    """Return a calibration fitted on subjects with 5 to 120 frames each."""
    return fit(*sample(rng, kind, rng.integers(5, 120, subjects).tolist()), ScoreMap())


def coverage(calibration: Calibration, rng: np.random.Generator, kind: Kind) -> float:
    """Return the share of new subjects' frames whose rating is in the interval."""
    raw, rating, _ = sample(rng, kind, [NEW_FRAMES] * NEW_SUBJECTS)
    intervals = np.array([calibration(score).interval for score in raw.tolist()])
    return float(((rating >= intervals[:, 0]) & (rating <= intervals[:, 1])).mean())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("subjects", "most"), [(8, 1.0), (20, 1.0), (100, 0.93)])
def test_the_interval_covers_nine_in_ten_frames_of_new_subjects(
    kind: Kind, subjects: int, most: float
) -> None:
    rng = np.random.default_rng(subjects)
    covered = [coverage(calibrated(rng, kind, subjects), rng, kind) for _ in range(50)]
    assert 0.88 <= np.mean(covered) <= most


@pytest.mark.parametrize("kind", KINDS)
def test_an_interval_exists_from_nineteen_subjects_on_and_narrows_with_more(kind: Kind) -> None:
    rng = np.random.default_rng(5)
    few, enough, many = (calibrated(rng, kind, subjects) for subjects in (18, 19, 400))
    assert few(2.0).interval == (0, 16)
    assert "at least 19 people, and the errors on only 18 are known" in few.note
    assert enough.note == many.note == ""
    assert np.ptp(many(2.0).interval) < np.ptp(enough(2.0).interval) < 16


def test_the_tails_follow_the_number_of_subjects() -> None:
    assert interval_tail(19) == 0
    assert interval_tail(39) == pytest.approx((40 * 0.05 - 1) / 39)
    assert interval_tail(100_000) == pytest.approx(0.05, abs=1e-4)


def test_the_ends_of_the_interval_are_residuals_of_the_finite_sample_quantile() -> None:
    """39 subjects with one frame each: the second smallest and the second largest residual."""
    residual = np.random.default_rng(0).permutation(np.linspace(-1.9, 1.9, 39))
    raw = np.full(39, 8.0)
    fitted = fit(raw, raw + residual, np.arange(39), ScoreMap())
    held_out = 38 / 39  # the spread is fitted without the subject, and hardly differs
    assert fitted(8.0).interval == pytest.approx((8 - 1.8, 8 + 1.8), abs=2 * (1 - held_out) * 1.9)


def test_a_subject_counts_once_however_many_frames_it_has() -> None:
    rng = np.random.default_rng(3)
    raw, rating, subject = sample(rng, subject_with_bias, [10] * 25)
    once = fit(raw, rating, subject, ScoreMap())
    rows = np.concatenate([np.arange(250), *[np.flatnonzero(subject == 0)] * 50])
    repeated = fit(raw[rows], rating[rows], subject[rows], ScoreMap())
    assert repeated.subjects == 25
    assert repeated.faces == 750
    assert replace(repeated, faces=250).prior == pytest.approx(once.prior)
    for score in (0.5, 3.0, 8.0):
        assert repeated(score).interval == pytest.approx(once(score).interval, abs=1e-6)
        assert repeated(score).score == pytest.approx(once(score).score, abs=1e-6)


def test_the_number_is_the_median_of_the_ratings() -> None:
    rng = np.random.default_rng(1)
    raw = rng.uniform(2, 10, 600)
    rating = raw + rng.exponential(1.0, 600) - 1.0  # the median error is ln 2 - 1
    fitted = fit(raw, rating, np.arange(600) // 4, ScoreMap())
    assert fitted(5.0).score == pytest.approx(5 + np.log(2) - 1, abs=0.08)
    assert np.mean(rating < [fitted.score(score) for score in raw]) == pytest.approx(0.5, abs=0.01)


def test_the_spread_of_a_subject_is_fitted_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    fitted_on: list[set[float]] = []
    spread = subject_calibration._spread

    def recorded(raw: Floats, error: Floats, weight: Floats) -> tuple[float, float]:
        fitted_on.append(set(raw.tolist()))
        return spread(raw, error, weight)

    monkeypatch.setattr(subject_calibration, "_spread", recorded)
    raw = np.repeat(np.arange(6.0), 3)
    fit(raw, raw + np.linspace(-1, 1, 18), raw, ScoreMap())
    left_out = [set(range(6)) - scores for scores in fitted_on]
    assert left_out == [set(), {0}, {1}, {2}, {3}, {4}, {5}]


@pytest.mark.parametrize("subjects", [1, 2, 3, FEWEST_SUBJECTS])
def test_any_number_of_subjects_gives_a_calibration_that_can_be_loaded(subjects: int) -> None:
    fitted = calibrated(np.random.default_rng(2), subject_mostly_without_pain, subjects)
    loaded = Calibration.from_dict(json.loads(json.dumps(fitted.to_dict())))
    assert loaded == fitted
    assert loaded.subjects == subjects
    low, high = loaded(3.0).interval
    assert 0 <= low <= loaded(3.0).score <= high <= 16


def test_scores_that_hardly_vary_give_a_calibration_that_can_be_loaded() -> None:
    raw = np.random.default_rng(0).uniform(0.0, 0.01, 40)
    rating = np.where(raw > 0.005, 6.0, 0.0)
    fitted = fit(raw, rating, np.arange(40), ScoreMap())
    assert fitted.spread_slope <= 1
    assert Calibration.from_dict(json.loads(json.dumps(fitted.to_dict()))) == fitted


@pytest.mark.parametrize("knee", [0.0, 5.5, -1.0])
def test_a_knee_that_would_break_the_order_is_refused(knee: float) -> None:
    with pytest.raises(ValueError, match=r"between 0 and 5\.5"):
        neutral_map(knee)
