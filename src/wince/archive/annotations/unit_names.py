"""Action units and intensities as coders write them: AU4, 04, 4C, L4B, Brow Lowerer; 3, C."""

import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from wince.archive.annotations.annotation import SCORE
from wince.errors import DataError
from wince.scale import PSPI, Scale

_CODE = re.compile(
    r"(?:au|action[ _]unit)?[ _]*[lrtb]?[ _]*0*([1-9]\d?)[ _]?([a-e])?(?:_(?!c$).*| - .*)?",
    re.IGNORECASE,
)
_NAMES = {
    "pspi": SCORE,
    "brow lowerer": "AU4",
    "cheek raiser": "AU6",
    "lid tightener": "AU7",
    "nose wrinkler": "AU9",
    "upper lip raiser": "AU10",
    "eyes closed": "AU43",
    "eye closure": "AU43",
}
_LETTERS = "abcde"
ABSENT = ("notactive", "absent", "none", "no")


def parse_codes(text: str, renames: Mapping[str, str]) -> list[tuple[str, str]] | None:
    """Return the action units in a text, each with its letter or ""; None if it is no such text.

    Args:
        text: One code, or several joined with "+": "AU4", "4C", "6B+7C", "Brow Lowerer".
        renames: Names that the user states (lower case) -> name in wince.
    """
    codes = []
    for part in text.split("+"):
        name = " ".join(part.split()).lower()
        name = renames.get(name, name)
        if unit := _NAMES.get(name):
            codes.append((unit, ""))
        elif match := _CODE.fullmatch(name):
            codes.append((f"AU{match[1]}", match[2] or ""))
        else:
            return None
    return codes


def parse_coded_units(names: Sequence[str]) -> tuple[str, ...]:
    """Return the action units of `--coded-unit`; each may be several, joined with "," or "+".

    Raises:
        DataError: A name is no action unit.

    >>> parse_coded_units(["4,6", "AU43"])
    ('AU4', 'AU6', 'AU43')
    """
    units = []
    for name in names:
        codes = parse_codes(name.replace(",", "+"), {})
        if codes is None or any(letter or unit == SCORE for unit, letter in codes):
            raise DataError(f"--coded-unit {name}: expected an action unit, such as AU43.")
        units += [unit for unit, _ in codes]
    return tuple(dict.fromkeys(units))


class Intensities:
    """Reads the intensities of one file, and refuses a file with both letters and numbers."""

    def __init__(self, path: Path, scale: Scale = PSPI) -> None:
        """Begin a file; `scale` is that of its scores."""
        self._path, self._scale = path, scale
        self._first: dict[str, tuple[int, str]] = {}

    def parse(self, unit: str, text: str, line: int) -> float:
        """Return an intensity on the unit's scale, NaN for an empty cell.

        AU43 has no intensity in PSPI: whatever is above 0 counts 1, and so does an empty cell.

        Args:
            unit: Name of the action unit, or SCORE.
            text: A number from 0 to 5, a letter from A to E, or empty. A score is on its scale.
            line: Its line, for the error.

        Raises:
            DataError: It is something else, or the file mixes letters and numbers.
        """
        text = text.strip().lower()
        if not text:
            return 1.0 if unit == "AU43" else math.nan
        if unit == SCORE:
            return self._score(text, line)
        if text in ABSENT:
            return 0.0
        is_letter = len(text) == 1 and text in _LETTERS
        value = _LETTERS.index(text) + 1.0 if is_letter else _number(text)
        if not 0 <= value <= 5.0:
            raise DataError(
                f"{self._path}, line {line}: expected the intensity of {unit} as a number from 0 "
                f"to 5 or a letter from A to E, found {text[:40]!r}."
            )
        if unit != "AU43":
            self._refuse_mixture("letter" if is_letter else "number", text, line)
        return min(value, 1.0) if unit == "AU43" else value

    def _score(self, text: str, line: int) -> float:
        value = 0.0 if text in ABSENT and self._scale.is_pspi else _number(text)
        if not self._scale.low <= value <= self._scale.high:
            raise DataError(
                f"{self._path}, line {line}: expected {self._scale.words}, found {text[:40]!r}."
            )
        return value

    def _refuse_mixture(self, kind: str, text: str, line: int) -> None:
        self._first.setdefault(kind, (line, text))
        if len(self._first) == 2:
            (first, letter), (second, value) = self._first["letter"], self._first["number"]
            raise DataError(
                f"{self._path}: intensities are letters in some lines ({letter.upper()} in line "
                f"{first}) and numbers in others ({value} in line {second}). Write all of them in "
                "one way: A to E are 1 to 5."
            )


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
