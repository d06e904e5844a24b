"""What a reader of a preparation report has to be warned of, in sentences."""

from collections.abc import Iterator, Sequence
from typing import Any

from wince.archive.balanced_split import FOLDS
from wince.archive.report.summary import LEVELS, Summary
from wince.protocol_names import OPTIMISTIC

FEW_FACES = 0.95  # of a subject's frames; below, the subject is named


def report_warnings(
    counts: Summary, *, layout: str, overlap: bool, strict: bool, split_notes: Sequence[str]
) -> list[str]:
    """Return the warnings of a run, the weightiest first.

    layout: what is to be said of the layout itself, "" when nothing. overlap: whether a subject is
    in several parts. split_notes: what reading a split file brought to light.
    """
    found: list[str] = []
    if overlap:
        found.append(
            f"Split: {OPTIMISTIC}. The same people are trained on and tested on, so every figure "
            "made from this split flatters the model. Say so wherever it appears."
        )
    found += [layout] if layout else []
    found += split_notes
    found += _of_parts(counts)
    found += _of_subjects(counts)
    found += _of_duplicates(counts)
    found += _of_labels(counts, strict)
    return found


def _of_parts(counts: Summary) -> Iterator[str]:
    for part, of_part in counts.parts.items():
        if not of_part["frames"]:
            yield f"The {part} part is empty: there are too few subjects, or the split names none."
            continue
        yield from _missing_levels(f"the {part} part", of_part["levels"], counts)
    if 0 < len(counts.folds) < FOLDS:
        yield f"There are {len(counts.folds)} folds and not {FOLDS}: there are no more subjects."
    for fold, of_fold in counts.folds.items():
        if not of_fold["pain_frames"]:
            yield f"Fold {fold} has no frame with pain: AUC and correlation are undefined there."


def _missing_levels(where: str, levels: dict[str, int], counts: Summary) -> Iterator[str]:
    missing = [level for level in LEVELS if not levels[level]]
    if missing:
        what = "Level" if len(missing) == 1 else "Levels"
        told = ", ".join(f"{level} ({_holders(level, counts)})" for level in missing)
        yield f"{what} missing from {where}: {told}."


def _holders(level: str, counts: Summary) -> str:
    """Return how many subjects have a level: so few that it cannot be everywhere, or none."""
    holders = sum(subject["levels"][level] > 0 for subject in counts.subjects)
    return _many(holders, "subject has it", "subjects have it") if holders else "nobody has it"


def _of_subjects(counts: Summary) -> Iterator[str]:
    calm = [subject["subject"] for subject in counts.subjects if not subject["pain_frames"]]
    if calm:
        who = _many(len(calm), "subject has", "subjects have")
        yield (
            f"{who} no frame with pain: {_listed(calm)}. "
            "AUC and correlation are undefined there; results are means over the others."
        )
    missing = counts.faces["missing"]
    if missing:
        yield (
            f"No face was found in {missing:,} of {counts.kept:,} kept frames "
            f"({missing / counts.kept:.1%}). They stay in the manifest with face_found 0 and "
            "have no crop."
        )
    poor = [
        f"{subject['subject']} ({subject['faces_found'] / subject['frames']:.0%})"
        for subject in counts.subjects
        if subject["faces_found"] < FEW_FACES * subject["frames"]
    ]
    if poor:
        yield f"Faces were found in fewer than {FEW_FACES:.0%} of the frames of {_listed(poor)}."


def _of_duplicates(counts: Summary) -> Iterator[str]:
    same = counts.duplicates
    if not same["pictures"]:
        return
    yield (
        f"{_many(same['pictures'], 'picture stands', 'pictures stand')} byte for byte in several "
        f"sequences, {same['frames']:,} frames in all, "
        f"{same['pictures_across_subjects']:,} of them under several subjects and "
        f"{same['pictures_across_parts']:,} in several parts of the split. See duplicates.csv."
    )


def _of_labels(counts: Summary, strict: bool) -> Iterator[str]:
    doubtful = counts.labels["doubtful"]
    if doubtful:
        yield (
            f"{_many(doubtful, 'kept frame has', 'kept frames have')} a doubtful label (see the "
            f"column remarks; --strict leaves such frames out). The first: {counts.doubts[0]}."
        )
    if strict and counts.labels["doubtful_left_out"]:
        left_out = counts.labels["doubtful_left_out"]
        yield f"{left_out:,} frames with doubtful labels were left out because of --strict."
    for remark in counts.remarks:
        yield f"A sequence rating could not be read: {remark}."


def _many(count: int, one: str, more: str) -> str:
    return f"{count:,} {one if count == 1 else more}"


def _listed(names: Sequence[Any], most: int = 8) -> str:
    shown = ", ".join(str(name) for name in names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown
