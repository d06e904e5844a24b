"""The style of the plots: print size, fonts, colours, axes, file formats, and shared shapes.

Plots have the width of one column of a journal, so that their text keeps its size in print. The
colours are of Okabe & Ito 2008, which people with any colour vision can tell apart; lines also
differ in their dashes.
"""

import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from wince.evaluation.arrays import Floats
from wince.number_format import decimal

INK = "#1f2933"
BLUE = "#0072b2"
ORANGE = "#d55e00"
GREEN = "#009e73"
GREY = "#8a94a0"
PALE = "#d7dee6"
RED = "#b00020"
LINES = ((BLUE, "-"), (ORANGE, "--"), (GREEN, "-."))
"""Colour and dashes of lines in one plot."""
COLUMN = 3.4
"""Width of one column in inches, 86 mm."""
DPI = 300
SCREEN_DPI = 110
SMALL = 6.5
"""Smallest text in points."""
FORMATS = ("png", "svg", "pdf")
STYLE: Any = {
    "font.size": 8,
    "axes.titlesize": 8,
    "axes.labelsize": 8,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "legend.fontsize": 7,
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "lines.markersize": 4,
    "pdf.fonttype": 42,
    "svg.hashsalt": "wince",
}
"""Settings of matplotlib. Fonts are embedded as TrueType, which journals ask for."""


@contextmanager
def style() -> Iterator[None]:
    """Compose and draw figures in the style of the plots while the block runs."""
    with mpl.rc_context(STYLE):
        yield


def canvas(height: float, width: float = COLUMN) -> tuple[Figure, Axes]:
    """Return an empty figure of this size in inches, and its only axes."""
    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.subplots()
    tidy(axes)
    return figure, axes


def tidy(axes: Axes) -> None:
    """Remove the upper and right edge, and draw a light grid behind the data."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color=PALE, lw=0.5)
    axes.set_axisbelow(True)


def short(count: int) -> str:
    """Return a count as a short text, such as "999", "3.6k" or "12k"."""
    if count < 1000:
        return f"{count}"
    return f"{decimal(count / 1000, 1 if count < 9950 else 0)}k"


def draw_intervals(
    axes: Axes, keys: Sequence[str], values: Mapping[str, float], ends: Mapping[str, list[float]]
) -> None:
    """Draw one row for each key: the value as a dot on its interval, or the word "undefined"."""
    for row, key in enumerate(keys):
        if np.isnan(values[key]):
            at_left_edge = axes.get_yaxis_transform()
            axes.text(
                0.02,
                row,
                "undefined",
                va="center",
                fontsize=SMALL,
                color=GREY,
                transform=at_left_edge,
            )
            continue
        axes.plot(ends[key], [row, row], color=BLUE, lw=1.5)
        axes.plot(values[key], row, "o", color=BLUE)
    axes.set_ylim(len(keys) - 0.5, -0.5)
    tidy(axes)


def draw_matrix(axes: Axes, counts: Floats, labels: list[str]) -> None:
    """Draw a confusion matrix of counts, shape (K, K), coloured by the share of the true class."""
    totals = counts.sum(1, keepdims=True)
    shares = np.divide(counts, totals, out=np.zeros_like(counts), where=totals > 0)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for (row, column), share in np.ndenumerate(shares):
        number = short(int(counts[row, column]))
        text = f"{decimal(float(share), 2)}\n{number}" if totals[row, 0] else "–"
        colour = "white" if share > 0.55 else INK
        axes.text(column, row, text, ha="center", va="center", fontsize=SMALL, color=colour)
    axes.set_xticks(range(len(labels)), labels)
    axes.set_yticks(range(len(labels)), labels)
    axes.set(xlabel="Predicted", ylabel="True")


def files_of(
    figure: Figure,
    warning: str | None = None,
    formats: Sequence[str] | None = None,
    dpi: float = DPI,
) -> dict[str, bytes]:
    """Return a figure as the content of a file of each format.

    Args:
        figure: The figure.
        warning: Text in red above it, None for none.
        formats: Some of FORMATS, None for all.
        dpi: Dots per inch of PNG.
    """
    if warning:
        title = figure.get_suptitle()
        figure.suptitle(f"{warning}\n{title}".rstrip(), color=RED, fontsize=8, weight="bold")
    figure.set_dpi(dpi)
    contents = {}
    for form in FORMATS if formats is None else formats:
        contents[form] = _file(figure, form)
        figure.set_layout_engine("none")  # the first format has laid it out
    return contents


def png(figure: Figure, warning: str | None) -> bytes:
    """Return a figure for the screen as PNG bytes, with a warning in red above it if given."""
    for axes in figure.axes:
        axes.title.set_fontsize(10)
    return files_of(figure, warning, ["png"], SCREEN_DPI)["png"]


def _file(figure: Figure, form: str) -> bytes:
    """Return a figure as the content of a file; savefig would draw PNG twice, once for layout."""
    buffer = io.BytesIO()
    if form == "png":
        FigureCanvasAgg(figure).print_png(buffer)  # type: ignore[no-untyped-call]  # no types there
    elif form == "svg":
        FigureCanvasSVG(figure).print_svg(buffer, metadata={"Date": None})  # type: ignore[no-untyped-call]  # no types there
    else:
        FigureCanvasPdf(figure).print_pdf(buffer, metadata={"CreationDate": None})  # type: ignore[no-untyped-call]  # no types there
    return buffer.getvalue()
