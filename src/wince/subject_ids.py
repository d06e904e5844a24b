"""Names of subjects, sequences and frames, compared in the same way wherever two tables meet.

Spreadsheets remove leading zeros and change `1` to `1.0`; people change upper and lower case, and
add spaces. Names that differ only in this way are the same subject, unless the user states
otherwise with `--distinct-subjects`.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable

from wince.errors import DataError

OPTION = "--distinct-subjects"
_ZEROS = re.compile(r"(?<![\d.])0+(?=\d)")
_POINT_ZERO = re.compile(r"(\d+)\.0+")
_MOST_SHOWN = 3


def key(name: str, *, distinct: bool = False) -> str:
    """Return what two spellings of one name have in common.

    Args:
        name: The name, such as "007", "P 7" or "042-ll042".
        distinct: Whether names that are spelled differently are different subjects. Then only the
            Unicode form is unified (NFC).

    >>> key("001") == key("1") == key("1.0"), key("P 07") == key("p7"), key("10") == key("1")
    (True, True, False)
    """
    if distinct:
        return unicodedata.normalize("NFC", name)
    text = "".join(unicodedata.normalize("NFKC", name).casefold().split())
    whole = _POINT_ZERO.fullmatch(text)
    return _ZEROS.sub("", whole[1] if whole else text)


def alike(names: Iterable[str]) -> list[list[str]]:
    """Return the groups of different names that have one key, each sorted."""
    by_key: dict[str, set[str]] = {}
    for name in names:
        by_key.setdefault(key(name), set()).add(name)
    return sorted(sorted(group) for group in by_key.values() if len(group) > 1)


def refuse_alike(names: Iterable[str], source: object, *, distinct: bool = False) -> None:
    """Raise DataError if two names of one table may be the same subject.

    Args:
        names: The names of the subjects.
        source: The table or archive, for the message.
        distinct: Whether the user states that the names are different subjects.
    """
    groups = [] if distinct else alike(name for name in names if name)
    if groups:
        raise DataError(
            f"{source}: {listed([' and '.join(map(repr, group)) for group in groups])} differ "
            "only in leading zeros, upper and lower case, or spaces, and may be the same subject. "
            "One subject under two names could be in training and in test. Write the name in "
            f"one way (a spreadsheet removes leading zeros), or pass {OPTION} if they are "
            "different subjects."
        )


def common(
    names: Collection[str], others: Collection[str], *, distinct: bool = False
) -> frozenset[str]:
    """Return those of `names` that are also in `others`, whatever their spelling."""
    keys = {key(name, distinct=distinct) for name in others}
    return frozenset(name for name in names if key(name, distinct=distinct) in keys)


def no_match(names: Collection[str], source: str, others: Collection[str], other: str) -> str:
    """Return a sentence for two tables without a common subject; "" if there is one.

    Args:
        names: Names of the subjects in one table.
        source: The table.
        others: Names of the subjects in another table.
        other: That table.
    """
    if not names or not others or common(names, others):
        return ""
    return (
        f"No subject of {source} occurs in {other}, whatever the leading zeros, case and spaces of "
        "the names. That is right if they are different people. If one of the two uses other names "
        f"for the same people, an overlap cannot be seen. The first names are {min(names)} and "
        f"{min(others)}."
    )


def listed(names: Collection[str], most: int = _MOST_SHOWN) -> str:
    """Return names as text: the first few, and how many more there are."""
    shown = ", ".join(list(names)[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown
