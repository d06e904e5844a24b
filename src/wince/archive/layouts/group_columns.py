"""Which columns of a table are groups (age, sex, skin tone, ...), unless the user names them.

A column without a meaning of its own is a group if it has at most 50 different values, and they are
words or whole numbers, or each subject has one value only. Columns that programs for facial
analysis write (timestamp, AU04_r, gaze_0_x, pose_Rx, ...) are measurements of a frame, and never
groups.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

MOST_VALUES = 50
_MEASUREMENTS = re.compile(
    r"au_?\d+.*|action unit .*|time|timestamp|confidence|success|face|face_?id|face_?score"
    r"|(facerect|gaze|pose|eye_lmk|approx|head)[_ ]?.*|[xyz]_\d+|p_([rt][xyz]|scale|\d+)"
    r"|pitch|roll|valence|arousal"
)


def choose(candidates: Sequence[str], rows: Iterable[Mapping[str, str]]) -> tuple[str, ...]:
    """Return the columns that are groups, in order.

    Args:
        candidates: Columns without a meaning of their own.
        rows: The table's rows, with the column `subject`.
    """
    columns = {name: _Column() for name in candidates if not _MEASUREMENTS.fullmatch(name)}
    if columns:
        for row in rows:
            for name, column in columns.items():
                column.add(row["subject"], row[name])
    return tuple(name for name, column in columns.items() if column.is_group)


class _Column:
    """What has been seen in one column."""

    def __init__(self) -> None:
        self.by_subject: dict[str, str] = {}
        self.values: set[str] = set()
        self.has_fractions = False
        self.varies_in_subject = False

    def add(self, subject: str, value: str) -> None:
        if value and len(self.values) <= MOST_VALUES:
            self.values.add(value)
            self.has_fractions = self.has_fractions or _is_fraction(value)
            if self.by_subject.setdefault(subject, value) != value:
                self.varies_in_subject = True

    @property
    def is_group(self) -> bool:
        few = 0 < len(self.values) <= MOST_VALUES
        return few and not (self.has_fractions and self.varies_in_subject)


def _is_fraction(text: str) -> bool:
    try:
        return not float(text).is_integer()
    except ValueError:
        return False
