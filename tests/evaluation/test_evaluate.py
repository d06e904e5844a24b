"""evaluate(): pooled metrics, means over subjects, intervals, trivial predictors, groups."""

import time
from dataclasses import replace

import numpy as np
import pytest
import scipy.stats
import sklearn.metrics as sk

from tests.support.evaluation_sample import PLAIN, columns
from wince.errors import DataError
from wince.evaluation import bootstrap, protocol
from wince.evaluation.all_metrics import all_metrics
from wince.evaluation.evaluate import evaluate
from wince.evaluation.metrics import limits_of_agreement
from wince.evaluation.metrics.metric_catalogue import BETTER, TITLES, is_worse
from wince.evaluation.model_comparison import match_frames
from wince.evaluation.prediction_columns import from_columns
from wince.evaluation.prediction_files import TrainingLabels
from wince.evaluation.report.interval_text import interval_text
from wince.evaluation.trivial_predictors import TRIVIAL_PREDICTORS, predict, summarise_labels

EXACT = {"rel": 0, "abs": 1e-6}


@pytest.fixture(scope="module")
def table():
    return from_columns(columns(), "sample")


@pytest.fixture(scope="module")
def plain():
    cells = columns()
    return from_columns({name: cells[name] for name in PLAIN}, "plain sample")


@pytest.fixture(scope="module")
def metrics(table):
    return evaluate(table, group_by=["sex"], resamples=200)


def test_pooled_metrics_are_those_of_all_frames(metrics, table):
    pooled = metrics["model"]["pooled"]
    t, p = table.pspi, table.predicted
    assert pooled["mae"] == pytest.approx(sk.mean_absolute_error(t, p), **EXACT)
    assert pooled["pcc"] == pytest.approx(scipy.stats.pearsonr(t, p).statistic, **EXACT)
    assert pooled["auc_2"] == pytest.approx(sk.roc_auc_score(t >= 2, p), **EXACT)
    levels = [np.digitize(x, [0.5, 5.5, 10.5]) for x in (t, p)]
    expected = sk.cohen_kappa_score(*levels, weights="quadratic")
    assert pooled["four_levels_kappa"] == pytest.approx(expected, **EXACT)
    f1 = sk.f1_score(levels[0] == 1, levels[1] == 1)
    assert pooled["four_levels_mild_f1"] == pytest.approx(f1, **EXACT)
    outcome = np.eye(4)[levels[0]]
    brier = ((table.probabilities - outcome) ** 2).sum(1).mean()
    assert pooled["brier"] == pytest.approx(brier, **EXACT)
    prior = np.empty((len(t), 4))  # each fold has the frequencies of the other folds
    for name in np.unique(table.fold):
        others = levels[0][table.fold != name]
        prior[table.fold == name] = np.bincount(others, minlength=4) / len(others)
    constant = ((prior - outcome) ** 2).sum(1).mean()
    assert pooled["brier_skill"] == pytest.approx(1 - brier / constant, **EXACT)
    inside = (table.interval[:, 0] <= t) & (t <= table.interval[:, 1])
    assert pooled["coverage"] == pytest.approx(inside.mean(), **EXACT)
    assert pooled["coverage_severe"] == pytest.approx(inside[t >= 10.5].mean(), **EXACT)


def test_subject_means_leave_undefined_subjects_out_and_count_them(metrics, table):
    correlations = []
    for number in range(len(table.subjects)):
        members = table.subject == number
        if table.pspi[members].any():
            correlations.append(
                scipy.stats.pearsonr(table.pspi[members], table.predicted[members]).statistic
            )
    model = metrics["model"]
    assert model["subject_mean"]["pcc"] == pytest.approx(np.mean(correlations), **EXACT)
    for key in ("pcc", "icc", "ccc", "auc_1"):
        assert (model["subjects_defined"][key], model["subjects_undefined"][key]) == (11, 1), key
    assert model["subjects_undefined"]["mae"] == 0
    lonely = next(row for row in metrics["by_subject"] if row["subject"] == "p03")
    assert lonely["pain_fraction"] == 0
    assert all(np.isnan(lonely[key]) for key in ("pcc", "icc", "ccc", "auc_1"))


