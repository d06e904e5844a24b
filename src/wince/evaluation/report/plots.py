"""The plots of the report, as files. They need no display."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from wince.evaluation.arrays import Floats, whole_points
from wince.evaluation.metrics import sequence_scores
from wince.evaluation.metrics.classification import schemes
from wince.evaluation.predictions import Predictions
from wince.evaluation.report import trace_plots
from wince.evaluation.report.agreement_plots import (
    MOST_LISTED_SUBJECTS,
    draw_calibration,
    draw_differences_and_means,
    draw_scatter,
    draw_subjects,
)
from wince.evaluation.report.class_plots import draw_confusion, draw_coverage, draw_reliability
from wince.evaluation.report.curve_plots import draw_precision_recall, draw_roc
from wince.evaluation.report.flow_plot import draw_flow
from wince.evaluation.report.group_plots import FAIRNESS_METRICS, draw_by_group, draw_differences
from wince.evaluation.report.plot_style import (
    BLUE,
    COLUMN,
    GREY,
    INK,
    ORANGE,
    PALE,
    SMALL,
    canvas,
    files_of,
    png,
    short,
    style,
    tidy,
)
from wince.evaluation.traces.trace import Trace, from_predictions
from wince.scale import Scale

MOST_DRAWN_SCHEMES = 3
Metrics = Mapping[str, Any]
PlotFiles = Mapping[str, Mapping[str, bytes]]
"""Name of a plot -> ending of the file name -> content."""


def draw(metrics: Metrics, table: Predictions) -> dict[str, dict[str, bytes]]:
    """Return the plots that the metrics allow: as PNG, SVG and PDF, traces as PNG only.

    Args:
        metrics: The result of `evaluate.evaluate`.
        table: The predictions that were evaluated.

    Returns:
        Content by name of the plot, which is the file name without its ending, and by ending.
    """
    warning = metrics["overlap"]["label"]
    with style():
        figures = {
            name: files_of(figure, warning) for name, figure in compose(metrics, table).items()
        }
    for number, (title, traces) in enumerate(_trace_pages(table), start=1):
        page = trace_plots.draw_page(title, traces)
        figures[f"traces-{number}"] = {"png": png(page, warning)}
    return figures


def compose(metrics: Metrics, table: Predictions) -> dict[str, Figure]:
    """Return the figures of `draw` but the traces, by name."""
    figures: dict[str, Figure] = {
        "flow": draw_flow(metrics["flow"]),
        "scatter": draw_scatter(table),
        "bland-altman": draw_differences_and_means(table, metrics),
        "calibration": draw_calibration(metrics),
        "scores": draw_scores(table),
        "errors": draw_errors(metrics),
        "subjects": draw_subjects(metrics),
        "sequences": draw_sequences(table),
    }
    if metrics["roc"]:
        figures["roc"] = draw_roc(metrics)
        figures["precision-recall"] = draw_precision_recall(metrics)
    for scheme in schemes(table.scale)[:MOST_DRAWN_SCHEMES]:
        figures[f"confusion-{scheme.key}"] = draw_confusion(metrics, scheme)
    if metrics["reliability"]:
        figures["reliability"] = draw_reliability(metrics)
    if "coverage" in metrics["model"]["pooled"]:
        figures["coverage"] = draw_coverage(metrics)
    for number, groups in enumerate(metrics["groups"].values(), start=1):
        figures[f"groups-{number}"] = draw_by_group(groups, metrics)
    for number, compared in enumerate(metrics["fairness"]["columns"].values(), start=1):
        if sum(group["model"] is not None for group in compared["groups"].values()) > 1:
            figures[f"fairness-{number}"] = draw_by_group(
                compared["groups"], metrics, FAIRNESS_METRICS
            )
    if "against" in metrics:
        figures["against"] = draw_differences(metrics)
    return figures


def _trace_pages(table: Predictions) -> list[tuple[str, list[Trace]]]:
    """Return the pages of traces; none with so many subjects that nobody would look at them."""
    if len(table.subjects) > MOST_LISTED_SUBJECTS:
        return []
    return trace_plots.pages(from_predictions(table))


def draw_scores(table: Predictions) -> Figure:
    """Draw the distribution of the scores at each rounded label."""
    figure, axes = canvas(2.6)
    scale, width = table.scale, table.scale.bin_width
    rounded = whole_points(table.pspi, scale)
    values = np.unique(rounded)
    boxes = []
    for value in values:
        scores = table.predicted[rounded == value]
        low, first, median, third, high = np.quantile(scores, [0.05, 0.25, 0.5, 0.75, 0.95])
        boxes.append({"whislo": low, "q1": first, "med": median, "q3": third, "whishi": high})
    axes.axline((scale.low, scale.low), slope=1, color=GREY, lw=0.8, ls="--", zorder=1)
    axes.bxp(
        boxes,
        positions=values,
        widths=0.6 * width,
        showfliers=False,
        patch_artist=True,
        boxprops={"facecolor": PALE, "edgecolor": BLUE, "lw": 0.7},
        medianprops={"color": BLUE, "lw": 1.5},
        whiskerprops={"color": BLUE, "lw": 0.7},
        capprops={"color": BLUE, "lw": 0.7},
        zorder=3,
    )
    axes.set(xlim=(scale.low - 0.8 * width, max(values) + 0.8 * width))
    axes.set(xlabel=f"Labelled {scale.name} (frames)", ylabel="Score")
    upright = len(values) <= 12
    counts = [short(int((rounded == value).sum())) for value in values]
    names = [
        f"{value:g}\n{count}" if upright else f"{value:g} ({count})"
        for value, count in zip(values, counts, strict=True)
    ]
    axes.set_xticks(values, names, fontsize=SMALL, rotation=0 if upright else 90)
    top = max(float(table.predicted.max()), max(values))
    bottom = min(scale.low, min(box["whislo"] for box in boxes))
    axes.set_ylim(bottom - 0.3 * width, min(top, scale.high) + 0.5 * width)
    return figure


def draw_errors(metrics: Metrics) -> Figure:
    """Draw the MAE at each rounded label, beside that of always zero and of the mean."""
    figure, axes = canvas(2.4)
    scale = Scale.from_dict(metrics["data"]["scale"])
    rows = metrics[f"error_by_{scale.column}"]
    x = [row[scale.column] for row in rows]
    width = 0.7 * scale.bin_width
    axes.bar(x, [row["mae"] for row in rows], color=BLUE, width=width, label="model")
    axes.plot(x, [row["mae_zero"] for row in rows], "o--", color=ORANGE, ms=3, lw=1, label="zero")
    axes.plot(x, [row["mae_mean"] for row in rows], "s:", color=INK, ms=3, lw=1, label="mean")
    axes.set(xlabel=f"Labelled {scale.name}", ylabel=f"MAE, {scale.unit}")
    if len(x) <= 18:
        axes.set_xticks(x)
    axes.legend(frameon=False)
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
    figure = Figure(figsize=(COLUMN, 2.1 * len(panels)), layout="constrained")
    jitter = np.random.default_rng(0).uniform(-0.15, 0.15, len(first))
    for axes, (name, target) in zip(
        np.atleast_1d(figure.subplots(len(panels))), panels, strict=True
    ):
        axes.plot(target + jitter, scores, "o", ms=3, alpha=0.5, color=BLUE, mec="none")
        axes.set(xlabel=name, ylabel="Score, top tenth")
        tidy(axes)
    return figure
