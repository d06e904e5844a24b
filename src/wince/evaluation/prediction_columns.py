"""Predictions from columns of text, with every value checked."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wince.errors import DataError, ScaleError
from wince.evaluation.arrays import Floats, Indices
from wince.evaluation.metrics.sequence_scores import first_rows
from wince.evaluation.predictions import Predictions, UnscoredFrames
from wince.scale import ACTION_UNITS, PSPI, UNIT_NAMES, Scale

SCALE = "scale"
"""Column with the scale of labels and predictions, where it is not PSPI."""
INTERVAL = ("low", "high")
RATINGS = {"vas": 10.0, "opr": 5.0}
"""Ratings of a sequence -> the highest value of their scale."""
FURTHER_RATINGS = ("nrs", "sen", "aff")
"""Other ratings of a sequence. Their values are groups only if the user names the column."""
UNSCORED = "not_scored"
"""Column with the reason why a row has no prediction."""
NO_PREDICTION = "no prediction"
"""The reason, if the table does not state one."""
RAW = "raw"
"""Column with the score before calibration; the evaluation does not use it."""
UNIT_LABELS = tuple(name.lower() for name in UNIT_NAMES)
"""Columns of the labelled action units, empty where they are not known."""
UNIT_PREDICTIONS = tuple(f"predicted_{name}" for name in UNIT_LABELS)
SECONDS = "seconds"
"""Column with the time of the frame in its sequence."""
KNOWN = (
    *UNIT_LABELS,
    *UNIT_PREDICTIONS,
    *("subject", "sequence", "frame", "predicted", *INTERVAL, *RATINGS, SCALE),
    *("milliseconds", SECONDS, "fold", "overlap", UNSCORED, RAW),
)
"""Columns of predictions on every scale; a scale adds its label and its probabilities."""
SUM_TOLERANCE = 0.02
"""How far the sum of rounded probabilities may be from 1; they are then rescaled."""
NOT_STATED = "not stated"
LONGEST_GROUP_NAME = 200
"""Characters; longer texts in further columns are cut."""
LARGEST = 1e6
"""A prediction may be off the scale, but one beyond this is a mistake and would overflow sums."""
LONGEST = 1e10
"""Seconds; a time may count from 1970."""
YES, NO = ("1", "true", "yes"), ("0", "false", "no", "")

Columns = Mapping[str, Sequence[str]]
Place = Callable[[int], str]


def required_columns(scale: Scale) -> tuple[str, ...]:
    """Return the columns that predictions on a scale must have."""
    return ("subject", "sequence", "frame", scale.column, "predicted")


def probability_columns(scale: Scale) -> tuple[str, ...]:
    """Return the columns of the probabilities of a scale's levels, () if it has none."""
    return tuple(f"p_{level}" for level in scale.levels)


def known_columns(scale: Scale) -> tuple[str, ...]:
    """Return all columns of predictions on a scale; others are there to group by."""
    return (*KNOWN, scale.column, *probability_columns(scale))


def scale_of(columns: Columns) -> Scale:
    """Return the scale that a table of predictions records, PSPI if it records none.

    Raises:
        DataError: It records several, or one that cannot be read.
    """
    texts = {text for text in columns.get(SCALE, ()) if text}
    if len(texts) > 1:
        raise DataError(
            f"The column {SCALE} has {len(texts)} different scales. Evaluate one scale at a time."
        )
    try:
        return Scale.from_text(texts.pop()) if texts else PSPI
    except ScaleError as error:
        raise DataError(f"The column {SCALE}: {error}") from error