def test_sequence_metrics_agree_with_a_loop_over_sequences(metrics, table):
    scores, labels, vas = [], [], []
    for number in range(len(table.sequences)):
        members = table.sequence == number
        scores.append(table.predicted[members].max())
        labels.append(table.pspi[members].max())
        vas.append(table.vas[members][0])
    scores, labels, vas = map(np.array, (scores, labels, vas))
    rated = ~np.isnan(vas)
    assert rated.sum() == 22  # p05 has none
    pooled = metrics["model"]["pooled"]
    for key, x in (("sequence", scores), ("label_sequence", labels)):
        expected = scipy.stats.pearsonr(x[rated], vas[rated]).statistic
        assert pooled[f"{key}_vas_maximum_pcc"] == pytest.approx(expected, **EXACT)
    expected = scipy.stats.pearsonr(scores, labels).statistic
    assert pooled["sequence_pspi_maximum_pcc"] == pytest.approx(expected, **EXACT)
    assert metrics["baselines"]["zero"]["pooled"]["sequence_pspi_maximum_icc"] == 0
    assert np.isnan(metrics["baselines"]["zero"]["pooled"]["sequence_pspi_maximum_pcc"])


def test_intervals_contain_the_value_and_depend_on_the_seed_only(metrics, table):
    model = metrics["model"]
    for key in ("mae", "pcc", "icc", "ccc", "wmae", "auc_1", "four_levels_kappa", "coverage"):
        low, high = model["pooled_interval"][key]
        assert low < model["pooled"][key] < high, key
        low, high = model["subject_mean_interval"][key]
        assert low < model["subject_mean"][key] < high, key
    repeated = evaluate(table, resamples=200)["model"]
    assert repeated["pooled_interval"]["pcc"] == model["pooled_interval"]["pcc"]
    other = evaluate(table, resamples=200, seed=1)["model"]
    assert other["pooled_interval"]["pcc"] != model["pooled_interval"]["pcc"]


def test_every_metric_of_a_resample_is_that_of_the_repeated_rows(table):
    """Sums by subject must give the value of the copied rows."""
    counts = np.array([2, 0, 1, 1, 3, 0, 1, 1, 0, 2, 0, 1.0])
    rows, names = [], []
    for number, times in enumerate(counts):
        members = np.flatnonzero(table.subject == number)
        for copy in range(int(times)):
            rows.append(members)
            names += [f"{number}-{copy}"] * len(members)
    taken = table.take(np.concatenate(rows))
    # Copies stay one subject for the weights, and become separate sequences.
    _, clip = np.unique(
        [f"{n}/{q}" for n, q in zip(names, taken.sequence, strict=True)], return_inverse=True
    )
    repeated = type(taken)(**{
        **{name: getattr(taken, name) for name in taken.__slots__},
        "sequence": clip, "sequences": tuple(map(str, range(clip.max() + 1))),
    })  # fmt: skip
    prior = summarise_labels(table).prior
    known = summarise_labels(table).take(np.concatenate(rows)).prior
    short = {f.key: f.resampled(counts[None, :])[0] for f in all_metrics(table, prior=prior)}
    once = np.ones((1, len(repeated.subjects)))
    long = {f.key: f.resampled(once)[0] for f in all_metrics(repeated, prior=known)}
    weighted = {"wmae", "wmse"}  # copies do not change the weights: see the next test
    held_out = {key for key in short if key.endswith("line_mae")}  # the line is not fitted again
    limits = {"limits_low", "limits_high"}  # each copy is a subject of its own: see below
    for key in short.keys() - weighted - held_out - limits:
        assert short[key] == pytest.approx(long[key], nan_ok=True, abs=1e-9), key


def test_limits_of_a_resample_take_each_copy_as_a_subject(table):
    counts = np.array([2, 0, 1, 1, 3, 0, 1, 1, 0, 2, 0, 1])
    copies = [number for number, times in enumerate(counts) for _ in range(times)]
    rows = [np.flatnonzero(table.subject == number) for number in copies]
    subject = np.repeat(np.arange(len(copies)), [len(members) for members in rows])
    taken = np.concatenate(rows)
    expected = limits_of_agreement.limits_of_agreement(
        table.pspi[taken], table.predicted[taken], subject
    )
    limits = {f.key: f.resampled(counts[None, :].astype(float))[0] for f in all_metrics(table)}
    assert (limits["limits_low"], limits["limits_high"]) == pytest.approx(expected, **EXACT)


def test_weighted_error_of_a_resample_counts_each_copy_of_a_subject(table):
    counts = np.zeros((1, len(table.subjects)))
    counts[0, [0, 1]] = 2, 1
    wmae = next(f for f in all_metrics(table) if f.key == "wmae")
    shown = [len(np.unique(table.pspi[table.subject == s])) for s in (0, 1)]
    expected = np.average(wmae.by_subject[:2], weights=[2 * shown[0], shown[1]])
    assert wmae.resampled(counts)[0] == pytest.approx(expected, **EXACT)


def test_a_bootstrap_of_means_agrees_with_scipy():
    values = np.random.default_rng(3).normal(5, 2, 40)
    counts = bootstrap.subject_counts(40, 4000, 0)
    assert (counts.sum(1) == 40).all()
    ends = bootstrap.interval(bootstrap.mean_resampled(values, counts))
    expected = scipy.stats.bootstrap(
        (values,), np.mean, method="percentile", n_resamples=4000, rng=np.random.default_rng(1)
    ).confidence_interval
    assert ends == pytest.approx((expected.low, expected.high), abs=0.05)


def test_t_intervals_agree_with_the_jackknife_by_hand(metrics, table):
    mae = [
        np.abs(table.predicted - table.pspi)[table.subject != left_out].mean()
        for left_out in range(12)
    ]
    error = np.sqrt(11 / 12 * ((mae - np.mean(mae)) ** 2).sum())
    value, margin = metrics["model"]["pooled"]["mae"], scipy.stats.t.ppf(0.975, 11) * error
    assert metrics["model"]["pooled_t_interval"]["mae"] == pytest.approx(
        [value - margin, value + margin], abs=1e-6
    )
    by_subject = np.array([row["mae"] for row in metrics["by_subject"]])
    mean = scipy.stats.t.interval(0.95, 11, by_subject.mean(), scipy.stats.sem(by_subject))
    assert metrics["model"]["subject_mean_t_interval"]["mae"] == pytest.approx(mean, abs=1e-6)
    quantiles = scipy.stats.t.ppf(0.975, np.arange(5, 19))
    assert np.allclose(bootstrap.T_QUANTILES, quantiles, rtol=0, atol=1e-6)


def test_t_intervals_are_for_six_to_nineteen_subjects_who_decide(metrics):
    model = metrics["model"]
    for part, subjects in (("pooled", "pooled_subjects"), ("subject_mean", "subjects_defined")):
        few = {key for key, count in model[subjects].items() if 6 <= count < 20}
        assert model[f"{part}_t_interval"].keys() == few
        assert few
    assert any("a t interval is given" in caveat for caveat in metrics["caveats"])


def test_trivial_predictors_have_intervals(metrics):
    for name in TRIVIAL_PREDICTORS:
        values = metrics["baselines"][name]
        low, high = values["pooled_interval"]["mae"]
        assert low < values["pooled"]["mae"] < high
    zero = metrics["baselines"]["zero"]["pooled"]
    model = metrics["model"]["pooled"]
    for cut in (1, 2, 3):
        assert zero[f"ap_{cut}"] < model[f"ap_{cut}"]


def test_trivial_predictors_are_evaluated_too(metrics, table):
    zero, mean = (metrics["baselines"][name]["pooled"] for name in ("zero", "mean"))
    assert zero["mae"] == pytest.approx(table.pspi.mean(), **EXACT)
    assert zero["mse"] == pytest.approx((table.pspi**2).mean(), **EXACT)
    assert zero["binary_1_accuracy"] == pytest.approx((table.pspi < 1).mean(), **EXACT)
    assert zero["auc_1"] == 0.5
    assert np.isnan(zero["pcc"])
    assert mean["bias"] == pytest.approx(0, abs=0.2)
    assert "the other folds" in metrics["reference"]["source"]


def test_always_zero_has_the_known_errors_on_the_histogram_of_unbc():
    histogram = [40029, 2909, 2351, 1412, 802, 242, 270, 53, 79, 32, 67, 76, 48, 22, 1, 5, 0]
    labels = np.repeat(np.arange(17.0), histogram)
    n = len(labels)
    assert n == 48_398
    subject = np.arange(n) % 25
    cells = {
        "subject": subject.astype(str), "sequence": subject.astype(str),
        "frame": np.arange(n).astype(str), "pspi": labels.astype(str),
        "predicted": labels.astype(str),
    }  # fmt: skip
    table = from_columns({name: values.tolist() for name, values in cells.items()}, "histogram")
    start = time.process_time()
    metrics = evaluate(table, dataset="unbc")
    assert time.process_time() - start < 20  # 1,000 resamples; measured at half a second
    zero = metrics["baselines"]["zero"]["pooled"]
    assert (round(zero["mae"], 3), round(zero["mse"], 3)) == (0.447, 1.895)
    assert round(zero["four_levels_accuracy"], 3) == 0.827
    assert metrics["model"]["pooled"]["pcc"] == pytest.approx(1)
    assert not any("whole archive" in caveat for caveat in metrics["caveats"])
    assert {row["status"] for row in metrics["published"]} == {"checked", "recalled"}


def test_the_mean_is_of_the_training_labels_when_they_are_known(table, plain):
    training = TrainingLabels("train.csv", np.array([1.0, 1, 4, 12]), frozenset({"somebody"}))
    assert set(summarise_labels(table, training).mean) == {4.5}
    assert set(summarise_labels(table, training).commonest) == {1.0}
    folds = summarise_labels(table)
    for name in "0123":
        members = table.fold == name
        assert folds.mean[members] == pytest.approx(table.pspi[~members].mean())
    assert "in-sample" in summarise_labels(plain).source
    assert set(summarise_labels(plain).mean) == {plain.pspi.mean()}
    with pytest.raises(DataError, match="zero, mean, majority"):
        predict("median", table, folds)


