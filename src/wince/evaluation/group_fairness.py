"""Whether a model works as well for every group of subjects: gaps between groups.

Each column that divides the frames into groups, and each pair of such columns, has the main metrics
of each group and the differences between groups. All are computed on the same resamples of all
subjects, so that differences are paired where a subject is in several groups. A group with too few
subjects has no metrics: they would describe single people.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np

from wince.evaluation import bootstrap
from wince.evaluation.all_metrics import (
    Metric,
    auc_metrics,
    class_metrics,
    error_metrics,
    interval_metrics,
    probability_metrics,
)
from wince.evaluation.arrays import Floats, Indices
from wince.evaluation.bootstrap import Resampled
from wince.evaluation.metrics.classification import schemes
from wince.evaluation.prediction_columns import FURTHER_RATINGS
from wince.evaluation.predictions import Predictions
from wince.evaluation.trivial_predictors import LabelStatistics

METRICS = (
    *("mae", "bias", "pcc", "icc", "auc_1"),
    *("four_levels_balanced_accuracy", "levels_balanced_accuracy"),
    *("coverage", "interval_width", "calibration_slope", "calibration_intercept"),
    "calibration_error",
)
MOST_VALUES = 12
"""A column with more values is compared only if it is named."""
MOST_COLUMNS = 6
"""With more columns no pairs of columns are formed."""
CROSS = " × "
"""Between the names of two columns, and of two groups."""


@dataclass(frozen=True, slots=True)
class GroupValues:
    """The resampled metrics of a group that has enough subjects.

    Attributes:
        subjects: Its number of subjects.
        metrics: Its metrics by key.
        values: Their values with one place for each subject of the whole table, by key.
    """

    subjects: int
    metrics: Mapping[str, Metric]
    values: Mapping[str, Resampled]

    def deciding(self, key: str) -> int:
        """Return the number of subjects that decide a metric of the group."""
        subjects = self.metrics[key].subjects
        return self.subjects if subjects is None else subjects


def columns_of(table: Predictions, named: Sequence[str] = ()) -> list[str]:
    """Return the columns to compare groups by: those named, then others with a few values.

    A rating has a few values too, and does not divide subjects into groups.
    """
    others = [
        name
        for name, cells in table.others.items()
        if name not in FURTHER_RATINGS and 1 < len(np.unique(cells)) <= MOST_VALUES
    ]
    divided = [name for name in named if name not in ("subject", "fold")]
    return list(dict.fromkeys([*divided, *others]))


def describe(
    table: Predictions,
    columns: Sequence[str],
    statistics: LabelStatistics,
    counts: Floats,
    smallest: int = bootstrap.FEWEST_SUBJECTS,
) -> dict[str, Any]:
    """Return the entry `fairness` of metrics.json.

    Args:
        table: The predictions.
        columns: Columns to compare groups by.
        statistics: What the trivial predictors know of the labels.
        counts: How often each resample contains each subject, shape (B, S).
        smallest: A group of fewer subjects has no metrics.
    """
    cells = {name: table.column(name) for name in columns}
    pairs = list(combinations(columns, 2)) if len(columns) <= MOST_COLUMNS else []
    for first, second in pairs:
        joined = [CROSS.join(pair) for pair in zip(cells[first], cells[second], strict=True)]
        cells[CROSS.join((first, second))] = np.array(joined, np.str_)
    return {
        "smallest": smallest,
        "columns": {
            name: _of_column(table, values, statistics, counts, smallest)
            for name, values in cells.items()
        },
    }


def _of_column(
    table: Predictions,
    cells: Any,
    statistics: LabelStatistics,
    counts: Floats,
    smallest: int,
) -> dict[str, Any]:
    """Return the groups of a column, the differences between them, and the worst gaps."""
    groups: dict[str, Any] = {}
    compared: dict[str, GroupValues] = {}
    for name in np.unique(cells).tolist():
        rows = np.flatnonzero(cells == name)
        members = np.unique(table.subject[rows])
        groups[name] = {"frames": len(rows), "subjects": len(members), "model": None}
        if len(members) < smallest:
            continue
        metrics = _metrics(table.take(rows), statistics.take(rows).prior)
        of_group = counts[:, members]
        values = {metric.key: _resample(metric, of_group) for metric in metrics}
        groups[name]["model"] = bootstrap.as_data(
            {
                metric.key: bootstrap.with_intervals(
                    values[metric.key], metric.by_subject, of_group, metric.subjects
                )
                for metric in metrics
            }
        )
        compared[name] = GroupValues(
            len(members),
            {metric.key: metric for metric in metrics},
            {
                key: _in_all_subjects(resampled, members, counts.shape[1])
                for key, resampled in values.items()
            },
        )
    differences = [
        {"groups": [first, second], **group_difference(compared[first], compared[second], counts)}
        for first, second in combinations(compared, 2)
    ]
    return {"groups": groups, "differences": differences, "worst": _worst(differences)}


def _metrics(group: Predictions, prior: Floats) -> list[Metric]:
    """Return those of METRICS that the columns of a group allow.

    Args:
        group: Its N predictions.
        prior: Level probabilities of a constant forecast, shape (N, K).
    """
    metrics = [*error_metrics(group), *auc_metrics(group)]
    for scheme in schemes(group.scale):
        if f"{scheme.key}_balanced_accuracy" in METRICS:
            metrics += class_metrics(group, scheme)
    if group.probabilities is not None:
        metrics += probability_metrics(group, group.probabilities, prior)
    if group.interval is not None:
        metrics += interval_metrics(group, group.interval)
    return [metric for metric in metrics if metric.key in METRICS]


def _resample(metric: Metric, counts: Floats) -> Resampled:
    """Return the values of a group's metric, for the table and for its resamples.

    Those without each subject are there for a group without a t interval too: its difference from
    a smaller group needs them.

    Args:
        metric: The metric of the group.
        counts: How often each resample contains each subject of the group, shape (B, G).
    """
    size = counts.shape[1]
    leave_out = len(counts) and size <= bootstrap.MOST_LEFT_OUT
    return Resampled(
        metric.resampled(np.ones((1, size))),
        metric.resampled(counts) if len(counts) else np.empty(0),
        metric.resampled(1 - np.eye(size)) if leave_out else np.empty(0),
    )


def of_all_subjects(metric: Metric, members: Indices, counts: Floats) -> Resampled:
    """Return the values of a group's metric in resamples of all subjects.

    Args:
        metric: The metric of the group.
        members: Numbers of the group's subjects in the whole table, shape (G,).
        counts: How often each resample contains each subject of the table, shape (B, S).
    """
    return _in_all_subjects(_resample(metric, counts[:, members]), members, counts.shape[1])


def _in_all_subjects(values: Resampled, members: Indices, subjects: int) -> Resampled:
    """Return a group's values with one place for each subject of the whole table.

    Args:
        values: The values with one place for each subject of the group.
        members: Numbers of the group's subjects in the whole table, shape (G,).
        subjects: Number of subjects of the table.
    """
    without_each = np.full(subjects, values.value[0])
    if values.without_each.size:
        without_each[members] = values.without_each
    return replace(values, without_each=without_each)


def group_difference(first: GroupValues, second: GroupValues, counts: Floats) -> dict[str, Any]:
    """Return the differences first minus second of the metrics that both groups have."""
    estimates = {}
    for key in first.metrics:
        if key not in second.metrics:
            continue
        deciding = min(first.deciding(key), second.deciding(key))
        estimates[key] = bootstrap.with_intervals(
            first.values[key] - second.values[key], None, counts, deciding
        )
    return bootstrap.as_data(estimates)


def _worst(differences: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the largest absolute difference of each metric, with its groups and interval."""
    worst: dict[str, Any] = {}
    for difference in differences:
        for key, value in difference["pooled"].items():
            if np.isnan(value) or (key in worst and abs(value) <= abs(worst[key]["difference"])):
                continue
            worst[key] = {
                "groups": difference["groups"],
                "difference": value,
                "interval": difference["pooled_interval"][key],
            }
    return worst
