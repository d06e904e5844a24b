"""What the plots are drawn from: confusion matrices, ROC curves, errors by label, reliability."""

from typing import Any

import numpy as np

from wince.evaluation import calibration, roc
from wince.evaluation.arrays import Floats, Indices
from wince.evaluation.classification import Scheme, confusion
from wince.evaluation.metrics import FOUR_LEVELS
from wince.evaluation.predictions import Predictions
from wince.evaluation.trivial_predictors import LabelStatistics

CURVE_POINTS = 200

Block = dict[str, Any]


def confusion_matrix(table: Predictions, scheme: Scheme) -> Block:
    """Return a scheme's class names and confusion matrix: rows true, columns predicted."""
    counted = confusion(scheme.of(table.pspi), scheme.of(table.predicted), len(scheme.classes))
    return {"labels": list(scheme.classes), "confusion": counted.astype(int).tolist()}


def roc_curve(table: Predictions, cut: int) -> Block:
    """Return the ROC curve at a cut, thinned to at most CURVE_POINTS points."""
    flags = roc.at_least(table.pspi, cut)
    alarms, found, thresholds = roc.roc_curve(flags, table.predicted)
    kept = _thin(alarms, found)
    return {
        "positives": int(flags.sum()),
        "negatives": int((~flags).sum()),
        "false_positive_rate": alarms[kept].tolist(),
        "true_positive_rate": found[kept].tolist(),
        "threshold": [None, *thresholds[kept][1:].tolist()],
    }


def _thin(alarms: Floats, found: Floats) -> Indices:
    """Return at most CURVE_POINTS points, evenly along the curve; the area is from all of them."""
    if len(alarms) <= CURVE_POINTS or np.isnan(alarms + found).any():
        return np.unique(np.linspace(0, len(alarms) - 1, CURVE_POINTS).astype(np.intp))
    way = alarms + found
    kept = np.searchsorted(way, np.linspace(0, 2, CURVE_POINTS))
    return np.unique(np.clip(kept, 0, len(way) - 1))


def error_by_pspi(table: Predictions, known: LabelStatistics) -> list[Block]:
    """Return MAE, mean score and frames at each rounded label, beside what zero and mean have."""
    rounded = np.floor(table.pspi + 0.5).astype(np.intp)
    rows = []
    for value in np.unique(rounded):
        there = rounded == value
        labels, scores = table.pspi[there], table.predicted[there]
        rows.append(
            {
                "pspi": int(value),
                "frames": int(there.sum()),
                "mean_predicted": float(scores.mean()),
                "mae": float(np.abs(scores - labels).mean()),
                "mae_zero": float(labels.mean()),
                "mae_mean": float(np.abs(known.mean[there] - labels).mean()),
            }
        )
    return rows


def reliability(table: Predictions) -> list[Block] | None:
    """Return the reliability diagram of the stated level; None without probabilities.

    By bin of confidence: frames, mean confidence, and the share of them that were right.
    """
    if table.probabilities is None:
        return None
    said = FOUR_LEVELS.of(table.predicted)
    confidence = table.probabilities[np.arange(len(said)), said]
    bins = calibration.reliability_sums(confidence, said == FOUR_LEVELS.of(table.pspi))[0]
    return [
        {
            "low": number / calibration.BINS,
            "high": (number + 1) / calibration.BINS,
            "frames": int(n),
            "confidence": float(stated / n) if n else float("nan"),
            "accuracy": float(right / n) if n else float("nan"),
        }
        for number, (n, stated, right) in enumerate(bins)
    ]


def times(table: Predictions) -> Block | None:
    """Return milliseconds per image: mean, median and 95th percentile; None when not known."""
    if table.milliseconds is None:
        return None
    median, p95 = np.quantile(table.milliseconds, [0.5, 0.95])
    return {"mean": float(table.milliseconds.mean()), "median": float(median), "p95": float(p95)}