def test_the_mean_is_of_each_folds_training_labels_when_they_are_known(table):
    few = table.take(np.flatnonzero(np.isin(table.fold, ["0", "2"])))
    labels = {"0": np.array([2.0, 4]), "2": np.array([0.0, 0, 9])}
    statistics = summarise_labels(few, fold_labels=labels)
    assert set(statistics.mean[few.fold == "0"]) == {3.0}
    assert set(statistics.mean[few.fold == "2"]) == {3.0}
    assert set(statistics.commonest[few.fold == "0"]) == {2.0}
    assert set(statistics.commonest[few.fold == "2"]) == {0.0}
    metrics = evaluate(few, fold_labels=labels, resamples=0)
    assert metrics["baselines"]["mean"]["pooled"]["mae"] == pytest.approx(
        np.abs(few.pspi - 3).mean(), **EXACT
    )
    assert metrics["reference"]["source"] == "the training labels of each fold"
    with pytest.raises(DataError, match="which are 0; found 2"):
        summarise_labels(few, fold_labels={"0": labels["0"]})


def test_continuous_labels_are_weighted_by_whole_points(table):
    """Labels off the whole numbers, such as means of raters, keep the weights of their points."""
    shift = np.random.default_rng(1).uniform(-0.4, 0.4, len(table))
    pspi = np.where(table.pspi + shift >= 0, table.pspi + shift, table.pspi)
    metrics = evaluate(replace(table, pspi=pspi), resamples=0)
    points = np.floor(pspi + 0.5)
    weight = np.zeros(len(table))
    for subject in range(len(table.subjects)):
        for point in range(17):
            cell = (table.subject == subject) & (points == point)
            weight[cell] = 1 / max(cell.sum(), 1)
    expected = np.average(np.abs(table.predicted - pspi), weights=weight)
    pooled = metrics["model"]["pooled"]
    assert pooled["wmae"] == pytest.approx(expected, **EXACT)
    assert pooled["wmae"] > 1.2 * pooled["mae"]
    assert metrics["reference"]["commonest"] == 0
    assert sum(metrics["data"]["pspi_histogram"].values()) == len(table)
    assert len(metrics["data"]["pspi_histogram"]) <= 17
    assert any("weights of wMAE and wMSE" in caveat for caveat in metrics["caveats"])


def test_the_majority_is_that_of_each_scheme(plain):
    cells = columns()
    cells["pspi"] = ["0" if i % 3 == 0 else str(1 + i % 5) for i in range(len(cells["pspi"]))]
    table = from_columns({name: cells[name] for name in PLAIN}, "mostly mild")
    metrics = evaluate(table, resamples=0)
    majority = metrics["baselines"]["majority"]["pooled"]
    assert majority["four_levels_accuracy"] == pytest.approx((table.pspi > 0).mean())
    assert metrics["reference"]["commonest"] == 0
    assert majority["mae"] == pytest.approx(table.pspi.mean())


def test_a_plain_file_has_no_calibration_and_no_ratings(plain):
    metrics = evaluate(plain, resamples=0)
    assert metrics["reliability"] is metrics["milliseconds"] is None
    assert not any(
        key.startswith(("brier", "coverage", "sequence_vas")) for key in metrics["model"]["pooled"]
    )
    assert "sequence_pspi_maximum_pcc" in metrics["model"]["pooled"]
    assert all(np.isnan(ends).all() for ends in metrics["model"]["pooled_interval"].values())


def test_groups_have_all_metrics_of_their_frames(metrics, table):
    groups = metrics["groups"]["sex"]
    assert list(groups) == ["F", "M"]
    assert sum(group["frames"] for group in groups.values()) == len(table)
    rows = np.flatnonzero(table.column("sex") == "M")
    alone = evaluate(table.take(rows), resamples=0)
    assert groups["M"]["model"]["pooled"]["icc"] == alone["model"]["pooled"]["icc"]
    assert groups["M"]["model"]["pooled"].keys() == metrics["model"]["pooled"].keys()
    assert groups["M"]["subjects"] == 6
    # The trivial predictors of a group use the labels that those of the whole table use.
    assert groups["M"]["baselines"]["mean"]["pooled"]["mae"] == pytest.approx(
        np.abs(summarise_labels(table).mean[rows] - table.pspi[rows]).mean()
    )


