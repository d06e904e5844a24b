"""The label of each frame of a recording: from its annotation, or else from its row."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wince.archive.annotations import frame_table, frame_values
from wince.archive.annotations.annotation import PSPI, Annotation
from wince.archive.annotations.frame_values import FrameValues
from wince.archive.recording import Recording
from wince.scale import UNIT_NAMES
from wince.video.frame_times import FrameTimes

SHORT = 0.9
"""An annotation by frame that covers a smaller share of the video is mentioned in the report."""


@dataclass(frozen=True, slots=True)
class FrameLabels:
    """The labels of the frames of one recording.

    Attributes:
        label: The file that they are from, "" if there is none.
        line: Line of the file that is about the whole recording, 0 for an annotation.
        pspi: PSPI of each frame of the video as text (F,), "" where there is none.
        units: The six action units of each frame (F, 6), NaN where not all are known.
        missing: Why a frame has no label.
        box: Content of the column box, "" for none.
    """

    label: str
    line: int
    pspi: Sequence[str]
    units: NDArray[np.float64]
    missing: str
    box: str

    def of(self, index: int) -> dict[str, Any]:
        """Return the attributes of a `FrameFile` that are its label."""
        pspi = self.pspi[index]
        if not pspi:
            return {"label": "", "missing": self.missing, "row": {"box": self.box}}
        row = {"pspi": pspi, "box": self.box}
        if not np.isnan(self.units[index]).any():
            values = (f"{value:g}" for value in self.units[index])
            row |= dict(zip((name.lower() for name in UNIT_NAMES), values, strict=True))
        return {"label": self.label, "line": self.line, "row": row}


def of_row(table: str, line: int, pspi: str, box: str, count: int) -> FrameLabels:
    """Return the labels of a recording without an annotation: its row's PSPI for every frame.

    Args:
        table: Name of the table of videos.
        line: Line of the row.
        pspi: The row's cell, "" if there is none.
        box: The row's box.
        count: Number of frames.
    """
    missing = (
        f"there is no annotation of this video, and {table}, line {line}, states no pspi for it"
    )
    units = np.full((count, len(UNIT_NAMES)), np.nan)
    return FrameLabels(table, line, [pspi] * count, units, missing, box)


def of_annotation(
    annotation: Annotation, name: str, values: FrameValues, coded: Collection[str], box: str
) -> FrameLabels:
    """Return the labels that an annotation gives.

    Args:
        annotation: The annotation.
        name: Path of its file below the archive's folder.
        values: Its values at all frames of the video.
        coded: Units that were coded.
        box: The row's box.
    """
    pspi = ["" if np.isnan(value) else f"{value:.10g}" for value in values.pspi]
    units = np.full((len(pspi), len(UNIT_NAMES)), np.nan)
    if set(UNIT_NAMES) <= values.units.keys():
        units = np.stack([values.units[unit] for unit in UNIT_NAMES], axis=1)
    missing = f"{name} states nothing about this frame"
    absent = frame_values.missing_terms(coded)
    if PSPI not in values.units and absent and not annotation.complete:
        missing = f"PSPI needs {' and '.join(absent)}, for which {name} has no column"
        if annotation.form == frame_table.FORM:  # and not the table of a program
            missing += ". If it was coded and never occurs, state that: "
            missing += " ".join(_options(absent))
    elif PSPI not in values.units and absent:
        missing = (
            f"PSPI needs {' and '.join(absent)}, which no annotation contains. If it was coded and "
            f"never occurs, state that: {' '.join(_options(absent))}"
        )
    elif values.without_intensity:
        missing = f"{name} states no intensity for an action unit of this frame"
    return FrameLabels(name, 0, pspi, units, missing, box)


def _options(terms: Sequence[str]) -> list[str]:
    return [f"--coded-unit {term.partition(' ')[0]}" for term in terms]


def describe(
    recording: Recording,
    labels: FrameLabels,
    taken: Sequence[int],
    times: FrameTimes,
    annotation: Annotation | None,
    values: FrameValues | None,
) -> Recording:
    """Return a recording with what is known of its frames and labels.

    Args:
        recording: The recording with its row's cells.
        labels: The labels of its frames.
        taken: The frames that are taken.
        times: The times of its frames.
        annotation: Its annotation, if any.
        values: The annotation's values, if any.
    """
    labelled = sum(bool(labels.pspi[index]) for index in taken)
    recording = replace(
        recording,
        seconds=round(float(times.seconds[-1]) + times.step, 3),
        frame_rate=round(times.rate, 3),
        variable_rate=times.variable,
        frames=len(times.seconds),
        taken=len(taken),
        labelled=labelled,
        problem="" if labelled else labels.missing,
        label=labels.label if labelled else "",
        breaks_off=bool(times.problem),
    )
    if annotation is None or values is None:
        return recording
    notes = (*annotation.notes, *_notes(annotation, values, times))
    return replace(
        recording,
        label=f"{labels.label} ({annotation.form})",
        annotated=len(annotation.intervals),
        beyond_end=values.beyond_end,
        overlapping=values.overlapping,
        without_intensity=values.without_intensity,
        untimed=annotation.untimed,
        unknown_units=dict(annotation.unknown),
        notes=notes,
    )


def with_rating(
    recording: Recording, rating: float | None, name: str, remarks: Sequence[str], table: str
) -> Recording:
    """Return a recording whose frames all have the rating of the video as their label.

    Args:
        recording: The recording.
        rating: The rating, None without a valid one.
        name: Name of its scale.
        remarks: What is wrong with the ratings of the row.
        table: Name of the table that they are in.
    """
    if rating is None:
        reason = "; ".join(remarks) or f"{table}, line {recording.line}, has no {name}"
        return replace(recording, labelled=0, label="", problem=reason)
    return replace(recording, labelled=recording.taken, label=f"{table} ({name})", problem="")


def _notes(annotation: Annotation, values: FrameValues, times: FrameTimes) -> list[str]:
    """Return what is unusual about how an annotation fits its video, in sentences."""
    notes = []
    if values.first_overlap:
        notes.append(
            f"{annotation.path.name}, {values.first_overlap}: overlaps an earlier event of the "
            "same unit. The higher intensity counts."
        )
    end = max((interval.offset for interval in annotation.intervals), default=0.0)
    if not annotation.complete and annotation.intervals and end < SHORT * times.seconds[-1]:
        notes.append(
            f"{annotation.path.name} ends at {end:.1f} s of {times.seconds[-1]:.1f} s. If its "
            "frames were counted at another rate, state it: --annotation-fps N."
        )
    return notes
