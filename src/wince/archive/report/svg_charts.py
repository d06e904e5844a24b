"""Positions of the bars in the report's charts; templates/charts.html draws them as SVG."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

HISTOGRAM_WIDTH, HISTOGRAM_HEIGHT = 940, 250
BELOW, ABOVE = 28, 24
"""Space for the labels below the bars and for the counts above them."""
SHARES_WIDTH, SHARES_HEIGHT = 300, 14


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a chart, in the units of its viewBox.

    Attributes:
        label: What the bar counts, such as a score or a level.
        count: The number it shows. A bar with 0 is not drawn.
        x: Left edge.
        y: Upper edge.
        width: Width.
        height: Height.
        colour: Fill colour.
    """

    label: str
    count: int
    x: float
    y: float
    width: float
    height: float
    colour: str


def histogram_bars(counts: Mapping[str, int], colours: Mapping[str, str]) -> list[Bar]:
    """Return bars side by side on a logarithmic scale.

    Args:
        counts: Counts by label, in order.
        colours: Fill colours by label.
    """
    step = HISTOGRAM_WIDTH / max(len(counts), 1)
    largest = math.log10(max([*counts.values(), 1]) + 1)
    bars = []
    for place, (label, count) in enumerate(counts.items()):
        height = (HISTOGRAM_HEIGHT - BELOW - ABOVE) * math.log10(count + 1) / largest
        x, y = (place + 0.12) * step, HISTOGRAM_HEIGHT - BELOW - height
        bars.append(Bar(label, count, x, y, step * 0.76, height, colours[label]))
    return bars


def share_bars(counts: Mapping[str, int], colours: Mapping[str, str]) -> list[Bar]:
    """Return one bar of full width, divided in proportion to the counts."""
    whole = sum(counts.values())
    bars, x = [], 0.0
    for label, count in counts.items():
        width = SHARES_WIDTH * count / whole if whole else 0.0
        bars.append(Bar(label, count, x, 0, width, SHARES_HEIGHT, colours[label]))
        x += width
    return bars