def from_columns(
    columns: Columns, source: str, place: Place | None = None, scale: Scale | None = None
) -> Predictions:
    """Return checked predictions from columns of text.

    Args:
        columns: Values by column name, all of one length. Those of `required_columns` are needed,
            the others of `known_columns` are optional, and any other column is there to group by.
            See `Predictions` for their meaning. A row whose cell `predicted` is empty is a frame
            without a prediction.
        source: Name of the table in messages.
        place: Returns where a row is, in words, such as a file and a line. The default is the row
            number, from 1.
        scale: The scale of labels and predictions, None for the one that the table records.

    Raises:
        DataError: A column is missing; no row has a prediction; a name is empty; a number is
            malformed or out of its range; a frame occurs twice; a rating changes within a sequence.
            The message names the place.
    """
    place = place or (lambda row: f"{source}, row {row + 1}")
    scale = scale or scale_of(columns)
    _check_columns(columns, source, scale)
    scored = [row for row, cell in enumerate(columns["predicted"]) if cell.strip()]
    _check_rows(columns, scored, source, place)
    unscored = _unscored_frames(columns, scored, place, scale)
    columns = _rows(columns, scored)
    parser = _ColumnParser(columns, lambda row: place(scored[row]))
    subjects, subject = np.unique(parser.names("subject"), return_inverse=True)
    clips, clip = np.unique(parser.names("sequence"), return_inverse=True)
    keys, sequence = np.unique(subject * len(clips) + clip, return_inverse=True)
    return Predictions(
        source=source,
        subjects=tuple(subjects.tolist()),
        sequences=tuple(f"{subjects[key // len(clips)]}/{clips[key % len(clips)]}" for key in keys),
        subject=subject,
        sequence=sequence,
        frame=parser.names("frame"),
        pspi=parser.numbers(scale.column, scale.low, scale.high),
        predicted=parser.numbers("predicted", -LARGEST, LARGEST),
        probabilities=parser.probabilities(probability_columns(scale)),
        interval=parser.interval(),
        vas=parser.rating("vas", sequence),
        opr=parser.rating("opr", sequence),
        milliseconds=parser.numbers("milliseconds", 0.0) if "milliseconds" in columns else None,
        seconds=parser.times(),
        fold=parser.names("fold") if "fold" in columns else None,
        overlap=parser.flags("overlap") if "overlap" in columns else None,
        others=_group_columns(columns, scale),
        units=parser.units(UNIT_LABELS, scale.is_pspi),
        predicted_units=parser.units(UNIT_PREDICTIONS, scale.is_pspi, LARGEST),
        unscored=unscored,
        scale=scale,
    )


def _rows(columns: Columns, rows: Sequence[int]) -> dict[str, list[str]]:
    return {name: [values[row] for row in rows] for name, values in columns.items()}


def _group_columns(columns: Columns, scale: Scale) -> dict[str, NDArray[np.str_]]:
    return {
        name: np.array([value.strip()[:LONGEST_GROUP_NAME] or NOT_STATED for value in values])
        for name, values in columns.items()
        if name not in known_columns(scale)
    }


def _unscored_frames(
    columns: Columns, scored: Sequence[int], place: Place, scale: Scale
) -> UnscoredFrames:
    """Return the rows without a prediction."""
    rows = sorted(set(range(len(columns["predicted"]))) - set(scored))
    cells = _rows(columns, rows)
    parser = _ColumnParser(cells, lambda row: place(rows[row]))
    reasons = [cell.strip() or NO_PREDICTION for cell in cells.get(UNSCORED, [""] * len(rows))]
    known = _group_columns(cells, scale)
    if "fold" in cells:
        known["fold"] = np.array([cell.strip() or NOT_STATED for cell in cells["fold"]], np.str_)
    return UnscoredFrames(
        subject=parser.names("subject"),
        pspi=parser.numbers(scale.column, scale.low, scale.high),
        reason=np.array(reasons, np.str_),
        columns=known,
    )


def _check_columns(columns: Columns, source: str, scale: Scale) -> None:
    needed = list(required_columns(scale))
    for names in (probability_columns(scale), INTERVAL):
        needed += names if any(name in columns for name in names) else ()
    missing = [name for name in needed if name not in columns]
    if missing:
        raise DataError(
            f"{source} lacks the column{'s' * (len(missing) > 1)} {', '.join(missing)}. Expected "
            f"{', '.join(needed)}; found {', '.join(columns) or 'none'}. If a file has it under "
            f"another name, state it: --column {missing[0]}=NAME."
        )
    if not columns[scale.column]:
        raise DataError(f"{source} has a header but no row. Expected one row per frame below it.")


def _check_rows(columns: Columns, scored: Sequence[int], source: str, place: Place) -> None:
    """Raise DataError if no row has a prediction, or if rows contradict themselves or others."""
    if not scored:
        raise DataError(
            f"{source}: no row has a prediction; its column predicted is empty. Expected a score "
            "in at least one row."
        )
    for row in scored:
        if UNSCORED in columns and columns[UNSCORED][row].strip():
            raise DataError(
                f"{place(row)} has a prediction, and in {UNSCORED} a reason why there is none. "
                "Empty one of the two cells."
            )
    parser = _ColumnParser(columns, place)
    key = np.zeros(len(columns["predicted"]), np.intp)
    for column in ("subject", "sequence", "frame"):
        _, name = np.unique(parser.names(column), return_inverse=True)
        key = key * (int(name.max()) + 1) + name
    order = np.argsort(key, kind="stable")
    repeated = np.flatnonzero(np.diff(key[order]) == 0)
    if repeated.size:
        second = int(order[repeated + 1].min())
        first = int(np.flatnonzero(key == key[second])[0])
        raise DataError(
            f"{place(second)} repeats the subject, sequence and frame of {place(first)}. Each "
            "frame may occur once: remove one of the two rows."
        )


