"""Rows of prepared data to train, validate and test on: the prepared split, or folds by subject."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wince.archive import balanced_split
from wince.errors import DataError
from wince.evaluation import run_record
from wince.evaluation.prediction_files import TrainingLabels
from wince.protocol_names import OPTIMISTIC
from wince.training.data.frames import Frames
from wince.training.data.prepared import ModelData
from wince.training.data.unscorable import Unscorable

Rows = NDArray[np.intp]
LOSO = "loso"
SPLIT = "split"
"""Name of the split that `wince prepare` made; folds have names of their own."""


@dataclass(frozen=True, slots=True)
class Split:
    """Rows of Frames to train, validate and test on.

    Attributes:
        name: Name of the fold, or "split".
        train: Rows to train on.
        validation: Rows that choose the best epoch and calibrate.
        test: Rows to test on, may be empty.
        protocol: How the rows were chosen, in words.
        caution: "subjects overlap: optimistic" when a subject is in several parts, else "".
    """

    name: str
    train: Rows
    validation: Rows
    test: Rows
    protocol: str
    caution: str

    def seen_subjects(self, frames: Frames) -> list[str]:
        """Return the subjects that a model of this split is trained, chosen or calibrated on."""
        rows = np.concatenate([self.train, self.validation])
        return sorted(set(frames.subject[rows].tolist()))

    def sha256(self, frames: Frames) -> str:
        """Return the SHA-256 of which frame is in which part, whatever the order of the rows."""
        parts = {"train": self.train, "validation": self.validation, "test": self.test}
        return sha256_of_parts(parts, frames)


def sha256_of_parts(parts: Mapping[str, Rows], frames: Frames) -> str:
    """Return the SHA-256 of which frame is in which part, whatever the order of the rows."""
    lines = [f"{part}\t{path}\n" for part, rows in parts.items() for path in frames.path[rows]]
    return hashlib.sha256("".join(sorted(lines)).encode("utf-8", "surrogateescape")).hexdigest()


def sha256_of_folds(splits: Iterable[Split], frames: Frames) -> str:
    """Return the SHA-256 of the folds of a cross-validation, in their order."""
    return run_record.combined(split.sha256(frames) for split in splits)


def from_prepared(data: ModelData) -> Split:
    """Return the split that `wince prepare` made."""
    rows = tuple(np.flatnonzero(data.frames.split == part) for part in balanced_split.PARTS)
    return _checked_split(SPLIT, data.frames, rows, data.prepared.protocol)


def from_config(data: ModelData, part: Mapping[str, Any]) -> Split:
    """Return the split that a run's config.json describes under `part`."""
    if part["name"] == SPLIT:
        return from_prepared(data)
    rows = [
        np.flatnonzero(np.isin(data.frames.subject, part[name]["subjects"]))
        for name in ("train", "validation", "test")
    ]
    return _checked_split(part["name"], data.frames, rows, part["protocol"])


def make_folds(frames: Frames, folds: str, seed: int) -> list[Split]:
    """Return the folds of a cross-validation by subject, stratified by level.

    Each subject is tested in exactly one fold. The subjects tested in the next fold choose the best
    epoch and calibrate; when one subject is left out at a time, those of the next of five folds.

    Args:
        frames: The frames.
        folds: A number of folds, or "loso" to leave one subject out at a time.
        seed: Seed of the assignment of subjects to folds.

    Raises:
        DataError: There are too few subjects, or `folds` is neither.
    """
    names, number = np.unique(frames.subject, return_inverse=True)
    count = balanced_split.FOLDS if folds == LOSO else _fold_count(folds)
    needed = 3 if folds == LOSO else count
    if len(names) < needed:
        title = "Folds that leave one subject out" if folds == LOSO else f"{folds} folds"
        raise DataError(
            f"{title} need at least {needed} subjects; found {len(names)} "
            f"({subject_list(names.tolist())}). Add subjects, or use fewer folds."
        )
    levels = np.zeros((len(names), len(frames.scale.cuts) + 1), np.int64)
    level_of_frame = [frames.scale.level_index(score) for score in frames.score.tolist()]
    np.add.at(levels, (number, np.array(level_of_frame, np.intp)), 1)
    subjects = balanced_split.SubjectLevels(tuple(names.tolist()), levels)
    fold_of_subject = balanced_split.assign_folds(subjects, seed, count)
    fold_of_frame = fold_of_subject[number]
    if folds == LOSO:
        return [
            _leave_out(frames, name, fold_of_frame, int(fold), int(fold_of_subject.max()))
            for name, fold in zip(names.tolist(), fold_of_subject, strict=True)
        ]
    splits = []
    for fold in range(1, count + 1):
        test, validation = fold_of_frame == fold, fold_of_frame == fold % count + 1
        rows = [np.flatnonzero(mask) for mask in (~test & ~validation, validation, test)]
        splits.append(_checked_split(str(fold), frames, rows, f"{count} folds by subject"))
    return splits


