"""The data of the plots: confusion matrices, errors by label, reliability, times.

Each function returns an entry of metrics.json.
"""

from typing import Any

import numpy as np

from wince.evaluation.arrays import whole_points
from wince.evaluation.metrics import calibration_metrics
from wince.evaluation.metrics.classification import Scheme, confusion, level_scheme
from wince.evaluation.predictions import Predictions
from wince.evaluation.trivial_predictors import LabelStatistics


def confusion_matrix(table: Predictions, scheme: Scheme) -> dict[str, Any]:
    """Return the class names and the confusion matrix (rows true, columns predicted)."""
    counts = confusion(scheme.of(table.pspi), scheme.of(table.predicted), len(scheme.classes))
    return {"labels": list(scheme.classes), "confusion": counts.astype(int).tolist()}


def error_by_label(table: Predictions, statistics: LabelStatistics) -> list[dict[str, Any]]:
    """Return frames, mean prediction and MAE at each rounded label.

    With the MAE that two trivial predictors, always zero and the mean, have there.
    """
    rounded = whole_points(table.pspi, table.scale)
    rows = []
    for value in np.unique(rounded):
        members = rounded == value
        labels, scores = table.pspi[members], table.predicted[members]
        rows.append(
            {
                table.scale.column: int(value) if value == int(value) else float(value),
                "frames": int(members.sum()),
                "mean_predicted": float(scores.mean()),
                "mae": float(np.abs(scores - labels).mean()),
                "mae_zero": float((labels - table.scale.low).mean()),
                "mae_mean": float(np.abs(statistics.mean[members] - labels).mean()),
            }
        )
    return rows


def reliability(table: Predictions) -> list[dict[str, Any]] | None:
    """Return how often the stated level was right, by bin of confidence.

    Returns:
        For each bin its ends, the number of frames, their mean confidence, and the share of them
        for which the level was right (NaN in an empty bin). None without probabilities.
    """
    scheme = level_scheme(table.scale)
    if table.probabilities is None or scheme is None:
        return None
    level = scheme.of(table.predicted)
    confidence = table.probabilities[np.arange(len(level)), level]
    bins = calibration_metrics.reliability_sums(confidence, level == scheme.of(table.pspi))[0]
    return [
        {
            "low": number / calibration_metrics.BINS,
            "high": (number + 1) / calibration_metrics.BINS,
            "frames": int(frames),
            "confidence": float(stated / frames) if frames else float("nan"),
            "accuracy": float(right / frames) if frames else float("nan"),
        }
        for number, (frames, stated, right) in enumerate(bins)
    ]


def times(table: Predictions) -> dict[str, float] | None:
    """Return the mean, median and 95th percentile of milliseconds per image; None if unknown."""
    if table.milliseconds is None:
        return None
    median, p95 = np.quantile(table.milliseconds, [0.5, 0.95])
    return {"mean": float(table.milliseconds.mean()), "median": float(median), "p95": float(p95)}
