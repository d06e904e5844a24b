"""Each metric against an independent implementation, to 1e-6."""

import doctest
import itertools

import numpy as np
import pandas as pd
import pingouin
import pytest
import scipy.stats
import sklearn.metrics as sk

from wince.errors import DataError, WinceError
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

EXACT = {"rel": 0, "abs": 1e-6}
SUBJECTS = 6


def frames(seed, rows=900):
    """Return labels, scores and subjects: skewed as in the archive, subject 5 without pain."""
    rng = np.random.default_rng(seed)
    subject = np.sort(rng.integers(0, SUBJECTS, rows))
    truth = np.minimum(rng.geometric(0.45, rows) - 1.0, 16.0) * (rng.random(rows) < 0.6)
    truth[subject == 5] = 0
    predicted = np.round(0.6 * truth + rng.normal(0.5, 1.2, rows), 2)
    return truth, predicted, subject


@pytest.fixture(params=[1, 2, 3])
def rows(request):
    return frames(request.param)


@pytest.mark.parametrize(
    "module",
    [
        regression,
        weighted_errors,
        agreement,
        roc,
        classification,
        limits_of_agreement,
        precision_recall,
        calibration_metrics,
        sequence_scores,
    ],
    ids=lambda module: module.__name__.rpartition(".")[2],
)
def test_docstring_examples_give_the_values_shown(module):
    results = doctest.testmod(module)
    assert results.attempted > 0
    assert results.failed == 0


def test_errors_agree_with_sklearn(rows):
    truth, predicted, _ = rows
    assert regression.mae(truth, predicted) == pytest.approx(
        sk.mean_absolute_error(truth, predicted), **EXACT
    )
    assert regression.mse(truth, predicted) == pytest.approx(
        sk.mean_squared_error(truth, predicted), **EXACT
    )
    assert regression.rmse(truth, predicted) == pytest.approx(
        sk.root_mean_squared_error(truth, predicted), **EXACT
    )
    assert regression.bias(truth, predicted) == pytest.approx(np.mean(predicted - truth), **EXACT)


def test_pcc_agrees_with_scipy(rows):
    truth, predicted, _ = rows
    expected = scipy.stats.pearsonr(truth, predicted).statistic
    assert agreement.pcc(truth, predicted) == pytest.approx(expected, **EXACT)


def icc_by_pingouin(truth, predicted):
    table = pd.DataFrame(
        {
            "frame": np.tile(np.arange(len(truth)), 2),
            "rater": np.repeat(["label", "model"], len(truth)),
            "score": np.concatenate([truth, predicted]),
        }
    )
    table_of_icc = pingouin.intraclass_corr(table, targets="frame", raters="rater", ratings="score")
    row = table_of_icc[table_of_icc["Type"].isin(["ICC3", "ICC(C,1)"])]
    assert len(row) == 1
    return float(row["ICC"].iloc[0])


def test_icc_agrees_with_pingouin(rows):
    truth, predicted, _ = rows
    assert agreement.icc(truth, predicted) == pytest.approx(
        icc_by_pingouin(truth, predicted), **EXACT
    )


def test_icc_agrees_with_the_mean_squares_of_shrout_and_fleiss(rows):
    truth, predicted, _ = rows
    table = np.column_stack([truth, predicted])
    n, k = table.shape
    between = k * ((table.mean(1) - table.mean()) ** 2).sum() / (n - 1)
    residual = table - table.mean(1, keepdims=True) - table.mean(0) + table.mean()
    error = (residual**2).sum() / ((n - 1) * (k - 1))
    assert agreement.icc(truth, predicted) == pytest.approx(
        (between - error) / (between + (k - 1) * error), **EXACT
    )


def test_ccc_divides_by_n_as_lin_does(rows):
    truth, predicted, _ = rows
    covariance = np.cov(truth, predicted, bias=True)
    expected = (
        2
        * covariance[0, 1]
        / (covariance[0, 0] + covariance[1, 1] + (truth.mean() - predicted.mean()) ** 2)
    )
    assert agreement.ccc(truth, predicted) == pytest.approx(expected, **EXACT)
    few = slice(0, 12)
    unbiased = np.cov(truth[few], predicted[few])
    other = (
        2
        * unbiased[0, 1]
        / (unbiased[0, 0] + unbiased[1, 1] + (truth[few].mean() - predicted[few].mean()) ** 2)
    )
    assert agreement.ccc(truth[few], predicted[few]) != pytest.approx(other, **EXACT)


