"""How well each action unit is predicted, where the frames have labels of it."""

from functools import partial
from typing import Any

import numpy as np

from wince.evaluation import bootstrap
from wince.evaluation.all_metrics import (
    Metric,
    column_mean,
    from_matrices,
    from_sums,
    of_moments,
    of_subjects_with_values,
    value_of_class,
)
from wince.evaluation.arrays import Floats, sums_by_subject
from wince.evaluation.metrics import agreement, classification
from wince.evaluation.predictions import Predictions
from wince.scale import UNIT_NAMES

PRESENT = 0.5
"""A unit is present from here on: intensities are rounded half up, and 1 is FACS A, a trace."""
TITLES = {
    "pcc": "PCC",
    "icc": "ICC(3,1)",
    "mae": "MAE",
    "mae_zero": "MAE of always zero",
    "f1": "F1 at presence",
    "f1_present": "F1 of always present",
}


def describe(table: Predictions, counts: Floats) -> dict[str, Any]:
    """Return the entry `action_units` of metrics.json: the metrics of each unit with labels.

    Args:
        table: The predictions.
        counts: How often each resample contains each subject, shape (B, S).

    Returns:
        For each unit the numbers of labelled frames, of those in which it is present, and of their
        subjects, and the metrics; {} without predicted or labelled units.
    """
    if table.units is None or table.predicted_units is None:
        return {}
    units = {}
    for name, labels, scores in zip(
        UNIT_NAMES, table.units.T, table.predicted_units.T, strict=True
    ):
        rows = np.flatnonzero(~np.isnan(labels + scores))
        if len(rows):
            members, subject = np.unique(table.subject[rows], return_inverse=True)
            metrics = unit_metrics(labels[rows], scores[rows], subject)
            units[name] = {
                "frames": len(rows),
                "present": int((labels[rows] >= PRESENT).sum()),
                "subjects": len(members),
                "model": bootstrap.as_data(
                    {
                        metric.key: bootstrap.estimate_metric(metric, counts[:, members])
                        for metric in metrics
                    }
                ),
            }
    return units


def unit_metrics(labels: Floats, scores: Floats, subject: Any) -> list[Metric]:
    """Return the metrics of one action unit.

    Args:
        labels: Labelled intensities, shape (N,).
        scores: Predicted ones, shape (N,).
        subject: Subject number of each row, 0 to S-1, shape (N,).
    """
    parts = agreement.moments(labels, scores, subject)
    ones, error = np.ones_like(labels), np.abs(scores - labels)
    sums = sums_by_subject(subject, ones, error, labels)
    true, predicted = (np.asarray(values >= PRESENT, np.intp) for values in (labels, scores))
    presence, always = (
        classification.confusion_by_subject(true, classes, 2, subject)
        for classes in (predicted, np.ones_like(true))
    )
    f1 = partial(value_of_class, classification.f1, 1)
    return [
        of_moments("pcc", parts, agreement.pcc_of),
        of_moments("icc", parts, agreement.icc_of),
        from_sums("mae", sums, partial(column_mean, 1)),
        from_sums("mae_zero", sums, partial(column_mean, 2)),
        of_subjects_with_values(from_matrices("f1", presence, f1)),
        of_subjects_with_values(from_matrices("f1_present", always, f1)),
    ]