def test_fewer_than_six_subjects_have_no_interval_in_any_table(table):
    for count in (2, 5, 6):
        few = table.take(np.flatnonzero(table.subject < count))
        noisy = replace(few, predicted=few.predicted + 0.5)
        metrics = evaluate(few, against=noisy, group_by=["sex"], resamples=50)
        for data in (metrics["model"], metrics["against"]["model"]):
            defined = ~np.isnan(data["pooled_interval"]["mae"]).any()
            assert defined == (count == 6)
            assert (~np.isnan(data["subject_mean_interval"]["mae"]).any()) == (count == 6)
        assert np.isnan(metrics["against"]["difference"]["pooled_interval"]["mae"]).all() == (
            count < 6
        )
        for group in metrics["groups"]["sex"].values():
            assert np.isnan(group["model"]["pooled_interval"]["pcc"]).all()
            assert interval_text(group["model"], "pooled", "pcc") == "too few subjects"
            assert interval_text(group["model"], "subject_mean", "pcc") == "too few subjects"


def test_an_interval_needs_six_subjects_who_decide_the_value(table):
    """Five of twelve subjects show severe pain, or have a rating: no interval for these metrics."""
    members = np.unique(table.subject)
    severe = np.isin(table.subject, members[table_severe(table)][:5])
    pspi = np.where(severe | (table.pspi < 10.5), table.pspi, 10)
    vas = np.where(table.subject < 4, 3.0, np.nan)
    model = evaluate(replace(table, pspi=pspi, vas=vas), resamples=50)["model"]
    shown = len(np.unique(table.subject[pspi >= 10.5]))
    assert 0 < shown < 6
    for key, count in (
        ("four_levels_severe_recall", shown), ("coverage_severe", shown),
        ("sequence_vas_maximum_pcc", 4), ("auc_1", 11), ("mae", 12),
    ):  # fmt: skip
        assert model["pooled_subjects"][key] == count, key
        assert np.isnan(model["pooled_interval"][key]).all() == (count < 6), key


def table_severe(table):
    """Return which subjects have a frame of severe pain, shape (S,)."""
    return np.bincount(table.subject, table.pspi >= 10.5) > 0


def test_groups_of_few_subjects_have_their_own_caveat(table):
    few = table.take(np.flatnonzero(np.isin(table.subject, [0, 1, 3, 5, 7, 9, 11])))
    metrics = evaluate(few, group_by=["sex"], resamples=20)
    groups = metrics["groups"]["sex"]
    assert [group["subjects"] for group in groups.values()] == [1, 6]
    assert groups["F"]["caveats"] == [
        "One subject only: there is no interval, and nothing follows for other people."
    ]
    assert any("Groups by sex with fewer than 6 subjects: F (1)." in c for c in metrics["caveats"])


def test_a_group_without_ratings_or_pain_is_undefined_not_an_error(table):
    groups = evaluate(table, group_by=["subject"], resamples=50)["groups"]["subject"]
    assert np.isnan(groups["p03"]["model"]["pooled"]["pcc"])
    assert not any(key.startswith("sequence_vas") for key in groups["p05"]["model"]["pooled"])
    assert all(np.isnan(ends).all() for ends in groups["p00"]["model"]["pooled_interval"].values())
    assert "One subject only" in groups["p00"]["caveats"][0]


def test_too_many_groups_and_unknown_columns_are_refused(table):
    cells = columns()
    cells["clock"] = [str(i) for i in range(len(cells["pspi"]))]
    with pytest.raises(DataError, match=r"clock has .* different values; at most 50"):
        evaluate(from_columns(cells, "sample"), group_by=["clock"])
    with pytest.raises(DataError, match="no column 'age'"):
        evaluate(table, group_by=["age"])
    with pytest.raises(DataError, match="data sets unbc; found 'biovid'"):
        evaluate(table, dataset="biovid")


def test_a_model_does_not_differ_from_itself(table):
    shuffled = table.take(np.random.default_rng(0).permutation(len(table)))
    gap = evaluate(table, against=shuffled, resamples=100)["against"]["difference"]
    assert len(gap["pooled"]) > 80
    for key, value in gap["pooled"].items():
        assert np.isnan(value) or abs(value) < 1e-12, key
        ends = gap["pooled_interval"][key]
        assert np.isnan(ends).all() or np.allclose(ends, 0), key


def test_paired_differences_are_narrower_than_either_interval(table):
    noisy = from_columns(columns(noise=1.4), "noisy")
    metrics = evaluate(table, against=noisy, resamples=500)
    gap, other = metrics["against"]["difference"], metrics["against"]["model"]
    for key in ("mae", "pcc", "auc_1"):
        model = metrics["model"]
        assert gap["pooled"][key] == pytest.approx(model["pooled"][key] - other["pooled"][key])
        assert is_worse(key, other["pooled"][key], model["pooled"][key])
        low, high = gap["pooled_interval"][key]
        assert low > 0 or high < 0
    width = np.diff(gap["pooled_interval"]["pcc"])
    assert width < np.diff(other["pooled_interval"]["pcc"])


