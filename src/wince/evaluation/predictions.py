"""A table of predictions in memory, checked: what every metric, plot and report starts from."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wince.errors import DataError
from wince.evaluation.arrays import Floats, Indices
from wince.scale import LEVELS, PSPI_MAXIMUM

REQUIRED = ("subject", "sequence", "frame", "pspi", "predicted")
PROBABILITIES = tuple(f"p_{level}" for level in LEVELS)
INTERVAL = ("low", "high")
RATINGS = {"vas": 10.0, "opr": 5.0}
"""Ratings of a sequence and the end of their scale."""
KNOWN = (*REQUIRED, *PROBABILITIES, *INTERVAL, *RATINGS, "milliseconds", "fold", "overlap")
SUM_TOLERANCE = 0.02
"""Four probabilities written with two decimals may miss 1 by this much; they are then rescaled."""
NOT_STATED = "not stated"
LONGEST = 200
"""Letters of a further column that are kept: enough for the name of a group."""
LARGEST = 1e6
"""A prediction may leave the scale, but one beyond this is a mistake and would overflow sums."""
YES, NO = ("1", "true", "yes"), ("0", "false", "no", "")

Columns = Mapping[str, Sequence[str]]
Where = Callable[[int], str]


@dataclass(frozen=True, slots=True)
class Predictions:
    """N frames with their label and prediction, and what else is known of them.

    subject, sequence: number of each row's subject (0 to S-1) and sequence (0 to Q-1), (N,);
    subjects: names (S,); sequences: names (Q,) as "subject/sequence". frame: (N,). pspi: labels,
    0 to 16 (N,). predicted: scores as the model gave them, not clipped (N,). probabilities: of the
    four levels (N, 4), rows sum to 1. interval: low and high end of the 90 % interval (N, 2).
    vas, opr: rating of the row's sequence, NaN where it has none (N,). milliseconds: time per
    image (N,). fold: name of the held-out fold (N,). overlap: whether the model was trained on
    the row's subject (N,). others: further columns as text, to group by. source: what the table is
    called in messages, with its path; sha256: of the file. What is not known is None.
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
    fold: NDArray[np.str_] | None = None
    overlap: NDArray[np.bool_] | None = None
    others: Mapping[str, NDArray[np.str_]] = field(default_factory=dict)
    sha256: str | None = None

    @property
    def name(self) -> str:
        """The source without its folders, for reports that are passed on."""
        return PurePath(self.source).name

    def __len__(self) -> int:
        return len(self.pspi)

    def column(self, name: str) -> NDArray[np.str_]:
        """Return a column as text to group by; raise DataError when there is none of that name."""
        known: dict[str, NDArray[np.str_]] = dict(self.others)
        known["subject"] = np.array(self.subjects)[self.subject]
        if self.fold is not None:
            known["fold"] = self.fold
        if name not in known:
            raise DataError(
                f"{self.source} has no column '{name}' to group by. It has: "
                f"{', '.join(sorted(known))}."
            )
        return known[name]

    def take(self, rows: Indices) -> "Predictions":
        """Return some of the rows, in the order given, subjects and sequences numbered anew."""
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
            fold=part(self.fold),
            overlap=part(self.overlap),
            others={name: values[rows] for name, values in self.others.items()},
            sha256=self.sha256,
        )


def from_columns(columns: Columns, source: str, where: Where | None = None) -> Predictions:
    """Return checked predictions from columns of text, all of one length.

    columns: name -> values; `subject`, `sequence`, `frame`, `pspi`, `predicted` are required, those
    in KNOWN have the meaning above, others are kept to group by. source: what to call the table in
    messages. where: row number -> its place in words (a file and line); "row 1" when None.

    Raises DataError, with the place, for a missing column, no row, an empty name, a number that is
    not one or is out of its range, a frame that occurs twice, and a rating that changes within a
    sequence.
    """
    place = where or (lambda row: f"{source}, row {row + 1}")
    _check_columns(columns, source)
    table = _Table(columns, place)
    subjects, subject = np.unique(table.names("subject"), return_inverse=True)
    clips, clip = np.unique(table.names("sequence"), return_inverse=True)
    keys, sequence = np.unique(subject * len(clips) + clip, return_inverse=True)
    frame = table.names("frame")
    _check_unique(sequence, frame, place)
    return Predictions(
        source=source,
        subjects=tuple(subjects.tolist()),
        sequences=tuple(f"{subjects[key // len(clips)]}/{clips[key % len(clips)]}" for key in keys),
        subject=subject,
        sequence=sequence,
        frame=frame,
        pspi=table.numbers("pspi", 0.0, PSPI_MAXIMUM),
        predicted=table.numbers("predicted", -LARGEST, LARGEST),
        probabilities=table.probabilities(),
        interval=table.interval(),
        vas=table.rating("vas", sequence),
        opr=table.rating("opr", sequence),
        milliseconds=table.numbers("milliseconds", 0.0) if "milliseconds" in columns else None,
        fold=table.names("fold") if "fold" in columns else None,
        overlap=table.flags("overlap") if "overlap" in columns else None,
        others={
            name: np.array([value.strip()[:LONGEST] or NOT_STATED for value in values])
            for name, values in columns.items()
            if name not in KNOWN
        },
    )


