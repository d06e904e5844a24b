"""A checked table of predictions: the input of metrics, plots and report."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wince.errors import DataError
from wince.evaluation.arrays import Floats, Indices
from wince.scale import PSPI, Scale


@dataclass(frozen=True, slots=True)
class UnscoredFrames:
    """M labelled frames that have no prediction, such as images in which no face was found.

    Attributes:
        subject: Name of the subject, shape (M,).
        pspi: Label, on the scale of the table, shape (M,).
        reason: Why there is no prediction, shape (M,).
        columns: Fold and further columns as text, each of shape (M,).
    """

    subject: NDArray[np.str_]
    pspi: Floats
    reason: NDArray[np.str_]
    columns: Mapping[str, NDArray[np.str_]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.pspi)

    def where(self, column: str, value: str) -> "UnscoredFrames":
        """Return the frames whose column has a value; none if the column is not known."""
        values = self.subject if column == "subject" else self.columns.get(column)
        if values is None:
            return NO_FRAMES
        rows = values == value
        columns = {name: cells[rows] for name, cells in self.columns.items()}
        return UnscoredFrames(self.subject[rows], self.pspi[rows], self.reason[rows], columns)


NO_FRAMES = UnscoredFrames(np.empty(0, np.str_), np.empty(0), np.empty(0, np.str_))


@dataclass(frozen=True, slots=True)
class Predictions:
    """N frames with label and prediction. Attributes that are not known are None.

    Attributes:
        source: Name of the table in messages, with its path.
        subjects: Names of the S subjects.
        sequences: Names of the Q sequences, as "subject/sequence".
        subject: Subject number of each row, 0 to S-1, shape (N,).
        sequence: Sequence number of each row, 0 to Q-1, shape (N,).
        frame: Name of the frame, shape (N,).
        pspi: Label, PSPI 0 to 16 or on `scale`, shape (N,).
        predicted: Score as the model gave it, not clipped to the scale, shape (N,).
        probabilities: Probabilities of the K levels, shape (N, K); rows sum to 1.
        interval: Low and high end of the 90 % interval, shape (N, 2).
        vas: Rating of the sequence by the person, 0 to 10, NaN where there is none, shape (N,).
        opr: Rating of the sequence by an observer, 0 to 5, NaN where there is none, shape (N,).
        milliseconds: Time for the image, shape (N,).
        seconds: Time of the frame in its sequence, NaN where it is not known, shape (N,).
        fold: Name of the held-out fold, shape (N,).
        overlap: Whether the model was trained on the subject of the row, shape (N,).
        others: Further columns as text, for groups, each of shape (N,).
        units: Labelled action units in the order of `scale.UNIT_NAMES`, AU43 0 or 1, the others 0
            to 5, NaN where there is no label, shape (N, 6).
        predicted_units: Predicted ones, NaN where there is no prediction, shape (N, 6).
        unscored: Labelled frames that belong to these and have no prediction.
        sha256: SHA-256 of the file.
        notes: How the file was read where that is not obvious, in sentences.
        scale: The scale of labels and predictions.
    """

    source: str
    subjects: tuple[str, ...]
    sequences: tuple[str, ...]
    subject: Indices
    sequence: Indices
    frame: NDArray[np.str_]
    pspi: Floats
    predicted: Floats
    probabilities: Floats | None = None
    interval: Floats | None = None
    vas: Floats | None = None
    opr: Floats | None = None
    milliseconds: Floats | None = None
    seconds: Floats | None = None
    fold: NDArray[np.str_] | None = None
    overlap: NDArray[np.bool_] | None = None
    others: Mapping[str, NDArray[np.str_]] = field(default_factory=dict)
    units: Floats | None = None
    predicted_units: Floats | None = None
    unscored: UnscoredFrames = NO_FRAMES
    sha256: str | None = None
    notes: tuple[str, ...] = ()
    scale: Scale = PSPI

    @property
    def name(self) -> str:
        """The source without its folders, for reports that people pass on."""
        return PurePath(self.source).name

    def __len__(self) -> int:
        return len(self.pspi)

    def group_columns(self) -> dict[str, NDArray[np.str_]]:
        """Return the columns to group by as text, each of shape (N,)."""
        columns: dict[str, NDArray[np.str_]] = dict(self.others)
        columns["subject"] = np.array(self.subjects)[self.subject]
        if self.fold is not None:
            columns["fold"] = self.fold
        return columns

    def column_name(self, name: str) -> str:
        """Return the name of a column to group by as the table has it, in upper or lower case.

        Raises:
            DataError: There is no such column.
        """
        columns = self.group_columns()
        name = name if name in columns else name.lower()
        if name not in columns:
            raise DataError(
                f"{self.source} has no column '{name}' to group by. It has: "
                f"{', '.join(sorted(columns))}."
            )
        return name

    def column(self, name: str) -> NDArray[np.str_]:
        """Return a column as text, to group by. Upper and lower case may differ.

        Raises:
            DataError: There is no such column.
        """
        return self.group_columns()[self.column_name(name)]

    def take(self, rows: Indices) -> "Predictions":
        """Return some of the rows, in the order given, with new subject and sequence numbers.

        The frames without a prediction are left out.
        """
        subjects, subject = np.unique(self.subject[rows], return_inverse=True)
        sequences, sequence = np.unique(self.sequence[rows], return_inverse=True)

        def part(values: Any) -> Any:
            return None if values is None else values[rows]

        def rating(values: Floats | None) -> Floats | None:
            return None if values is None or np.isnan(values[rows]).all() else values[rows]

        return Predictions(
            source=self.source,
            subjects=tuple(self.subjects[i] for i in subjects),
            sequences=tuple(self.sequences[i] for i in sequences),
            subject=subject,
            sequence=sequence,
            frame=self.frame[rows],
            pspi=self.pspi[rows],
            predicted=self.predicted[rows],
            probabilities=part(self.probabilities),
            interval=part(self.interval),
            vas=rating(self.vas),
            opr=rating(self.opr),
            milliseconds=part(self.milliseconds),
            seconds=part(self.seconds),
            fold=part(self.fold),
            overlap=part(self.overlap),
            others={name: values[rows] for name, values in self.others.items()},
            units=part(self.units),
            predicted_units=part(self.predicted_units),
            sha256=self.sha256,
            scale=self.scale,
        )
