"""From a table of predictions to the contents of metrics.json.

    predictions ─┬─ metrics × bootstrap ──> model, baselines, groups, against
                 ├─ unscored_frames ──────> not_scored
                 ├─ plot_data ────────────> roc, classes, reliability
                 ├─ episodes ─────────────> episodes
                 └─ protocol ─────────────> overlap, caveats

The result is plain data; docs/evaluation.md describes its keys. Undefined numbers are NaN here and
null in the file.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np

import wince
from wince.errors import DataError
from wince.evaluation import (
    action_units,
    bootstrap,
    coverage,
    episodes,
    frame_flow,
    group_fairness,
    protocol,
    published_results,
    sequence_ratings,
    unscored_frames,
)
from wince.evaluation.all_metrics import all_metrics
from wince.evaluation.arrays import Floats, Indices, whole_points
from wince.evaluation.frame_flow import FlowStep
from wince.evaluation.metrics.classification import level_scheme, schemes
from wince.evaluation.model_comparison import compare, match_frames
from wince.evaluation.prediction_files import TrainingLabels
from wince.evaluation.predictions import Predictions
from wince.evaluation.protocol import Overlap
from wince.evaluation.report import agreement_data, curve_data, plot_data
from wince.evaluation.sequence_ratings import SequenceRatings
from wince.evaluation.trivial_predictors import (
    TRIVIAL_PREDICTORS,
    LabelStatistics,
    predict,
    summarise_labels,
)
from wince.protocol_names import OPTIMISTIC
from wince.scale import BINARY_CUTS, Scale

SCHEMA = "2"
"""Version of the form of metrics.json; it changes when a key is removed or gets another meaning."""

DATASETS = ("unbc",)
MOST_GROUPS = 50
SUBJECT_METRICS = ("mae", "rmse", "bias", "wmae", "pcc", "icc", "ccc", "auc_1", "auc_2", "auc_3")

Progress = Callable[[str], None]


def evaluate(
    table: Predictions,
    *,
    against: Predictions | None = None,
    group_by: Sequence[str] = (),
    smallest_group: int = bootstrap.FEWEST_SUBJECTS,
    training: TrainingLabels | None = None,
    fold_labels: Mapping[str, Floats] | None = None,
    allow_overlap: bool = False,
    distinct_subjects: bool = False,
    dataset: str | None = None,
    resamples: int = 1000,
    seed: int = 0,
    frame_rate: float | None = None,
    sequences: Sequence[SequenceRatings] = (),
    about: Sequence[str] = (),
    flow: Sequence[FlowStep] = (),
    progress: Progress = lambda step: None,
) -> dict[str, Any]:
    """Return the contents of metrics.json for a table of predictions, undefined numbers as NaN.

    Args:
        table: The predictions.
        against: Predictions of another model for the same frames, for paired differences.
        group_by: Columns; the metrics are repeated for each of their values.
        smallest_group: Groups of fewer subjects have no metrics in the comparison of groups.
        training: What the model was trained on, for the trivial predictors and to find overlap.
        fold_labels: Training labels of the model of each fold, for the trivial predictors of a
            cross-validation.
        allow_overlap: Accept subjects that the model was trained on, and mark the results.
        distinct_subjects: Whether names that are spelled differently are different subjects.
        dataset: "unbc" to add published results on that data set.
        resamples: Bootstrap resamples of the subjects for the 95 % intervals; 0 for no intervals.
        seed: Random seed of the bootstrap.
        frame_rate: Frames a second of sequences without times, for the delays of episodes.
        sequences: What `sequence_ratings.predict` returned.
        about: Sentences on the model and the data, for readers of the report.
        flow: How many frames there were before those of the table.
        progress: Called with the name of each step.

    Raises:
        DataError: Subjects overlap and `allow_overlap` is false; the tables do not contain the same
            frames; a column to group by is missing or has too many values; `dataset` is unknown.
    """
    overlap = protocol.find_overlap(
        table, training, allow=allow_overlap, distinct_subjects=distinct_subjects
    )
    if against is not None:
        against = match_frames(table, against, distinct_names=distinct_subjects)
        overlap = overlap if overlap.optimistic else protocol.find_overlap(against)
    groups = {column: _rows_by_group(table, column) for column in map(table.column_name, group_by)}
    description = _describe(table, dataset, about)
    statistics = summarise_labels(table, training, fold_labels)
    progress("Metrics and intervals")
    metrics = {
        **description,
        **_describe_method(overlap, statistics, resamples, seed, table.scale),
        "flow": frame_flow.describe(table, flow),
        **_measure(table, statistics, resamples, seed),
        "by_subject": _by_subject(table, resamples, seed),
        "groups": _measure_groups(table, statistics, groups, resamples, seed, progress),
        "fairness": group_fairness.describe(
            table,
            group_fairness.columns_of(table, list(groups)),
            statistics,
            bootstrap.subject_counts(len(table.subjects), resamples, seed),
            smallest_group,
        ),
        "episodes": episodes.measure(table, resamples, seed, frame_rate),
        "sequence_ratings": sequence_ratings.as_data(
            sequences, len(table.subjects), resamples, seed
        ),
    }
    metrics |= _describe_caveats(
        metrics, protocol.caveats(table, overlap, dataset, training), table.scale
    )
    if against is not None:
        progress("Paired differences")
        metrics["against"] = compare(table, against, statistics, resamples, seed)
    if dataset == "unbc":
        metrics["published"] = published_results.as_data()
    return metrics


def _measure(
    table: Predictions, statistics: LabelStatistics, resamples: int, seed: int
) -> dict[str, Any]:
    """Return the entries of a whole table or of one group: metrics and data of the plots."""
    counts = bootstrap.subject_counts(len(table.subjects), resamples, seed)
    metrics = all_metrics(table, prior=statistics.prior)
    cuts = BINARY_CUTS if table.scale.is_pspi else ()
    by_cut = {cut: curve_data.curves(table, cut, counts) for cut in cuts}
    return {
        "frames": len(table),
        "subjects": len(table.subjects),
        "sequences": len(table.sequences),
        "not_scored": unscored_frames.describe(table, resamples, seed),
        "model": bootstrap.as_data(
            {metric.key: bootstrap.estimate_metric(metric, counts) for metric in metrics}
        ),
        "baselines": {
            name: _measure_trivial(name, table, statistics, counts) for name in TRIVIAL_PREDICTORS
        },
        "classes": {
            scheme.key: plot_data.confusion_matrix(table, scheme) for scheme in schemes(table.scale)
        },
        **{
            name: {str(cut): curves[name] for cut, curves in by_cut.items()}
            for name in ("roc", "precision_recall")
        },
        "calibration_bins": agreement_data.calibration_bins(table, counts),
        f"error_by_{table.scale.column}": plot_data.error_by_label(table, statistics),
        "reliability": plot_data.reliability(table),
        "action_units": action_units.describe(table, counts),
        "milliseconds": plot_data.times(table),
    }


def _measure_groups(
    table: Predictions,
    statistics: LabelStatistics,
    groups: Mapping[str, Mapping[str, Indices]],
    resamples: int,
    seed: int,
    progress: Progress,
) -> dict[str, dict[str, Any]]:
    """Return the entries of each group, by column and name of the group."""
    entries: dict[str, dict[str, Any]] = {}
    for column, rows_by_name in groups.items():
        progress(f"Groups by {column}")
        entries[column] = {}
        for name, rows in rows_by_name.items():
            part = replace(table.take(rows), unscored=table.unscored.where(column, name))
            measured = _measure(part, statistics.take(rows), resamples, seed)
            caveats = [
                *_first_caveats(measured, table.scale),
                *protocol.about_subjects(len(part.subjects)),
            ]
            entries[column][name] = {**measured, "caveats": caveats}
    return entries


def _describe_caveats(
    metrics: Mapping[str, Any], on_protocol: Sequence[str], scale: Scale
) -> dict[str, Any]:
    """Return the entries on caveats: all of them, and how many are shown first."""
    first = _first_caveats(metrics, scale)
    return {
        "caveats_first": len(first),
        "caveats": [*first, *on_protocol, *_about_groups(metrics["groups"])],
    }


def _first_caveats(measured: Mapping[str, Any], scale: Scale) -> list[str]:
    """Return the caveats without which the metrics of a table or a group mislead."""
    return [*coverage.caveats(measured["model"], scale), *_about_unscored(measured, scale)]


def _about_unscored(measured: Mapping[str, Any], scale: Scale) -> list[str]:
    """Return the caveat on frames without a score in a table or a group, if there are any."""
    if not measured["not_scored"]["frames"]:
        return []
    pooled = measured["model"]["pooled"]
    return [unscored_frames.sentence(measured["not_scored"], pooled, scale)]


def _measure_trivial(
    name: str, table: Predictions, statistics: LabelStatistics, counts: Floats
) -> dict[str, Any]:
    """Return the metrics of a trivial predictor, on the same resamples as those of the model."""
    classes = statistics.classes if name == "majority" else None
    metrics = all_metrics(predict(name, table, statistics), classes=classes)
    return bootstrap.as_data(
        {metric.key: bootstrap.estimate_metric(metric, counts) for metric in metrics}
    )


def _rows_by_group(table: Predictions, column: str) -> dict[str, Indices]:
    """Return the row numbers of each value of a column."""
    values = table.column(column)
    names = np.unique(values)
    if len(names) > MOST_GROUPS:
        raise DataError(
            f"{table.source}: the column {column} has {len(names):,} different values; at most "
            f"{MOST_GROUPS} groups make a readable table. Combine values into fewer groups first."
        )
    return {str(name): np.flatnonzero(values == name) for name in names}


def _describe(table: Predictions, dataset: str | None, about: Sequence[str]) -> dict[str, Any]:
    """Return the entries on the evaluated data; raise DataError for an unknown data set."""
    if dataset is not None and dataset not in DATASETS:
        raise DataError(f"Expected one of the data sets {', '.join(DATASETS)}; found {dataset!r}.")
    values, counts = np.unique(whole_points(table.pspi, table.scale), return_counts=True)
    histogram = {f"{value:g}": int(count) for value, count in zip(values, counts, strict=True)}
    return {
        "schema": SCHEMA,
        "wince": wince.__version__,
        "about": list(about),
        "data": {
            "source": table.name,
            "sha256": table.sha256,
            "dataset": dataset,
            "scale": table.scale.to_dict(),
            f"{table.scale.column}_histogram": histogram,
            "vas": table.vas is not None,
            "opr": table.opr is not None,
        },
    }


def _about_groups(groups: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return which groups of each column have too few subjects, as sentences."""
    return [
        sentence
        for column, by_name in groups.items()
        for sentence in protocol.about_groups(
            column, {name: group["subjects"] for name, group in by_name.items()}
        )
    ]


