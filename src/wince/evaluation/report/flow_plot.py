"""The flow diagram: how many frames were found, left out by reason, and scored."""

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from wince.evaluation.report.plot_style import COLUMN, GREY, INK, SMALL
from wince.number_format import whole

LINE = 0.135
"""Height of a line of text in inches."""
GAP = 0.22
"""Height of an arrow in inches."""
TITLE = 0.25
"""Height above the boxes in inches, where a warning has its place."""
SPLIT = 0.46
"""Where the boxes of the steps end, as a share of the width."""
STEP_LETTERS, REASON_LETTERS = 20, 30
"""Letters in a line of each side."""


def draw_flow(steps: Sequence[Mapping[str, Any]]) -> Figure:
    """Draw the steps from top to bottom, and beside each what is left out after it.

    Args:
        steps: The entry `flow` of metrics.json.
    """
    texts = [
        (
            [*textwrap.wrap(step["step"], STEP_LETTERS), f"n = {whole(step['frames'])}"],
            _reasons(step["left_out"]),
        )
        for step in steps
    ]
    heights = [LINE * (max(len(text), len(reasons)) + 1) for text, reasons in texts]
    total = sum(heights) + GAP * (len(steps) - 1) + TITLE
    figure = Figure(figsize=(COLUMN, total))
    axes = figure.add_axes((0.01, 0, 0.98, 1))
    axes.set(xlim=(0, 1), ylim=(total, 0))
    axes.set_axis_off()
    top = TITLE
    for number, ((text, reasons), height) in enumerate(zip(texts, heights, strict=True)):
        middle = top + height / 2
        _box(axes, SPLIT / 2, middle, text, "center")
        if reasons:
            _arrow(axes, (SPLIT / 2, middle), (SPLIT + 0.06, middle))
            _box(axes, SPLIT + 0.08, middle, reasons, "left")
        if number + 1 < len(steps):
            below = LINE * (len(text) + 1) / 2
            following = top + height + GAP + heights[number + 1] / 2
            end = following - LINE * (len(texts[number + 1][0]) + 1) / 2
            _arrow(axes, (SPLIT / 2, middle + below), (SPLIT / 2, end))
        top += height + GAP
    return figure


def _reasons(left_out: Mapping[str, int]) -> list[str]:
    """Return the lines of what is left out: the sum, then each reason."""
    if not left_out:
        return []
    lines = [f"Left out: {whole(sum(left_out.values()))}"]
    for reason, count in left_out.items():
        lines += textwrap.wrap(f"{reason}: {whole(count)}", REASON_LETTERS, subsequent_indent="  ")
    return lines


def _box(axes: Axes, x: float, y: float, lines: Sequence[str], side: str) -> None:
    axes.text(
        x,
        y,
        "\n".join(lines),
        ha=side,
        va="center",
        fontsize=SMALL + 0.5,
        color=INK,
        linespacing=1.2,
        bbox={"boxstyle": "square,pad=0.4", "facecolor": "white", "edgecolor": GREY, "lw": 0.8},
    )


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    axes.annotate(
        "",
        end,
        start,
        arrowprops={"arrowstyle": "-|>", "color": INK, "lw": 0.8, "shrinkA": 0, "shrinkB": 0},
        zorder=0,
    )