def unscorable_in_test(split: Split, data: ModelData) -> Unscorable:
    """Return the labelled frames that belong to a split's test part and cannot be scored."""
    if split.name == SPLIT:
        return data.unscorable.of_part(balanced_split.PARTS[-1])
    return data.unscorable.of_subjects(set(data.frames.subject[split.test].tolist()))


def check(split: Split, frames: Frames) -> list[str]:
    """Return what a reader must know about a split, in sentences.

    Raises:
        DataError: Nothing can be learned or measured with the split.
    """
    subjects = sorted(set(frames.subject.tolist()))
    if len(subjects) == 1:
        raise DataError(
            f"All {len(frames):,} frames are of one subject ({subjects[0]}). One subject cannot "
            "show how well a model does on other people: prepare frames of at least three."
        )
    for rows, name in ((split.train, "training"), (split.validation, "validation")):
        if len(rows) < 2:
            raise DataError(
                f"The {name} part has {len(rows)} frames of {len(frames):,}; at least two are "
                "needed. Prepare an archive with more subjects, or give another --split-file."
            )
    if not _any_pain(frames, split.train):
        raise DataError(
            f"The training part ({len(split.train):,} frames) has no frame with "
            f"{frames.scale.pain}, so there is no pain expression to learn. Prepare with "
            "another --seed, or add subjects."
        )
    notes = [f"Split: {split.caution}."] if split.caution else []
    if not _any_pain(frames, split.validation):
        notes.append(
            "The validation part has no frame with pain: the best epoch is chosen by MAE, and the "
            "calibration is fitted on neutral faces only. Another --seed for the split may help."
        )
    if len(split.test) and not _any_pain(frames, split.test):
        notes.append(
            "The test part has no frame with pain: AUC and correlation are undefined there; only "
            "its errors can be read."
        )
    return notes


def _any_pain(frames: Frames, rows: Rows) -> bool:
    return bool(frames.scale.is_pain(frames.score[rows]).any())


def training_labels(frames: Frames, rows: Rows) -> TrainingLabels:
    """Return the labels that a model was trained on, for the trivial baselines."""
    return TrainingLabels(
        "the training part", frames.score[rows].astype(np.float64), None, scale=frames.scale
    )


def subject_list(names: Iterable[str], limit: int = 3) -> str:
    """Return names as text: the first few in order, and how many more there are."""
    ordered = sorted(names)
    shown = ", ".join(ordered[:limit])
    return f"{shown} and {len(ordered) - limit} more" if len(ordered) > limit else shown


def _checked_split(name: str, frames: Frames, rows: Sequence[Rows], protocol: str) -> Split:
    train, validation, test = rows
    subjects = [set(frames.subject[part].tolist()) for part in rows]
    overlap = subjects[0] & subjects[1] or (subjects[0] | subjects[1]) & subjects[2]
    return Split(name, train, validation, test, protocol, OPTIMISTIC if overlap else "")


def _leave_out(
    frames: Frames, subject: str, fold_of_frame: NDArray[np.int64], fold: int, count: int
) -> Split:
    """Return the fold that tests on one subject; `fold` is that subject's among `count` folds."""
    test = frames.subject == subject
    validation = (fold_of_frame == fold % count + 1) & ~test
    rows = [np.flatnonzero(mask) for mask in (~validation & ~test, validation, test)]
    return _checked_split(subject, frames, rows, "leave one subject out")


def _fold_count(folds: str) -> int:
    try:
        count = int(folds)
    except ValueError:
        count = 0
    if count < 3:
        raise DataError(
            f"Expected 3 or more folds, or {LOSO}; found {folds!r}. Each fold needs other folds to "
            "train and to validate on."
        )
    return count
