"""The sections of docs/results.md on methods and losses, from what `method_results` kept."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from benchmarks.kept_results import HOURS, PROTOCOL_FILE
from benchmarks.method_results import FLOW, LOSSES, SEEDS, MethodProtocol
from benchmarks.results_page import ABOUT, number
from tools.markdown_template import table
from wince.evaluation import bootstrap
from wince.evaluation.all_metrics import (
    auc_metrics,
    class_metrics,
    error_metrics,
    interval_metrics,
)
from wince.evaluation.arrays import Floats
from wince.evaluation.metrics import agreement
from wince.evaluation.metrics.classification import level_scheme
from wince.evaluation.prediction_files import read_predictions
from wince.evaluation.predictions import Predictions
from wince.evaluation.trivial_predictors import predict, summarise_labels
from wince.number_format import decimal, whole
from wince.training.methods.catalogue import METHODS

METRICS = {"pcc": "PCC", "mae": "MAE", "auc_1": "AUC ≥ 1", "auc_3": "AUC ≥ 3"}
DECIDING = "ccc"
SHALLOW_LOSSES = {
    "huber": "shallow-cnn",
    **{loss: f"shallow-cnn, {loss}" for loss in LOSSES},
}
"""The method of each loss in the table of losses."""
RESAMPLES = 2000


@dataclass(frozen=True)
class MethodResult:
    """What was kept of a method on an archive, with one seed.

    Attributes:
        name: The method.
        predictions: Predictions of all held-out frames.
        parameters: Number of learned numbers.
        milliseconds: Time of one face on one thread.
        hours: Processor time, of all folds.
    """

    name: str
    predictions: Predictions
    parameters: int
    milliseconds: float
    hours: float

    @cached_property
    def pooled(self) -> Mapping[str, float]:
        """The metrics of all frames together, by key."""
        return _pooled(self.predictions)

    @property
    def ccc(self) -> float:
        """The deciding metric, of all frames; that of a constant, NaN, counts as 0."""
        return float(np.nan_to_num(self.pooled[DECIDING]))

    @cached_property
    def resampled(self) -> Floats:
        """The deciding metric of resamples of the subjects, the same ones for each method."""
        counts = bootstrap.subject_counts(len(self.predictions.subjects), RESAMPLES, 0)
        metrics = error_metrics(self.predictions)
        metric = next(each for each in metrics if each.key == DECIDING)
        return np.nan_to_num(metric.resampled(counts))

    def by_fold(self) -> list[str]:
        """Return the deciding metric of each fold."""
        table = self.predictions
        assert table.fold is not None
        rows = [table.fold == name for name in np.unique(table.fold)]
        return [number(agreement.ccc(table.pspi[each], table.predicted[each])) for each in rows]

    def trivial(self) -> dict[str, Mapping[str, float]]:
        """Return the metrics of trivial predictors for the same frames, by name."""
        statistics = summarise_labels(self.predictions)
        return {
            name: _pooled(predict(name, self.predictions, statistics)) for name in ("zero", "mean")
        }


def _pooled(predictions: Predictions) -> dict[str, float]:
    """Return the metrics of all frames together, by key."""
    scheme = level_scheme(predictions.scale)
    assert scheme is not None
    metrics = [
        *error_metrics(predictions),
        *auc_metrics(predictions),
        *class_metrics(predictions, scheme),
    ]
    if predictions.interval is not None:
        metrics += interval_metrics(predictions, predictions.interval)
    once = np.ones((1, len(predictions.subjects)))
    return {metric.key: float(metric.resampled(once)[0]) for metric in metrics}


def sections(folder: Path) -> list[str]:
    """Return the sections on methods and losses; [] if nothing was kept."""
    if not (folder / PROTOCOL_FILE).is_file():
        return []
    protocol = MethodProtocol(**json.loads((folder / PROTOCOL_FILE).read_text("utf-8")))
    hours = json.loads((folder / HOURS).read_text("utf-8"))
    archives = list(dict.fromkeys(step.partition(",")[0] for step in hours))
    texts = [_introduction(protocol)]
    for archive in archives:
        by_seed = [_read(folder, archive, seed, hours) for seed in SEEDS]
        texts.append(_methods(archive, by_seed))
        if all(method in by_seed[0] for method in SHALLOW_LOSSES.values()):
            texts.append(_losses(archive, by_seed[0]))
    return texts


def _read(
    folder: Path, archive: str, seed: int, hours: Mapping[str, float]
) -> dict[str, MethodResult]:
    """Return what was kept of an archive and a seed, by method."""
    results = {}
    for method in [*METHODS, *SHALLOW_LOSSES.values()]:
        step = f"{archive}, seed {seed}, {method}"
        path = folder / f"{step.replace(', ', '-').replace(' ', '-')}.csv"
        if path.is_file() and path.with_suffix(".json").is_file():
            costs = json.loads(path.with_suffix(".json").read_text("utf-8"))
            results[method] = MethodResult(
                method,
                read_predictions(path),
                int(costs["parameters"]),
                float(costs["milliseconds"]),
                hours[step],
            )
    return results


def _introduction(protocol: MethodProtocol) -> str:
    return "\n".join(
        [
            "## Published methods and losses",
            "",
            "`python -m benchmarks.method_results` measures these tables. They have another, much "
            "smaller budget than those above, so do not compare across them: networks of "
            f"{protocol.size} x {protocol.size} pixels from random weights, {protocol.epochs} "
            f"epochs in steps of {protocol.batch} faces, the first {protocol.first_folds} of "
            f"{protocol.folds} folds by subject. In the synthetic archive every "
            f"{_ordinal(protocol.every)} frame of a sequence is used, of the photographs those of "
            f"{whole(protocol.faces)} people. Learning rate (at most {protocol.rate:g}), schedule "
            "and changes of the images are the same for all networks, except for `report`, which "
            "has the report's rate and no changes. The changes are smaller than the default ones, "
            "with which, or with steps of 32 faces, the shallow network did not learn the "
            "synthetic labels from so few. `landmarks-svr` is no network: it has no epochs, and "
            "sees faces of 112 pixels.",
            "",
            "So the tables say what is learned from few faces in minutes. They do not say which "
            "method is best with the time, data and initial weights that its authors had: large "
            "networks need more. [Training](training.md#cross-validation-and-comparison) says what "
            "each method is. Hours are those of one processor core, of all folds and seeds, on a "
            "machine that did other work too.",
        ]
    )


def _ordinal(every: int) -> str:
    return {1: "", 2: "second", 3: "third"}.get(every, f"{every}th")


def _methods(archive: str, by_seed: Sequence[Mapping[str, MethodResult]]) -> str:
    results = {name: by_seed[0][name] for name in METHODS if name in by_seed[0]}
    ordered = sorted(results.values(), key=lambda result: -result.ccc)
    rows = [_row(result, by_seed[1].get(result.name)) for result in ordered]
    rows += _trivial_rows(ordered[0], before=1, after=5)
    columns = (
        *("", "CCC, seed 0 (95 % interval)", "CCC, each fold", "CCC, seed 1"),
        *(*METRICS.values(), "in the 90 % interval", "parameters", "ms a face", "hours"),
    )
    first = ordered[0].predictions
    missing = [name for name in METHODS if name not in results]
    if len(first.sequences) == len(first):  # single images have no flow
        missing = [name for name in missing if name != FLOW]
    return "\n".join(
        [
            f"### {ABOUT[archive].title}: methods",
            "",
            f"{whole(len(first))} held-out frames of {whole(len(first.subjects))} subjects. The "
            "interval is over resampled subjects with seed 0; the folds and the second seed show "
            "how much other subjects and other random numbers change. The other columns are of "
            "seed 0. `landmarks-svr` uses no random numbers. The 90 % intervals are calibrated on "
            "the validation part of each fold alone; if it has few subjects, they are wide and "
            "contain nearly all labels." + _few_subjects(first),
            "",
            table(columns, rows),
            "",
            _verdict(ordered),
            _mean_errors(ordered),
            *([_not_measured(missing)] if missing else []),
        ]
    )


def _few_subjects(predictions: Predictions) -> str:
    """Return the caution on intervals of few subjects, "" with enough."""
    if len(predictions.subjects) >= bootstrap.FEW_SUBJECTS:
        return ""
    return " With so few subjects the 95 % intervals are too narrow."


def _not_measured(names: Sequence[str]) -> str:
    text = f"Not measured at this budget: {', '.join(names)}."
    if {"report", "wince"} & set(names):
        text += (
            " `report` and `wince` (there `strong`) are in the archive's first table, at another "
            "budget; the two tables cannot be compared."
        )
    return text


def _losses(archive: str, results: Mapping[str, MethodResult]) -> str:
    by_loss = {loss: results[method] for loss, method in SHALLOW_LOSSES.items()}
    rows = []
    for loss, result in sorted(by_loss.items(), key=lambda pair: -pair[1].ccc):
        pooled = result.pooled
        rows.append(
            [
                loss,
                _with_interval(result),
                *(number(pooled[key]) for key in (*METRICS, "wmae", BALANCED)),
                decimal(result.hours, 3),
            ]
        )
    rows += _trivial_rows(by_loss["huber"], keys=(*METRICS, "wmae", BALANCED), after=1)
    columns = ("", "CCC (95 % interval)", *METRICS.values(), "wMAE", "balanced accuracy", "hours")
    ordered = sorted(by_loss.values(), key=lambda result: -result.ccc)
    titles = {result.name: loss for loss, result in by_loss.items()}
    return "\n".join(
        [
            f"### {ABOUT[archive].title}: losses",
            "",
            "The shallow network with each loss of `wince train --loss`, once, with seed 0. Rare "
            "levels are drawn more often, except for `weighted`, which weights them instead.",
            "",
            table(columns, rows),
            "",
            _verdict(ordered, titles),
            _mean_errors(ordered, titles),
        ]
    )


BALANCED = "four_levels_balanced_accuracy"


def _row(result: MethodResult, second: MethodResult | None) -> list[str]:
    pooled = result.pooled
    return [
        result.name,
        _with_interval(result),
        " ".join(result.by_fold()),
        number(second.pooled[DECIDING]) if second else "not measured",
        *(number(pooled[key]) for key in (*METRICS, "coverage")),
        whole(result.parameters),
        decimal(result.milliseconds, 1),
        decimal(result.hours + (second.hours if second else 0.0), 3),
    ]


def _trivial_rows(
    result: MethodResult, keys: Sequence[str] = tuple(METRICS), before: int = 0, after: int = 0
) -> list[list[str]]:
    """Return rows of the trivial predictors; `before` and `after`: empty cells around METRICS."""
    rows = []
    for name, pooled in result.trivial().items():
        blank = [""] * (2 * before)
        cells = [number(pooled[key]) for key in keys]
        rows.append([f"always {name}", number(pooled[DECIDING]), *blank, *cells, *[""] * after])
    return [row[:-1] if before else row for row in rows]


def _with_interval(result: MethodResult) -> str:
    low, high = bootstrap.interval(result.resampled)
    return f"{number(result.pooled[DECIDING])} ({number(low)} to {number(high)})"


def _verdict(ordered: Sequence[MethodResult], titles: Mapping[str, str] | None = None) -> str:
    """Return which methods learned something, and which the first one is better than.

    The first one was chosen among all, so the intervals of its leads are those of Bonferroni.
    """
    titles = titles or {result.name: result.name for result in ordered}
    confidence = 1 - (1 - bootstrap.CONFIDENCE) / max(1, len(ordered) - 1)
    learned = [result for result in ordered if bootstrap.interval(result.resampled)[0] > 0]
    if not learned:
        return "None has a CCC whose interval is above 0, the CCC of a constant: none has learned."
    text = (
        "A constant has a CCC of 0. Above it with their whole interval: "
        f"{', '.join(titles[result.name] for result in learned)}."
    )
    first, *others = ordered
    clear = [other for other in others if _lead(first, other, confidence)[0] > 0]
    unclear = [other for other in others if other not in clear]
    if first not in learned or not others:
        return text
    name, percent = titles[first.name], f"{100 * confidence:.4g} %"
    if not unclear:
        return (
            f"{text} In CCC {name} is above each other one measured ({percent} intervals of the "
            "leads)."
        )
    return (
        f"{text} There is no winner: the lead of {name} over "
        f"{', '.join(titles[other.name] for other in unclear)} may be chance (its {percent} "
        "interval, so wide because the first of all is compared, contains 0)."
    )


def _mean_errors(ordered: Sequence[MethodResult], titles: Mapping[str, str] | None = None) -> str:
    """Return which methods have a smaller mean absolute error than each trivial predictor."""
    smallest = min(pooled["mae"] for pooled in ordered[0].trivial().values())
    smaller = [
        titles[result.name] if titles else result.name
        for result in ordered
        if result.pooled["mae"] < smallest
    ]
    return f"MAE below that of both trivial rows: {', '.join(smaller) or 'none'}."


def _lead(first: MethodResult, other: MethodResult, confidence: float) -> tuple[float, float]:
    """Return the interval of the first one's CCC minus the other's, subjects resampled."""
    return bootstrap.interval(first.resampled - other.resampled, confidence)
