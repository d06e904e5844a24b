"""From a table of predictions to every figure: the contents of metrics.json.

    predictions ─┬─ figures × bootstrap ──> model, baselines, groups, against
                 ├─ curves and matrices ──> roc, classes, reliability
                 └─ protocol ─────────────> overlap, caveats, published figures

The result is plain data whose keys docs/evaluation.md describes; undefined numbers are NaN here and
null in the file.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

import wince
from wince.errors import DataError
from wince.evaluation import bootstrap, plot_data, protocol, published_results
from wince.evaluation.arrays import Indices
from wince.evaluation.classification import SCHEMES
from wince.evaluation.metrics import FOUR_LEVELS, all_metrics
from wince.evaluation.model_comparison import compare, match_frames
from wince.evaluation.prediction_files import TrainingLabels
from wince.evaluation.predictions import Predictions
from wince.evaluation.trivial_predictors import (
    TRIVIAL_PREDICTORS,
    LabelStatistics,
    label_statistics,
    predict,
)
from wince.protocol_names import OPTIMISTIC
from wince.scale import BINARY_CUTS

SCHEMA = "1"
"""Version of the form of metrics.json; it changes when a key changes its meaning or goes away."""

DATASETS = ("unbc",)
MOST_GROUPS = 50
SUBJECT_FIGURES = ("mae", "rmse", "bias", "wmae", "pcc", "icc", "ccc", "auc_1", "auc_2", "auc_3")

Block = dict[str, Any]
Progress = Callable[[str], None]


def evaluate(
    table: Predictions,
    *,
    against: Predictions | None = None,
    group_by: Sequence[str] = (),
    training: TrainingLabels | None = None,
    allow_overlap: bool = False,
    dataset: str | None = None,
    resamples: int = 1000,
    seed: int = 0,
    about: Sequence[str] = (),
    progress: Progress = lambda step: None,
) -> Block:
    """Return every figure of a table of predictions, with baselines, intervals and caveats.

    against: a second table of the same frames, for paired differences. group_by: columns by whose
    values everything is repeated. training: what the model was trained on, for the baselines and
    to find subjects it has seen. dataset: "unbc" to set published figures beside. resamples: of
    the subjects, for the 95 % intervals; 0 for none. about: sentences on what was measured, for a
    reader who has nothing but the report. progress: told the name of each step.

    Raises DataError when subjects overlap without leave, when the two tables do not hold the same
    frames, and for a column to group by that is not there or has too many values.
    """
    if dataset is not None and dataset not in DATASETS:
        raise DataError(f"Expected one of the data sets {', '.join(DATASETS)}; found {dataset!r}.")
    overlap = protocol.find_overlap(table, training, allow=allow_overlap)
    other = None if against is None else match_frames(table, against)
    if other is not None and not overlap.optimistic:
        overlap = protocol.find_overlap(other)
    groups = {column: _groups(table, column) for column in group_by}
    known = label_statistics(table, training)
    progress("Figures and intervals")
    metrics = {
        "schema": SCHEMA,
        "wince": wince.__version__,
        "about": list(about),
        "data": _describe(table, dataset),
        "overlap": {
            **asdict(overlap),
            "label": OPTIMISTIC if overlap.optimistic else None,
        },
        "caveats": protocol.caveats(table, overlap, dataset),
        "bootstrap": {
            "unit": "subject",
            "resamples": resamples,
            "seed": seed,
            "confidence": bootstrap.CONFIDENCE,
            "method": "percentile",
        },
        "reference": {
            "source": known.source,
            "mean": float(known.mean.mean()),
            "commonest": float(known.commonest[0]),
            "level_frequencies": dict(
                zip(FOUR_LEVELS.classes, known.prior.mean(0).tolist(), strict=True)
            ),
        },
        **block(table, known, resamples, seed),
        "by_subject": _by_subject(table),
        "groups": {},
    }
    for column, members in groups.items():
        progress(f"Groups by {column}")
        metrics["groups"][column] = {
            name: block(table.take(rows), known.take(rows), resamples, seed)
            for name, rows in members.items()
        }
    if other is not None:
        progress("Paired differences")
        metrics["against"] = compare(table, other, known, resamples, seed)
    if dataset == "unbc":
        metrics["published"] = published_results.rows()
    return metrics


def block(table: Predictions, known: LabelStatistics, resamples: int, seed: int) -> Block:
    """Return the figures of one table or group: model, baselines, curves and matrices."""
    counts = bootstrap.subject_counts(len(table.subjects), resamples, seed)
    metrics = all_metrics(table, prior=known.prior)
    return {
        "frames": len(table),
        "subjects": len(table.subjects),
        "sequences": len(table.sequences),
        "model": bootstrap.as_data({f.key: bootstrap.estimate(f, counts) for f in metrics}),
        "baselines": {name: _baseline(name, table, known) for name in TRIVIAL_PREDICTORS},
        "classes": {scheme.key: plot_data.confusion_matrix(table, scheme) for scheme in SCHEMES},
        "roc": {str(cut): plot_data.roc_curve(table, cut) for cut in BINARY_CUTS},
        "error_by_pspi": plot_data.error_by_pspi(table, known),
        "reliability": plot_data.reliability(table),
        "milliseconds": plot_data.times(table),
    }


def _baseline(name: str, table: Predictions, known: LabelStatistics) -> Block:
    classes = known.classes if name == "majority" else None
    metrics = all_metrics(predict(name, table, known), classes=classes)
    none = np.empty((0, len(table.subjects)))
    found = bootstrap.as_data({f.key: bootstrap.estimate(f, none) for f in metrics})
    return {part: found[part] for part in ("pooled", "subject_mean", "subjects_undefined")}


def _groups(table: Predictions, column: str) -> dict[str, Indices]:
    values = table.column(column)
    names = np.unique(values)
    if len(names) > MOST_GROUPS:
        raise DataError(
            f"{table.source}: the column {column} has {len(names):,} different values; at most "
            f"{MOST_GROUPS} groups make a readable table. Put them into fewer classes first."
        )
    return {str(name): np.flatnonzero(values == name) for name in names}


def _describe(table: Predictions, dataset: str | None) -> Block:
    values, counts = np.unique(table.pspi, return_counts=True)
    return {
        "source": table.name,
        "sha256": table.sha256,
        "dataset": dataset,
        "pspi_histogram": {f"{value:g}": int(n) for value, n in zip(values, counts, strict=True)},
        "vas": table.vas is not None,
        "opr": table.opr is not None,
    }


def _by_subject(table: Predictions) -> list[Block]:
    by_key = {f.key: f.by_subject for f in all_metrics(table) if f.key in SUBJECT_FIGURES}
    frames = np.bincount(table.subject)
    mean = np.bincount(table.subject, table.pspi) / frames
    pain = np.bincount(table.subject, table.pspi >= 0.5) / frames
    return [
        {
            "subject": name,
            "frames": int(frames[i]),
            "mean_pspi": float(mean[i]),
            "pain_fraction": float(pain[i]),
            **{key: float(values[i]) for key, values in by_key.items() if values is not None},
        }
        for i, name in enumerate(table.subjects)
    ]
