"""The warnings of a preparation report, as sentences."""

from collections.abc import Iterator, Sequence

from wince.archive.balanced_split import FOLDS
from wince.archive.report.phrases import listed, plural
from wince.archive.report.recording_warnings import recording_warnings
from wince.archive.report.summary import Summary
from wince.protocol_names import OPTIMISTIC

FEW_FACES = 0.95
"""A subject is named if faces were found in a smaller share of the subject's frames."""


def report_warnings(
    counts: Summary,
    *,
    layout_warning: str,
    subjects_overlap: bool,
    strict: bool,
    split_notes: Sequence[str],
) -> list[str]:
    """Return the warnings of a run, the most important first.

    Args:
        counts: Counts of the run.
        layout_warning: Warning of the archive's layout, or "".
        subjects_overlap: Whether a subject is in more than one part.
        strict: Whether frames with doubtful labels were left out.
        split_notes: Problems with a split file.
    """
    warnings: list[str] = []
    if subjects_overlap:
        warnings.append(
            f"Split: {OPTIMISTIC}. The same people are in training and test, so every metric "
            "measured with this split is too good. Say so wherever you report one."
        )
    if layout_warning:
        warnings.append(layout_warning)
    if counts.labels["of_sequences"]:
        warnings.append(
            f"The {counts.scale.name} rates whole sequences, and each frame of a sequence has its "
            "rating as label. Such labels are weak: most frames show less than was rated."
        )
    warnings += split_notes
    warnings += recording_warnings(counts.recordings)
    warnings += _part_warnings(counts)
    warnings += _subject_warnings(counts)
    warnings += _duplicate_warnings(counts)
    warnings += [
        f"{plural(frames, 'kept frame')}, marked in the column remarks: {warning}"
        for warning, frames in counts.image_warnings.items()
    ]
    warnings += _label_warnings(counts, strict)
    return warnings


def _part_warnings(counts: Summary) -> Iterator[str]:
    for part, part_counts in counts.parts.items():
        if not part_counts["frames"]:
            yield (
                f"The {part} part is empty: there are too few subjects, or the split file names "
                "no frame for it."
            )
            continue
        yield from _missing_levels(part, part_counts["levels"], counts)
    if 0 < len(counts.folds) < FOLDS:
        yield (
            f"There are only {len(counts.folds)} folds instead of {FOLDS}: there are too few "
            "subjects, or the split file names fewer folds."
        )
    for fold, fold_counts in counts.folds.items():
        if not fold_counts["pain_frames"]:
            yield f"Fold {fold} has no frame with pain: AUC and correlation are undefined there."


def _missing_levels(part: str, levels: dict[str, int], counts: Summary) -> Iterator[str]:
    missing = [level for level in counts.scale.levels if not levels[level]]
    if missing:
        names = ", ".join(f"{level} ({_subjects_with(level, counts)})" for level in missing)
        noun = "Level" if len(missing) == 1 else "Levels"
        yield f"{noun} missing from the {part} part: {names}."


def _subjects_with(level: str, counts: Summary) -> str:
    """Return how many subjects have a level, in words."""
    count = sum(subject["levels"][level] > 0 for subject in counts.subjects)
    if not count:
        return "no subject has it"
    return f"{plural(count, 'subject')} {'has' if count == 1 else 'have'} it"


def _subject_warnings(counts: Summary) -> Iterator[str]:
    painless = [subject["subject"] for subject in counts.subjects if not subject["pain_frames"]]
    if painless:
        verb = "has" if len(painless) == 1 else "have"
        yield (
            f"{plural(len(painless), 'subject')} {verb} no frame with pain: {listed(painless)}. "
            "AUC and correlation are undefined for them; means of subjects leave them out."
        )
    missing = counts.faces["missing"]
    if missing:
        yield (
            f"No face was found in {missing:,} of {counts.kept:,} kept frames "
            f"({missing / counts.kept:.1%}). They are in the manifest with face_found 0 and "
            "without a crop."
        )
    few_faces = [
        f"{subject['subject']} ({subject['faces_found'] / subject['frames']:.0%})"
        for subject in counts.subjects
        if subject["faces_found"] < FEW_FACES * subject["frames"]
    ]
    if few_faces:
        yield (
            f"Faces were found in fewer than {FEW_FACES:.0%} of the frames of {listed(few_faces)}."
        )


def _duplicate_warnings(counts: Summary) -> Iterator[str]:
    duplicates = counts.duplicates
    images = duplicates["pictures"]
    if images:
        yield (
            f"{plural(images, 'image')} {'occurs' if images == 1 else 'occur'} in more than one "
            f"sequence with the same bytes, {duplicates['frames']:,} frames in all: "
            f"{duplicates['pictures_across_subjects']:,} of more than one subject, "
            f"{duplicates['pictures_across_parts']:,} in more than one part of the split. "
            "See duplicates.csv."
        )


def _label_warnings(counts: Summary, strict: bool) -> Iterator[str]:
    doubtful = counts.labels["doubtful"]
    if doubtful:
        yield (
            f"{plural(doubtful, 'kept frame')} {'has' if doubtful == 1 else 'have'} a doubtful "
            "label. The column remarks gives the reasons; --strict leaves such frames out. "
            f"The first: {counts.doubts[0]}."
        )
    left_out = counts.labels["doubtful_left_out"]
    if strict and left_out:
        yield f"{plural(left_out, 'frame')} with doubtful labels left out because of --strict."
    for remark in counts.remarks:
        yield f"A sequence rating cannot be used: {remark}."