def test_an_offset_costs_ccc_and_not_icc():
    truth = np.array([0.0, 1, 2, 5])
    assert agreement.icc(truth, truth + 3) == pytest.approx(1, **EXACT)
    # s_t² = 3.5, so 2 * 3.5 / (3.5 + 3.5 + 9)
    assert agreement.ccc(truth, truth + 3) == pytest.approx(7 / 16, **EXACT)


@pytest.mark.parametrize("value", [0.0, 0.1, 0.447, 3.3333333])
def test_pcc_is_undefined_when_a_side_does_not_vary(value):
    truth, predicted, _ = frames(4)
    assert np.isnan(agreement.pcc(truth, np.full_like(truth, value)))
    assert np.isnan(agreement.pcc(np.full_like(truth, value), predicted))


def test_agreement_is_undefined_without_variation_in_the_labels_and_zero_without_in_the_scores():
    truth, predicted, _ = frames(5)
    for metric in (agreement.icc, agreement.ccc):
        assert np.isnan(metric(np.zeros_like(truth), predicted))
        assert metric(truth, np.full_like(truth, 0.3)) == pytest.approx(0, abs=1e-12)


def test_small_variation_far_from_zero_keeps_its_digits():
    truth = 15 + np.array([0, 1, 2, 3, 4.0]) * 1e-6
    predicted = 15 + np.array([0, 2, 1, 4, 3.0]) * 1e-6
    assert agreement.pcc(truth, predicted) == pytest.approx(0.8, abs=1e-6)


def test_moments_pool_to_those_of_the_repeated_rows(rows):
    truth, predicted, subject = rows
    counts = np.array([2, 0, 1, 3, 0, 1])
    taken = np.concatenate([np.repeat(np.flatnonzero(subject == s), counts[s]) for s in range(6)])
    parts = agreement.moments(truth, predicted, subject)
    pooled = agreement.pool(parts, counts[None, :].astype(float))[0]
    assert pooled == pytest.approx(agreement.moments(truth[taken], predicted[taken])[0], abs=1e-8)


def test_weighted_errors_are_means_over_the_values_a_subject_shows(rows):
    truth, predicted, subject = rows
    sums = weighted_errors.weighted_sums(truth, predicted, subject)
    cells = []
    for number in range(SUBJECTS):
        members = subject == number
        values = [
            sk.mean_absolute_error(truth[members & (truth == v)], predicted[members & (truth == v)])
            for v in np.unique(truth[members])
        ]
        assert weighted_errors.wmae_of(sums)[number] == pytest.approx(np.mean(values), **EXACT)
        cells += values
    assert weighted_errors.wmae(truth, predicted, subject) == pytest.approx(np.mean(cells), **EXACT)


def test_weighted_errors_agree_with_sklearn_weights(rows):
    truth, predicted, _ = rows
    count = {value: (truth == value).sum() for value in np.unique(truth)}
    weight = [1 / count[value] for value in truth]
    assert weighted_errors.wmae(truth, predicted) == pytest.approx(
        sk.mean_absolute_error(truth, predicted, sample_weight=weight), **EXACT
    )
    assert weighted_errors.wmse(truth, predicted) == pytest.approx(
        sk.mean_squared_error(truth, predicted, sample_weight=weight), **EXACT
    )


@pytest.mark.parametrize("cut", [1, 2, 3])
def test_auc_and_roc_agree_with_sklearn(rows, cut):
    truth, predicted, _ = rows
    positive = roc.at_least(truth, cut)
    assert (positive == (truth >= cut)).all()
    assert roc.auc(positive, predicted) == pytest.approx(
        sk.roc_auc_score(positive, predicted), **EXACT
    )
    false_rate, true_rate, thresholds = roc.roc_curve(positive, predicted)
    expected = sk.roc_curve(positive, predicted, drop_intermediate=False)
    for values, expected_values in zip((false_rate, true_rate, thresholds), expected, strict=True):
        assert values == pytest.approx(expected_values, abs=1e-9)


