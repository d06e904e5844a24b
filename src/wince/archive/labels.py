"""Parse labels: PSPI files, FACS rows, sequence ratings and face boxes.

Every number goes through `float`, because the archives use scientific notation: `1.2000000e+01` is
12, not 1.
"""

import math
from collections.abc import Mapping
from pathlib import Path

from wince.archive.frame_file import RATINGS, Box, UnitValues
from wince.errors import ArchiveError, ScaleError
from wince.files import refuse_irregular
from wince.scale import (
    ACTION_UNITS,
    PSPI,
    PSPI_MAXIMUM,
    UNIT_NAMES,
    Scale,
    check_range,
    pspi_formula,
)

MAX_BYTES = 2**20  # a label has a few lines
AGREES_WITHIN = 0.05
"""Largest difference between a PSPI and its formula. FACS values are whole, 3D-Pain's rounded."""
RATING_MAXIMUM = {"vas": 10.0, "opr": 5.0, "sen": math.inf, "aff": math.inf, "nrs": 10.0}


class BadLabelError(ArchiveError):
    """A label that is empty, not a number or not on its scale.

    Attributes:
        line: Line in the label's file, from 1; 0 if unknown.
    """

    def __init__(self, reason: str, line: int = 0) -> None:
        super().__init__(reason)
        self.line = line


def read_text(path: Path) -> str:
    """Return the text of a label file; raise BadLabelError if it cannot be read or is too large."""
    try:
        refuse_irregular(path)
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise BadLabelError(f"cannot be opened: {error.strerror or error}") from error
    if len(data) > MAX_BYTES:
        raise BadLabelError("is larger than 1 MB, so it is not a label")
    return data.decode("utf-8-sig", errors="replace")


def number(token: str, low: float, high: float, name: str, line: int = 0) -> float:
    """Return a token as a number.

    Args:
        token: The text. An underscore is refused, although `float` ignores it: "1_2" is a typing
            error, not twelve.
        low: Smallest allowed value.
        high: Largest allowed value.
        name: What the number is, for the error.
        line: Line of the token, for the error.

    Raises:
        BadLabelError: The token is not a finite number in the range.
    """
    try:
        value = float(token) if "_" not in token else None
    except ValueError:
        value = None
    if value is None:
        raise BadLabelError(f"expected {name} as a number, found {_quoted(token)}", line)
    if not math.isfinite(value):
        raise BadLabelError(f"expected {name} as a finite number, found {_quoted(token)}", line)
    if not low <= value <= high:
        span = f"from {low:g} to {high:g}" if math.isfinite(high) else f"of {low:g} or more"
        raise BadLabelError(f"expected {name} {span}, found {token.strip()}", line)
    return value + 0.0  # -0.0 becomes 0.0


def parse_intensity(token: str, unit: str, name: str, line: int = 0) -> float:
    """Return the intensity of an action unit: a number on its scale, or a FACS letter.

    The letters A to E are 1 to 5. AU43 has no intensity in PSPI, so any letter counts 1 there.

    Args:
        token: The text.
        unit: The action unit, AU4 to AU43.
        name: What the number is, for the error.
        line: Line of the token, for the error.

    Raises:
        BadLabelError: The token is neither.
    """
    letter = "ABCDE".find(token.strip().upper()) if len(token.strip()) == 1 else -1
    if letter >= 0:
        return min(letter + 1.0, ACTION_UNITS[unit].maximum)
    return number(token, 0.0, ACTION_UNITS[unit].maximum, name, line)


def parse_pspi(text: str) -> float:
    """Return the PSPI (0 to 16) that is the first token of a label file.

    Raises:
        BadLabelError: The file is empty, its first line is blank, or its first token is not a
            number on the scale.
    """
    if not text.strip():
        raise BadLabelError("is empty; expected a PSPI score", 1)
    tokens = text.splitlines()[0].split()
    if not tokens:
        raise BadLabelError("has a blank first line; expected a PSPI score there", 1)
    return number(tokens[0], 0.0, PSPI_MAXIMUM, "PSPI", 1)


def parse_rating(text: str, name: str) -> float:
    """Return a sequence's rating: VAS and NRS 0 to 10, OPR 0 to 5, SEN and AFF 0 or more.

    Raises:
        BadLabelError: The file is empty, or its first token is not a number on the scale.
    """
    tokens = text.split()
    if not tokens:
        raise BadLabelError(f"is empty; expected {name.upper()}", 1)
    return number(tokens[0], 0.0, RATING_MAXIMUM[name], name.upper(), 1)