def test_two_files_of_the_same_name_are_reported_with_their_folders(table):
    first, second = (replace(table, source=f"/home/x/{run}/predictions.csv") for run in ("a", "b"))
    assert evaluate(first, against=second, resamples=0)["against"]["source"] == "b/predictions.csv"
    other = replace(table, source="/home/x/b/other.csv")
    assert evaluate(first, against=other, resamples=0)["against"]["source"] == "other.csv"


def test_tables_of_other_frames_or_labels_cannot_be_compared(table):
    with pytest.raises(
        DataError, match=r"for the same frames to be compared; found .* p00/c0, 000 has one in"
    ):
        evaluate(table, against=table.take(np.arange(1, len(table))))
    cells = columns()
    cells["pspi"][7] = "15"
    with pytest.raises(DataError, match=r"different labels to 1 frames, .* p00/c0, 007"):
        evaluate(table, against=from_columns(cells, "other"))


def test_overlap_is_known_from_the_column_the_training_file_or_the_option(table):
    cells = columns()
    cells["overlap"] = ["1" if name == "p01" else "0" for name in cells["subject"]]
    marked = evaluate(from_columns(cells, "sample"), resamples=0)
    assert marked["overlap"] == {
        "optimistic": True, "subjects": 1, "label": "subjects overlap: optimistic",
        "reason": "the predictions say so in their column overlap",
    }  # fmt: skip
    assert marked["caveats"][0].startswith("Subjects overlap: optimistic. 1 of 12 subjects")
    training = TrainingLabels("train.csv", np.array([0.0, 1]), frozenset({"p02", "p07", "q"}))
    with pytest.raises(
        DataError, match=r"p02, p07 are in sample and in train.csv. .*--allow-overlap"
    ):
        evaluate(table, training=training)
    allowed = evaluate(table, training=training, allow_overlap=True, resamples=0)["overlap"]
    assert (allowed["optimistic"], allowed["subjects"]) == (True, 2)
    assert evaluate(table, allow_overlap=True, resamples=0)["overlap"]["optimistic"]
    clean = TrainingLabels("train.csv", np.array([0.0, 1]), frozenset({"q"}))
    assert protocol.find_overlap(table, clean) == protocol.NO_OVERLAP


def test_overlap_is_seen_in_names_that_a_spreadsheet_changed(table):
    training = TrainingLabels("train.csv", np.array([0.0, 1]), frozenset({"P2", "p 07"}))
    with pytest.raises(DataError, match=r"p02, p07 are in .*leading zeros.*--distinct-subjects"):
        evaluate(table, training=training)
    apart = protocol.find_overlap(table, training, distinct_subjects=True)
    assert apart == protocol.NO_OVERLAP


def test_training_without_a_common_subject_is_a_caveat(table):
    training = TrainingLabels("train.csv", np.array([0.0, 1]), frozenset({"q"}), ("A note.",))
    caveats = evaluate(table, training=training, resamples=0)["caveats"]
    assert "A note." in caveats
    assert any("No subject of sample occurs in train.csv" in caveat for caveat in caveats)


def test_frames_of_the_other_model_match_in_another_spelling(table):
    cells = columns()
    cells["subject"] = [name.upper().replace("P0", "P") for name in cells["subject"]]
    cells["frame"] = [str(int(name)) for name in cells["frame"]]
    other = from_columns(cells, "other")
    assert match_frames(table, other).pspi.tolist() == table.pspi.tolist()
    with pytest.raises(DataError, match="for the same frames"):
        match_frames(table, other, distinct_names=True)


def test_overlap_of_the_other_model_marks_the_comparison(table):
    cells = columns()
    cells["overlap"] = ["1"] * len(cells["pspi"])
    metrics = evaluate(table, against=from_columns(cells, "other"), resamples=0)
    assert metrics["overlap"]["label"] == "subjects overlap: optimistic"


def test_caveats_name_few_subjects_and_scores_off_the_scale(table):
    few = table.take(np.flatnonzero(table.subject < 3))
    assert any("3 subjects only" in caveat for caveat in evaluate(few, resamples=0)["caveats"])
    cells = columns()
    cells["predicted"][:4] = ["-1", "-0.5", "17", "18"]
    caveats = evaluate(from_columns(cells, "sample"), resamples=0, dataset="unbc")["caveats"]
    assert any(caveat.startswith("4 of ") and "outside 0 to 16" in caveat for caveat in caveats)
    assert any("48,398" in caveat for caveat in caveats)