def _check_columns(columns: Columns, source: str) -> None:
    needed = list(REQUIRED)
    for several in (PROBABILITIES, INTERVAL):
        needed += several if any(name in columns for name in several) else ()
    missing = [name for name in needed if name not in columns]
    if missing:
        raise DataError(
            f"{source} lacks the column{'s' * (len(missing) > 1)} {', '.join(missing)}. Expected "
            f"{', '.join(needed)}; found {', '.join(columns) or 'none'}."
        )
    if not columns["pspi"]:
        raise DataError(f"{source} has a header but no row. Expected one row per frame below it.")


def _check_unique(sequence: Indices, frame: NDArray[np.str_], place: Where) -> None:
    _, name = np.unique(frame, return_inverse=True)
    key = sequence * (int(name.max()) + 1) + name
    order = np.argsort(key, kind="stable")
    twice = np.flatnonzero(np.diff(key[order]) == 0)
    if twice.size:
        again = int(order[twice + 1].min())
        first = int(np.flatnonzero(key == key[again])[0])
        raise DataError(
            f"{place(again)} repeats the subject, sequence and frame of {place(first)}. Each frame "
            "may occur once: take one of the two rows out."
        )


@dataclass(frozen=True, slots=True)
class _Table:
    """Columns of text, read as the kind asked for, with the place of what is wrong."""

    columns: Columns
    place: Where

    def names(self, column: str) -> NDArray[np.str_]:
        values = [value.strip() for value in self.columns[column]]
        if "" in values:
            raise DataError(f"{self.place(values.index(''))}: {column} is empty; expected a name.")
        return np.array(values)

    def numbers(
        self,
        column: str,
        low: float,
        high: float = np.inf,
        *,
        blank: bool = False,
    ) -> Floats:
        """Return finite numbers within [low, high]; with `blank`, empty cells become NaN."""
        cells = self.columns[column]
        values = np.array([_number(cell) for cell in cells])
        empty = (
            np.array([not cell.strip() for cell in cells]) if blank else np.zeros(len(cells), bool)
        )
        wrong = ~(np.isfinite(values) & (values >= low) & (values <= high)) & ~empty
        if wrong.any():
            row = int(np.argmax(wrong))
            expected = f"from {low:g} to {high:g}" if np.isfinite(high) else f"of at least {low:g}"
            raise DataError(
                f"{self.place(row)}: {column} is {cells[row][:40]!r}; expected a number {expected}."
            )
        return np.where(empty, np.nan, values)

    def flags(self, column: str) -> NDArray[np.bool_]:
        cells = [cell.strip().lower() for cell in self.columns[column]]
        for row, cell in enumerate(cells):
            if cell not in YES + NO:
                raise DataError(
                    f"{self.place(row)}: {column} is {cell[:40]!r}; expected 1 or 0, true or "
                    "false, yes or no."
                )
        return np.array([cell in YES for cell in cells])

    def probabilities(self) -> Floats | None:
        if PROBABILITIES[0] not in self.columns:
            return None
        stated = np.column_stack([self.numbers(name, 0.0, 1.0) for name in PROBABILITIES])
        sums = stated.sum(1)
        wrong = np.abs(sums - 1) > SUM_TOLERANCE
        if wrong.any():
            row = int(np.argmax(wrong))
            raise DataError(
                f"{self.place(row)}: {', '.join(PROBABILITIES)} sum to {sums[row]:.4g}; expected 1."
            )
        return np.asarray(stated / sums[:, None])

    def interval(self) -> Floats | None:
        if INTERVAL[0] not in self.columns:
            return None
        ends = np.column_stack([self.numbers(name, -LARGEST, LARGEST) for name in INTERVAL])
        wrong = ends[:, 0] > ends[:, 1]
        if wrong.any():
            row = int(np.argmax(wrong))
            raise DataError(
                f"{self.place(row)}: the interval runs from low {ends[row, 0]:g} to high "
                f"{ends[row, 1]:g}; expected low to be the smaller."
            )
        return ends

    def rating(self, column: str, sequence: Indices) -> Floats | None:
        if column not in self.columns:
            return None
        values = self.numbers(column, 0.0, RATINGS[column], blank=True)
        _, first = np.unique(sequence, return_index=True)
        expected = values[first][sequence]
        wrong = (values != expected) & ~(np.isnan(values) & np.isnan(expected))
        if wrong.any():
            row = int(np.argmax(wrong))
            raise DataError(
                f"{self.place(row)}: {column} is {self.columns[column][row]!r}, "
                f"but {expected[row]:g} at {self.place(int(first[sequence[row]]))} in the same "
                "sequence. A rating belongs to the whole sequence: write it alike in all its rows."
            )
        return None if np.isnan(values).all() else values


def _number(cell: str) -> float:
    """Return a cell as a float, NaN when it is not written as a decimal number."""
    try:
        return float("nan") if "_" in cell else float(cell)
    except ValueError:
        return float("nan")
