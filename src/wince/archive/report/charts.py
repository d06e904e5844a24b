"""Charts as inline SVG: no script, no font, nothing to fetch, readable by a screen reader."""

import math
from collections.abc import Mapping, Sequence
from html import escape

INK = "#5f6b76"
BAR = "#2f6f9f"


def histogram(counts: Mapping[str, int], colours: Mapping[str, str], title: str) -> str:
    """Return bars on a logarithmic scale with each count above its bar; an empty bin has no bar.

    counts: by label, in order. colours: by label; others are blue.
    """
    width, height, low, high = 940, 250, 28, 24
    step = width / max(len(counts), 1)
    top = math.log10(max([*counts.values(), 1]) + 1)
    parts = []
    for place, (label, count) in enumerate(counts.items()):
        x = place * step
        tall = (height - low - high) * math.log10(count + 1) / top
        y = height - low - tall
        fill = colours.get(label, BAR)
        if count:
            parts.append(_bar(x + step * 0.12, y, step * 0.76, tall, fill, f"{label}: {count:,}"))
        parts.append(_text(x + step / 2, y - 6, f"{count:,}", "middle", 12))
        parts.append(_text(x + step / 2, height - 8, label, "middle", 13))
    parts.append(f'<path d="M0 {height - low}H{width}" stroke="{INK}" stroke-width="1"/>')
    return _svg(width, height, title, parts)


def shares(counts: Mapping[str, int], colours: Mapping[str, str], title: str) -> str:
    """Return one bar of full width, divided as the counts divide their sum."""
    width, height, whole = 300, 14, sum(counts.values())
    parts, x = [], 0.0
    for label, count in counts.items():
        wide = width * count / whole if whole else 0.0
        if count:
            parts.append(_bar(x, 0, wide, height, colours.get(label, BAR), f"{label}: {count:,}"))
        x += wide
    return _svg(width, height, title, parts, stretch=True)


def meter(value: float, whole: float, title: str, colour: str = BAR) -> str:
    """Return a bar filled to value / whole."""
    wide = 100 * min(max(value / whole, 0.0), 1.0) if whole else 0.0
    parts = [
        '<rect width="100" height="10" rx="2" fill="#00000012"/>',
        f'<rect width="{wide:.2f}" height="10" rx="2" fill="{colour}"/>',
    ]
    return _svg(100, 10, title, parts, stretch=True)


def legend(colours: Mapping[str, str]) -> str:
    """Return the colours with their names, as HTML."""
    keys = (
        f'<span class="key"><i style="background:{colour}"></i>{escape(name)}</span>'
        for name, colour in colours.items()
    )
    return f'<p class="legend">{"".join(keys)}</p>'


def _bar(x: float, y: float, width: float, height: float, fill: str, title: str) -> str:
    return (
        f'<rect x="{x:.2f}" y="{y:.2f}" width="{width:.2f}" height="{height:.2f}" fill="{fill}">'
        f"<title>{escape(title)}</title></rect>"
    )


def _text(x: float, y: float, words: str, anchor: str, size: int) -> str:
    return (
        f'<text x="{x:.2f}" y="{y:.2f}" text-anchor="{anchor}" font-size="{size}" '
        f'fill="currentColor">{escape(words)}</text>'
    )


def _svg(
    width: float, height: float, title: str, parts: Sequence[str], *, stretch: bool = False
) -> str:
    shape = ' preserveAspectRatio="none"' if stretch else ""
    return (
        f'<svg viewBox="0 0 {width:g} {height:g}"{shape} role="img" '
        f'aria-label="{escape(title, quote=True)}">{"".join(parts)}</svg>'
    )