def test_one_subject_has_metrics_and_no_intervals(table):
    metrics = evaluate(table.take(np.flatnonzero(table.subject == 0)), resamples=50)
    assert metrics["model"]["pooled"]["pcc"] == pytest.approx(
        metrics["model"]["subject_mean"]["pcc"]
    )
    assert all(np.isnan(ends).all() for ends in metrics["model"]["subject_mean_interval"].values())
    assert any(caveat.startswith("One subject only") for caveat in metrics["caveats"])


def test_one_frame_can_be_evaluated(table):
    metrics = evaluate(table.take(np.array([0])), resamples=10)
    assert metrics["model"]["pooled"]["mae"] == abs(table.predicted[0] - table.pspi[0])
    assert np.isnan(metrics["model"]["pooled"]["pcc"])


def without_predictions(cells, rows, reason="no face found"):
    """Return columns in which some rows have no prediction."""
    empty = ("predicted", "p_none", "p_mild", "p_moderate", "p_severe", "low", "high")
    cells = {name: list(values) for name, values in cells.items()}
    cells["not_scored"] = [reason if row in rows else "" for row in range(len(cells["pspi"]))]
    for name in empty:
        cells[name] = ["" if row in rows else cell for row, cell in enumerate(cells[name])]
    return cells


def test_frames_without_a_score_are_counted_and_count_as_errors(table):
    painful = np.flatnonzero(table.pspi >= 3)
    missing = set(painful[::2].tolist())
    part = from_columns(without_predictions(columns(), missing), "sample")
    metrics = evaluate(part, group_by=["sex"], resamples=50)
    counts = metrics["not_scored"]
    assert (counts["frames"], counts["labelled"]) == (len(missing), len(table))
    assert counts["reasons"] == {"no face found": len(missing)}
    levels = np.digitize(table.pspi, [0.5, 5.5, 10.5])
    guesses = np.digitize(table.predicted, [0.5, 5.5, 10.5])
    gone = np.isin(np.arange(len(table)), list(missing))
    for number, name in enumerate(("none", "mild", "moderate", "severe")):
        assert counts["levels"][name] == {
            "labelled": (levels == number).sum(), "not_scored": (gone & (levels == number)).sum(),
        }  # fmt: skip
    sex = table.column("sex")
    assert counts["groups"]["sex"]["F"] == {
        "labelled": (sex == "F").sum(), "not_scored": (gone & (sex == "F")).sum(),
    }  # fmt: skip
    assert metrics["groups"]["sex"]["F"]["not_scored"]["frames"] == (gone & (sex == "F")).sum()
    caveat = f"{(gone & (sex == 'F')).sum()} of {(sex == 'F').sum()} labelled frames have no score"
    assert any(text.startswith(caveat) for text in metrics["groups"]["sex"]["F"]["caveats"])
    guesses[gone] = 9  # no class
    pooled = counts["as_errors"]["pooled"]
    assert pooled["four_levels_accuracy"] == pytest.approx((levels == guesses).mean(), **EXACT)
    assert pooled["four_levels_balanced_accuracy"] == pytest.approx(
        sk.recall_score(levels, guesses, labels=[0, 1, 2, 3], average="macro"), **EXACT
    )
    assert pooled["four_levels_macro_f1"] == pytest.approx(
        sk.f1_score(levels, guesses, labels=[0, 1, 2, 3], average="macro"), **EXACT
    )
    assert pooled["four_levels_mild_recall"] == pytest.approx(
        ((levels == 1) & (guesses == 1)).sum() / (levels == 1).sum(), **EXACT
    )
    inside = (table.interval[:, 0] <= table.pspi) & (table.pspi <= table.interval[:, 1]) & ~gone
    assert pooled["coverage"] == pytest.approx(inside.mean(), **EXACT)
    low, high = counts["as_errors"]["pooled_interval"]["four_levels_accuracy"]
    assert low < pooled["four_levels_accuracy"] < high
    assert counts["zero_as_errors"]["four_levels_accuracy"] == pytest.approx((levels == 0).mean())
    scored = metrics["model"]["pooled"]["four_levels_accuracy"]
    assert scored == pytest.approx((levels == guesses)[~gone].mean(), **EXACT)
    first = metrics["caveats"][metrics["caveats_first"] - 1]
    assert first.startswith(
        f"{len(missing)} of {len(table):,} labelled frames have no score "
        f"({len(missing)} no face found)"
    )
    assert f"from {scored:.3f} to {pooled['four_levels_accuracy']:.3f}" in first
    by_subject = {row["subject"]: row["not_scored"] for row in metrics["by_subject"]}
    assert sum(by_subject.values()) == len(missing)