def _describe_method(
    overlap: Overlap, statistics: LabelStatistics, resamples: int, seed: int, scale: Scale
) -> dict[str, Any]:
    """Return the entries on overlap, intervals and the labels of the trivial predictors."""
    return {
        "overlap": {**asdict(overlap), "label": OPTIMISTIC if overlap.optimistic else None},
        "bootstrap": _describe_bootstrap(resamples, seed),
        "reference": _describe_statistics(statistics, scale),
    }


def _describe_bootstrap(resamples: int, seed: int) -> dict[str, Any]:
    return {
        "unit": "subject",
        "resamples": resamples,
        "seed": seed,
        "confidence": bootstrap.CONFIDENCE,
        "method": "percentile",
    }


def _describe_statistics(statistics: LabelStatistics, scale: Scale) -> dict[str, Any]:
    frequencies, scheme = statistics.prior.mean(0).tolist(), level_scheme(scale)
    return {
        "source": statistics.source,
        "mean": float(statistics.mean.mean()),
        "commonest": float(statistics.commonest[0]),
        "level_frequencies": dict(zip(scheme.classes, frequencies, strict=True)) if scheme else {},
    }


def _by_subject(table: Predictions, resamples: int, seed: int) -> list[dict[str, Any]]:
    """Return the rows of subjects.csv."""
    values_by_key = {
        metric.key: metric.by_subject
        for metric in all_metrics(table)
        if metric.key in SUBJECT_METRICS and metric.by_subject is not None
    }
    intervals = agreement_data.subject_intervals(table, resamples, seed)
    frames = np.bincount(table.subject)
    not_scored = Counter(table.unscored.subject.tolist())
    mean = np.bincount(table.subject, table.pspi) / frames
    pain = np.bincount(table.subject, table.scale.is_pain(table.pspi)) / frames
    return [
        {
            "subject": name,
            "frames": int(frames[i]),
            "not_scored": not_scored[name],
            f"mean_{table.scale.column}": float(mean[i]),
            "pain_fraction": float(pain[i]),
            **{key: float(values[i]) for key, values in values_by_key.items()},
            **{
                f"{key}_{end}": intervals[i].get(key, [np.nan, np.nan])[place]
                for key in agreement_data.INTERVAL_KEYS
                for place, end in enumerate(("low", "high"))
            },
        }
        for i, name in enumerate(table.subjects)
    ]