def _on_target(text: str, name: str, target: Scale) -> float:
    if name == target.name.lower():
        return number(text.split()[0], target.low, target.high, target.name, 1)
    return parse_rating(text, name)


def parse_seconds(text: str) -> float | None:
    """Return a time in seconds, None if the text is not a finite number."""
    try:
        seconds = float(text)
    except ValueError:
        return None
    return seconds if math.isfinite(seconds) else None


def row_ratings(
    row: Mapping[str, str], where: str, target: Scale = PSPI
) -> tuple[tuple[float | None, ...], tuple[str, ...]]:
    """Return the RATINGS in a table's row, None if not rated, and problems with them.

    Args:
        row: Cells by column.
        where: Table and line, for the problems.
        target: The scale of the labels; a rating of its name is on its range.
    """
    ratings: list[float | None] = []
    problems = []
    for name in RATINGS:
        value = None
        if row.get(name):
            try:
                value = _on_target(row[name], name, target)
            except BadLabelError as error:
                problems.append(f"{where}: {error}; the rating is left empty")
        ratings.append(value)
    return tuple(ratings), tuple(problems)


def parse_facs(text: str) -> UnitValues:
    """Return the six units of PSPI from the rows of a FACS file; units without a row are 0.

    A row has an action unit's number, its intensity (0 to 5), onset and offset. AU43 has no usable
    intensity and counts 1. If a unit has two rows, the stronger one counts. Units that are not part
    of PSPI are ignored.

    Raises:
        BadLabelError: A row has another form; the error has the line of the first one.
    """
    values = dict.fromkeys(UNIT_NAMES, 0.0)
    for line, row in enumerate(text.splitlines(), start=1):
        tokens = row.split()
        if not tokens:
            continue
        unit = number(tokens[0], 1.0, 99.0, "an action unit", line)
        if unit != int(unit):
            raise BadLabelError(f"expected an action unit's number, found {tokens[0]}", line)
        name = f"AU{int(unit)}"
        if name in values:
            values[name] = max(values[name], _written_intensity(name, tokens, line))
    return units(values)


def _written_intensity(name: str, tokens: list[str], line: int) -> float:
    if name == "AU43":
        return 1.0
    if len(tokens) < 2:
        raise BadLabelError(f"expected {name} and its intensity, found {tokens[0]} alone", line)
    return parse_intensity(tokens[1], name, f"{name}'s intensity", line)


def parse_box(text: str, line: int) -> Box | None:
    """Return "x0 y0 x1 y1" in pixels as a box, None for an empty cell.

    Raises:
        BadLabelError: The text is not four numbers with x0 < x1 and y0 < y1.
    """
    tokens = text.split()
    if not tokens:
        return None
    if len(tokens) != 4:
        raise BadLabelError(f"expected box as x0 y0 x1 y1, found {text!r}", line)
    x0, y0, x1, y1 = (number(token, -1e6, 1e6, "box", line) for token in tokens)
    if x1 <= x0 or y1 <= y0:
        raise BadLabelError(f"expected box with x0 < x1 and y0 < y1, found {text!r}", line)
    return x0, y0, x1, y1


def units(values: Mapping[str, float]) -> UnitValues:
    """Return the action units of PSPI in order.

    Args:
        values: Values by name, AU4 to AU43.

    Raises:
        BadLabelError: A value is out of its range.
    """
    try:
        checked = [
            check_range(values[name], 0.0, ACTION_UNITS[name].maximum, name) for name in UNIT_NAMES
        ]
    except ScaleError as error:
        raise BadLabelError(str(error)) from None
    au4, au6, au7, au9, au10, au43 = checked
    return au4, au6, au7, au9, au10, au43


def disagreement(pspi: float, action_units: UnitValues) -> str:
    """Return how a PSPI differs from the sum of its action units, in words; "" if they agree."""
    by_formula = float(pspi_formula(*action_units))
    if abs(by_formula - pspi) <= AGREES_WITHIN:
        return ""
    return f"PSPI is {pspi:g}, its action units give {by_formula:g}"


def _quoted(token: str) -> str:
    token = token.strip()
    return repr(token if len(token) <= 40 else token[:37] + "...") if token else "nothing"
