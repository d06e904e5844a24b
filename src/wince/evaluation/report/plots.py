"""The plots of the report, as PNG bytes. They need no display and no global state."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from wince.evaluation.arrays import Floats, whole_points
from wince.evaluation.metrics import sequence_scores
from wince.evaluation.metrics.classification import schemes
from wince.evaluation.metrics.metric_catalogue import TITLES, titles
from wince.evaluation.predictions import Predictions
from wince.evaluation.report import trace_plots
from wince.evaluation.report.plot_style import (
    BLUE,
    GREY,
    INK,
    LINES,
    ORANGE,
    PALE,
    canvas,
    draw_intervals,
    draw_matrix,
    png,
    short,
    tidy,
)
from wince.evaluation.traces.trace import Trace, from_predictions
from wince.number_format import decimal
from wince.scale import Scale

MOST_LISTED_SUBJECTS = 60
"""With more subjects a histogram is drawn instead of one dot for each subject."""
GROUP_METRICS = ("mae", "wmae", "pcc", "icc", "auc_1")
HIGHER_IS_BETTER = (
    "pcc",
    "icc",
    "ccc",
    "auc_1",
    "auc_2",
    "auc_3",
    "four_levels_balanced_accuracy",
    "four_levels_macro_f1",
    "four_levels_kappa",
    "levels_balanced_accuracy",
    "levels_macro_f1",
    "levels_kappa",
)
LOWER_IS_BETTER = ("mae", "rmse", "wmae")

Metrics = Mapping[str, Any]


def draw(metrics: Metrics, table: Predictions) -> dict[str, bytes]:
    """Return the plots that the metrics allow.

    Args:
        metrics: The result of `evaluate.evaluate`.
        table: The predictions that were evaluated.

    Returns:
        PNG bytes by name, which is the file name without ".png".
    """
    figures: dict[str, Figure] = {
        "scores": draw_scores(table),
        "errors": draw_errors(metrics),
        "subjects": draw_subjects(metrics),
        "sequences": draw_sequences(table),
    }
    if metrics["roc"]:
        figures["roc"] = draw_roc(metrics)
    if metrics["classes"]:
        figures["confusion"] = draw_confusion(metrics)
    if metrics["reliability"]:
        figures["reliability"] = draw_reliability(metrics)
    if "coverage" in metrics["model"]["pooled"]:
        figures["coverage"] = draw_coverage(metrics)
    for number, (column, groups) in enumerate(metrics["groups"].items(), start=1):
        figures[f"groups-{number}"] = draw_by_group(column, groups, metrics)
    if "against" in metrics:
        figures["against"] = draw_differences(metrics)
    for number, (title, traces) in enumerate(_trace_pages(table), start=1):
        figures[f"traces-{number}"] = trace_plots.draw_page(title, traces)
    return {name: png(figure, metrics["overlap"]["label"]) for name, figure in figures.items()}


def _trace_pages(table: Predictions) -> list[tuple[str, list[Trace]]]:
    """Return the pages of traces; none with so many subjects that nobody would look at them."""
    if len(table.subjects) > MOST_LISTED_SUBJECTS:
        return []
    return trace_plots.pages(from_predictions(table))


def draw_scores(table: Predictions) -> Figure:
    """Draw the distribution of the scores at each rounded label."""
    figure, axes = canvas(7.2, 4.2)
    scale, width = table.scale, table.scale.bin_width
    rounded = whole_points(table.pspi, scale)
    values = np.unique(rounded)
    boxes = []
    for value in values:
        scores = table.predicted[rounded == value]
        low, first, median, third, high = np.quantile(scores, [0.05, 0.25, 0.5, 0.75, 0.95])
        boxes.append({"whislo": low, "q1": first, "med": median, "q3": third, "whishi": high})
    axes.axline((0, 0), slope=1, color=GREY, lw=1, ls="--", zorder=1)
    axes.bxp(
        boxes,
        positions=values,
        widths=0.6 * width,
        showfliers=False,
        patch_artist=True,
        boxprops={"facecolor": PALE, "edgecolor": BLUE},
        medianprops={"color": BLUE, "lw": 2},
        whiskerprops={"color": BLUE},
        capprops={"color": BLUE},
        zorder=3,
    )
    axes.set(xlim=(scale.low - 0.8 * width, max(values) + 0.8 * width))
    axes.set(xlabel=f"Labelled {scale.name} (frames below)", ylabel="Score")
    counts = [f"{value:g}\n{short(int((rounded == value).sum()))}" for value in values]
    axes.set_xticks(values, counts, fontsize=8)
    top = max(float(table.predicted.max()), max(values))
    bottom = min(scale.low, min(box["whislo"] for box in boxes))
    axes.set_ylim(bottom - 0.3 * width, min(top, scale.high) + 0.5 * width)
    axes.set_title("Median, middle half, and 5th to 95th percentile; dashed: perfect")
    return figure


def draw_errors(metrics: Metrics) -> Figure:
    """Draw the MAE at each rounded label, beside that of always zero and of the mean."""
    figure, axes = canvas(7.2, 3.6)
    scale = Scale.from_dict(metrics["data"]["scale"])
    rows = metrics[f"error_by_{scale.column}"]
    x = [row[scale.column] for row in rows]
    width = 0.7 * scale.bin_width
    axes.bar(x, [row["mae"] for row in rows], color=BLUE, width=width, label="model")
    axes.plot(x, [row["mae_zero"] for row in rows], "o--", color=ORANGE, ms=4, label="always zero")
    axes.plot(x, [row["mae_mean"] for row in rows], "s:", color=INK, ms=4, label="the mean")
    axes.set(xlabel=f"Labelled {scale.name}", ylabel=f"MAE, {scale.unit}", title="Error by label")
    axes.set_xticks(x)
    axes.legend(frameon=False)
    return figure


def draw_roc(metrics: Metrics) -> Figure:
    """Draw the ROC curves at PSPI >= 1, 2 and 3 with their areas."""
    figure, axes = canvas(4.8, 4.6)
    axes.axline((0, 0), slope=1, color=GREY, lw=1, ls="--")
    for (cut, curve), colour in zip(metrics["roc"].items(), LINES, strict=False):
        area = metrics["model"]["pooled"][f"auc_{cut}"]
        name = f"PSPI ≥ {cut}: AUC {decimal(area)}"
        axes.plot(
            curve["false_positive_rate"],
            curve["true_positive_rate"],
            color=colour,
            lw=2,
            label=f"{name} ({curve['positives']:,} frames)",
        )
    axes.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.01), aspect="equal")
    axes.set(xlabel="False positive rate", ylabel="True positive rate", title="All frames pooled")
    axes.legend(frameon=False, loc="lower right", fontsize=8)
    return figure


def draw_confusion(metrics: Metrics) -> Figure:
    """Draw the confusion matrices: for PSPI of the four levels, the six classes and PSPI >= 1."""
    drawn = schemes(Scale.from_dict(metrics["data"]["scale"]))[:3]
    figure = Figure(figsize=(0.5 + 3.67 * len(drawn), 3.9), layout="constrained")
    every_axes = figure.subplots(1, len(drawn), squeeze=False)[0]
    for axes, scheme in zip(every_axes, drawn, strict=True):
        matrix = metrics["classes"][scheme.key]
        draw_matrix(axes, np.array(matrix["confusion"], float), matrix["labels"])
        axes.set_title(scheme.title)
    return figure


def draw_subjects(metrics: Metrics) -> Figure:
    """Draw the MAE of each subject, beside that of always zero, and the PCC of each subject."""
    rows = sorted(metrics["by_subject"], key=lambda row: row["mae"])
    scale = Scale.from_dict(metrics["data"]["scale"])
    if len(rows) > MOST_LISTED_SUBJECTS:
        return _histograms(rows)
    figure = Figure(figsize=(9, 1.4 + 0.21 * len(rows)), layout="constrained")
    error_axes, correlation_axes = figure.subplots(1, 2, sharey=True)
    y = np.arange(len(rows))
    error_axes.plot(
        [row[f"mean_{scale.column}"] - scale.low for row in rows],
        y,
        "o",
        mfc="white",
        color=ORANGE,
        label="always zero",
    )
    error_axes.plot([row["mae"] for row in rows], y, "o", color=BLUE, label="model")
    error_axes.set_yticks(y, [row["subject"][:24] for row in rows], fontsize=8)
    error_axes.set(
        xlabel=f"MAE, {scale.unit}", title="Error by subject", ylim=(len(rows) - 0.4, -0.6)
    )
    error_axes.set_xlim(left=0)
    error_axes.legend(frameon=False, fontsize=8)
    correlation_axes.axvline(0, color=GREY, lw=1)
    correlation_axes.plot([row["pcc"] for row in rows], y, "o", color=BLUE)
    for number, row in enumerate(rows):
        if np.isnan(row["pcc"]):
            correlation_axes.text(0.02, number, "undefined", va="center", fontsize=7, color=GREY)
    correlation_axes.set(
        xlabel="PCC",
        title="Correlation by subject",
        xlim=(min([-0.1, *_defined(rows, "pcc")]) - 0.02, 1.02),
    )
    for axes in (error_axes, correlation_axes):
        tidy(axes)
    return figure


def draw_sequences(table: Predictions) -> Figure:
    """Draw the score of each sequence (top tenth) against that of its labels, VAS and OPR."""
    first = sequence_scores.first_rows(table.sequence)
    scores = sequence_scores.top_tenth(table.predicted, table.sequence)
    panels: list[tuple[str, Floats]] = [
        (
            f"{table.scale.name}, top tenth of labels",
            sequence_scores.top_tenth(table.pspi, table.sequence),
        )
    ]
    panels += [("VAS (own rating)", table.vas[first])] if table.vas is not None else []
    panels += [("OPR (observer)", table.opr[first])] if table.opr is not None else []
    figure = Figure(figsize=(4.2 * len(panels), 3.8), layout="constrained")
    jitter = np.random.default_rng(0).uniform(-0.15, 0.15, len(first))
    for axes, (name, target) in zip(
        np.atleast_1d(figure.subplots(1, len(panels))), panels, strict=True
    ):
        axes.plot(target + jitter, scores, "o", ms=4, alpha=0.5, color=BLUE, mec="none")
        axes.set(xlabel=name, ylabel="Score, top tenth of frames")
        tidy(axes)
    return figure


def draw_reliability(metrics: Metrics) -> Figure:
    """Draw how often the stated level was right, by stated confidence."""
    figure = Figure(figsize=(4.8, 5.0), layout="constrained")
    upper, lower = figure.subplots(2, 1, height_ratios=(3, 1), sharex=True)
    bins = [row for row in metrics["reliability"] if row["frames"]]
    upper.axline((0, 0), slope=1, color=GREY, lw=1, ls="--")
    upper.plot(
        [row["confidence"] for row in bins],
        [row["accuracy"] for row in bins],
        "o-",
        color=BLUE,
        lw=2,
    )
    upper.set(xlim=(0, 1), ylim=(0, 1.02), ylabel="Share of right levels")
    upper.set_title("Stated confidence and share of right levels")
    lower.bar(
        [(row["low"] + row["high"]) / 2 for row in bins],
        [row["frames"] for row in bins],
        0.09,
        color=PALE,
    )
    lower.set(xlabel="Stated confidence", ylabel="Frames")
    for axes in (upper, lower):
        tidy(axes)
    return figure


def draw_coverage(metrics: Metrics) -> Figure:
    """Draw how often the 90 % interval contains the label, overall and by true level."""
    figure, axes = canvas(5.4, 3.2)
    model = metrics["model"]
    levels = Scale.from_dict(metrics["data"]["scale"]).levels
    keys = ["coverage", *(f"coverage_{level}" for level in levels)]
    axes.axvline(0.9, color=ORANGE, lw=1.5, ls="--")
    draw_intervals(axes, keys, model["pooled"], model["pooled_interval"])
    axes.set_yticks(range(len(keys)), ["all frames", *levels])
    axes.set(xlim=(0, 1.02), xlabel="Share of labels inside", title="90 % interval, by true level")
    return figure


def draw_by_group(column: str, groups: Mapping[str, Any], metrics: Metrics) -> Figure:
    """Draw the main metrics of each group with their 95 % intervals; dashed: all frames."""
    names = list(groups)
    shown = [key for key in GROUP_METRICS if key in metrics["model"]["pooled"]]
    figure = Figure(figsize=(12, 1.5 + 0.34 * len(names)), layout="constrained")
    for axes, key in zip(figure.subplots(1, len(shown), sharey=True), shown, strict=True):
        values = {name: groups[name]["model"]["pooled"][key] for name in names}
        ends = {name: groups[name]["model"]["pooled_interval"][key] for name in names}
        axes.axvline(metrics["model"]["pooled"][key], color=GREY, lw=1, ls="--")
        draw_intervals(axes, names, values, ends)
        axes.set_yticks(range(len(names)), [name[:28] for name in names])
        axes.set_title(TITLES[key])
        axes.xaxis.set_major_locator(MaxNLocator(4))
    figure.suptitle(f"By {column}: pooled, 95 % interval; dashed: all frames", fontsize=10)
    return figure


def draw_differences(metrics: Metrics) -> Figure:
    """Draw the paired differences to the other model with their 95 % intervals."""
    difference = metrics["against"]["difference"]
    names = titles(Scale.from_dict(metrics["data"]["scale"]))
    figure = Figure(figsize=(10, 3.9), layout="constrained")
    for axes, keys, note in zip(
        figure.subplots(1, 2),
        (
            [key for key in HIGHER_IS_BETTER if key in difference["pooled"]],
            LOWER_IS_BETTER,
        ),
        ("higher is better", "points; lower is better"),
        strict=True,
    ):
        axes.axvline(0, color=ORANGE, lw=1.5, ls="--")
        draw_intervals(axes, keys, difference["pooled"], difference["pooled_interval"])
        axes.set_yticks(range(len(keys)), [names[key] for key in keys])
        axes.set(xlabel=f"This model minus the other ({note})")
    return figure


def _defined(rows: Sequence[Mapping[str, Any]], key: str) -> list[float]:
    return [row[key] for row in rows if not np.isnan(row[key])]


def _histograms(rows: list[Mapping[str, Any]]) -> Figure:
    """Draw the distribution of MAE and PCC over subjects."""
    figure = Figure(figsize=(9, 3.4), layout="constrained")
    for axes, key in zip(figure.subplots(1, 2), ("mae", "pcc"), strict=True):
        values = np.array([row[key] for row in rows])
        undefined = int(np.isnan(values).sum())
        axes.hist(values[~np.isnan(values)], bins=30, color=BLUE)
        note = f" ({undefined} undefined)" if undefined else ""
        axes.set(xlabel=f"{TITLES[key]} by subject{note}", ylabel="Subjects")
        tidy(axes)
    return figure
