"""Annotations made with ELAN: its files (.eaf), and its export as tab-delimited text.

A tier is an action unit, whose annotations are intensities, or its annotations are codes such as
4C+7B. The format of the files is EAF 3.0 of the Max Planck Institute for Psycholinguistics.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from wince import csv_reader
from wince.archive.annotations import unit_names
from wince.archive.annotations.annotation import Annotation, Interval
from wince.archive.annotations.clock import Clock
from wince.archive.annotations.frame_table import Row
from wince.errors import DataError

SUFFIX = ".eaf"
_TIMES = {"ss.msec": 1.0, "msec": 1000.0, "hh:mm:ss.ms": 1.0}
"""How ELAN writes times in the columns of an export, and how many of their units are a second."""
_CLOCK_TIME = re.compile(r"\d+:\d\d:\d\d\.\d+")
_SECONDS = re.compile(r"\d+\.\d+")
MOST_LINES = 10**6


@dataclass(frozen=True, slots=True)
class _Mark:
    """One annotation of a tier; times in seconds."""

    line: int
    tier: str
    onset: float
    offset: float
    text: str


def read_file(path: Path, renames: Mapping[str, str]) -> Annotation:
    """Return the annotation in an ELAN file.

    Args:
        path: The file.
        renames: Names that the user states -> name in wince.

    Raises:
        DataError: It is no such file, or an intensity is wrong. The line in messages is the number
            of the annotation in the file.
    """
    try:
        # A file of the user's own study. Expat limits the expansion of entities.
        root = ElementTree.parse(path).getroot()  # noqa: S314
    except (ElementTree.ParseError, OSError) as error:
        raise DataError(
            f"{path} cannot be read as a file of ELAN ({error}). Open it in ELAN and save it again."
        ) from error
    slots = {
        slot.get("TIME_SLOT_ID"): float(slot.get("TIME_VALUE", "nan")) / 1000
        for slot in root.iter("TIME_SLOT")
    }
    tiers = [tier.get("TIER_ID", "") for tier in root.iter("TIER")]
    return _annotation(path, "ELAN file", list(_file_marks(root, slots)), tiers, renames)


def _file_marks(root: ElementTree.Element, slots: Mapping[str | None, float]) -> Iterator[_Mark]:
    """Yield the annotations of all tiers; one that refers to another has the other's times.

    A time that is not aligned with the video is NaN.
    """
    spans: dict[str | None, tuple[float, float]] = {}
    references: dict[str | None, str | None] = {}
    elements = []
    for tier in root.iter("TIER"):
        for element in (child for annotation in tier.iter("ANNOTATION") for child in annotation):
            name = element.get("ANNOTATION_ID")
            elements.append((name, tier.get("TIER_ID", ""), element))
            if element.tag == "ALIGNABLE_ANNOTATION":
                ends = (element.get("TIME_SLOT_REF1"), element.get("TIME_SLOT_REF2"))
                spans[name] = (slots.get(ends[0], float("nan")), slots.get(ends[1], float("nan")))
            else:
                references[name] = element.get("ANNOTATION_REF")
    for number, (name, tier_name, element) in enumerate(elements, start=1):
        for _ in range(len(references)):
            if name not in references:
                break
            name = references[name]
        onset, offset = spans.get(name, (float("nan"), float("nan")))
        text = element.findtext("ANNOTATION_VALUE") or ""
        yield _Mark(number, tier_name, onset, offset, text.strip())


def fits_export(header: Sequence[str]) -> bool:
    """Return whether a header, in lower case, is of an export with one column for each tier."""
    return _time_column(header, "begin time") is not None


def _time_column(header: Sequence[str], name: str) -> str | None:
    columns = (f"{name} - {form}" for form in _TIMES)
    return next((column for column in columns if column in header), None)


def read_export(
    path: Path, rows: Sequence[Row], clock: Clock, renames: Mapping[str, str]
) -> Annotation:
    """Return the annotation in an export with one column for each tier.

    Args:
        path: The table.
        rows: Its rows, as (line, cells by column).
        clock: Converts the times.
        renames: Names that the user states -> name in wince.

    Raises:
        DataError: A time or an intensity is wrong.
    """
    header = list(rows[0][1])
    begin, end = (_time_column(header, name) for name in ("begin time", "end time"))
    assert begin is not None  # `fits_export` holds
    if end is None:
        raise DataError(
            f"{path} has {begin} but no end time. Export it from ELAN again, with the begin and "
            "the end of each annotation."
        )
    tiers = [name for name in header if not re.match(r"(begin time|end time|duration) - ", name)]
    marks: list[_Mark] = []
    for line, cells in rows:
        onset, offset = (
            clock.parse(cells[column], line, column, _TIMES[column.partition(" - ")[2]])
            for column in (begin, end)
        )
        marks += (_Mark(line, tier, onset, offset, cells[tier]) for tier in tiers if cells[tier])
    return _annotation(path, "export of ELAN", marks, tiers, renames)


def fits_lines(path: Path) -> bool:
    """Return whether a file begins like an export without a header: tier, times, annotation."""
    cells = next(csv_reader.first_lines(path, 1), [])
    return len(cells) >= 4 and len(_line_times(cells)) >= 2


def _line_times(cells: Sequence[str]) -> list[str]:
    """Return the begin, the end and perhaps the duration in a line, in one form."""
    inner = cells[1:-1]
    for form in (_CLOCK_TIME, _SECONDS):
        times = [cell for cell in inner if form.fullmatch(cell)]
        if len(times) >= 2:
            return times
    return []


def read_lines(path: Path, clock: Clock, renames: Mapping[str, str]) -> Annotation:
    """Return the annotation in an export without a header: a line is tier, times, annotation.

    Args:
        path: The file.
        clock: Converts the times.
        renames: Names that the user states -> name in wince.

    Raises:
        DataError: A line has another form, or an intensity is wrong.
    """
    marks = []
    for line, cells in enumerate(csv_reader.first_lines(path, MOST_LINES), start=1):
        if not any(cells):
            continue
        times = _line_times(cells)
        if not times:
            raise DataError(
                f"{path}, line {line}: expected a tier, the begin and the end as hh:mm:ss.ms or "
                "ss.msec, and the annotation, as ELAN exports tab-delimited text. Correct the "
                "line, or export the file again."
            )
        onset, offset = (clock.parse(time, line, "time") for time in times[:2])
        marks.append(_Mark(line, cells[0], onset, offset, cells[-1]))
    tiers = list(dict.fromkeys(mark.tier for mark in marks))
    return _annotation(path, "export of ELAN", marks, tiers, renames)


def _annotation(
    path: Path, form: str, marks: Sequence[_Mark], tiers: Sequence[str], renames: Mapping[str, str]
) -> Annotation:
    """Return the annotation in the marks of all tiers; an empty tier of a unit was coded too."""
    intensities = unit_names.Intensities(path)
    units = {tier: _unit(tier, renames) for tier in tiers}
    unknown: Counter[str] = Counter()
    intervals: list[Interval] = []
    untimed = 0
    for mark in marks:
        unit = units[mark.tier]
        codes = unit_names.parse_codes(mark.text, renames)
        if unit is not None and (codes is None or _is_intensity(mark.text)):
            codes = [(unit, mark.text)]
        if codes is None:
            unknown[f"tier {mark.tier}"] += 1
            continue
        if not mark.onset <= mark.offset:  # or one of them is NaN
            untimed += 1
            continue
        intervals += (
            Interval(
                mark.line, mark.onset, mark.offset, name, intensities.parse(name, text, mark.line)
            )
            for name, text in codes
        )
    coded = frozenset({unit for unit in units.values() if unit} | {i.unit for i in intervals})
    return Annotation(path, form, tuple(intervals), True, coded, unknown, untimed=untimed)


def _unit(tier: str, renames: Mapping[str, str]) -> str | None:
    """Return the action unit that a tier is named after, None if it is named otherwise."""
    codes = unit_names.parse_codes(tier.partition("@")[0], renames)
    return codes[0][0] if codes and len(codes) == 1 else None


def _is_intensity(text: str) -> bool:
    return re.fullmatch(r"[A-Ea-e]?|\d+(\.\d+)?", text) is not None