def test_a_subject_without_any_score_counts_as_errors_too(table):
    missing = set(np.flatnonzero(table.subject == 4).tolist())
    part = from_columns(without_predictions(columns(), missing), "sample")
    metrics = evaluate(part, group_by=["subject"], resamples=0)
    assert metrics["subjects"] == 11
    counts = metrics["not_scored"]
    assert (counts["subjects"], counts["subjects_without_score"]) == (1, 1)
    assert counts["groups"]["subject"]["p04"] == {
        "labelled": len(missing), "not_scored": len(missing),
    }  # fmt: skip
    assert "p04" not in metrics["groups"]["subject"]
    assert counts["as_errors"]["pooled_subjects"]["four_levels_accuracy"] == 12


def test_without_missing_scores_nothing_is_said_of_them(metrics):
    assert metrics["not_scored"]["frames"] == 0
    assert metrics["not_scored"]["as_errors"] is None
    assert not any("no score" in caveat for caveat in metrics["caveats"])


def test_every_metric_has_a_title_and_a_better_value(metrics):
    assert metrics["model"]["pooled"].keys() == TITLES.keys() == BETTER.keys()
    for name in TRIVIAL_PREDICTORS:
        assert metrics["baselines"][name]["pooled"].keys() <= TITLES.keys()
    assert is_worse("mae", 2, 1)
    assert is_worse("pcc", 0.1, 0.2)
    assert is_worse("bias", -0.5, 0.1)
    assert is_worse("coverage", 0.99, 0.85)
    assert not is_worse("mae", float("nan"), 1)


def test_resamples_in_which_a_metric_is_undefined_are_counted():
    cells = {name: columns()[name] for name in PLAIN}
    rows = [i for i, name in enumerate(cells["subject"]) if name in ("p00", "p03")]
    table = from_columns({n: [v[i] for i in rows] for n, v in cells.items()}, "two subjects")
    model = evaluate(table, resamples=400)["model"]
    # A quarter of the resamples contain p03 twice, a subject without pain.
    assert 60 < model["resamples_undefined"]["auc_1"] < 140
    assert "mae" not in model["resamples_undefined"]


def with_interval(half_width, subjects=12):
    """Return predictions of some subjects whose intervals reach so far on both sides."""
    cells = columns()
    predicted = np.array(cells["predicted"], float)
    cells["low"] = [f"{end:.3f}" for end in np.clip(predicted - half_width, 0, 16)]
    cells["high"] = [f"{end:.3f}" for end in np.clip(predicted + half_width, 0, 16)]
    table = from_columns(cells, "sample")
    return table.take(np.flatnonzero(table.subject < subjects))


@pytest.mark.parametrize(
    ("half_width", "verdict"),
    [(0.5, "too narrow for these subjects: do not rely on it"), (6.0, "wider than it states")],
)
def test_an_interval_that_does_not_hold_is_the_first_caveat(half_width, verdict):
    metrics = evaluate(with_interval(half_width), resamples=200)
    share = metrics["model"]["pooled"]["coverage"]
    assert metrics["caveats"][0].startswith(f"The 90 % interval contains {100 * share:.1f} % of")
    assert verdict in metrics["caveats"][0]
    assert metrics["caveats_first"] == 1


def test_an_interval_that_holds_is_no_caveat(table):
    metrics = evaluate(table, resamples=200)
    low, high = metrics["model"]["pooled_interval"]["coverage"]
    assert low < 0.9 < high
    assert metrics["caveats_first"] == 0
    assert not any("90 % interval" in caveat for caveat in metrics["caveats"])


def test_an_interval_of_the_whole_scale_says_nothing():
    caveat = evaluate(with_interval(16.0), resamples=200)["caveats"][0]
    assert caveat.startswith("The 90 % interval of every frame is the whole scale.")


def test_a_low_coverage_of_few_subjects_is_named_without_a_verdict():
    caveat = evaluate(with_interval(0.5, subjects=2), resamples=200)["caveats"][0]
    assert "cannot be judged" in caveat


def test_groups_name_intervals_that_do_not_hold():
    groups = evaluate(with_interval(0.5), group_by=["sex"], resamples=200)["groups"]["sex"]
    assert all("too narrow" in group["caveats"][0] for group in groups.values())


def test_frames_without_a_score_are_counted_by_a_rating_only_if_it_is_named():
    cells = columns()
    cells["nrs"] = list(cells["opr"])
    cells["predicted"][:5] = [""] * 5
    metrics = evaluate(from_columns(cells, "t"), group_by=["nrs"], resamples=0)
    assert sorted(metrics["not_scored"]["groups"]) == ["fold", "sex", "subject"]
    missing = [group["not_scored"]["frames"] for group in metrics["groups"]["nrs"].values()]
    assert sum(missing) == 5
