"""All metrics of a table of predictions, each of which can be computed for any resample.

A `Metric` has its key in metrics.json, its value for each subject, and a function that returns its
pooled value for any resample of subjects. So the pooled value, the mean over subjects, the
bootstrap and the paired bootstrap all use the one formula in the module of that metric.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from wince.evaluation.arrays import Floats, Indices, ratio, sums_by_subject
from wince.evaluation.metrics import (
    agreement,
    calibration_metrics,
    classification,
    limits_of_agreement,
    precision_recall,
    regression,
    roc,
    sequence_scores,
    weighted_errors,
)
from wince.evaluation.metrics.classification import Scheme, level_scheme, schemes
from wince.evaluation.predictions import Predictions
from wince.scale import BINARY_CUTS

Formula = Callable[[Floats], Floats]
"""From sums, moments or confusion matrices of any leading shape to values of that shape."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric of one table.

    Attributes:
        key: Key in metrics.json.
        resampled: Returns the pooled values, shape (B,), of resamples. Its argument has shape
            (B, S): how often each resample contains each subject.
        by_subject: Value of each subject, shape (S,). None where a value for a single subject has
            no meaning.
        subjects: Number of subjects whose frames decide the pooled value, such as those who show a
            level. None for all subjects of the table.
    """

    key: str
    resampled: Callable[[Floats], Floats]
    by_subject: Floats | None = None
    subjects: int | None = None


def all_metrics(
    table: Predictions,
    *,
    prior: Floats | None = None,
    classes: Mapping[str, Indices] | None = None,
) -> list[Metric]:
    """Return all metrics that the columns of a table allow, in the order of the catalogue.

    Args:
        table: N predictions.
        prior: Level probabilities of a constant forecast, shape (N, K), for the skill scores.
        classes: Predicted class numbers, shape (N,), by key of the scheme. A scheme that is missing
            here uses the classes of the predicted scores.
    """
    metrics = [*error_metrics(table), *auc_metrics(table)]
    for scheme in schemes(table.scale):
        metrics += class_metrics(table, scheme, (classes or {}).get(scheme.key))
    metrics += sequence_metrics(table)
    if table.probabilities is not None and prior is not None:
        metrics += probability_metrics(table, table.probabilities, prior)
    if table.interval is not None:
        metrics += interval_metrics(table, table.interval)
    return metrics


def error_metrics(table: Predictions) -> list[Metric]:
    """Return errors, agreement, calibration line and limits of agreement."""
    labels, scores, subject = table.pspi, table.predicted, table.subject
    errors = regression.error_sums(labels, scores, subject)
    weighted = weighted_errors.weighted_sums(labels, scores, subject, table.scale)
    parts = agreement.moments(labels, scores, subject)
    gaps = limits_of_agreement.difference_sums(labels, scores, subject)
    return [
        from_sums("mae", errors, regression.mae_of),
        from_sums("mse", errors, regression.mse_of),
        from_sums("rmse", errors, regression.rmse_of),
        from_sums("bias", errors, regression.bias_of),
        from_sums("wmae", weighted, weighted_errors.wmae_of),
        from_sums("wmse", weighted, weighted_errors.wmse_of),
        *_agreement_metrics("", parts),
        *(
            of_moments(f"calibration_{name}", parts, of)
            for name, of in (("slope", agreement.slope_of), ("intercept", agreement.intercept_of))
        ),
        Metric("limits_low", partial(_resample_limits, gaps, 1)),
        Metric("limits_high", partial(_resample_limits, gaps, 2)),
    ]


def auc_metrics(table: Predictions) -> list[Metric]:
    """Return ROC area and average precision at each cut of PSPI, [] for another scale."""
    areas: list[Metric] = []
    precisions: list[Metric] = []
    for cut in BINARY_CUTS if table.scale.is_pspi else ():
        rows = (roc.at_least(table.pspi, cut), table.predicted, table.subject)
        count = len(table.subjects)
        positive, negative = (len(np.unique(table.subject[of])) for of in (rows[0], ~rows[0]))
        areas.append(
            Metric(
                f"auc_{cut}",
                partial(roc.auc_resampled, *rows),
                roc.auc_by_subject(*rows, count),
                min(positive, negative),
            )
        )
        precisions.append(
            Metric(
                f"ap_{cut}",
                partial(precision_recall.average_precision_resampled, *rows),
                precision_recall.average_precision_by_subject(*rows, count),
                positive,
            )
        )
    return [*areas, *precisions]


def class_metrics(
    table: Predictions, scheme: Scheme, predicted: Indices | None = None
) -> list[Metric]:
    """Return the metrics of one division of the scale into classes.

    Args:
        table: N predictions.
        scheme: The division.
        predicted: Predicted class numbers, shape (N,); None for those of the predicted scores.
    """
    matrices = classification.confusion_by_subject(
        scheme.of(table.pspi),
        scheme.of(table.predicted) if predicted is None else predicted,
        len(scheme.classes),
        table.subject,
    )
    formulas: dict[str, Formula] = {
        "accuracy": classification.accuracy,
        "balanced_accuracy": classification.balanced_accuracy,
        "macro_precision": classification.macro_precision,
        "macro_f1": classification.macro_f1,
        "kappa": classification.kappa,
    }
    if len(scheme.classes) > 2:
        formulas["distance"] = classification.distance
    metrics = [from_matrices(f"{scheme.key}_{name}", matrices, f) for name, f in formulas.items()]
    for number, name in enumerate(scheme.classes):
        for formula in (classification.precision, classification.recall, classification.f1):
            key = f"{scheme.key}_{name}_{formula.__name__}"
            of_class = partial(value_of_class, formula, number)
            metrics.append(of_subjects_with_values(from_matrices(key, matrices, of_class)))
    return metrics


def sequence_metrics(table: Predictions) -> list[Metric]:
    """Return how the scores of sequences agree with those of the labels, and with VAS and OPR."""
    first = sequence_scores.first_rows(table.sequence)
    owner = table.subject[first]
    subjects = len(table.subjects)
    metrics = []
    for summary, summarise in sequence_scores.SUMMARIES.items():
        scores = summarise(table.predicted, table.sequence)
        labels = summarise(table.pspi, table.sequence)
        parts = agreement.moments(labels, scores, owner, subjects)
        metrics += _agreement_metrics(
            f"sequence_{table.scale.column}_{summary}_", parts, by_subject=False
        )
        for name, ratings in (("vas", table.vas), ("opr", table.opr)):
            if ratings is None:
                continue
            rating = ratings[first]
            rated = ~np.isnan(rating)
            for prefix, source in (("sequence", scores), ("label_sequence", labels)):
                metrics += _rating_metrics(
                    f"{prefix}_{name}_{summary}",
                    source[rated],
                    rating[rated],
                    owner[rated],
                    subjects,
                )
    return metrics


def probability_metrics(table: Predictions, stated: Floats, prior: Floats) -> list[Metric]:
    """Return the proper scores of the level probabilities, their skill, and the calibration error.

    Args:
        table: N predictions.
        stated: Level probabilities of the model, shape (N, K).
        prior: Level probabilities of a constant forecast, shape (N, K).
    """
    scheme = level_scheme(table.scale)
    assert scheme is not None  # the probabilities are those of its levels
    truth, subject = scheme.of(table.pspi), table.subject
    level = scheme.of(table.predicted)
    confidence = stated[np.arange(len(level)), level]
    metrics = []
    for name, rows in (
        ("brier", calibration_metrics.brier_rows),
        ("rps", calibration_metrics.rps_rows),
    ):
        model, constant = rows(stated, truth), rows(prior, truth)
        sums = sums_by_subject(subject, np.ones_like(model), model, constant)
        metrics += [
            from_sums(name, sums, partial(column_mean, 1)),
            from_sums(f"{name}_prior", sums, partial(column_mean, 2)),
            Metric(f"{name}_skill", partial(_resample_sums, sums, _skill)),
        ]
    bins = calibration_metrics.reliability_sums(confidence, level == truth, subject)
    error = partial(_resample_matrices, bins, calibration_metrics.calibration_error_of)
    return [*metrics, Metric("calibration_error", error)]


def interval_metrics(table: Predictions, interval: Floats) -> list[Metric]:
    """Return the coverage of the 90 % interval, overall and by true level, and its mean width.

    Args:
        table: N predictions.
        interval: Low and high end of each interval, shape (N, 2).
    """
    inside = calibration_metrics.covered(interval, table.pspi).astype(np.float64)
    width = interval[:, 1] - interval[:, 0]
    sums = sums_by_subject(table.subject, np.ones_like(width), inside, width)
    metrics = [
        from_sums("coverage", sums, partial(column_mean, 1)),
        from_sums("interval_width", sums, partial(column_mean, 2)),
    ]
    scheme = level_scheme(table.scale)
    if scheme is None:
        return metrics
    truth = scheme.of(table.pspi)
    for number, level in enumerate(scheme.classes):
        of_level = (truth == number).astype(np.float64)
        sums = sums_by_subject(table.subject, of_level, inside * of_level)
        metric = from_sums(f"coverage_{level}", sums, partial(column_mean, 1))
        metrics.append(of_subjects_with_values(metric))
    return metrics


def _rating_metrics(
    key: str, scores: Floats, rating: Floats, owner: Indices, subjects: int
) -> list[Metric]:
    """Return the correlation of sequence scores with a rating, and the error of a fitted line.

    Pooled only, because a subject has few sequences.

    Args:
        key: First part of the keys.
        scores: Score of each rated sequence, shape (Q,).
        rating: Rating of each of these sequences, shape (Q,).
        owner: Subject number of each of these sequences, shape (Q,).
        subjects: Number of subjects in the table, rated or not.
    """
    parts = agreement.moments(rating, scores, owner, subjects)
    _, rated_owner = np.unique(owner, return_inverse=True)
    error = np.abs(sequence_scores.held_out_line(scores, rating, rated_owner) - rating)
    sums = sums_by_subject(owner, np.ones_like(error), error, subjects=subjects)
    rated = len(np.unique(owner))
    correlation = partial(_resample_moments, parts, agreement.pcc_of)
    line_error = partial(_resample_sums, sums, partial(column_mean, 1))
    return [
        Metric(f"{key}_pcc", correlation, subjects=rated),
        Metric(f"{key}_line_mae", line_error, subjects=rated),
    ]


def _agreement_metrics(prefix: str, parts: Floats, by_subject: bool = True) -> list[Metric]:
    """Return PCC, ICC(3,1) and CCC of moments by subject, shape (S, 6)."""
    formulas = {"pcc": agreement.pcc_of, "icc": agreement.icc_of, "ccc": agreement.ccc_of}
    return [
        Metric(
            prefix + name,
            partial(_resample_moments, parts, formula),
            formula(parts) if by_subject else None,
        )
        for name, formula in formulas.items()
    ]


def of_subjects_with_values(metric: Metric) -> Metric:
    """Return a metric whose pooled value is decided by the subjects for whom it is defined."""
    assert metric.by_subject is not None
    return replace(metric, subjects=int((~np.isnan(metric.by_subject)).sum()))


def from_matrices(key: str, matrices: Floats, formula: Formula) -> Metric:
    """Return the metric of confusion matrices by subject, shape (S, K, K)."""
    return Metric(key, partial(_resample_matrices, matrices, formula), formula(matrices))


def of_moments(key: str, parts: Floats, formula: Formula) -> Metric:
    """Return the metric of moments by subject, shape (S, 6)."""
    return Metric(key, partial(_resample_moments, parts, formula), formula(parts))


def from_sums(key: str, sums: Floats, formula: Formula) -> Metric:
    """Return the metric of sums by subject, shape (S, K)."""
    return Metric(key, partial(_resample_sums, sums, formula), formula(sums))


def _resample_sums(sums: Floats, formula: Formula, counts: Floats) -> Floats:
    return formula(counts @ sums)


def _resample_moments(parts: Floats, formula: Formula, counts: Floats) -> Floats:
    return formula(agreement.pool(parts, counts))


def _resample_limits(sums: Floats, column: int, counts: Floats) -> Floats:
    return np.asarray(limits_of_agreement.limits_resampled(sums, counts)[:, column])


def _resample_matrices(matrices: Floats, formula: Formula, counts: Floats) -> Floats:
    return formula(np.tensordot(counts, matrices, axes=1))


def value_of_class(formula: Formula, number: int, matrices: Floats) -> Floats:
    """Return the value of one class, by its number, of a formula that has one for each."""
    return formula(matrices)[..., number]


def column_mean(column: int, sums: Floats) -> Floats:
    """Return the mean of a column whose sums are there, the row counts being in column 0."""
    return ratio(sums[..., column], sums[..., 0])


def _skill(sums: Floats) -> Floats:
    """Return 1 - score / score of the prior; sums: rows, score, score of the prior."""
    return 1.0 - ratio(sums[..., 1], sums[..., 2])