@dataclass(frozen=True, slots=True)
class _ColumnParser:
    """Reads columns of text as names, numbers or flags; raises DataError with the place."""

    columns: Columns
    place: Place

    def names(self, column: str) -> NDArray[np.str_]:
        """Return a column of names, none of which may be empty."""
        values = [value.strip() for value in self.columns[column]]
        if "" in values:
            raise DataError(f"{self.place(values.index(''))}: {column} is empty; expected a name.")
        return np.array(values, np.str_)

    def numbers(
        self, column: str, low: float, high: float = np.inf, *, allow_empty: bool = False
    ) -> Floats:
        """Return a column of finite numbers from `low` to `high`, NaN for allowed empty cells."""
        cells = self.columns[column]
        values = np.array([_number(cell) for cell in cells], np.float64)
        empty = np.array([allow_empty and not cell.strip() for cell in cells], np.bool_)
        wrong = ~(np.isfinite(values) & (values >= low) & (values <= high)) & ~empty
        if wrong.any():
            row = int(np.argmax(wrong))
            expected = f"from {low:g} to {high:g}" if np.isfinite(high) else f"of at least {low:g}"
            hint = " Leave the cell empty if there is none." if column == "predicted" else ""
            raise DataError(
                f"{self.place(row)}: {column} is {cells[row][:40]!r}; expected a number {expected}."
                f"{hint}"
            )
        return np.where(empty, np.nan, values)

    def flags(self, column: str) -> NDArray[np.bool_]:
        """Return a column of yes and no."""
        cells = [cell.strip().lower() for cell in self.columns[column]]
        for row, cell in enumerate(cells):
            if cell not in YES + NO:
                raise DataError(
                    f"{self.place(row)}: {column} is {cell[:40]!r}; expected 1 or 0, true or "
                    "false, yes or no."
                )
        return np.array([cell in YES for cell in cells])

    def probabilities(self, names: Sequence[str]) -> Floats | None:
        """Return the level probabilities, rescaled to a sum of 1; None without these columns."""
        if not names or names[0] not in self.columns:
            return None
        stated = np.column_stack([self.numbers(name, 0.0, 1.0) for name in names])
        sums = stated.sum(1)
        wrong = np.abs(sums - 1) > SUM_TOLERANCE
        if wrong.any():
            row = int(np.argmax(wrong))
            raise DataError(
                f"{self.place(row)}: {', '.join(names)} sum to {sums[row]:.4g}; expected 1."
            )
        return np.asarray(stated / sums[:, None])

    def interval(self) -> Floats | None:
        """Return the low and high ends of the intervals; None without these columns."""
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

    def units(
        self, names: Sequence[str], is_pspi: bool, largest: float | None = None
    ) -> Floats | None:
        """Return action units, (N, 6), NaN where a cell is empty; None without predictions.

        Args:
            names: Their columns; one that is missing is NaN.
            is_pspi: Whether the scale is PSPI, which alone has action units.
            largest: Largest absolute value, None for the range of each unit.
        """
        if not (is_pspi and any(name in self.columns for name in UNIT_PREDICTIONS)):
            return None
        columns = [np.full(len(self.columns["predicted"]), np.nan)] * len(names)
        for place, (name, unit) in enumerate(zip(names, ACTION_UNITS.values(), strict=True)):
            if name in self.columns:
                low, high = (0.0, unit.maximum) if largest is None else (-largest, largest)
                columns[place] = self.numbers(name, low, high, allow_empty=True)
        return np.column_stack(columns)

    def times(self) -> Floats | None:
        """Return the times of the frames, NaN for empty cells; None without any."""
        if SECONDS not in self.columns:
            return None
        seconds = self.numbers(SECONDS, -LONGEST, LONGEST, allow_empty=True)
        return None if np.isnan(seconds).all() else seconds

    def rating(self, column: str, sequence: Indices) -> Floats | None:
        """Return the ratings, which are the same in all rows of a sequence; None without any."""
        if column not in self.columns:
            return None
        values = self.numbers(column, 0.0, RATINGS[column], allow_empty=True)
        first = first_rows(sequence)
        expected = values[first][sequence]
        wrong = (values != expected) & ~(np.isnan(values) & np.isnan(expected))
        if wrong.any():
            row = int(np.argmax(wrong))
            raise DataError(
                f"{self.place(row)}: {column} is {self.columns[column][row]!r}, "
                f"but {expected[row]:g} at {self.place(int(first[sequence[row]]))} in the same "
                "sequence. A rating belongs to the whole sequence: write the same value in all its "
                "rows."
            )
        return None if np.isnan(values).all() else values


def _number(cell: str) -> float:
    """Return a cell as a float, NaN if it is not a decimal number."""
    try:
        return float("nan") if "_" in cell else float(cell)
    except ValueError:
        return float("nan")
