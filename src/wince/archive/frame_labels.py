"""The label of each frame of a recording: from its annotation, or else from its row."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wince.archive.annotations import frame_table, frame_values
from wince.archive.annotations.annotation import SCORE, Annotation
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
        scores: Score of each frame of the video as text (F,), "" where there is none.
        units: The six action units of each frame (F, 6), NaN where not all are known.
        missing: Why a frame has no label.
        box: Content of the column box, "" for none.
        column: Name of the column of the scores.
        from_annotation: Whether they are from an annotation, and not from the video's row.
    """

    label: str
    line: int
    scores: Sequence[str]
    units: NDArray[np.float64]
    missing: str
    box: str
    column: str = "pspi"
    from_annotation: bool = False

    def of(self, index: int) -> dict[str, Any]:
        """Return the attributes of a `FrameFile` that are its label."""
        score = self.scores[index]
        if not score:
            return {"label": "", "missing": self.missing, "row": {"box": self.box}}
        row = {self.column: score, "box": self.box}
        if not np.isnan(self.units[index]).any():
            values = (f"{value:g}" for value in self.units[index])
            row |= dict(zip((name.lower() for name in UNIT_NAMES), values, strict=True))
        return {"label": self.label, "line": self.line, "row": row}


def of_row(
    table: str, line: int, score: str, box: str, count: int, missing: str, column: str = "pspi"
) -> FrameLabels:
    """Return the labels of a recording that has one score for all its frames.

    Args:
        table: Name of the table of videos.
        line: Line of the row.
        score: The score, "" if there is none.
        box: The row's box.
        count: Number of frames.
        missing: Why there is no score, if there is none.
        column: Name of the column of the score.
    """
    units = np.full((count, len(UNIT_NAMES)), np.nan)
    return FrameLabels(table, line, [score] * count, units, missing, box, column)


def of_scores(name: str, values: FrameValues, box: str, column: str) -> FrameLabels:
    """Return the labels of another scale than PSPI that an annotation states.

    Args:
        name: Path of its file below the archive's folder.
        values: Its values at all frames of the video.
        box: The row's box.
        column: Name of the column of the scores.
    """
    scores = _texts(values)
    units = np.full((len(scores), len(UNIT_NAMES)), np.nan)
    missing = f"{name} states no {column} for this frame"
    return FrameLabels(name, 0, scores, units, missing, box, column, True)


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
    pspi = _texts(values)
    units = np.full((len(pspi), len(UNIT_NAMES)), np.nan)
    if set(UNIT_NAMES) <= values.units.keys():
        units = np.stack([values.units[unit] for unit in UNIT_NAMES], axis=1)
    missing = f"{name} states nothing about this frame"
    absent = frame_values.missing_terms(coded)
    if SCORE not in values.units and absent and not annotation.complete:
        missing = f"PSPI needs {' and '.join(absent)}, for which {name} has no column"
        if annotation.form == frame_table.FORM:  # and not the table of a program
            missing += ". If it was coded and never occurs, state that: "
            missing += " ".join(_options(absent))
    elif SCORE not in values.units and absent:
        missing = (
            f"PSPI needs {' and '.join(absent)}, which no annotation contains. If it was coded and "
            f"never occurs, state that: {' '.join(_options(absent))}"
        )
    elif values.without_intensity:
        missing = f"{name} states no intensity for an action unit of this frame"
    return FrameLabels(name, 0, pspi, units, missing, box, from_annotation=True)


def _texts(values: FrameValues) -> list[str]:
    return ["" if np.isnan(value) else f"{value:.10g}" for value in values.score]


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
    labelled = sum(bool(labels.scores[index]) for index in taken)
    scale = "" if labels.column == "pspi" else f" ({labels.column})"
    recording = replace(
        recording,
        seconds=round(float(times.seconds[-1]) + times.step, 3),
        frame_rate=round(times.rate, 3),
        variable_rate=times.variable,
        frames=len(times.seconds),
        taken=len(taken),
        labelled=labelled,
        problem="" if labelled else labels.missing,
        label=f"{labels.label}{scale}" if labelled else "",
        of_video=bool(labelled) and not labels.from_annotation,
        breaks_off=bool(times.problem),
    )
    if annotation is None or values is None:
        return recording
    notes = (*annotation.notes, *_notes(annotation, values, times))
    return replace(
        recording,
        label=f"{labels.label} ({annotation.form})" if labels.from_annotation else recording.label,
        annotated=len(annotation.intervals),
        beyond_end=values.beyond_end,
        overlapping=values.overlapping,
        without_intensity=values.without_intensity,
        untimed=annotation.untimed,
        unknown_units=dict(annotation.unknown),
        notes=notes,
    )


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
