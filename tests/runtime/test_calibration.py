"""From a raw score to PSPI, interval and level probabilities."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from wince.errors import ModelError
from wince.runtime.calibration import CalibratedScore, Calibration, ScoreMap
from wince.scale import LEVELS, Level, level
from wince.training.predictions.subject_calibration import fit, neutral_map

Floats = NDArray[np.float64]


def noisy(faces: int, seed: int) -> tuple[Floats, Floats]:
    """Return scores from 0 to 10, and ratings whose noise grows with the score."""
    rng = np.random.default_rng(seed)
    raw = rng.uniform(0, 10, faces)
    return raw, np.clip(raw + rng.normal(0, 0.3 + 0.15 * raw), 0, 16)


def calibrated(faces: int, seed: int, knee: float) -> Calibration:
    """Return a calibration fitted on noisy scores, two of each subject."""
    return fit(*noisy(faces, seed), np.arange(faces) // 2, neutral_map(knee))


@pytest.fixture(scope="module")
def fitted() -> Calibration:
    return calibrated(2000, 1, knee=2.0)


def test_the_interval_covers_nine_in_ten_ratings_it_was_not_fitted_on(fitted: Calibration) -> None:
    raw, rating = noisy(4000, 2)
    intervals = np.array([fitted(score).interval for score in raw])
    mapped = np.array([fitted.score_map(value) for value in rating])
    covered = ((mapped >= intervals[:, 0]) & (mapped <= intervals[:, 1])).mean()
    assert 0.88 < covered < 0.92


def test_the_interval_widens_with_the_score_as_the_errors_do(fitted: Calibration) -> None:
    widths = [np.ptp(fitted(score).interval) for score in (4.0, 6.0, 8.0)]
    assert widths[0] < widths[1] < widths[2]


def test_a_level_is_right_as_often_as_its_confidence(fitted: Calibration) -> None:
    raw, rating = noisy(4000, 3)
    scores = [fitted(value) for value in raw]
    confidence = np.array([score.confidence for score in scores])
    true_levels = np.array([fitted(value).level for value in rating])
    correct = np.array([score.level for score in scores]) == true_levels
    assert abs(confidence.mean() - correct.mean()) < 0.02
    for low, high in ((0.4, 0.7), (0.7, 0.9), (0.9, 1.0)):
        chosen = (confidence >= low) & (confidence < high)
        assert abs(confidence[chosen].mean() - correct[chosen].mean()) < 0.06


def test_no_level_has_probability_zero(fitted: Calibration) -> None:
    probabilities = fitted(0.0).level_probabilities
    assert min(probabilities.values()) > 0
    assert sum(probabilities.values()) == pytest.approx(1)


@given(st.floats(-5, 25))
def test_every_score_gives_an_ordered_interval_on_the_scale(raw: float) -> None:
    score = calibrated(200, 4, knee=2.0)(raw)
    low, high = score.interval
    assert 0 <= low <= score.score <= high <= 16
    assert score.level in LEVELS


@given(st.floats(0.5, 5.0), st.lists(st.floats(0, 16), min_size=2, max_size=20))
def test_the_neutral_map_keeps_the_order_of_scores(knee: float, raw: list[float]) -> None:
    mapped = [neutral_map(knee)(value) for value in sorted(raw)]
    assert mapped == sorted(mapped)


def test_the_neutral_map_takes_scores_below_the_knee_to_none_and_keeps_the_upper_levels() -> None:
    score_map = neutral_map(2.4)
    assert score_map(2.39) < 0.5 <= score_map(2.41)
    assert [score_map(value) for value in (0, 5.5, 8, 10.5, 16)] == [0, 5.5, 8, 10.5, 16]


@given(st.floats(0, 16))
def test_the_map_of_the_inverse_is_the_identity(pspi: float) -> None:
    score_map = neutral_map(2.0)
    assert score_map(score_map.inverse(pspi)) == pytest.approx(pspi, abs=1e-9)


def test_the_default_map_is_the_identity() -> None:
    assert [ScoreMap()(value) for value in (0.0, 0.3, 7.7, 16.0)] == [0.0, 0.3, 7.7, 16.0]


def test_a_calibration_survives_json(fitted: Calibration) -> None:
    loaded = Calibration.from_dict(json.loads(json.dumps(fitted.to_dict())))
    assert loaded == fitted
    assert loaded(5.0) == fitted(5.0)


def test_a_damaged_calibration_is_refused_with_what_was_found(fitted: Calibration) -> None:
    data = fitted.to_dict()
    del data["prior"]
    with pytest.raises(ModelError, match="prior"):
        Calibration.from_dict(data)


def test_a_calibration_by_frames_is_read_and_its_interval_becomes_the_whole_scale(
    fitted: Calibration,
) -> None:
    data = fitted.to_dict()
    del data["shift"], data["subjects"]
    older = Calibration.from_dict(json.loads(json.dumps(data)))
    assert older(8.0).interval == (0, 16)
    assert "not known on how many" in older.note
    assert older(8.0).score == pytest.approx(fitted(8.0).score - fitted.shift)


@pytest.mark.parametrize(("key", "value"), [("subjects", -1), ("subjects", True), ("shift", 17.0)])
def test_a_calibration_with_an_impossible_value_is_refused(
    fitted: Calibration, key: str, value: object
) -> None:
    with pytest.raises(ModelError, match=key):
        Calibration.from_dict({**fitted.to_dict(), key: value})


def test_the_share_of_an_unknown_subject_is_divided_like_the_levels(fitted: Calibration) -> None:
    """Of two subjects, a third of the distribution is unknown."""
    few = replace(fitted, subjects=2, prior=(0.25, 0.25, 0.25, 0.25))
    assert few(0.0).level_probabilities["severe"] == pytest.approx(0.25 / 3, abs=1e-6)


def test_levels_follow_the_mapped_score(fitted: Calibration) -> None:
    levels = [fitted(score).level for score in (1.0, 4.0, 8.0, 12.0)]
    assert levels == [Level.NONE, Level.MILD, Level.MODERATE, Level.SEVERE]


def score_with(pspi: float, *shares: float) -> CalibratedScore:
    """Return a score with these probabilities of the four levels."""
    return CalibratedScore(
        pspi, (0.0, 16.0), level(pspi), dict(zip(map(str, LEVELS), shares, strict=True))
    )


@pytest.mark.parametrize(
    ("pspi", "shares", "expected"),
    [
        (3.0, (0.2, 0.6, 0.1, 0.1), None),
        (3.0, (0.3, 0.5, 0.1, 0.1), None),
        (3.0, (0.3, 0.49, 0.11, 0.1), (Level.NONE, Level.MILD)),
        (3.0, (0.11, 0.49, 0.3, 0.1), (Level.MILD, Level.MODERATE)),
        (3.0, (0.5, 0.5, 0.0, 0.0), (Level.NONE, Level.MILD)),
        (0.2, (0.5, 0.5, 0.0, 0.0), (Level.NONE, Level.MILD)),
        (12.0, (0.0, 0.2, 0.4, 0.4), (Level.MODERATE, Level.SEVERE)),
        (7.0, (0.45, 0.05, 0.4, 0.1), (Level.MODERATE, Level.SEVERE)),
    ],
)
def test_a_level_that_is_not_clear_is_stated_with_the_likelier_level_beside_it(
    pspi: float, shares: tuple[float, ...], expected: tuple[Level, Level] | None
) -> None:
    assert score_with(pspi, *shares).between == expected


@given(st.floats(-5, 25), st.integers(0, 5), st.floats(0.5, 5.0))
def test_a_stated_score_never_contradicts_itself(raw: float, seed: int, knee: float) -> None:
    score = calibrated(60, seed, knee)(raw).rounded()
    shares, stated = score.level_probabilities, score.level
    assert stated == level(score.score)
    assert score.interval[0] <= score.score <= score.interval[1]
    assert score.confidence == shares[stated]
    rival = max(share for name, share in shares.items() if name != stated)
    unclear = rival >= shares[stated] or max(shares.values()) < 0.5
    assert (score.between is not None) == unclear
    if score.between is not None:
        lower, upper = map(LEVELS.index, score.between)
        assert upper == lower + 1
        assert stated in score.between


def test_rounding_a_score_to_a_cut_gives_the_level_of_the_rounded_score() -> None:
    score = score_with(5.4996, 0.0, 0.5, 0.5, 0.0)
    assert (score.level, score.rounded().level) == (Level.MILD, Level.MODERATE)
    assert score.rounded().score == 5.5
