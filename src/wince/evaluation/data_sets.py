"""One model on several data sets: the metrics of each, and what changes from the first one.

Data sets have different people, so each is resampled by itself: the resamples of all of them side
by side give the intervals of the differences (bootstrap of two samples; Efron & Tibshirani 1993,
ch. 8). The result is plain data, the contents of across.csv and across.html.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

import wince
from wince import subject_ids
from wince.errors import DataError
from wince.evaluation import bootstrap
from wince.evaluation.all_metrics import Metric, all_metrics, column_mean, from_sums
from wince.evaluation.arrays import Floats, sums_by_subject
from wince.evaluation.group_fairness import GroupValues, group_difference, of_all_subjects
from wince.evaluation.metrics.classification import level_scheme
from wince.evaluation.metrics.metric_catalogue import titles
from wince.evaluation.predictions import Predictions
from wince.evaluation.report.report_metrics import MAIN_METRICS
from wince.protocol_names import OPTIMISTIC
from wince.scale import Scale

COVERAGE = ("coverage", "interval_width")
MEAN_LABEL = "label_mean"


def compare(
    tables: Mapping[str, Predictions],
    *,
    resamples: int = 1000,
    seed: int = 0,
    distinct_subjects: bool = False,
) -> dict[str, Any]:
    """Return the metrics of each data set and the differences from the first one.

    Args:
        tables: Predictions of one model by name of the data set, two or more.
        resamples: Bootstrap resamples of the subjects of each data set; 0 for no intervals.
        seed: Random seed of the bootstrap.
        distinct_subjects: Whether names that are spelled differently are different subjects.

    Raises:
        DataError: The tables are on different scales.
    """
    first, *others = tables
    scale = tables[first].scale
    for name in others:
        if tables[name].scale != scale:
            raise DataError(
                f"{first} has scores of {scale.words}, {name} of {tables[name].scale.words}. "
                "Compare data sets on one scale."
            )
    metrics = {name: _metrics(table) for name, table in tables.items()}
    return {
        "wince": wince.__version__,
        "scale": scale.to_dict(),
        "titles": _titles(scale),
        "resamples": resamples,
        "data": {
            name: {
                **_size(table),
                "model": _estimates(
                    metrics[name], bootstrap.subject_counts(len(table.subjects), resamples, seed)
                ),
            }
            for name, table in tables.items()
        },
        "differences": [
            {
                "data": [name, first],
                **_difference(
                    metrics[name],
                    bootstrap.subject_counts(len(tables[name].subjects), resamples, seed + number),
                    metrics[first],
                    bootstrap.subject_counts(len(tables[first].subjects), resamples, seed),
                ),
            }
            for number, name in enumerate(others, start=1)  # equal seeds: paired resamples
        ],
        "notes": [
            *_notes(tables, first, distinct=distinct_subjects),
            "Data sets differ in people, cameras, labels and how much pain there is. Compare the "
            "labels before a difference is called a fault of the model.",
        ],
    }


def _size(table: Predictions) -> dict[str, Any]:
    """Return the counts of a table, and the mark of one whose subjects the model has seen."""
    seen = table.overlap is not None and bool(table.overlap.any())
    return {
        "frames": len(table),
        "subjects": len(table.subjects),
        "sequences": len(table.sequences),
        "not_scored": len(table.unscored),
        "label": OPTIMISTIC if seen else None,
    }


def _estimates(metrics: Mapping[str, Metric], counts: Floats) -> dict[str, Any]:
    """Return the metrics of one data set with their intervals, as in its metrics.json."""
    return bootstrap.as_data(
        {key: bootstrap.estimate_metric(metric, counts) for key, metric in metrics.items()}
    )


def _metrics(table: Predictions) -> dict[str, Metric]:
    """Return the main metrics, the coverage and the distribution of the labels by key."""
    shown = {*MAIN_METRICS, *COVERAGE}
    metrics = [metric for metric in all_metrics(table) if metric.key in shown]
    return {metric.key: metric for metric in [*_labels(table), *metrics]}


def _labels(table: Predictions) -> list[Metric]:
    """Return the mean label and the share of the labels at each level, as metrics."""
    scheme = level_scheme(table.scale)
    classes = np.zeros(len(table), np.intp) if scheme is None else scheme.of(table.pspi)
    shares = [classes == number for number in range(len(scheme.classes) if scheme else 0)]
    columns = (np.ones(len(table)), table.pspi, *shares)
    sums = sums_by_subject(table.subject, *columns, subjects=len(table.subjects))
    keys = [MEAN_LABEL, *_level_keys(table.scale)]
    return [
        from_sums(key, sums, partial(column_mean, column))
        for column, key in enumerate(keys, start=1)
    ]


def _level_keys(scale: Scale) -> dict[str, str]:
    """Return the titles of the shares of the levels by key."""
    scheme = level_scheme(scale)
    return {
        f"label_share_{level}": f"Labels: share of {level}"
        for level in (scheme.classes if scheme else ())
    }


def _titles(scale: Scale) -> dict[str, str]:
    """Return the title of each metric of the comparison, in the order of the tables."""
    names = titles(scale)
    shown = {key: names[key] for key in (*MAIN_METRICS, *COVERAGE) if key in names}
    return {MEAN_LABEL: f"Labels: mean {scale.name}", **_level_keys(scale), **shown}


def _difference(
    metrics: Mapping[str, Metric],
    counts: Floats,
    of_first: Mapping[str, Metric],
    counts_first: Floats,
) -> dict[str, Any]:
    """Return the metrics of a data set minus those of the first one, with intervals."""
    both = np.hstack([counts, counts_first])
    size, every = counts.shape[1], np.arange(both.shape[1])
    values, first_values = (
        GroupValues(
            len(members),
            of_data,
            {key: of_all_subjects(metric, members, both) for key, metric in of_data.items()},
        )
        for of_data, members in ((metrics, every[:size]), (of_first, every[size:]))
    )
    return group_difference(values, first_values, both)


def _notes(tables: Mapping[str, Predictions], first: str, *, distinct: bool) -> list[str]:
    """Return sentences on subjects whose names are in two data sets."""
    notes = []
    for name in list(tables)[1:]:
        shared = subject_ids.common(
            tables[name].subjects, tables[first].subjects, distinct=distinct
        )
        if shared:
            names = subject_ids.listed(sorted(shared))
            notes.append(
                f"{len(shared)} of the {len(tables[name].subjects)} subjects of {name} have names "
                f"that are in {first} too ({names}). The intervals of the differences take them "
                "for different people."
            )
    return notes
