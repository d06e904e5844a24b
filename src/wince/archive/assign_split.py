"""Assign a part and a fold to every kept frame."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from wince.archive import balanced_split
from wince.archive.balanced_split import PARTS, SubjectLevels
from wince.archive.frame_database import FrameDatabase
from wince.archive.given_split import GivenSplit
from wince.errors import DataError

Protocol = Literal["by-subject", "random-frames", "split-file"]


@dataclass(frozen=True, slots=True)
class _Frame:
    number: int
    subject: str
    sequence: str
    frame: str
    name: str


def split(
    database: FrameDatabase,
    protocol: Protocol,
    seed: int,
    given: GivenSplit | None,
    *,
    distinct_subjects: bool = False,
) -> list[str]:
    """Assign a part and a fold to every kept frame.

    Args:
        database: The frames.
        protocol: How to split them. `given` takes precedence.
        seed: Random seed.
        given: A split made before.
        distinct_subjects: Whether names that are spelled differently are different subjects.

    Returns:
        Warnings about `given`.

    Raises:
        DataError: No entry of `given` matches a frame.
    """
    subjects = _count_levels(database)
    fold_numbers = balanced_split.assign_folds(subjects, seed).tolist()
    folds = {name: str(fold) for name, fold in zip(subjects.names, fold_numbers, strict=True)}
    if given is not None:
        return _assign_given(database, folds, given, distinct_subjects)
    if protocol == "random-frames":
        (count,) = database.only_row("SELECT count(*) FROM kept")
        by_frame = balanced_split.random_frames(count, seed)
        parts = (PARTS[part] for part in by_frame)
    else:
        part_numbers = balanced_split.by_share(subjects, balanced_split.SHARES, seed).tolist()
        by_subject = dict(zip(subjects.names, part_numbers, strict=True))
        parts = (PARTS[by_subject[frame.subject]] for frame in _frames(database))
    database.assign(
        (part, folds[frame.subject], frame.number)
        for part, frame in zip(parts, _frames(database), strict=True)
    )
    return []


def _count_levels(database: FrameDatabase) -> SubjectLevels:
    counts: dict[str, list[int]] = {}
    for subject, level, count in database.rows(
        "SELECT subject, level, count(*) FROM kept GROUP BY 1, 2 ORDER BY 1, 2"
    ):
        counts.setdefault(subject, [0] * database.level_count)[level] = count
    levels = np.array(list(counts.values()), np.int64).reshape(-1, database.level_count)
    return SubjectLevels(tuple(counts), levels)


def _frames(database: FrameDatabase) -> Iterator[_Frame]:
    """Yield the kept frames in the archive's order."""
    for row in database.rows(
        "SELECT number, subject, sequence, json_extract(cells, '$.frame'), name FROM kept "
        "ORDER BY number"
    ):
        yield _Frame(*row)


def _assign_given(
    database: FrameDatabase, folds: dict[str, str], given: GivenSplit, distinct: bool
) -> list[str]:
    """Assign the parts of a split made before; return warnings about it."""
    matched: set[str] = set()
    ambiguous: set[str] = set()
    unassigned = 0

    def parts() -> Iterator[tuple[str, str, int]]:
        nonlocal unassigned
        for frame in _frames(database):
            key = given.key(
                frame.subject, frame.sequence, frame.frame, frame.name, distinct=distinct
            )
            if key not in given.entries:
                unassigned += 1
            elif key in matched and given.by != "subject":
                ambiguous.add(key)
            matched.add(key)
            part, fold = given.entries.get(key, ("", ""))
            yield part, fold or folds[frame.subject], frame.number

    database.assign(parts())
    if not matched & given.entries.keys():
        raise DataError(
            f"{given.source} matches no frame of the archive: its first entry is "
            f"{_shown(next(iter(given.entries), 'missing'))}, the archive's first frame would be "
            f"{_shown(min(matched))}. Write the names as in the archive."
        )
    return _given_warnings(
        given, unassigned, sorted(ambiguous), sorted(given.entries.keys() - matched)
    )


def _given_warnings(
    given: GivenSplit, unassigned: int, ambiguous: list[str], unmatched: list[str]
) -> list[str]:
    """Return warnings about a split made before.

    Args:
        given: The split.
        unassigned: Number of kept frames without an entry.
        ambiguous: Keys of entries that match more than one frame.
        unmatched: Keys of entries that match no frame.
    """
    warnings = []
    if unassigned:
        warnings.append(
            f"{given.source.name} gives no part to {unassigned:,} kept frames: they are in the "
            "manifest but in none of train, val and test."
        )
    if ambiguous:
        verb = "matches" if len(ambiguous) == 1 else "match"
        warnings.append(
            f"{_entries(len(ambiguous), given)} {verb} more than one frame; the first is "
            f"{_shown(ambiguous[0])}. Give longer paths."
        )
    if unmatched:
        verb = "matches" if len(unmatched) == 1 else "match"
        warnings.append(
            f"{_entries(len(unmatched), given)} {verb} no kept frame; the first is "
            f"{_shown(unmatched[0])}."
        )
    return warnings


def _entries(count: int, given: GivenSplit) -> str:
    return f"{count:,} {'entry' if count == 1 else 'entries'} of {given.source.name}"


def _shown(key: str) -> str:
    return key.replace("\0", ", ")
