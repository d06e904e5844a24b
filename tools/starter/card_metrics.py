"""All metrics of the starter's model card, from predictions for faces the model had not seen."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tools.starter.altered_faces import ALTERATIONS, altered, grey, in_colour, yaws
from tools.starter.level_metrics import (
    LevelPredictions,
    RatedFaces,
    certainty,
    coverage_by_level,
    coverage_by_subject,
    predicted_levels,
)
from tools.starter.rated_faces import Faces
from tools.starter.rater_metrics import beside_the_rater, columns
from tools.starter.score_metrics import GRIMACE, Scores, auc, mean, rounded, score_metrics, unit_pcc
from wince.runtime.calibration import Calibration
from wince.runtime.estimator import Estimate

Predict = Callable[[Faces, NDArray[np.intp]], Estimate]
"""Faces and their folds to what the folds' models predict."""
TURNS = ((0, 15), (15, 30), (30, 45))  # degrees


def measure(
    estimate: Estimate,
    faces: Faces,
    fold: NDArray[np.intp],
    calibrations: Sequence[Calibration],
) -> dict[str, Any]:
    """Return the metrics of all faces, pooled and by fold, rounded to three places.

    Args:
        estimate: What each fold's model predicts for that fold's faces, in the faces' order.
        faces: The rated faces.
        fold: Fold of each face, (N,).
        calibrations: One for each fold, made on the other folds.
    """
    assert estimate.action_units is not None
    rating, raw = faces.pspi, estimate.raw
    return {
        **calibrated_metrics(raw, faces, fold, calibrations),
        "always_mean": {"mae": rounded(np.abs(_mean_of_others(rating, fold) - rating).mean())},
        "landmark_ridge": score_metrics(_ridge_scores(faces, fold), rating),
        "action_units_pcc": unit_pcc(estimate.action_units, faces.units),
        "beside_the_rater": beside_the_rater(raw, estimate.action_units, faces),
        "grimaces_against_smiles": _against_smiles(raw, faces),
    }


def calibrated_metrics(
    raw: Scores,
    faces: RatedFaces,
    fold: NDArray[np.intp],
    calibrations: Sequence[Calibration],
) -> dict[str, Any]:
    """Return the metrics of the calibrated scores: medians, levels and intervals.

    Args:
        raw: What each fold's model predicts for that fold's faces, (N,).
        faces: The rated faces.
        fold: Fold of each face, (N,).
        calibrations: One for each fold, made on the other folds.
    """
    rating = faces.pspi
    predictions = LevelPredictions.from_scores(calibrations, raw, rating, fold)
    medians = zip(fold.tolist(), raw.tolist(), strict=True)
    score = np.array([calibrations[number].median_rating(value) for number, value in medians])
    masks = [fold == number for number in np.unique(fold)]
    return {
        "all": _with_spread(score, rating, masks),
        "picked_by_expression": _with_spread(score, rating, masks, faces.by_expression),
        "folds": [
            {**score_metrics(score[mask], rating[mask]), **certainty(predictions[mask])}
            for mask in masks
        ],
        "mean_error_of_grimaces": mean((score - rating)[rating >= GRIMACE]),
        "levels": predicted_levels(predictions, faces),
        "calibration": certainty(predictions),
        "coverage_by_level": coverage_by_level(predictions),
        "coverage_mean_of_subjects": coverage_by_subject(predictions, faces),
    }


def brief(estimate: Estimate, faces: Faces) -> dict[str, Any]:
    """Return the metrics that compare two ways of predicting the same faces."""
    error = estimate.raw - faces.pspi
    return {
        **score_metrics(estimate.raw, faces.pspi),
        "mean_error_of_grimaces": mean(error[faces.pspi >= GRIMACE]),
    }


def under_worse_conditions(
    predict: Predict, faces: Faces, fold: NDArray[np.intp], raw: Scores
) -> list[dict[str, Any]]:
    """Return the metrics of altered and of turned faces, of those picked by expression.

    Args:
        predict: Returns what the folds' models predict.
        faces: The rated faces.
        fold: Fold of each face, (N,).
        raw: Scores of the faces as they are, (N,).
    """
    picked = faces.by_expression
    faces, fold, raw = faces[picked], fold[picked], raw[picked]
    yaw = np.abs(yaws(faces))
    rows = [{"condition": "as they are", **score_metrics(raw, faces.pspi), "shift": 0.0}]
    for name, alter in ALTERATIONS.items():
        altered_raw = predict(altered(faces, alter), fold).raw
        shift = rounded((altered_raw - raw).mean())
        rows.append({"condition": name, **score_metrics(altered_raw, faces.pspi), "shift": shift})
    for low, high in TURNS:
        mask = (yaw >= low) & (yaw < high)
        if mask.any():
            name = f"turned {low} to {high} degrees"
            rows.append({"condition": name, **score_metrics(raw[mask], faces.pspi[mask])})
    return rows


def grey_against_colour(
    predict: Predict, faces: Faces, fold: NDArray[np.intp], raw: Scores
) -> dict[str, Any]:
    """Return how far the scores of colour photographs move when the colour is removed."""
    colour = in_colour(faces)
    shift = predict(altered(faces[colour], grey), fold[colour]).raw - raw[colour]
    return {
        "faces": int(colour.sum()),
        "mean_difference": mean(shift),
        "mean_absolute_difference": mean(np.abs(shift)),
    }


def _with_spread(
    raw: Scores,
    rating: Scores,
    masks: Iterable[NDArray[np.bool_]],
    only: NDArray[np.bool_] | None = None,
) -> dict[str, Any]:
    """Return the pooled metrics and, as `..._spread`, their standard deviations over the folds."""
    chosen = np.ones(len(rating), bool) if only is None else only
    by_fold = [score_metrics(raw[mask & chosen], rating[mask & chosen]) for mask in masks]
    return {**score_metrics(raw[chosen], rating[chosen]), **_spread(by_fold)}


def _spread(rows: Iterable[Mapping[str, Any]]) -> dict[str, float | None]:
    return {
        f"{name}_spread": rounded(np.std(column, ddof=1)) for name, column in columns(rows).items()
    }


def _mean_of_others(rating: Scores, fold: NDArray[np.intp]) -> Scores:
    """Return for each face (N,) the mean rating of the other folds."""
    means = np.array([rating[fold != number].mean() for number in range(fold.max() + 1)])
    return np.asarray(means[fold])


def _ridge_scores(faces: Faces, fold: NDArray[np.intp]) -> Scores:
    """Return PSPI (N,) by ridge regression on landmarks and blendshapes of the other folds."""
    inputs = np.hstack([faces.points.reshape(len(faces), -1), faces.blendshapes])
    scores = np.empty(len(faces))
    for number in np.unique(fold):
        test = fold == number
        model = make_pipeline(StandardScaler(), RidgeCV(np.logspace(1, 5, 9)))
        scores[test] = model.fit(inputs[~test], faces.pspi[~test]).predict(inputs[test])
    return scores


def _against_smiles(raw: Scores, faces: Faces) -> dict[str, Any]:
    """Return the AUC of grimaces against smiles: AU6 of at least 2 and AU4 below 0.5."""
    smiles = (faces.units[:, 1] >= 2) & (faces.units[:, 0] < 0.5)
    grimaces = faces.pspi >= GRIMACE
    either = smiles ^ grimaces
    return {
        "grimaces": int((grimaces & either).sum()),
        "smiles": int((smiles & either).sum()),
        "auc": auc(grimaces[either], raw[either]),
    }
