"""The small pieces of HTML that the report is made of, every text escaped."""

import base64
import math
from collections.abc import Iterable, Sequence
from html import escape

UNDEFINED = '<span class="undefined">undefined</span>'


def number(value: float | None, digits: int = 3) -> str:
    """Return a number as HTML, the word undefined for NaN or None."""
    if value is None or math.isnan(value):
        return UNDEFINED
    rounded = round(value, digits) + 0.0  # no minus sign in front of a zero
    return f"{rounded:.{digits}f}".replace("-", "−")


def interval(ends: Sequence[float]) -> str:
    """Return an interval as HTML, a dash when there is none."""
    if any(math.isnan(end) for end in ends):
        return "–"
    return f'<span class="interval">{number(ends[0])} to {number(ends[1])}</span>'


def with_interval(value: float, ends: Sequence[float]) -> str:
    """Return a number with its interval below it, for tables of many columns."""
    return f"{number(value)}<br>{interval(ends)}" if not math.isnan(value) else number(value)


def table(head: Sequence[str], rows: Iterable[Sequence[str]], caption: str = "") -> str:
    """Return a table; cells are HTML already, the first names its row. caption: plain text."""
    top = "".join(f'<th scope="col">{cell}</th>' for cell in head)
    body = "".join(
        f'<tr><th scope="row">{cells[0]}</th>'
        + "".join(f"<td>{cell}</td>" for cell in cells[1:])
        + "</tr>"
        for cells in rows
    )
    words = f'<p class="small">{escape(caption)}</p>' if caption else ""
    return (
        f'{words}<div class="wide"><table><thead><tr>{top}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def picture(png: bytes, words: str) -> str:
    """Return a picture embedded in the page with its description."""
    data = base64.b64encode(png).decode("ascii")
    return (
        f'<figure><img src="data:image/png;base64,{data}" alt="{escape(words)}">'
        f"<figcaption>{escape(words)}</figcaption></figure>"
    )


def section(title: str, *parts: str) -> str:
    """Return a section with a heading, leaving empty parts out; nothing when all are empty."""
    inside = "".join(part for part in parts if part)
    return f"<section><h2>{escape(title)}</h2>{inside}</section>" if inside else ""


def paragraph(words: str) -> str:
    """Return a paragraph of plain text."""
    return f"<p>{escape(words)}</p>"


def page(title: str, body: str) -> str:
    """Return a whole page that needs nothing but itself: no script, no font, no other file."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\">"
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head>"
        f"<body><main>{body}</main></body></html>\n"
    )


STYLE = """
:root { color-scheme: light; }
body { margin: 0; background: #f4f6f8; color: #1f2933; font: 16px/1.55 system-ui, sans-serif; }
main { max-width: 66rem; margin: 0 auto; padding: 2rem 1.5rem 4rem; background: #fff; }
h1 { font-size: 1.8rem; line-height: 1.2; margin: 0 0 .3rem; }
h2 { font-size: 1.25rem; margin: 2.6rem 0 .6rem; padding-top: .8rem;
  border-top: 1px solid #d7dee6; }
h3 { font-size: 1rem; margin: 1.6rem 0 .3rem; }
p, li { max-width: 46rem; }
.lead { color: #52606d; margin-top: 0; }
.banner { background: #b00020; color: #fff; padding: .8rem 1rem; margin-bottom: 1.2rem;
  font-weight: 600; }
.caveats { background: #fff4e5; border-left: 4px solid #b35806; padding: .6rem 1rem; }
.caveats ul { margin: .2rem 0; padding-left: 1.2rem; }
.wide { overflow-x: auto; margin: .8rem 0 1.2rem; }
table { border-collapse: collapse; font-size: .875rem; font-variant-numeric: tabular-nums; }
td { white-space: nowrap; } .words td { white-space: normal; }
th, td { text-align: right; padding: .3rem .7rem; border-bottom: 1px solid #e4e9ee;
  vertical-align: top; }
th[scope=row], th:first-child { text-align: left; font-weight: 500; white-space: nowrap; }
thead th { border-bottom: 2px solid #9aa5b1; font-weight: 600; vertical-align: bottom; }
.words td { text-align: left; min-width: 7rem; } .words th[scope=row] { white-space: normal; }
.words thead th { text-align: left; }
.interval { color: #616e7c; font-size: .8rem; white-space: nowrap; }
.undefined { color: #616e7c; font-style: italic; }
.better { color: #9c3d00; font-weight: 700; }
figure { margin: 1rem 0; } img { max-width: 100%; height: auto; }
figcaption { color: #52606d; font-size: .85rem; max-width: 46rem; }
.small { color: #52606d; font-size: .85rem; }
@media print { body, main { background: #fff; padding: 0; } h2 { break-after: avoid; } }
"""
