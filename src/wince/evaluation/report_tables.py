"""The tables of the report, from the contents of metrics.json."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from wince.evaluation.baselines import NAMES
from wince.evaluation.catalogue import BETTER, ENTRIES, TITLES, worse
from wince.evaluation.classification import SCHEMES, Scheme
from wince.evaluation.markup import interval, number, table, with_interval

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
_BASELINES = [BASELINE_TITLES[name].capitalize() for name in NAMES]
WHOLE_CLASS = ("accuracy", "balanced_accuracy", "macro_precision", "macro_f1", "kappa", "distance")
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
    model, rows = metrics["model"], []
    for key in CHIEF:
        value = model["pooled"][key]
        bases = {name: metrics["baselines"][name]["pooled"][key] for name in NAMES}
        rows.append(
            [
                escape(TITLES[key]),
                number(value),
                interval(model["pooled_interval"][key]),
                *(number(bases[name]) for name in NAMES),
                _remark(key, value, bases),
            ]
        )
    head = ["All frames pooled", "Model", "95 % interval", *_BASELINES, ""]
    return table(head, rows)


def by_subject_means(metrics: Metrics) -> str:
    """Return the table of means over subjects, with how many subjects are undefined."""
    model, rows = metrics["model"], []
    for key in CHIEF:
        value = model["subject_mean"][key]
        bases = {name: metrics["baselines"][name]["subject_mean"][key] for name in NAMES}
        rows.append(
            [
                escape(TITLES[key]),
                number(value),
                interval(model["subject_mean_interval"][key]),
                str(model["subjects_defined"][key]),
                str(model["subjects_undefined"][key]),
                *(number(bases[name]) for name in NAMES),
                _remark(key, value, bases),
            ]
        )
    head = [
        "Mean over subjects",
        "Model",
        "95 % interval",
        "Subjects",
        "Undefined",
        *_BASELINES,
        "",
    ]
    return table(head, rows, "Each subject counts the same, however many frames he or she has.")


def _remark(key: str, value: float, bases: Mapping[str, float]) -> str:
    losing = [BASELINE_TITLES[name] for name in NAMES if worse(key, value, bases[name])]
    return f'<span class="worse">worse than {", ".join(losing)}</span>' if losing else ""


def classes(metrics: Metrics, scheme: Scheme) -> str:
    """Return precision, recall and F1 of each class of a scheme, and its overall figures."""
    model, found = metrics["model"], metrics["classes"][scheme.key]
    rows = []
    for name, counts in zip(found["labels"], found["confusion"], strict=True):
        keys = [f"{scheme.key}_{name}_{figure}" for figure in ("precision", "recall", "f1")]
        cells = [with_interval(model["pooled"][key], model["pooled_interval"][key]) for key in keys]
        said = sum(row[found["labels"].index(name)] for row in found["confusion"])
        rows.append([escape(name), f"{sum(counts):,}", f"{said:,}", *cells])
    each = table(["Class", "True", "Predicted", "Precision", "Recall", "F1"], rows, scheme.title)
    whole = []
    for figure in WHOLE_CLASS:
        key = f"{scheme.key}_{figure}"
        if key in model["pooled"]:
            cells = [number(metrics["baselines"][name]["pooled"][key]) for name in NAMES]
            ends = interval(model["pooled_interval"][key])
            title = TITLES[key].removeprefix(f"{scheme.title}: ").capitalize()
            whole.append([escape(title), number(model["pooled"][key]), ends, *cells])
    head = ["All frames pooled", "Model", "95 % interval", *_BASELINES]
    return each + table(head, whole)


def all_classes(metrics: Metrics) -> str:
    """Return the class tables of every scheme."""
    return "".join(f"<h3>{escape(s.title)}</h3>{classes(metrics, s)}" for s in SCHEMES)


def figures(metrics: Metrics, keys: Sequence[str]) -> str:
    """Return a plain table of pooled figures, those that are there; nothing when none is."""
    model = metrics["model"]
    rows = [
        [escape(TITLES[key]), number(model["pooled"][key]), interval(model["pooled_interval"][key])]
        for key in keys
        if key in model["pooled"]
    ]
    return table(["All frames pooled", "Value", "95 % interval"], rows) if rows else ""


def groups(column: str, found: Mapping[str, Metrics]) -> str:
    """Return the chief figures of each group, its size and what always zero has there."""
    rows = []
    for name, block in found.items():
        model = block["model"]
        cells = [
            with_interval(model["pooled"][key], model["pooled_interval"][key])
            for key in GROUP_FIGURES
        ]
        zero = number(block["baselines"]["zero"]["pooled"]["mae"])
        rows.append([escape(name), f"{block['frames']:,}", f"{block['subjects']}", *cells, zero])
    head = [escape(column), "Frames", "Subjects", *(escape(TITLES[key]) for key in GROUP_FIGURES)]
    return table([*head, "MAE of always zero"], rows, "Pooled within the group. All other figures "
                 "by group are in metrics.json.")  # fmt: skip


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
    keys = [key for key in metrics["by_subject"][0] if key in TITLES]
    rows = [
        [
            escape(row["subject"]),
            f"{row['frames']:,}",
            number(row["mean_pspi"], 2),
            f"{100 * row['pain_fraction']:.1f} %",
            *(number(row[key]) for key in keys),
        ]
        for row in metrics["by_subject"]
    ]
    head = ["Subject", "Frames", "Mean PSPI", "PSPI ≥ 1", *(escape(TITLES[key]) for key in keys)]
    return table(head, rows)


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
        [escape(entry.title), escape(entry.formula), BETTER_WORDS.get(entry.better, entry.better),
         escape(entry.source)]
        for entry in ENTRIES
    ]  # fmt: skip
    head = ["Figure", "Formula, convention", "Better", "Source"]
    return f'<div class="words">{table(head, rows)}</div>'


BETTER_WORDS = {"": "–", "0": "near 0", "0.9": "near 0.9"}
CALIBRATION = [
    key
    for key in BETTER
    if key.startswith(("brier", "rps", "calibration", "coverage", "interval_width"))
]
SEQUENCES = [key for key in BETTER if key.startswith(("sequence_", "label_sequence_"))]
