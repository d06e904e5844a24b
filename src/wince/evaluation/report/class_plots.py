"""Plots of classes, probabilities and intervals: confusion, reliability, coverage."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from wince.evaluation.metrics.classification import Scheme
from wince.evaluation.report.plot_style import (
    BLUE,
    COLUMN,
    GREY,
    ORANGE,
    PALE,
    canvas,
    draw_intervals,
    draw_matrix,
    tidy,
)
from wince.scale import Scale

Metrics = Mapping[str, Any]


def draw_confusion(metrics: Metrics, scheme: Scheme) -> Figure:
    """Draw the confusion matrix of a scheme: shares of each true class, and frames."""
    figure = Figure(figsize=(COLUMN, 0.9 + 0.36 * len(scheme.classes)), layout="constrained")
    axes = figure.subplots()
    matrix = metrics["classes"][scheme.key]
    draw_matrix(axes, np.array(matrix["confusion"], float), matrix["labels"])
    axes.set_aspect("auto")
    axes.set_title(f"{scheme.title}: share of the true class, frames")
    return figure


def draw_reliability(metrics: Metrics) -> Figure:
    """Draw how often the stated level was right, by stated confidence."""
    figure = Figure(figsize=(COLUMN, 3.4), layout="constrained")
    upper, lower = figure.subplots(2, 1, height_ratios=(3, 1), sharex=True)
    bins = [row for row in metrics["reliability"] if row["frames"]]
    upper.axline((0, 0), slope=1, color=GREY, lw=1, ls="--")
    upper.plot(
        [row["confidence"] for row in bins],
        [row["accuracy"] for row in bins],
        "o-",
        color=BLUE,
        lw=1.3,
    )
    upper.set(xlim=(0, 1), ylim=(0, 1.02), ylabel="Share of right levels")
    lower.bar(
        [(row["low"] + row["high"]) / 2 for row in bins],
        [row["frames"] for row in bins],
        0.09,
        color=PALE,
        edgecolor=GREY,
        lw=0.5,
    )
    lower.set(xlabel="Stated confidence", ylabel="Frames")
    for axes in (upper, lower):
        tidy(axes)
    return figure


def draw_coverage(metrics: Metrics) -> Figure:
    """Draw how often the 90 % interval contains the label, overall and by true level."""
    model = metrics["model"]
    levels = Scale.from_dict(metrics["data"]["scale"]).levels
    keys = ["coverage", *(f"coverage_{level}" for level in levels)]
    figure, axes = canvas(0.9 + 0.22 * len(keys))
    axes.axvline(0.9, color=ORANGE, lw=1, ls="--")
    draw_intervals(axes, keys, model["pooled"], model["pooled_interval"])
    axes.set_yticks(range(len(keys)), ["all frames", *levels])
    axes.set(xlim=(0, 1.02), xlabel="Share of labels in the 90 % interval")
    return figure