@pytest.mark.parametrize("cut", [1, 2, 3])
def test_average_precision_agrees_with_sklearn_and_of_resamples_too(rows, cut):
    truth, predicted, subject = rows
    predicted = np.round(predicted, 1)  # ties
    positive = roc.at_least(truth, cut)
    assert precision_recall.average_precision(positive, predicted) == pytest.approx(
        sk.average_precision_score(positive, predicted), **EXACT
    )
    people = int(subject.max()) + 1
    counts = np.random.default_rng(cut).integers(0, 3, (4, people)).astype(float)
    values = precision_recall.average_precision_resampled(positive, predicted, subject, counts)
    for value, count in zip(values, counts, strict=True):
        copies = np.repeat(np.arange(len(truth)), count[subject].astype(int))
        expected = sk.average_precision_score(positive[copies], predicted[copies])
        assert value == pytest.approx(expected, **EXACT)


def test_average_precision_in_blocks_is_the_same(rows, monkeypatch):
    truth, predicted, subject = rows
    arguments = (roc.at_least(truth, 1), predicted, subject, np.ones((3, int(subject.max()) + 1)))
    whole = precision_recall.average_precision_resampled(*arguments)
    monkeypatch.setattr(precision_recall, "MOST_CELLS", 40)
    blocks = precision_recall.average_precision_resampled(*arguments)
    assert blocks == pytest.approx(whole, **EXACT)


def test_a_constant_has_the_share_of_positives_as_average_precision():
    positive = np.arange(50) < 7
    assert precision_recall.average_precision(positive, np.full(50, 3.0)) == pytest.approx(7 / 50)
    assert np.isnan(precision_recall.average_precision(np.zeros(3, bool), np.arange(3.0)))


def test_a_constant_class_does_not_win_averaged_precision():
    constant = np.array([[80, 0, 0], [15, 0, 0], [5, 0, 0]])
    model = np.array([[70, 10, 0], [5, 8, 2], [0, 2, 3]])
    assert classification.macro_precision(constant) == pytest.approx(0.8 / 3)
    assert classification.macro_precision(model) > classification.macro_precision(constant)


def test_calibration_line_agrees_with_scipy(rows):
    truth, predicted, _ = rows
    line = scipy.stats.linregress(predicted, truth)
    assert agreement.calibration_line(truth, predicted) == pytest.approx(
        (line.slope, line.intercept), **EXACT
    )
    assert np.isnan(agreement.calibration_line(truth, np.ones_like(truth))).all()


def test_auc_is_undefined_without_both_classes_and_one_half_for_a_constant_score():
    assert np.isnan(roc.auc([False, False], [1.0, 2.0]))
    assert np.isnan(roc.auc([True, True], [1.0, 2.0]))
    assert roc.auc([True, False, False], [1.0, 1.0, 1.0]) == 0.5


def test_auc_of_a_resample_equals_that_of_the_repeated_rows(rows):
    truth, predicted, subject = rows
    positive, counts = (
        roc.at_least(truth, 1),
        np.array([[2, 0, 1, 3, 0, 1.0], [0, 0, 0, 0, 0, 6]]),
    )
    taken = np.concatenate(
        [np.repeat(np.flatnonzero(subject == s), int(counts[0, s])) for s in range(6)]
    )
    expected = sk.roc_auc_score(positive[taken], predicted[taken])
    for compute in (roc._auc_from_pairs, roc._auc_from_frames):
        areas = compute(positive, predicted, subject, counts)
        assert areas[0] == pytest.approx(expected, **EXACT)
        assert np.isnan(areas[1])  # only the subject without pain


@pytest.mark.parametrize("scheme", classification.SCHEMES, ids=lambda scheme: scheme.key)
def test_class_metrics_agree_with_sklearn(rows, scheme):
    truth, predicted = scheme.of(rows[0]), scheme.of(rows[1])
    labels = list(range(len(scheme.classes)))
    matrix = classification.confusion(truth, predicted, len(labels))
    assert (matrix == sk.confusion_matrix(truth, predicted, labels=labels)).all()
    assert classification.accuracy(matrix) == pytest.approx(
        sk.accuracy_score(truth, predicted), **EXACT
    )
    assert classification.balanced_accuracy(matrix) == pytest.approx(
        sk.recall_score(truth, predicted, labels=np.unique(truth), average="macro"), **EXACT
    )
    assert classification.kappa(matrix) == pytest.approx(
        sk.cohen_kappa_score(truth, predicted, weights="quadratic"), **EXACT
    )
    present = np.union1d(truth, predicted)
    assert classification.macro_f1(matrix) == pytest.approx(
        sk.f1_score(truth, predicted, labels=present, average="macro"), **EXACT
    )
    assert classification.macro_precision(matrix) == pytest.approx(
        sk.precision_score(truth, predicted, labels=present, average="macro", zero_division=0),
        **EXACT,
    )
    assert classification.distance(matrix) == pytest.approx(
        np.abs(truth - predicted).mean(), **EXACT
    )
    precision, recall, f1, support = sk.precision_recall_fscore_support(
        truth, predicted, labels=labels, zero_division=np.nan
    )
    for values, expected_values in (
        (classification.precision(matrix), precision),
        (classification.recall(matrix), recall),
        (classification.f1(matrix), f1),
    ):
        assert values == pytest.approx(expected_values, nan_ok=True, **EXACT)
    assert (matrix.sum(1) == support).all()


