"""Plots of the ROC curves and the precision-recall curves, with bands."""

from collections.abc import Mapping
from typing import Any

from matplotlib.figure import Figure

from wince.evaluation.report.plot_style import GREY, LINES, canvas
from wince.number_format import decimal

Metrics = Mapping[str, Any]


def draw_roc(metrics: Metrics) -> Figure:
    """Draw the ROC curves at PSPI >= 1, 2 and 3 with their areas and 95 % bands."""
    figure, axes = canvas(3.3)
    axes.axline((0, 0), slope=1, color=GREY, lw=0.8, ls=":")
    _draw(axes, metrics, "roc", ("false_positive_rate", "true_positive_rate"), ("auc", "AUC"))
    axes.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.01), aspect="equal")
    axes.set(xlabel="False positive rate", ylabel="True positive rate")
    axes.legend(frameon=False, loc="lower right")
    return figure


def draw_precision_recall(metrics: Metrics) -> Figure:
    """Draw the precision-recall curves; a dotted line is the precision of a constant score."""
    figure, axes = canvas(3.3)
    for (colour, _), curve in zip(LINES, metrics["precision_recall"].values(), strict=True):
        share = curve["positives"] / (curve["positives"] + curve["negatives"])
        axes.axhline(share, color=colour, lw=0.8, ls=":")
    _draw(axes, metrics, "precision_recall", ("recall", "precision"), ("ap", "AP"))
    axes.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.01), aspect="equal")
    axes.set(xlabel="Recall", ylabel="Precision")
    axes.legend(frameon=False, loc="upper right")
    return figure


def _draw(
    axes: Any, metrics: Metrics, name: str, keys: tuple[str, str], area: tuple[str, str]
) -> None:
    """Draw the curves and bands of an entry of metrics.json.

    Args:
        axes: Where.
        metrics: The result of `evaluate.evaluate`.
        name: "roc" or "precision_recall".
        keys: Keys of x and y.
        area: Key of the area under a curve without its cut, and its title.
    """
    for (cut, curve), (colour, dashes) in zip(metrics[name].items(), LINES, strict=False):
        value = metrics["model"]["pooled"][f"{area[0]}_{cut}"]
        band = curve["band"]
        if band:
            axes.fill_between(
                band[keys[0]], band["low"], band["high"], color=colour, alpha=0.18, lw=0
            )
        label = f"PSPI ≥ {cut}: {area[1]} {decimal(value)}"
        x, y = (curve[key] for key in keys)
        axes.plot(x, y, color=colour, ls=dashes, lw=1.3, label=label)
