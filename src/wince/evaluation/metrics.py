"""Every figure of a table of predictions in one list, each able to answer for any resample.

A figure knows its key in metrics.json, its value for each subject, and its pooled value when
subjects are taken any number of times. So the pooled value, the mean over subjects, the bootstrap
and the paired bootstrap all come from the one formula in the metric's module.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from wince.evaluation import (
    agreement,
    calibration,
    classification,
    regression,
    roc,
    sequence_scores,
    weighted_errors,
)
from wince.evaluation.arrays import Floats, Indices, ratio, sums_by_subject
from wince.evaluation.classification import SCHEMES, Scheme
from wince.evaluation.predictions import Predictions
from wince.scale import BINARY_CUTS, LEVELS

FOUR_LEVELS = SCHEMES[0]


@dataclass(frozen=True, slots=True)
class Metric:
    """One number to report: its key, its value by subject (S,), and how to pool and resample it.

    resampled: counts (B, S) -> values (B,) with subject s taken counts[b, s] times. by_subject is
    None where a single subject's value would mean nothing.
    """

    key: str
    resampled: Callable[[Floats], Floats]
    by_subject: Floats | None = None


def all_metrics(
    table: Predictions,
    *,
    prior: Floats | None = None,
    classes: Mapping[str, Indices] | None = None,
) -> list[Metric]:
    """Return the figures that a table allows, in the order of the report.

    prior: level probabilities (N, 4) of a constant forecast, to set the table's own against.
    classes: predicted class numbers by scheme, where they are not simply the banded score.
    """
    metrics = [*error_metrics(table), *auc_metrics(table)]
    for scheme in SCHEMES:
        metrics += class_metrics(table, scheme, (classes or {}).get(scheme.key))
    metrics += sequence_metrics(table)
    if table.probabilities is not None and prior is not None:
        metrics += probability_metrics(table, table.probabilities, prior)
    if table.interval is not None:
        metrics += interval_metrics(table, table.interval)
    return metrics


def error_metrics(table: Predictions) -> list[Metric]:
    """Return MAE and its kin, their weighted forms, PCC, ICC(3,1) and CCC."""
    labels, scores, subject = table.pspi, table.predicted, table.subject
    errors = regression.error_sums(labels, scores, subject)
    weights = weighted_errors.weighted_sums(labels, scores, subject)
    return [
        _of_sums("mae", errors, regression.mae_of),
        _of_sums("mse", errors, regression.mse_of),
        _of_sums("rmse", errors, regression.rmse_of),
        _of_sums("bias", errors, regression.bias_of),
        _of_sums("wmae", weights, weighted_errors.wmae_of),
        _of_sums("wmse", weights, weighted_errors.wmse_of),
        *_agreement("", agreement.moments(labels, scores, subject)),
    ]


def auc_metrics(table: Predictions) -> list[Metric]:
    """Return the areas under the ROC curve at each cut."""
    metrics = []
    for cut in BINARY_CUTS:
        flags = roc.at_least(table.pspi, cut)
        rows = (flags, table.predicted, table.subject)
        metrics.append(
            Metric(
                f"auc_{cut}",
                partial(roc.auc_resampled, *rows),
                roc.auc_by_subject(*rows, len(table.subjects)),
            )
        )
    return metrics


def class_metrics(
    table: Predictions, scheme: Scheme, predicted: Indices | None = None
) -> list[Metric]:
    """Return the figures of one way to cut the scale into classes.

    predicted: class numbers (N,), the banded scores when None.
    """
    said = scheme.of(table.predicted) if predicted is None else predicted
    matrices = classification.confusion_by_subject(
        scheme.of(table.pspi), said, len(scheme.classes), table.subject
    )
    whole = {
        "accuracy": classification.accuracy,
        "balanced_accuracy": classification.balanced_accuracy,
        "macro_precision": classification.macro_precision,
        "macro_f1": classification.macro_f1,
        "kappa": classification.kappa,
    }
    if len(scheme.classes) > 2:
        whole["distance"] = classification.distance
    metrics = [_of_matrices(f"{scheme.key}_{name}", matrices, of) for name, of in whole.items()]
    for number, name in enumerate(scheme.classes):
        for of in (classification.precision, classification.recall, classification.f1):
            key = f"{scheme.key}_{name}_{of.__name__}"
            metrics.append(_of_matrices(key, matrices, partial(_class_value, of, number)))
    return metrics


def sequence_metrics(table: Predictions) -> list[Metric]:
    """Return how sequence scores relate to VAS and OPR, where given, and to the labels' own."""
    metrics = []
    for summary, of in sequence_scores.SUMMARIES.items():
        scores, labels = of(table.predicted, table.sequence), of(table.pspi, table.sequence)
        owner = table.subject[sequence_scores.first_rows(table.sequence)]
        metrics += _relation(f"sequence_pspi_{summary}", scores, labels, owner, table)
        for name, rating in (("vas", table.vas), ("opr", table.opr)):
            if rating is None:
                continue
            target = rating[sequence_scores.first_rows(table.sequence)]
            rated = ~np.isnan(target)
            for prefix, x in (("sequence", scores), ("label_sequence", labels)):
                key = f"{prefix}_{name}_{summary}"
                metrics += _relation(key, x[rated], target[rated], owner[rated], table, line=True)
    return metrics


