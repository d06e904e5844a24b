"""The stretch that corrects scores with too little variance."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.starter import stretch


def with_low_variance(share: float, rows: int = 400) -> tuple[np.ndarray, np.ndarray]:
    """Return scores that vary `share` as much as their ratings, around another mean."""
    ratings = np.random.default_rng(0).gamma(2, 1, (rows, 6)).astype(np.float32)
    return (1 + share * (ratings - 2)).astype(np.float32), ratings


@given(st.floats(0.2, 1.0))
def test_scores_that_only_lost_variance_become_the_ratings(share: float) -> None:
    scores, ratings = with_low_variance(share)
    np.testing.assert_allclose(stretch.fit(scores, ratings, 1.0)(scores), ratings, atol=1e-4)


def test_with_a_share_of_zero_only_the_mean_is_corrected() -> None:
    scores, ratings = with_low_variance(0.5)
    line = stretch.fit(scores, ratings, 0.0)
    assert line.factor == pytest.approx([1] * 6)
    np.testing.assert_allclose(line(scores).mean(0), ratings.mean(0), rtol=1e-5)


def test_the_stretch_of_a_fold_does_not_depend_on_its_ratings() -> None:
    scores, ratings = with_low_variance(0.5)
    fold = np.arange(len(scores)) % 4
    before = stretch.cross_fitted(scores, ratings, fold)
    changed = ratings.copy()
    changed[fold == 2] += 3
    after = stretch.cross_fitted(scores, changed, fold)
    np.testing.assert_array_equal(before[fold == 2], after[fold == 2])
    assert not np.array_equal(before[fold == 1], after[fold == 1])
