"""The action units and PSPI of each frame, from the annotation of its video."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wince.archive.annotations.annotation import SCORE, Annotation
from wince.scale import PSPI_TERMS, UNIT_NAMES

SLACK = 0.5
"""Seconds that an interval may end after the video without being counted as beyond its end."""


@dataclass(frozen=True, slots=True)
class FrameValues:
    """What an annotation states about the frames of its video.

    Attributes:
        units: Values of each coded unit (N,), NaN where not stated.
        score: The stated score of each frame (N,), or else PSPI from the units; NaN where it or a
            term is not stated.
        beyond_end: Intervals that begin after the video's end, or end well after it.
        overlapping: Intervals that begin before an earlier one of the same unit ends.
        without_intensity: Intervals of units of PSPI without an intensity.
        first_overlap: The line of the first overlapping interval and its unit, "" for none.
    """

    units: dict[str, NDArray[np.float64]]
    score: NDArray[np.float64]
    beyond_end: int
    overlapping: int
    without_intensity: int
    first_overlap: str


def at_frames(
    annotation: Annotation,
    times: NDArray[np.float64],
    frame_seconds: float,
    coded: Collection[str],
    stated: Collection[str] = (),
) -> FrameValues:
    """Return the values at frames. An interval holds for a frame whose middle it contains.

    Where intervals of one unit overlap, the highest intensity counts.

    Args:
        annotation: The annotation.
        times: Seconds of each frame of the video (N,), increasing.
        frame_seconds: How long a frame is usually shown.
        coded: Units that are 0 where a complete annotation does not mention them.
        stated: Units that the user states as coded: 0 in each row of a table of frames that has no
            column for them.
    """
    steps = np.append(np.diff(times), frame_seconds)
    middles = times + np.minimum(steps, frame_seconds) / 2
    end = float(times[-1]) + frame_seconds
    fill = 0.0 if annotation.complete else np.nan
    units = {unit: np.full(len(times), fill) for unit in UNIT_NAMES if unit in coded}
    if SCORE in annotation.coded and not annotation.complete:
        units[SCORE] = np.full(len(times), np.nan)
    absent: list[str] = []
    if not annotation.complete and SCORE not in annotation.coded:
        absent = [unit for unit in UNIT_NAMES if unit in stated and unit not in annotation.coded]
    units |= {unit: np.full(len(times), np.nan) for unit in absent}
    unstated = {unit: np.zeros(len(times), bool) for unit in units}
    ends: dict[str, float] = {}
    beyond = overlapping = without_intensity = 0
    first_overlap = ""
    for interval in sorted(annotation.intervals, key=lambda interval: interval.onset):
        offset = interval.offset
        if annotation.complete:  # an event has at least a frame, a row of a table of frames less
            offset = max(offset, interval.onset + frame_seconds)
        beyond += interval.onset >= end or offset > end + SLACK
        first, last = np.searchsorted(middles, (interval.onset, offset))
        for unit in absent:
            units[unit][first:last] = 0.0
        if interval.unit not in units and interval.unit != SCORE:
            continue
        values = units.setdefault(interval.unit, np.full(len(times), np.nan))
        if interval.onset < ends.get(interval.unit, -np.inf) - frame_seconds / 2:
            overlapping += 1
            first_overlap = first_overlap or f"line {interval.line}, {interval.unit}"
        ends[interval.unit] = max(offset, ends.get(interval.unit, -np.inf))
        if np.isnan(interval.intensity):
            without_intensity += 1
            unstated.setdefault(interval.unit, np.zeros(len(times), bool))[first:last] = True
        else:
            values[first:last] = np.fmax(values[first:last], interval.intensity)
    for unit, frames in unstated.items():
        units[unit][frames] = np.nan
    return FrameValues(
        units, _score(units, len(times)), beyond, overlapping, without_intensity, first_overlap
    )


def missing_terms(coded: Collection[str]) -> list[str]:
    """Return the terms of PSPI of which no unit is coded, such as "AU6 or AU7"."""
    return [" or ".join(term) for term in PSPI_TERMS if not set(term) & set(coded)]


def _score(units: dict[str, NDArray[np.float64]], count: int) -> NDArray[np.float64]:
    """Return the stated score, or else PSPI, the sum of the terms; NaN where one is missing."""
    if SCORE in units:
        return units[SCORE]
    total = np.zeros(count)
    for term in PSPI_TERMS:
        values = [units[unit] for unit in term if unit in units]
        total += np.max(values, axis=0) if values else np.full(count, np.nan)
    return total
