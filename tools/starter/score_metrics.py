"""Metrics of scores against ratings, rounded to three places; None (null in JSON) if undefined."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from wince import scale
from wince.evaluation.metrics import agreement

Scores = NDArray[np.floating[Any]]
GRIMACE = 6.0  # rated PSPI from which a face counts as a grimace


def score_metrics(score: Scores, rating: Scores) -> dict[str, Any]:
    """Return the number of faces, PCC, MAE and two AUCs of scores (N,) against ratings (N,)."""
    return {
        "faces": len(rating),
        "pcc": pcc(score, rating),
        "mae": rounded(np.abs(score - rating).mean()),
        "auc_at_4": auc(rating >= 4, score),
        "auc_at_6": auc(rating >= GRIMACE, score),
    }


def unit_pcc(units: Scores, rated: Scores) -> dict[str, float | None]:
    """Return the PCC of each action unit, both (N, 6), by its name."""
    return {name: pcc(units[:, i], rated[:, i]) for i, name in enumerate(scale.UNIT_NAMES)}


def pcc(first: Scores, second: Scores) -> float | None:
    """Return Pearson's correlation of two score vectors (N,)."""
    return rounded(agreement.pcc(first, second)) if len(first) else None


def mean(values: Scores) -> float | None:
    """Return the mean of values (N,), None without any."""
    return rounded(values.mean()) if len(values) else None


def rounded(value: Any) -> float | None:
    """Return a number to three places, None if it is not finite."""
    return round(float(value), 3) if np.isfinite(value) else None


def auc(positive: NDArray[np.bool_], score: Scores) -> float | None:
    """Return the AUC of scores (N,) for a yes-or-no truth (N,), None if only one is present."""
    has_both = 0 < positive.sum() < len(positive)
    return rounded(roc_auc_score(positive, score)) if has_both else None
