"""Every kept frame given its part and its fold."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from wince.archive import balanced_split
from wince.archive.frame_database import FrameDatabase
from wince.archive.given_split import SplitFile

Protocol = Literal["by-subject", "random-frames", "split-file"]


def subjects(database: FrameDatabase) -> balanced_split.SubjectLevels:
    """Return the subjects of the kept frames with their counts of every level."""
    found: dict[str, list[int]] = {}
    for subject, level, count in database.rows(
        "SELECT subject, level, count(*) FROM frame WHERE reason = '' GROUP BY 1, 2 ORDER BY 1, 2"
    ):
        found.setdefault(subject, [0, 0, 0, 0])[level] = count
    levels = np.array(list(found.values()), np.int64).reshape(-1, 4)
    return balanced_split.SubjectLevels(tuple(found), levels)


def split(
    database: FrameDatabase, protocol: Protocol, seed: int, given: SplitFile | None
) -> list[str]:
    """Give every kept frame its part and fold; return what must be said about a given split."""
    people = subjects(database)
    folds = dict(zip(people.names, balanced_split.folds(people, seed).tolist(), strict=True))
    if given is not None:
        return _as_given(database, folds, given)
    if protocol == "random-frames":
        (count,) = database.one("SELECT count(*) FROM frame WHERE reason = ''")
        by_frame = balanced_split.random_frames(count, seed)
        database.assign(
            (balanced_split.PARTS[by_frame[place]], str(folds[frame.subject]), frame.number)
            for place, frame in enumerate(_frames(database))
        )
        return []
    parts = balanced_split.by_share(people, balanced_split.SHARES, seed).tolist()
    by_subject = dict(zip(people.names, parts, strict=True))
    database.assign(
        (balanced_split.PARTS[by_subject[frame.subject]], str(folds[frame.subject]), frame.number)
        for frame in _frames(database)
    )
    return []


@dataclass(frozen=True, slots=True)
class _Frame:
    number: int
    subject: str
    sequence: str
    frame: str
    name: str


def _frames(database: FrameDatabase) -> Iterator[_Frame]:
    """Yield the kept frames in the archive's order."""
    for row in database.rows(
        "SELECT number, subject, sequence, json_extract(cells, '$.frame'), name FROM frame "
        "WHERE reason = '' ORDER BY number"
    ):
        yield _Frame(*row)


def _as_given(database: FrameDatabase, folds: dict[str, int], given: SplitFile) -> list[str]:
    used: set[str] = set()
    several: set[str] = set()
    unnamed = 0

    def parts() -> Iterator[tuple[str, str, int]]:
        nonlocal unnamed
        for frame in _frames(database):
            key = given.key(frame.subject, frame.sequence, frame.frame, frame.name)
            if key not in given.given:
                unnamed += 1
            elif key in used and given.by != "subject":
                several.add(key)
            used.add(key)
            part, fold = given.given.get(key, ("", ""))
            yield part, fold or str(folds[frame.subject]), frame.number

    database.assign(parts())
    notes = []
    if unnamed:
        notes.append(
            f"{given.source.name} gives no part to {unnamed:,} kept frames: they are in the "
            "manifest but in none of train, val and test."
        )
    if several:
        notes.append(
            f"{_entries(len(several), given)} {'names' if len(several) == 1 else 'name'} more than "
            f"one frame; the first is {_shown(min(several))}. Give longer paths."
        )
    strangers = sorted(given.given.keys() - used)
    if strangers:
        notes.append(
            f"{_entries(len(strangers), given)} {'matches' if len(strangers) == 1 else 'match'} no "
            f"kept frame; the first is {_shown(strangers[0])}."
        )
    return notes


def _entries(count: int, given: SplitFile) -> str:
    return f"{count:,} {'entry' if count == 1 else 'entries'} of {given.source.name}"


def _shown(key: str) -> str:
    return key.replace("\0", ", ")
