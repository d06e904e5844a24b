"""Who is trained on, who chooses and calibrates, and who tests: parts of a prepared folder."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wince import scale
from wince.archive import balanced_split
from wince.archive.manifest import PreparedFolder
from wince.errors import DataError
from wince.protocol_names import OPTIMISTIC
from wince.training.prepared import Frames, listed

Rows = NDArray[np.intp]
PAIN = scale.BINARY_CUTS[0] - 0.5  # a score that rounds to 1 or more
LOSO = "loso"
SPLIT = "split"
"""The name of the parts that `wince prepare` made; folds have names of their own."""


@dataclass(frozen=True, slots=True)
class Parts:
    """Rows of Frames to train on, to choose the epoch and calibrate on, and to test on.

    name: of the fold, or "split". protocol: in words. caution: "subjects overlap: optimistic" when
    a subject that is tested was trained on, else "".
    """

    name: str
    train: Rows
    validation: Rows
    test: Rows
    protocol: str
    caution: str

    def seen(self, frames: Frames) -> list[str]:
        """Return the subjects that the model knows: trained on, chosen or calibrated by."""
        known = np.concatenate([self.train, self.validation])
        return sorted(set(frames.subject[known].tolist()))


def from_split(prepared: PreparedFolder, frames: Frames) -> Parts:
    """Return the parts that `wince prepare` made."""
    train, validation, test = (
        np.flatnonzero(frames.split == name) for name in balanced_split.PARTS
    )
    return _parts(SPLIT, frames, (train, validation, test), prepared.protocol)


def from_config(prepared: PreparedFolder, frames: Frames, part: Mapping[str, Any]) -> Parts:
    """Return the parts that a run's config.json describes."""
    if part["name"] == SPLIT:
        return from_split(prepared, frames)
    rows = [
        np.flatnonzero(np.isin(frames.subject, part[name]["subjects"]))
        for name in ("train", "validation", "test")
    ]
    return _parts(part["name"], frames, rows, part["protocol"])


def folds(frames: Frames, how: str, seed: int) -> list[Parts]:
    """Return the parts of each fold of a cross-validation by subject, stratified by level.

    how: "loso", or a number of folds. Each fold's test subjects are in no other fold's. The next
    fold's subjects choose the epoch and calibrate; under "loso" those of the next of five folds.

    Raises DataError when there are too few subjects.
    """
    names, number = np.unique(frames.subject, return_inverse=True)
    levels = np.zeros((len(names), len(scale.LEVELS)), np.int64)
    banded = [scale.LEVELS.index(scale.level(score)) for score in frames.pspi.tolist()]
    np.add.at(levels, (number, np.array(banded, np.intp)), 1)
    people = balanced_split.SubjectLevels(tuple(names.tolist()), levels)
    count = balanced_split.FOLDS if how == LOSO else _count(how)
    least = 3 if how == LOSO else count
    if len(names) < max(least, 3):
        raise DataError(
            f"{_folds_in_words(how)} need at least {max(least, 3)} subjects; found {len(names)} "
            f"({listed(names.tolist())}). Add subjects, or use fewer folds."
        )
    of_subject = balanced_split.folds(people, seed, count)
    if how == LOSO:
        return [_leave_out(frames, name, of_subject, names, number) for name in names.tolist()]
    found = []
    for fold in range(1, count + 1):
        nearby = fold % count + 1
        parts = [of_subject[number] == fold, of_subject[number] == nearby]
        train = ~parts[0] & ~parts[1]
        rows = tuple(np.flatnonzero(mask) for mask in (train, parts[1], parts[0]))
        found.append(_parts(str(fold), frames, rows, f"{count} folds by subject"))
    return found


def check(parts: Parts, frames: Frames) -> list[str]:
    """Return what a reader must be told of the parts; raise DataError when they are of no use."""
    subjects = sorted(set(frames.subject.tolist()))
    if len(subjects) == 1:
        raise DataError(
            f"All {len(frames):,} frames are of one subject ({subjects[0]}). Whether a model reads "
            "other people cannot be known from one: prepare frames of at least three."
        )
    for rows, name in ((parts.train, "training"), (parts.validation, "validation")):
        if len(rows) < 2:
            raise DataError(
                f"The {name} part has {len(rows)} frames of {len(frames):,}; at least two are "
                "needed. Prepare an archive with more subjects, or give another --split-file."
            )
    if frames.pspi[parts.train].max() < PAIN:
        raise DataError(
            f"The training part ({len(parts.train):,} frames) has no frame with PSPI 1 or more, so "
            "there is no pain expression to learn. Prepare with another --seed, or add subjects."
        )
    notes = [f"Split: {parts.caution}."] if parts.caution else []
    if frames.pspi[parts.validation].max() < PAIN:
        notes.append(
            "The validation part has no frame with pain: the best epoch is chosen by MAE, and the "
            "calibration knows calm faces only. Another --seed for the split may be better."
        )
    if len(parts.test) and frames.pspi[parts.test].max() < PAIN:
        notes.append(
            "The test part has no frame with pain: AUC and correlation are undefined there, and "
            "only its errors say something."
        )
    return notes


def _parts(name: str, frames: Frames, rows: Sequence[Rows], protocol: str) -> Parts:
    train, validation, test = rows
    known = set(frames.subject[np.concatenate([train, validation])].tolist())
    overlap = bool(known & set(frames.subject[test].tolist())) or bool(
        set(frames.subject[train].tolist()) & set(frames.subject[validation].tolist())
    )
    return Parts(name, train, validation, test, protocol, OPTIMISTIC if overlap else "")


def _leave_out(
    frames: Frames,
    subject: str,
    of_subject: NDArray[np.int64],
    names: NDArray[np.str_],
    number: NDArray[np.intp],
) -> Parts:
    """Return the fold that tests on one subject; the next of the folds chooses and calibrates."""
    own = int(of_subject[names == subject][0])
    count = int(of_subject.max())
    chooses = (of_subject[number] == own % count + 1) & (frames.subject != subject)
    test = frames.subject == subject
    rows = tuple(np.flatnonzero(mask) for mask in (~chooses & ~test, chooses, test))
    return _parts(subject, frames, rows, "leave one subject out")


def _count(how: str) -> int:
    try:
        count = int(how)
    except ValueError:
        count = 0
    if count < 3:
        raise DataError(
            f"Expected 3 or more folds, or {LOSO}; found {how!r}. Each fold needs others to train "
            "on and to choose by."
        )
    return count


def _folds_in_words(how: str) -> str:
    return "Folds that leave one subject out" if how == LOSO else f"{how} folds"
