"""Drawings of traces: small multiples, a page for each subject."""

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from wince.evaluation.metrics.agreement import pcc
from wince.evaluation.report.plot_style import BLUE, GREY, INK, RED, files_of, tidy
from wince.evaluation.traces.trace import SECONDS, Trace
from wince.level_colours import ON_WHITE, of_scale
from wince.number_format import decimal

PER_PAGE = 12
"""Most traces on a page."""
COLUMNS = 2
LEAST_FRAMES = 8
"""A shorter sequence is no trace, but a few images."""
LEAST_TOP = 0.25
"""The axis of the score has this share of the scale or more, so that noise does not look like
pain."""


def pages(traces: Sequence[Trace]) -> list[tuple[str, list[Trace]]]:
    """Return (title, traces) of each page: the traces of one subject, at most PER_PAGE.

    Sequences of fewer than LEAST_FRAMES frames are left out.
    """
    by_subject: dict[str, list[Trace]] = {}
    for trace in traces:
        if len(trace.x) >= LEAST_FRAMES:
            by_subject.setdefault(trace.subject, []).append(trace)
    return [
        (_page_title(subject, start, len(own_traces)), own_traces[start : start + PER_PAGE])
        for subject, own_traces in by_subject.items()
        for start in range(0, len(own_traces), PER_PAGE)
    ]


def _page_title(subject: str, start: int, count: int) -> str:
    if count <= PER_PAGE:
        return subject
    return f"{subject} ({start // PER_PAGE + 1} of {math.ceil(count / PER_PAGE)})".strip()


def draw_page(title: str, traces: Sequence[Trace]) -> Figure:
    """Draw the traces of a page, with one range of scores for all.

    Args:
        title: Title of the page, such as the subject.
        traces: 1 to PER_PAGE traces.
    """
    columns = min(COLUMNS, len(traces))
    rows = math.ceil(len(traces) / columns)
    width, height = 1.2 + 4.6 * columns, 1.5 + 2.0 * rows
    figure = Figure(figsize=(width, height))
    axes = figure.subplots(rows, columns, squeeze=False, sharey=True).ravel()
    # Margins in inches. A layout engine would take as long as the drawing.
    figure.subplots_adjust(
        left=0.7 / width, right=1 - 0.2 / width, bottom=0.9 / height, top=1 - 0.8 / height,
        wspace=0.1, hspace=0.5,
    )  # fmt: skip
    top = max(_highest(trace) for trace in traces)
    bottom = min(0.0 if trace.scale is None else trace.scale.low for trace in traces)
    for place, trace in zip(axes, traces, strict=False):
        draw_trace(place, trace)
        place.set_ylim(bottom, top)
    for place in axes[len(traces) :]:
        place.set_axis_off()
    figure.suptitle(title, y=1 - 0.1 / height, va="top")
    figure.legend(handles=_legend(traces), loc="lower center", ncols=8 if columns > 1 else 4)
    return figure


def draw_trace(axes: Axes, trace: Trace) -> None:
    """Draw one trace: bands of the levels, the interval, the label, the score and the events."""
    tidy(axes)
    axes.grid(visible=False)
    if trace.scale is not None and trace.scale.levels:
        colours = of_scale(ON_WHITE, trace.scale)
        edges = (trace.scale.low, *trace.scale.cuts, trace.scale.high)
        for colour, (low, high) in zip(colours.values(), pairwise(edges), strict=True):
            axes.axhspan(low, high, color=colour, alpha=0.18, lw=0, zorder=0)
    line = trace.with_gaps()
    if line.interval is not None:
        low, high = line.interval.T
        axes.fill_between(line.x, low, high, color=BLUE, alpha=0.2, lw=0, zorder=2)
    if line.label is not None:
        axes.plot(line.x, line.label, color=INK, lw=1.2, zorder=3)
    axes.plot(line.x, line.predicted, color=BLUE, lw=1.2, zorder=4)
    for event in trace.events:
        _draw_event(axes, event.start, event.end, event.text)
    axes.set_xlim(trace.x[0], trace.x[-1])
    axes.set_title(f"{trace.name}{_agreement(trace)}", fontsize=9)
    axes.set_xlabel(_axis_title(axes, trace), fontsize=8)
    axes.set_ylabel(trace.measure, fontsize=8)
    axes.tick_params(labelsize=8)


def _draw_event(axes: Axes, start: float, end: float, text: str) -> None:
    if end > start:
        axes.axvspan(start, end, color=RED, alpha=0.1, lw=0, zorder=1)
    axes.axvline(start, color=RED, lw=1, ls=":", zorder=5)
    axes.text(
        start,
        0.98,
        f" {text[:24]}",
        color=RED,
        fontsize=7,
        va="top",
        transform=axes.get_xaxis_transform(),
    )


def _axis_title(axes: Axes, trace: Trace) -> str:
    """Return the title of the axis of time; minutes and seconds from two minutes on."""
    if trace.axis != SECONDS:
        return "Frame"
    if trace.x[-1] < 120:
        return "Seconds"
    axes.xaxis.set_major_formatter(lambda x, _: f"{int(x) // 60}:{int(x) % 60:02d}")
    return "Minutes and seconds"


def _agreement(trace: Trace) -> str:
    """Return the error and the correlation of a trace with its labels."""
    if trace.label is None:
        return ""
    known = ~np.isnan(trace.predicted)
    error = float(np.abs(trace.predicted[known] - trace.label[known]).mean())
    correlation = pcc(trace.label[known], trace.predicted[known])
    return f": MAE {decimal(error, 2)}, PCC {decimal(correlation, 2)}"


def _highest(trace: Trace) -> float:
    """Return where the axis of a trace's score ends."""
    values = [trace.predicted]
    values += [trace.label] if trace.label is not None else []
    values += [trace.interval[:, 1]] if trace.interval is not None else []
    highest = 1.1 * max(float(np.nanmax(each)) for each in values)
    if math.isnan(trace.highest):
        return highest or 1.0
    low = 0.0 if trace.scale is None else trace.scale.low
    return min(max(highest, low + LEAST_TOP * (trace.highest - low)), trace.highest)


def _legend(traces: Sequence[Trace]) -> list[Line2D | Patch]:
    """Return the entries of the legend, of what these traces have."""
    entries: list[Line2D | Patch] = [Line2D([], [], color=BLUE, label="Score")]
    if any(trace.label is not None for trace in traces):
        entries.append(Line2D([], [], color=INK, label="Label"))
    if any(trace.interval is not None for trace in traces):
        entries.append(Patch(color=BLUE, alpha=0.2, lw=0, label="90 % interval"))
    if any(trace.events for trace in traces):
        entries.append(Line2D([], [], color=RED, ls=":", label="Event"))
    for scale in dict.fromkeys(trace.scale for trace in traces if trace.scale is not None):
        entries += [
            Patch(color=colour, alpha=0.4, lw=0, label=level.capitalize())
            for level, colour in of_scale(ON_WHITE, scale).items()
        ]
    return entries or [Line2D([], [], color=GREY)]


def save(figure: Figure, form: str) -> bytes:
    """Return a figure as the content of a file.

    Args:
        figure: The figure.
        form: "png" (300 dots per inch), "svg" or "pdf".
    """
    return files_of(figure, None, [form])[form]
