"""Faces with one rating each on the scale of those with two."""

from dataclasses import replace
from random import Random

import numpy as np
import pytest

pytest.importorskip("onnx", reason="needs wince[train]")

from hypothesis import given
from hypothesis import strategies as st

from tests.support.starter_sample import of_another_person, single_ratings, unrated
from tools.starter.rated_faces import Faces
from tools.starter.single_ratings import TABLE, _equated, read_ratings, with_single_ratings

LEVELS = st.lists(st.integers(0, 5), min_size=1, max_size=30)


@given(LEVELS, st.randoms(use_true_random=False))
def test_equated_levels_keep_their_order_and_have_the_mean_of_the_other_scale(
    source: list[int], random: Random
) -> None:
    target = np.array([[random.randint(0, 5) for _ in "ab"] for _ in source], np.float32)
    equated = _equated(np.float32(source), np.float32(source), target)
    order = np.argsort(source)
    assert np.all(np.diff(equated[order]) >= -1e-5)
    assert equated.mean() == pytest.approx(target.mean(), abs=1e-4)


@given(LEVELS)
def test_levels_equated_to_their_own_scale_are_unchanged(source: list[int]) -> None:
    levels = np.float32(source)
    target = np.stack([levels, levels], 1)
    np.testing.assert_allclose(_equated(levels, levels, target), levels, atol=1e-5)


def test_a_level_that_no_face_of_the_source_has_is_between_its_neighbours() -> None:
    source, target = np.float32([0, 1, 3, 4]), np.float32([[0, 0], [1, 1], [2, 2], [3, 3]])
    equated = _equated(np.float32([0, 1, 2, 3, 4, 5]), source, target)
    np.testing.assert_allclose(equated, [0, 1, 2, 2, 3, 3])


def test_a_single_rating_is_brought_to_the_scale_of_the_two(faces: Faces) -> None:
    first = faces.ratings[:, 0]
    higher = np.minimum(first + np.float32([1, 1, 1, 1, 1, 0]), 5)
    ratings = dict(zip(faces.image, higher, strict=True))
    others = of_another_person(faces[np.arange(4)])
    ratings |= {"other_1": ratings[faces.image[1]], "other_3": ratings[faces.image[3]]}
    rated = replace(faces, ratings=np.stack([first, first], 1))
    result = with_single_ratings(others, rated, ratings)
    assert result.rated.tolist() == result.rated_once.tolist() == [False, True, False, True]
    assert others.rated.tolist() == [False] * 4
    below = first[[1, 3]] < 5  # both 4 and 5 have become 5, which is equated to their mean
    np.testing.assert_allclose(result.units[[1, 3]][below], first[[1, 3]][below], atol=0.51)


def test_without_a_face_that_has_both_kinds_of_rating_no_rating_is_used(faces: Faces) -> None:
    others = unrated(faces)
    ratings = {"nobody": np.zeros(6, np.float32), "no one": np.ones(6, np.float32)}
    assert with_single_ratings(others, faces, ratings) is others


def test_the_table_of_single_ratings_has_levels_of_usable_faces() -> None:
    ratings = read_ratings(TABLE)
    units = np.array([*ratings.values()])
    assert len(ratings) > 6000
    assert set(np.unique(units[:, :5])) == {0, 1, 2, 3, 4, 5}
    assert set(np.unique(units[:, 5])) == {0, 1}
    assert sum(image.startswith("face_") for image in ratings) > 800


def test_the_sample_of_the_tests_has_faces_with_both_kinds_of_rating(faces: Faces) -> None:
    others = of_another_person(faces[np.arange(4)])
    result = with_single_ratings(others, faces, single_ratings(faces))
    assert result.rated_once.tolist() == [True, False, True, False]
