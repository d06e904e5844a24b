"""The metrics of the model card."""

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="needs scikit-learn")
pytest.importorskip("torch", reason="needs wince[train]")

from tests.support.starter_sample import RECIPE, FinishedRun
from tools.starter import folds, package, rater_metrics
from tools.starter.rated_faces import Faces
from wince import scale
from wince.runtime.estimator import Estimate, interpret


def estimate(units: np.ndarray) -> Estimate:
    return interpret(units, np.zeros((*units.shape, 0, 0)), "action-units")


def test_a_model_that_repeats_one_rating_agrees_fully_with_it_and_with_the_other_as_the_rater_does(
    faces: Faces,
) -> None:
    noisy = np.random.default_rng(0).integers(0, 4, faces.ratings.shape).astype(np.float32)
    noisy[..., -1] = noisy[..., -1] > 1
    faces = replace(faces, ratings=noisy)
    beside = rater_metrics.beside_the_rater(faces.pspi_by_rating[:, 0], noisy[:, 0], faces)
    for name in ("pcc", "auc_at_4", *scale.UNIT_NAMES):
        assert beside["model"][name] == pytest.approx((1 + beside["rater"][name]) / 2, abs=2e-3)
    gap = np.abs(faces.pspi_by_rating[:, 0] - faces.pspi_by_rating[:, 1]).mean()
    assert beside["rater"]["mae"] == pytest.approx(gap, abs=1e-3)
    assert beside["model"]["mae"] == pytest.approx(gap / 2, abs=1e-3)


def test_a_third_rating_is_brought_to_the_scale_of_the_two_before_it_is_measured(
    faces: Faces,
) -> None:
    random = np.random.default_rng(0)
    many = faces[random.integers(0, len(faces), 200)]
    levels = random.integers(0, 5, (200, 6)).astype(np.float32)
    levels[:, -1] = levels[:, -1] > 2
    many = replace(many, ratings=np.stack([levels] * 2, 1), image=np.arange(200).astype(str))
    reversed_levels = estimate(levels[::-1])
    higher = levels + np.float32([1, 1, 1, 1, 1, 0])
    ratings = dict(zip(many.image[:150], higher, strict=False))
    fold = random.permutation(200) % 4
    beside = rater_metrics.beside_a_fresh_rating(reversed_levels, many, fold, ratings)
    assert beside["fresh"]["faces"] == beside["model"]["faces"] == 150
    assert beside["fresh"]["pcc"] == pytest.approx(1, abs=2e-3)
    assert beside["fresh"]["mae"] < 0.2  # not 0, because of the ends of the other folds' scale
    assert abs(beside["model"]["pcc"]) < 0.2
    assert beside["pcc_of_fresh_with"]["each_rating"] == pytest.approx([1, 1], abs=2e-3)
    assert rater_metrics.beside_a_fresh_rating(reversed_levels, many, fold, {}) is None


def test_a_model_that_repeats_the_mean_of_two_ratings_is_a_third_of_the_way_to_a_third_one(
    faces: Faces,
) -> None:
    random = np.random.default_rng(0)
    levels = random.integers(0, 2, (200, 6)).astype(np.float32)
    many = faces[np.zeros(200, np.intp)]
    many = replace(many, ratings=np.stack([levels] * 2, 1), image=np.arange(200).astype(str))
    ratings = dict(zip(many.image, levels[::-1], strict=True))
    fold = np.arange(200) % 4
    beside = rater_metrics.beside_a_fresh_rating(estimate(levels), many, fold, ratings)
    assert beside["model"]["mae"] == 0
    gap = beside["fresh"]["mae"]
    assert gap > 0.5
    assert beside["model_against_all_three"]["mae"] == pytest.approx(gap / 3, abs=1e-3)


def test_every_fold_is_reported(finished_run: FinishedRun) -> None:
    rows = finished_run.manifest["figures"]["folds"]
    assert [row["faces"] for row in rows] == np.bincount(finished_run.fold).tolist()
    assert all(0 <= row["interval_coverage"] <= 1 for row in rows)


def test_stretch_and_calibration_of_a_fold_do_not_depend_on_its_ratings(faces: Faces) -> None:
    fold = folds.folds(faces.subject, RECIPE)
    scores = faces.units[::-1].copy()
    ratings = faces.ratings.copy()
    ratings[fold == 0] = ratings[fold == 0, :, ::-1]
    changed = replace(faces, ratings=ratings)
    before, after = (
        package.fit_without_each_fold(scores, version, fold) for version in (faces, changed)
    )
    assert before[0] == after[0]
    assert before[1][0] != after[1][0]
    assert before[1][1] != after[1][1]
