"""The curves of a table of predictions at a cut of PSPI, with bands over resamples of subjects.

Each function returns an entry of metrics.json.
"""

from typing import Any

import numpy as np

from wince.evaluation.arrays import Floats, Indices, ratio
from wince.evaluation.bootstrap import CONFIDENCE, too_few
from wince.evaluation.metrics import precision_recall, roc
from wince.evaluation.predictions import Predictions

MOST_CURVE_POINTS = 200
BAND_POINTS = 51
"""Points of a band, evenly spaced from 0 to 1."""


def curves(table: Predictions, cut: int, counts: Floats) -> dict[str, dict[str, Any]]:
    """Return the ROC curve and the precision-recall curve at a cut of PSPI.

    Args:
        table: The predictions.
        cut: The lowest PSPI that is positive.
        counts: How often each resample contains each subject, shape (B, S).
    """
    positive = roc.at_least(table.pspi, cut)
    false_rate, true_rate, thresholds = roc.roc_curve(positive, table.predicted)
    points = _evenly_spaced_points(false_rate, true_rate)
    shown = thresholds[points]
    right, wrong = precision_recall.cumulative_counts(
        positive, table.predicted, table.subject, len(table.subjects), shown
    )
    of_table = ratio(right.sum(0), right.sum(0) + wrong.sum(0))
    few = min(len(np.unique(table.subject[of])) for of in (positive, ~positive))
    bands = None if too_few(few) or not len(counts) else (counts @ right, counts @ wrong)
    return {
        "roc": {
            "positives": int(positive.sum()),
            "negatives": int((~positive).sum()),
            "false_positive_rate": false_rate[points].tolist(),
            "true_positive_rate": true_rate[points].tolist(),
            "threshold": [None, *shown[1:].tolist()],
            "band": _roc_band(*bands) if bands else None,
        },
        "precision_recall": {
            "positives": int(positive.sum()),
            "negatives": int((~positive).sum()),
            "recall": true_rate[points][1:].tolist(),
            "precision": of_table[1:].tolist(),
            "threshold": shown[1:].tolist(),
            "band": _precision_band(*bands) if bands else None,
        },
    }


def _evenly_spaced_points(false_rate: Floats, true_rate: Floats) -> Indices:
    """Return the numbers of at most MOST_CURVE_POINTS points, evenly spaced along the curve."""
    count = len(false_rate)
    if count <= MOST_CURVE_POINTS or np.isnan(false_rate + true_rate).any():
        return np.unique(np.linspace(0, count - 1, MOST_CURVE_POINTS).astype(np.intp))
    distance = false_rate + true_rate
    points = np.searchsorted(distance, np.linspace(0, 2, MOST_CURVE_POINTS))
    return np.unique(np.clip(points, 0, count - 1))


def _roc_band(right: Floats, wrong: Floats) -> dict[str, Any]:
    """Return the percentiles of the true positive rate at fixed false positive rates.

    Vertical averaging, Fawcett 2006, Pattern Recognit Lett 27:861-874.

    Args:
        right: True positives at each threshold in each resample, shape (B, T).
        wrong: False positives, shape (B, T).
    """
    places = np.linspace(0, 1, BAND_POINTS)
    defined = (right[:, -1] > 0) & (wrong[:, -1] > 0)
    values = [
        np.interp(places, false / false[-1], true / true[-1])
        for true, false in zip(right[defined], wrong[defined], strict=True)
    ]
    return {"false_positive_rate": places.tolist(), **_percentiles(values)}


def _precision_band(right: Floats, wrong: Floats) -> dict[str, Any]:
    """Return the percentiles of the precision at fixed recalls.

    The precision at a recall is that of the first threshold that reaches it: between thresholds
    the curve is not a line (Davis & Goadrich 2006, ICML).

    Args:
        right: True positives at each threshold in each resample, shape (B, T).
        wrong: False positives, shape (B, T).
    """
    places = np.linspace(0, 1, BAND_POINTS)[1:]
    values = []
    for true, false in zip(right, wrong, strict=True):
        if true[-1]:
            reached = np.searchsorted(true / true[-1], places)
            values.append(true[reached] / (true[reached] + false[reached]))
    return {"recall": places.tolist(), **_percentiles(values)}


def _percentiles(values: list[Floats]) -> dict[str, list[float]]:
    """Return the low and high end of the central part of curves, at each point."""
    ends = [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2]
    low, high = np.quantile(values, ends, axis=0) if values else ([], [])
    return {"low": list(map(float, low)), "high": list(map(float, high))}
