"""The tables of the report, from the contents of metrics.json."""

from collections.abc import Mapping
from html import escape
from typing import Any

from wince.evaluation.classification import SCHEMES, Scheme
from wince.evaluation.markup import interval, number, table, with_interval
from wince.evaluation.metric_catalogue import BETTER, FAMILIES, TITLES, is_worse
from wince.evaluation.trivial_predictors import TRIVIAL_PREDICTORS

Metrics = Mapping[str, Any]

CHIEF = (
    "pcc",
    "icc",
    "ccc",
    "wmae",
    "wmse",
    "auc_1",
    "auc_2",
    "auc_3",
    "four_levels_balanced_accuracy",
    "four_levels_macro_f1",
    "four_levels_kappa",
    "binary_1_pain_f1",
    "mae",
    "rmse",
    "mse",
    "bias",
    "four_levels_accuracy",
)
"""In this order on purpose: what "always none" cannot reach comes first."""
BASELINE_TITLES = {"zero": "always zero", "mean": "the mean", "majority": "the majority"}
LEGEND = "* marks a trivial predictor that is better than the model."
_BASELINES = [BASELINE_TITLES[name].capitalize() for name in TRIVIAL_PREDICTORS]
WHOLE_CLASS = ("accuracy", "balanced_accuracy", "macro_precision", "macro_f1", "kappa", "distance")
SUBJECT_FIGURES = ("mae", "wmae", "pcc", "icc", "ccc", "auc_1")
FEW_GROUPS = 5
"""Up to this many groups fit side by side."""
GROUP_FIGURES = (
    "mae",
    "wmae",
    "bias",
    "pcc",
    "icc",
    "ccc",
    "auc_1",
    "four_levels_balanced_accuracy",
)


def chief(metrics: Metrics) -> str:
    """Return the table of the model beside the trivial predictors, all frames pooled."""
    model, rows = metrics["model"]["pooled"], []
    for key in CHIEF:
        ends = interval(metrics["model"]["pooled_interval"][key])
        rows.append(
            [escape(TITLES[key]), number(model[key]), ends, *_trivial(metrics, "pooled", key)]
        )
    return table(["All frames pooled", "Model", "95 % interval", *_BASELINES], rows, LEGEND)


def by_subject_means(metrics: Metrics) -> str:
    """Return the table of means over subjects, with how many subjects are undefined."""
    model, rows = metrics["model"], []
    for key in CHIEF:
        rows.append(
            [
                escape(TITLES[key]),
                number(model["subject_mean"][key]),
                interval(model["subject_mean_interval"][key]),
                str(model["subjects_defined"][key]),
                str(model["subjects_undefined"][key]),
                *_trivial(metrics, "subject_mean", key),
            ]
        )
    head = ["Mean over subjects", "Model", "95 % interval", "Subjects", "Undefined", *_BASELINES]
    words = "Each subject counts the same, however many frames he or she has. "
    return table(head, rows, words + LEGEND)


def _trivial(metrics: Metrics, part: str, key: str) -> list[str]:
    """Return the cells of the trivial predictors, marked where one is better than the model."""
    value, cells = metrics["model"][part][key], []
    for name in TRIVIAL_PREDICTORS:
        base = metrics["baselines"][name][part][key]
        better = is_worse(key, value, base)
        cells.append(f'<span class="better">* {number(base)}</span>' if better else number(base))
    return cells


def classes(metrics: Metrics, scheme: Scheme) -> str:
    """Return precision, recall and F1 of each class of a scheme, and its overall figures."""
    model, found = metrics["model"], metrics["classes"][scheme.key]
    rows = []
    for name, counts in zip(found["labels"], found["confusion"], strict=True):
        keys = [f"{scheme.key}_{name}_{figure}" for figure in ("precision", "recall", "f1")]
        cells = [with_interval(model["pooled"][key], model["pooled_interval"][key]) for key in keys]
        said = sum(row[found["labels"].index(name)] for row in found["confusion"])
        rows.append([escape(name), f"{sum(counts):,}", f"{said:,}", *cells])
    each = table(["Class", "True", "Predicted", "Precision", "Recall", "F1"], rows)
    whole = []
    for figure in WHOLE_CLASS:
        key = f"{scheme.key}_{figure}"
        if key in model["pooled"]:
            cells = _trivial(metrics, "pooled", key)
            ends = interval(model["pooled_interval"][key])
            title = TITLES[key].removeprefix(f"{scheme.title}: ")
            title = title[0].upper() + title[1:]
            whole.append([escape(title), number(model["pooled"][key]), ends, *cells])
    head = ["All frames pooled", "Model", "95 % interval", *_BASELINES]
    return each + table(head, whole)


def all_classes(metrics: Metrics) -> str:
    """Return the class tables of every scheme."""
    return "".join(f"<h3>{escape(s.title)}</h3>{classes(metrics, s)}" for s in SCHEMES)


def calibration(metrics: Metrics) -> str:
    """Return the figures of probabilities and intervals; nothing when there are none."""
    model = metrics["model"]
    rows = [
        [escape(TITLES[key]), number(model["pooled"][key]), interval(model["pooled_interval"][key])]
        for key in CALIBRATION
        if key in model["pooled"]
    ]
    return table(["All frames pooled", "Value", "95 % interval"], rows) if rows else ""


