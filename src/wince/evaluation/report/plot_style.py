"""The style of the plots: colours, axes, and two shapes that several plots use."""

import io
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from wince.evaluation.arrays import Floats

INK = "#1f2933"
BLUE = "#2166ac"
ORANGE = "#b35806"
GREY = "#8a94a0"
PALE = "#d7dee6"
RED = "#b00020"
LINES = (BLUE, "#5aae61", "#762a83")


def canvas(width: float, height: float) -> tuple[Figure, Axes]:
    """Return an empty figure of this size in inches, and its only axes."""
    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.subplots()
    tidy(axes)
    return figure, axes


def tidy(axes: Axes) -> None:
    """Remove the upper and right edge, and draw a light grid behind the data."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color=PALE, lw=0.6)
    axes.set_axisbelow(True)


def short(count: int) -> str:
    """Return a count as a short text, such as "9999" or "12k"."""
    return f"{count}" if count < 10_000 else f"{count / 1000:.0f}k"


def draw_intervals(
    axes: Axes, keys: Sequence[str], values: Mapping[str, float], ends: Mapping[str, list[float]]
) -> None:
    """Draw one row for each key: the value as a dot on its interval, or the word "undefined"."""
    for row, key in enumerate(keys):
        if np.isnan(values[key]):
            at_left_edge = axes.get_yaxis_transform()
            axes.text(
                0.02, row, "undefined", va="center", fontsize=7, color=GREY, transform=at_left_edge
            )
            continue
        axes.plot(ends[key], [row, row], color=BLUE, lw=2)
        axes.plot(values[key], row, "o", color=BLUE)
    axes.set_ylim(len(keys) - 0.5, -0.5)
    tidy(axes)


def draw_matrix(axes: Axes, counts: Floats, labels: list[str]) -> None:
    """Draw a confusion matrix of counts, shape (K, K), coloured by the share of the true class."""
    totals = counts.sum(1, keepdims=True)
    shares = np.divide(counts, totals, out=np.zeros_like(counts), where=totals > 0)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for (row, column), share in np.ndenumerate(shares):
        text = f"{share:.2f}\n{short(int(counts[row, column]))}" if totals[row, 0] else "–"
        colour = "white" if share > 0.55 else INK
        axes.text(column, row, text, ha="center", va="center", fontsize=7, color=colour)
    axes.set_xticks(range(len(labels)), labels, fontsize=8)
    axes.set_yticks(range(len(labels)), labels, fontsize=8)
    axes.set(xlabel="Predicted", ylabel="True")


def png(figure: Figure, warning: str | None) -> bytes:
    """Return a figure as PNG bytes, with a warning in red above it if there is one."""
    if warning:
        title = figure.get_suptitle()
        figure.suptitle(f"{warning}\n{title}".rstrip(), color=RED, fontsize=10, weight="bold")
    for axes in figure.axes:
        axes.title.set_fontsize(10)
    figure.set_dpi(110)
    buffer = io.BytesIO()
    # savefig would draw everything twice, the first time for the layout alone.
    FigureCanvasAgg(figure).print_png(buffer)  # type: ignore[no-untyped-call]  # no types there
    return buffer.getvalue()
