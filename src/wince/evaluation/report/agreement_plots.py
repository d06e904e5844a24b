"""Plots of scores against labels: scatter, Bland-Altman, calibration, and each subject."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from wince.evaluation.metrics.metric_catalogue import TITLES
from wince.evaluation.predictions import Predictions
from wince.evaluation.report.plot_style import (
    BLUE,
    COLUMN,
    GREY,
    INK,
    ORANGE,
    SMALL,
    canvas,
    tidy,
)
from wince.number_format import decimal
from wince.scale import Scale

MOST_LISTED_SUBJECTS = 60
"""With more subjects a histogram is drawn instead of one dot for each subject."""
CELLS = 40
"""Cells across a plot."""
Metrics = Mapping[str, Any]


def draw_scatter(table: Predictions) -> Figure:
    """Draw how many frames have each score, by rounded label, and the identity line."""
    figure, axes = canvas(2.9)
    scale = table.scale
    columns = np.arange(
        scale.low - scale.bin_width / 2, scale.high + scale.bin_width, scale.bin_width
    )
    columns = columns[columns < table.pspi.max() + 1.5 * scale.bin_width]
    image = axes.hist2d(
        table.pspi, table.predicted, (columns, CELLS), cmin=1, cmap="cividis", norm=LogNorm()
    )[3]
    figure.colorbar(image, ax=axes, label="Frames", pad=0.02, aspect=30)
    axes.axline((scale.low, scale.low), slope=1, color=ORANGE, lw=1, ls="--")
    axes.set(xlabel=f"Labelled {scale.name}", ylabel="Score", title="Dashed: score equals label")
    return figure


def draw_differences_and_means(table: Predictions, metrics: Metrics) -> Figure:
    """Draw score minus label against their mean, with the limits of agreement (Bland-Altman)."""
    figure, axes = canvas(2.9)
    scale, model = table.scale, metrics["model"]
    cells = axes.hexbin(
        (table.pspi + table.predicted) / 2,
        table.predicted - table.pspi,
        gridsize=(CELLS, CELLS // 2),
        bins="log",
        mincnt=1,
        cmap="cividis",
        lw=0.1,
    )
    figure.colorbar(cells, ax=axes, label="Frames", pad=0.02, aspect=30)
    for key, dashes in (("bias", "-"), ("limits_low", "--"), ("limits_high", "--")):
        value, ends = model["pooled"][key], model["pooled_interval"][key]
        if np.isnan(value):
            continue
        axes.axhline(value, color=ORANGE, lw=1, ls=dashes)
        if not np.isnan(ends[0]):
            axes.axhspan(*ends, color=ORANGE, alpha=0.2, lw=0)
        axes.annotate(
            decimal(value, 2),
            (1, value),
            xycoords=("axes fraction", "data"),
            xytext=(-2, 1.5),
            textcoords="offset points",
            ha="right",
            fontsize=SMALL,
            color=INK,
            bbox={"facecolor": "white", "alpha": 0.7, "lw": 0, "pad": 0.5},
        )
    axes.set(
        xlabel=f"Mean of score and label, {scale.unit}",
        ylabel="Score minus label",
        title="Mean difference and limits of agreement,\nwith 95 % intervals over subjects",
    )
    return figure


def draw_calibration(metrics: Metrics) -> Figure:
    """Draw the mean label in bins of the score, and the line from score to label."""
    figure, axes = canvas(2.9)
    scale = Scale.from_dict(metrics["data"]["scale"])
    bins, pooled = metrics["calibration_bins"], metrics["model"]["pooled"]
    x, y = (np.array([row[key] for row in bins]) for key in ("mean_predicted", "mean_label"))
    low, high = (np.array([row[key] for row in bins]) for key in ("low", "high"))
    axes.axline((scale.low, scale.low), slope=1, color=GREY, lw=1, ls="--", label="perfect")
    slope, intercept = pooled["calibration_slope"], pooled["calibration_intercept"]
    if not np.isnan(slope):
        axes.axline(
            (0, intercept),
            slope=slope,
            color=ORANGE,
            lw=1,
            label=f"slope {decimal(slope, 2)}, intercept {decimal(intercept, 2)}",
        )
    axes.vlines(x, low, high, color=BLUE, lw=1.5)
    axes.plot(x, y, "o", color=BLUE, label="tenths of the frames")
    margin = 0.03 * scale.span
    lowest, highest = min(x.min(), y.min()), max(x.max(), np.nanmax([y, high]))
    axes.set(xlim=(lowest - margin, highest + margin), ylim=(lowest - margin, highest + margin))
    axes.set(xlabel="Mean score", ylabel=f"Mean labelled {scale.name}")
    axes.legend(frameon=False, loc="upper left")
    return figure


def draw_subjects(metrics: Metrics) -> Figure:
    """Draw MAE and PCC of each subject with their intervals, and the MAE of always zero."""
    rows = sorted(metrics["by_subject"], key=lambda row: row["mae"])
    scale = Scale.from_dict(metrics["data"]["scale"])
    if len(rows) > MOST_LISTED_SUBJECTS:
        return _histograms(rows)
    figure = Figure(figsize=(COLUMN, 1.0 + 0.125 * len(rows)), layout="constrained")
    error_axes, correlation_axes = figure.subplots(1, 2, sharey=True)
    y = np.arange(len(rows))
    zero = [row[f"mean_{scale.column}"] - scale.low for row in rows]
    error_axes.plot(zero, y, "o", mfc="white", color=ORANGE, ms=3.5, label="always zero")
    for axes, key in ((error_axes, "mae"), (correlation_axes, "pcc")):
        ends = np.array([[row[f"{key}_low"], row[f"{key}_high"]] for row in rows])
        axes.hlines(y, ends[:, 0], ends[:, 1], color=BLUE, lw=1)
        axes.plot([row[key] for row in rows], y, "o", color=BLUE, ms=3.5, label="model")
        axes.axvline(metrics["model"]["pooled"][key], color=INK, lw=0.8, ls=":")
        tidy(axes)
    error_axes.set_yticks(y, [row["subject"][:12] for row in rows], fontsize=SMALL)
    error_axes.set(xlabel=f"MAE, {scale.unit}", ylim=(len(rows) - 0.4, -0.6))
    error_axes.set_xlim(left=0)
    figure.legend(
        *error_axes.get_legend_handles_labels(), loc="outside upper center", ncols=2, frameon=False
    )
    correlation_axes.axvline(0, color=GREY, lw=0.8)
    for number, row in enumerate(rows):
        if np.isnan(row["pcc"]):
            correlation_axes.text(
                0.04, number, "undefined", va="center", fontsize=SMALL, color=GREY
            )
    lowest = min([-0.1, *_defined(rows, "pcc"), *_defined(rows, "pcc_low")])
    correlation_axes.set(xlabel="PCC", xlim=(lowest - 0.02, 1.02))
    return figure


def _defined(rows: Sequence[Mapping[str, Any]], key: str) -> list[float]:
    return [row[key] for row in rows if not np.isnan(row[key])]


def _histograms(rows: Sequence[Mapping[str, Any]]) -> Figure:
    """Draw the distribution of MAE and PCC over subjects."""
    figure = Figure(figsize=(COLUMN, 2.0), layout="constrained")
    for axes, key in zip(figure.subplots(1, 2), ("mae", "pcc"), strict=True):
        values = np.array([row[key] for row in rows])
        undefined = int(np.isnan(values).sum())
        axes.hist(values[~np.isnan(values)], bins=30, color=BLUE)
        note = f"\n({undefined} undefined)" if undefined else ""
        axes.set(xlabel=f"{TITLES[key]} by subject{note}", ylabel="Subjects")
        tidy(axes)
    return figure
