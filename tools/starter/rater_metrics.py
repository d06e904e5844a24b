"""How well one rating agrees with another one, and the model with each of them."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.starter.rated_faces import Faces
from tools.starter.score_metrics import Scores, pcc, rounded, score_metrics, unit_pcc
from tools.starter.single_ratings import Ratings, with_single_ratings
from wince import scale
from wince.evaluation.metrics import agreement
from wince.runtime.estimator import Estimate


def beside_the_rater(raw: Scores, units: Scores, faces: Faces) -> dict[str, Any]:
    """Return the metrics of the rater's other pass and of the model against a single rating.

    Each metric is the mean over both passes as the reference. `icc` is the ICC(3,1) of their PSPI.

    Args:
        raw: The model's scores, (N,).
        units: The model's action units, (N, 6).
        faces: The faces with two ratings each.
    """
    pspi, ratings = faces.pspi_by_rating, faces.ratings
    return {
        "icc": rounded(agreement.icc(*pspi.T)),
        "rater": _mean_metrics(
            _metrics(pspi[:, 1 - i], ratings[:, 1 - i], pspi[:, i], ratings[:, i]) for i in (0, 1)
        ),
        "model": _mean_metrics(_metrics(raw, units, pspi[:, i], ratings[:, i]) for i in (0, 1)),
    }


def beside_a_fresh_rating(
    estimate: Estimate, faces: Faces, fold: NDArray[np.intp], ratings: Ratings
) -> dict[str, Any] | None:
    """Return the metrics of a third rating and of the model against the mean of the first two.

    The model is also compared with the mean of all three ratings, which errs less than that of two.

    Args:
        estimate: What the model predicts for the faces.
        faces: The faces with two ratings each.
        fold: Fold of each face, (N,).
        ratings: The third rating by image. It is brought to the scale of the first two on the
            people of the other folds.

    Returns:
        The metrics over the faces with a third rating; None if no face has one.
    """
    assert estimate.action_units is not None
    fresh = _fresh_units(faces, fold, ratings)
    has_fresh = np.asarray(~np.isnan(fresh).any(axis=1))
    if not has_fresh.any():
        return None
    fresh, faces = fresh[has_fresh], faces[has_fresh]
    fresh_pspi = scale.pspi_formula(*fresh.T, maximum=np.maximum)
    raw, units = estimate.raw[has_fresh], estimate.action_units[has_fresh]
    mean_pspi, mean_units = (2 * faces.pspi + fresh_pspi) / 3, (2 * faces.units + fresh) / 3
    return {
        "subjects": len(np.unique(faces.subject)),
        "fresh": _metrics(fresh_pspi, fresh, faces.pspi, faces.units),
        "model": _metrics(raw, units, faces.pspi, faces.units),
        "model_against_all_three": _metrics(raw, units, mean_pspi, mean_units),
        "pcc_of_fresh_with": {
            "model": pcc(fresh_pspi, raw),
            "each_rating": [pcc(fresh_pspi, rating) for rating in faces.pspi_by_rating.T],
        },
    }


def _fresh_units(faces: Faces, fold: NDArray[np.intp], ratings: Ratings) -> NDArray[np.float32]:
    """Return the third rating (N, 6) on the scale of the first two; NaN where there is none."""
    units = np.full((len(faces), len(scale.UNIT_NAMES)), np.nan, np.float32)
    in_ratings = np.isin(faces.image, list(ratings))
    for number in np.unique(fold):
        rows = np.flatnonzero(in_ratings & (fold == number))
        others = faces[in_ratings & (fold != number)]
        on_scale = with_single_ratings(faces[rows], others, ratings)
        units[rows[on_scale.rated_once]] = on_scale.units[on_scale.rated_once]
    return units


def _metrics(raw: Scores, units: Scores, pspi: Scores, rated_units: Scores) -> dict[str, Any]:
    return {**score_metrics(raw, pspi), **unit_pcc(units, rated_units)}


def _mean_metrics(rows: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the mean of each metric, None where one of them is undefined."""
    return {name: rounded(column.mean()) for name, column in columns(rows).items()}


def columns(rows: Iterable[Mapping[str, Any]]) -> dict[str, NDArray[np.float64]]:
    """Return the values of each metric over all rows, NaN where undefined, without `faces`."""
    table = list(rows)
    return {
        name: np.array([row[name] for row in table], float) for name in table[0] if name != "faces"
    }