def sequences(metrics: Metrics) -> str:
    """Return the sequence figures, each beside what the labels and a constant score reach."""
    model, rows = metrics["model"], []
    for key in SEQUENCES:
        if key not in model["pooled"]:
            continue
        labels = model["pooled"].get(f"label_{key}")
        rows.append(
            [
                escape(TITLES[key]),
                number(model["pooled"][key]),
                interval(model["pooled_interval"][key]),
                number(metrics["baselines"]["zero"]["pooled"][key]),
                "–" if labels is None else number(labels),
            ]
        )
    head = ["All sequences", "Model", "95 % interval", "A constant score", "From the labels"]
    return table(head, rows)


def groups(column: str, found: Mapping[str, Metrics]) -> str:
    """Return the chief figures by group: one column per group, or one row when there are many."""
    keys = [escape(TITLES[key]) for key in GROUP_FIGURES] + ["MAE of always zero"]
    sizes = [[f"{block['frames']:,}", str(block["subjects"])] for block in found.values()]
    cells = [_group_cells(block, intervals=len(found) <= FEW_GROUPS) for block in found.values()]
    names = [escape(name) for name in found]
    words = "Pooled within the group. Every other figure by group is in metrics.json."
    if len(found) > FEW_GROUPS:
        rows = [[n, *size, *row] for n, size, row in zip(names, sizes, cells, strict=True)]
        return table([escape(column), "Frames", "Subjects", *keys], rows, words)
    columns = [[*size, *row] for size, row in zip(sizes, cells, strict=True)]
    lines = zip(["Frames", "Subjects", *keys], *columns, strict=True)
    return table([escape(column), *names], list(lines), words)


def _group_cells(block: Metrics, *, intervals: bool) -> list[str]:
    values, ends = block["model"]["pooled"], block["model"]["pooled_interval"]
    cells = [
        with_interval(values[key], ends[key]) if intervals else number(values[key])
        for key in GROUP_FIGURES
    ]
    return [*cells, number(block["baselines"]["zero"]["pooled"]["mae"])]


def differences(metrics: Metrics) -> str:
    """Return the paired comparison with another model: both, and the difference."""
    other, gap = metrics["against"]["model"], metrics["against"]["difference"]
    rows = []
    for key in CHIEF:
        low, high = gap["pooled_interval"][key]
        clear = "yes" if low > 0 or high < 0 else "no"  # NaN compares false: no
        rows.append(
            [
                escape(TITLES[key]),
                number(metrics["model"]["pooled"][key]),
                number(other["pooled"][key]),
                with_interval(gap["pooled"][key], gap["pooled_interval"][key]),
                clear,
                with_interval(gap["subject_mean"][key], gap["subject_mean_interval"][key]),
            ]
        )
    return table(
        ["All frames pooled", "This model", "The other", "Difference", "Interval excludes 0",
         "Difference, mean over subjects"],
        rows,
    )  # fmt: skip


def subjects(metrics: Metrics) -> str:
    """Return one row per subject."""
    rows = [
        [
            escape(row["subject"]),
            f"{row['frames']:,}",
            number(row["mean_pspi"], 2),
            f"{100 * row['pain_fraction']:.1f} %",
            *(number(row[key]) for key in SUBJECT_FIGURES),
        ]
        for row in metrics["by_subject"]
    ]
    head = [
        "Subject",
        "Frames",
        "Mean PSPI",
        "PSPI ≥ 1",
        *(escape(TITLES[key]) for key in SUBJECT_FIGURES),
    ]
    return table(head, rows, "More columns are in subjects.csv.")


def published(metrics: Metrics) -> str:
    """Return published results, each with whether it was verified."""
    words = {
        "checked": "read in a public source",
        "recalled": "<b>not verified</b>: from memory of the paper",
    }
    rows = [
        [
            escape(row["work"]),
            escape(row["protocol"]),
            escape(row["scale"]),
            escape(row["figures"]),
            words[row["status"]],
        ]
        for row in metrics.get("published", [])
    ]
    head = ["Work", "Protocol", "Scale", "Result", "Status"]
    return f'<div class="words">{table(head, rows)}</div>' if rows else ""


def formulas() -> str:
    """Return what each figure is, with its convention and source."""
    rows = [
        [
            escape(_in_words(entry.title)),
            escape(_in_words(entry.formula)),
            BETTER_WORDS.get(entry.better, entry.better),
            escape(entry.source),
        ]
        for entry in FAMILIES
    ]
    head = ["Figure", "Formula, convention", "Better", "Source"]
    return f'<div class="words">{table(head, rows)}</div>'


def _in_words(text: str) -> str:
    for mark, words in IN_WORDS.items():
        text = text.replace(mark, words)
    return text


IN_WORDS = {
    "{scheme}": "Classes",
    "{class}": "each",
    "{cut}": "1, 2, 3",
    "{summary}": "maximum or top tenth",
    "{target}": "VAS or OPR",
    "{agreement}": "PCC, ICC(3,1), CCC",
    "{level}": "each level",
}
BETTER_WORDS = {"": "–", "0": "near 0", "0.9": "near 0.9"}
CALIBRATION = [
    key
    for key in BETTER
    if key.startswith(("brier", "rps", "calibration", "coverage", "interval_width"))
]
SEQUENCES = [key for key in BETTER if key.startswith("sequence_")]
