"""Stretching shrunken scores."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.starter import stretch


def shrunken(share: float, rows: int = 400) -> tuple[np.ndarray, np.ndarray]:
    """Return scores that vary `share` as much as their ratings, around another mean."""
    ratings = np.random.default_rng(0).gamma(2, 1, (rows, 6)).astype(np.float32)
    return (1 + share * (ratings - 2)).astype(np.float32), ratings


@given(st.floats(0.2, 1.0))
def test_scores_that_only_shrank_are_the_ratings_again(share: float) -> None:
    scores, ratings = shrunken(share)
    np.testing.assert_allclose(stretch.fit(scores, ratings, 1.0)(scores), ratings, atol=1e-4)


def test_without_a_share_only_the_mean_is_set_right() -> None:
    scores, ratings = shrunken(0.5)
    line = stretch.fit(scores, ratings, 0.0)
    assert line.factor == pytest.approx([1] * 6)
    np.testing.assert_allclose(line(scores).mean(0), ratings.mean(0), rtol=1e-5)


def test_a_fold_has_no_say_in_its_own_stretch() -> None:
    scores, ratings = shrunken(0.5)
    fold = np.arange(len(scores)) % 4
    found = stretch.cross_fitted(scores, ratings, fold)
    changed = ratings.copy()
    changed[fold == 2] += 3
    again = stretch.cross_fitted(scores, changed, fold)
    np.testing.assert_array_equal(found[fold == 2], again[fold == 2])
    assert not np.array_equal(found[fold == 1], again[fold == 1])
