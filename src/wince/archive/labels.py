"""Labels as numbers: PSPI files, FACS rows and sequence ratings.

Every number goes through `float`: the archives write scientific notation, and `1.2000000e+01` is
12, not 1.
"""

import math
from collections.abc import Mapping
from pathlib import Path

from wince.archive.frame_file import UnitValues
from wince.errors import ArchiveError, ScaleError
from wince.scale import ACTION_UNITS, PSPI_MAXIMUM, UNIT_NAMES, check_range, pspi_formula

MAX_BYTES = 2**20  # a label is a few lines; anything longer is another kind of file
AGREES_WITHIN = 0.05  # points of PSPI; FACS values are whole numbers, 3D-Pain's are rounded
RATING_MAXIMUM = {"vas": 10.0, "opr": 5.0, "sen": math.inf, "aff": math.inf}


class BadLabelError(ArchiveError):
    """A label that is empty, not a number or off its scale; `line` counts from 1, 0 is unknown."""

    def __init__(self, reason: str, line: int = 0) -> None:
        super().__init__(reason)
        self.line = line


def read_text(path: Path) -> str:
    """Return a label file's text; raise BadLabelError when it cannot be read or is not a label."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise BadLabelError(f"cannot be opened: {error.strerror or error}") from error
    if len(data) > MAX_BYTES:
        raise BadLabelError("is larger than 1 MB, which no label is")
    return data.decode("utf-8-sig", errors="replace")


def number(token: str, low: float, high: float, name: str, line: int = 0) -> float:
    """Return a token as a number within [low, high]; raise BadLabelError with the line otherwise.

    An underscore is refused although Python's `float` skips it: "1_2" is a slip, not twelve.
    """
    try:
        value = float(token) if "_" not in token else None
    except ValueError:
        value = None
    if value is None:
        raise BadLabelError(f"expected {name} as a number, found {_short(token)}", line)
    if not math.isfinite(value):
        raise BadLabelError(f"expected {name} as a finite number, found {_short(token)}", line)
    if not low <= value <= high:
        span = f"from {low:g} to {high:g}" if math.isfinite(high) else f"of {low:g} or more"
        raise BadLabelError(f"expected {name} {span}, found {token.strip()}", line)
    return value + 0.0  # -0.0 becomes 0.0


def parse_pspi(text: str) -> float:
    """Return the PSPI (0 to 16) that a label file's first token gives.

    Raises BadLabelError when the file is empty, its first line is blank, or its first token is not
    a number on the scale.
    """
    if not text.strip():
        raise BadLabelError("is empty; expected a PSPI score", 1)
    tokens = text.splitlines()[0].split()
    if not tokens:
        raise BadLabelError("has a blank first line; expected a PSPI score there", 1)
    return number(tokens[0], 0.0, PSPI_MAXIMUM, "PSPI", 1)


def parse_rating(text: str, name: str) -> float:
    """Return a sequence's rating: VAS 0 to 10, OPR 0 to 5, SEN and AFF 0 or more."""
    tokens = text.split()
    if not tokens:
        raise BadLabelError(f"is empty; expected {name.upper()}", 1)
    return number(tokens[0], 0.0, RATING_MAXIMUM[name], name.upper(), 1)


def parse_facs(text: str) -> UnitValues:
    """Return the six units of PSPI from a FACS file's rows; an empty file codes none of them.

    A row is an action unit's number, its intensity (0 to 5), onset and offset. AU43 comes without
    a usable intensity and counts 1. A unit coded twice takes its stronger row, and units that are
    not part of PSPI are passed over.

    Raises BadLabelError with the line of the first row that is none of this.
    """
    found = dict.fromkeys(UNIT_NAMES, 0.0)
    for line, row in enumerate(text.splitlines(), start=1):
        tokens = row.split()
        if not tokens:
            continue
        unit = number(tokens[0], 1.0, 99.0, "an action unit", line)
        if unit != int(unit):
            raise BadLabelError(f"expected an action unit's number, found {tokens[0]}", line)
        name = f"AU{int(unit)}"
        if name not in found:
            continue
        found[name] = max(found[name], _intensity(name, tokens, line))
    return units(found)


def _intensity(name: str, tokens: list[str], line: int) -> float:
    if name == "AU43":
        return 1.0
    if len(tokens) < 2:
        raise BadLabelError(f"expected {name} and its intensity, found {tokens[0]} alone", line)
    return number(tokens[1], 0.0, ACTION_UNITS[name].maximum, f"{name}'s intensity", line)


def units(values: Mapping[str, float]) -> UnitValues:
    """Return the six action units by name (AU4 ... AU43) in order, each checked for its range."""
    try:
        checked = [
            check_range(values[name], 0.0, ACTION_UNITS[name].maximum, name) for name in UNIT_NAMES
        ]
    except ScaleError as error:
        raise BadLabelError(str(error)) from None
    au4, au6, au7, au9, au10, au43 = checked
    return au4, au6, au7, au9, au10, au43


def disagreement(pspi: float, action_units: UnitValues) -> str:
    """Return in words how a PSPI differs from its action units' sum; "" when they agree."""
    by_formula = float(pspi_formula(*action_units))
    if abs(by_formula - pspi) <= AGREES_WITHIN:
        return ""
    return f"PSPI is {pspi:g}, its action units give {by_formula:g}"


def _short(token: str) -> str:
    token = token.strip()
    return repr(token if len(token) <= 40 else token[:37] + "...") if token else "nothing"