def test_classes_are_cut_as_the_scale_says():
    four, six, pain = classification.SCHEMES[:3]
    pspi = [-0.7, 0.49, 0.5, 5.49, 5.5, 10.49, 10.5, 16, 17.2]
    assert [four.classes[k] for k in four.of(pspi)] == [
        "none", "none", "mild", "mild", "moderate", "moderate", "severe", "severe", "severe",
    ]  # fmt: skip
    assert [six.classes[k] for k in six.of([0, 1, 2, 3, 4, 5, 6, 16])] == [
        "0", "1", "2", "3", "4-5", "4-5", "6+", "6+",
    ]  # fmt: skip
    assert pain.of([0, 0.49, 0.5, 1]).tolist() == [0, 0, 1, 1]


def test_class_metrics_are_undefined_rather_than_zero():
    matrix = np.array([[8.0, 2, 0], [0, 0, 0], [0, 0, 0]])
    assert classification.recall(matrix) == pytest.approx([0.8, np.nan, np.nan], nan_ok=True)
    assert classification.precision(matrix) == pytest.approx([1, 0, np.nan], nan_ok=True)
    assert classification.f1(matrix) == pytest.approx([16 / 18, 0, np.nan], nan_ok=True)
    assert np.isnan(classification.kappa(matrix))
    assert classification.macro_f1(matrix) == pytest.approx(8 / 18)


def probabilities(seed=0, rows=400):
    rng = np.random.default_rng(seed)
    return rng.dirichlet([2, 1, 0.5, 0.3], rows), rng.integers(0, 4, rows)


def test_brier_agrees_with_sklearn():
    stated, truth = probabilities()
    expected = sk.brier_score_loss(truth, stated, labels=[0, 1, 2, 3], scale_by_half=False)
    assert calibration_metrics.brier(stated, truth) == pytest.approx(expected, **EXACT)


def test_ranked_probability_score_agrees_with_a_loop():
    stated, truth = probabilities(1)
    total = 0.0
    for row, right in zip(stated, truth, strict=True):
        for k in range(3):
            total += (sum(row[: k + 1]) - (1 if right <= k else 0)) ** 2 / 3
    assert calibration_metrics.ranked_probability_score(stated, truth) == pytest.approx(
        total / len(truth), **EXACT
    )


def test_a_certain_forecast_costs_nothing_and_the_farthest_one_costs_all():
    assert calibration_metrics.ranked_probability_score(np.eye(4), np.arange(4)) == 0
    assert calibration_metrics.ranked_probability_score(np.eye(4)[[0]], np.array([3])) == 1
    assert calibration_metrics.ranked_probability_score(
        np.eye(4)[[2]], np.array([3])
    ) == pytest.approx(1 / 3)


def test_calibration_error_agrees_with_a_loop_over_bins():
    rng = np.random.default_rng(2)
    confidence = np.concatenate([rng.random(500), [0.3, 0.7, 1.0, 0.0]])
    correct = rng.random(504) < confidence**2
    expected = 0.0
    for number in range(10):
        low, high = number / 10, (number + 1) / 10
        in_bin = (confidence >= low) & ((confidence < high) | (number == 9))
        if in_bin.any():
            expected += in_bin.mean() * abs(confidence[in_bin].mean() - correct[in_bin].mean())
    assert calibration_metrics.calibration_error(confidence, correct) == pytest.approx(
        expected, **EXACT
    )


