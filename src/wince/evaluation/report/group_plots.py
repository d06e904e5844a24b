"""Plots of metrics with intervals: by group, and as differences to another model."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from wince.evaluation.metrics.metric_catalogue import TITLES, titles
from wince.evaluation.report.plot_style import COLUMN, GREY, ORANGE, draw_intervals
from wince.scale import Scale

GROUP_METRICS = ("mae", "wmae", "pcc", "icc", "auc_1")
FAIRNESS_METRICS = ("mae", "bias", "pcc", "auc_1", "coverage", "calibration_slope")
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
COLUMNS = 2
Metrics = Mapping[str, Any]


def draw_by_group(
    groups: Mapping[str, Any], metrics: Metrics, keys: Sequence[str] = GROUP_METRICS
) -> Figure:
    """Draw metrics of each group with their 95 % intervals; dashed: all frames.

    Groups without metrics are left out.
    """
    names = [name for name, group in groups.items() if group["model"]]
    shown = [key for key in keys if key in metrics["model"]["pooled"]]
    rows = math.ceil(len(shown) / COLUMNS)
    figure = Figure(
        figsize=(COLUMN, rows * (0.62 + 0.15 * max(len(names), 3))), layout="constrained"
    )
    every_axes = figure.subplots(rows, COLUMNS, sharey=True, squeeze=False).ravel()
    for axes, key in zip(every_axes, shown, strict=False):
        values = {name: groups[name]["model"]["pooled"][key] for name in names}
        ends = {name: groups[name]["model"]["pooled_interval"][key] for name in names}
        axes.axvline(metrics["model"]["pooled"][key], color=GREY, lw=0.8, ls="--")
        draw_intervals(axes, names, values, ends)
        axes.set_yticks(range(len(names)), [name[:16] for name in names])
        axes.set_title(TITLES[key])
        axes.xaxis.set_major_locator(MaxNLocator(3))
    for axes in every_axes[len(shown) :]:
        axes.set_axis_off()
    return figure


def draw_differences(metrics: Metrics) -> Figure:
    """Draw the paired differences to the other model with their 95 % intervals."""
    difference = metrics["against"]["difference"]
    names = titles(Scale.from_dict(metrics["data"]["scale"]))
    parts = [
        ([key for key in HIGHER_IS_BETTER if key in difference["pooled"]], "higher is better"),
        (list(LOWER_IS_BETTER), "points; lower is better"),
    ]
    heights = [0.75 + 0.16 * len(keys) for keys, _ in parts]
    figure = Figure(figsize=(COLUMN, sum(heights) + 0.2), layout="constrained")
    for axes, (keys, note) in zip(figure.subplots(2, 1, height_ratios=heights), parts, strict=True):
        axes.axvline(0, color=ORANGE, lw=1, ls="--")
        draw_intervals(axes, keys, difference["pooled"], difference["pooled_interval"])
        axes.set_yticks(range(len(keys)), [names[key] for key in keys])
        axes.set(xlabel=f"This model minus the other\n({note})")
    return figure