def probability_metrics(table: Predictions, stated: Floats, prior: Floats) -> list[Metric]:
    """Return the proper scores of the level probabilities, their skill, and calibration error."""
    truth, subject = FOUR_LEVELS.of(table.pspi), table.subject
    said = FOUR_LEVELS.of(table.predicted)
    confidence = stated[np.arange(len(said)), said]
    metrics = []
    for name, rows in (("brier", calibration.brier_rows), ("rps", calibration.rps_rows)):
        own, constant = rows(stated, truth), rows(prior, truth)
        sums = sums_by_subject(subject, np.ones_like(own), own, constant)
        metrics += [
            _of_sums(name, sums, partial(_column_mean, 1)),
            _of_sums(f"{name}_prior", sums, partial(_column_mean, 2)),
            Metric(f"{name}_skill", partial(_resample_sums, sums, _skill)),
        ]
    bins = calibration.reliability_sums(confidence, said == truth, subject)
    error = partial(_resample_matrices, bins, calibration.calibration_error_of)
    return [*metrics, Metric("calibration_error", error)]


def interval_metrics(table: Predictions, interval: Floats) -> list[Metric]:
    """Return how often the 90 % interval holds the label, by true level too, and its mean width."""
    inside = calibration.covered(interval, table.pspi).astype(np.float64)
    width = interval[:, 1] - interval[:, 0]
    sums = sums_by_subject(table.subject, np.ones_like(width), inside, width)
    metrics = [
        _of_sums("coverage", sums, partial(_column_mean, 1)),
        _of_sums("interval_width", sums, partial(_column_mean, 2)),
    ]
    truth = FOUR_LEVELS.of(table.pspi)
    for number, level in enumerate(LEVELS):
        there = (truth == number).astype(np.float64)
        sums = sums_by_subject(table.subject, there, inside * there)
        metrics.append(_of_sums(f"coverage_{level}", sums, partial(_column_mean, 1)))
    return metrics


def _relation(
    key: str, scores: Floats, target: Floats, owner: Indices, table: Predictions, line: bool = False
) -> list[Metric]:
    """Return correlation and agreement of sequence scores with a target, or the line's error.

    Few sequences per subject: pooled only.
    """
    subjects = len(table.subjects)
    parts = agreement.moments(target, scores, owner, subjects)
    if not line:
        return _agreement(f"{key}_", parts, by_subject=False)
    # A fitted line needs numbers from 0 upwards; subjects without a rated sequence have none.
    _, rated = np.unique(owner, return_inverse=True)
    error = np.abs(sequence_scores.held_out_line(scores, target, rated) - target)
    sums = sums_by_subject(owner, np.ones_like(error), error, subjects=subjects)
    return [
        Metric(f"{key}_pcc", partial(_resample_moments, parts, agreement.pcc_of)),
        Metric(f"{key}_line_mae", partial(_resample_sums, sums, partial(_column_mean, 1))),
    ]


def _agreement(prefix: str, parts: Floats, by_subject: bool = True) -> list[Metric]:
    """Return PCC, ICC(3,1) and CCC of moments by subject (S, 6)."""
    formulas = (
        ("pcc", agreement.pcc_of),
        ("icc", agreement.icc_of),
        ("ccc", agreement.ccc_of),
    )
    return [
        Metric(
            prefix + name, partial(_resample_moments, parts, of), of(parts) if by_subject else None
        )
        for name, of in formulas
    ]


def _of_sums(key: str, sums: Floats, of: Callable[[Floats], Floats]) -> Metric:
    return Metric(key, partial(_resample_sums, sums, of), of(sums))


def _of_matrices(key: str, matrices: Floats, of: Callable[[Floats], Floats]) -> Metric:
    return Metric(key, partial(_resample_matrices, matrices, of), of(matrices))


def _resample_sums(sums: Floats, of: Callable[[Floats], Floats], counts: Floats) -> Floats:
    return of(counts @ sums)


def _resample_moments(parts: Floats, of: Callable[[Floats], Floats], counts: Floats) -> Floats:
    return of(agreement.pool(parts, counts))


def _resample_matrices(matrices: Floats, of: Callable[[Floats], Floats], counts: Floats) -> Floats:
    return of(np.tensordot(counts, matrices, axes=1))


def _class_value(of: Callable[[Floats], Floats], number: int, matrices: Floats) -> Floats:
    return of(matrices)[..., number]


def _column_mean(column: int, sums: Floats) -> Floats:
    return ratio(sums[..., column], sums[..., 0])


def _skill(sums: Floats) -> Floats:
    return 1.0 - ratio(sums[..., 1], sums[..., 2])