def test_an_interval_includes_its_ends():
    ends = np.array([[0.0, 1.0], [0.0, 1.0], [2.0, 3.0]])
    assert calibration_metrics.covered(ends, [0.0, 1.0, 1.9]).tolist() == [True, True, False]


def test_sequence_scores_agree_with_sorting_each_sequence():
    rng = np.random.default_rng(3)
    sequence = rng.permutation(np.repeat(np.arange(30), rng.integers(1, 60, 30)))
    scores = np.round(rng.normal(0, 2, sequence.size), 1)
    highest, top = (
        sequence_scores.maximum(scores, sequence),
        sequence_scores.top_tenth(scores, sequence),
    )
    for number in range(30):
        members = np.sort(scores[sequence == number])[::-1]
        assert highest[number] == members[0]
        assert top[number] == pytest.approx(
            members[: int(np.ceil(len(members) / 10))].mean(), **EXACT
        )


def test_the_line_is_fitted_on_the_other_subjects_only():
    rng = np.random.default_rng(4)
    subject = np.repeat(np.arange(5), 8)
    score = rng.normal(3, 2, 40)
    rating = 0.7 * score + rng.normal(0, 1, 40)
    line = sequence_scores.held_out_line(score, rating, subject)
    for number in range(5):
        slope, intercept = np.polyfit(score[subject != number], rating[subject != number], 1)
        members = subject == number
        assert line[members] == pytest.approx(intercept + slope * score[members], **EXACT)
    flat = sequence_scores.held_out_line(np.zeros(40), rating, subject)
    assert flat[0] == pytest.approx(rating[subject != 0].mean(), **EXACT)
    assert np.isnan(sequence_scores.held_out_line(score, rating, np.zeros(40, int))).all()


@pytest.mark.parametrize(
    "metric",
    [
        regression.mae,
        regression.mse,
        weighted_errors.wmae,
        agreement.pcc,
        agreement.icc,
        agreement.ccc,
        roc.auc,
    ],
)
@pytest.mark.parametrize(
    ("truth", "predicted"),
    [
        ([0, 1, 1], [0, 1]),
        ([[0, 1]], [[0, 1]]),
        ([], []),
        ([0, 1], [0, np.nan]),
        ([0, 1], [np.inf, 1]),
    ],
)
def test_arrays_that_do_not_match_are_refused(metric, truth, predicted):
    with pytest.raises(WinceError, match=r"shapes|finite"):
        metric(truth, predicted)


def test_classes_and_probabilities_that_do_not_match_are_refused():
    with pytest.raises(DataError, match="shapes"):
        classification.confusion([0, 1], [0], 2)
    with pytest.raises(DataError, match="0 to 1"):
        classification.confusion([0, 2], [0, 1], 2)
    with pytest.raises(DataError, match="shapes"):
        calibration_metrics.brier(np.eye(4), np.array([0, 1]))
    with pytest.raises(DataError, match="true or false"):
        roc.auc([0, 0.5, 1], [1, 2, 3])


def test_quadratic_kappa_of_every_two_by_two_matrix_is_plain_kappa():
    for a, b, c, d in itertools.product([1, 3, 7], repeat=4):
        matrix = np.array([[a, b], [c, d]], float)
        n = matrix.sum()
        chance = ((a + b) * (a + c) + (c + d) * (b + d)) / n**2
        expected = ((a + d) / n - chance) / (1 - chance)
        assert classification.kappa(matrix) == pytest.approx(expected, **EXACT)


def test_limits_of_agreement_agree_with_an_analysis_of_variance(rows):
    truth, predicted, subject = rows
    gap = predicted - truth
    parts = [gap[subject == number] for number in np.unique(subject)]
    sizes = np.array([len(part) for part in parts])
    total, people = sizes.sum(), len(parts)
    within = sum(((part - part.mean()) ** 2).sum() for part in parts) / (total - people)
    f_value = scipy.stats.f_oneway(*parts).statistic
    size = (total - (sizes**2).sum() / total) / (people - 1)
    spread = np.sqrt(within + max(0, (f_value - 1) * within / size))
    expected = gap.mean() + scipy.stats.norm.ppf([0.025, 0.975]) * spread
    limits = limits_of_agreement.limits_of_agreement(truth, predicted, subject)
    assert limits == pytest.approx(expected, **EXACT)
    assert np.isnan(limits_of_agreement.limits_of_agreement([0, 1], [1, 3], np.zeros(2, int))).all()
