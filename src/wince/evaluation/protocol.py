"""What limits the conclusions from an evaluation: overlap of subjects, and other caveats."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath

import numpy as np

from wince import subject_ids
from wince.errors import DataError
from wince.evaluation.bootstrap import FEW_SUBJECTS, FEWEST_SUBJECTS, too_few
from wince.evaluation.prediction_files import TrainingLabels
from wince.evaluation.predictions import Predictions
from wince.evaluation.published_results import UNBC_FRAMES, UNBC_SUBJECTS
from wince.protocol_names import OPTIMISTIC


@dataclass(frozen=True, slots=True)
class Overlap:
    """Whether the model was trained on subjects of the test.

    Attributes:
        optimistic: Whether it was, so that every output is marked.
        subjects: How many subjects of the table; None if that is not known.
        reason: How the overlap is known, in words; "" if there is none.
    """

    optimistic: bool
    subjects: int | None
    reason: str


PAINLESS = {True: "no pain expression", False: "no pain"}
NO_OVERLAP = Overlap(False, None, "")
_SPELLED = (
    " (names that differ in leading zeros, case or spaces count as the same subject, unless "
    f"{subject_ids.OPTION} is given)"
)


def find_overlap(
    table: Predictions,
    training: TrainingLabels | None = None,
    *,
    allow: bool = False,
    distinct_subjects: bool = False,
) -> Overlap:
    """Return whether the model was trained on subjects of the table.

    Args:
        table: The predictions. Rows with a true value in the column `overlap` are an overlap.
        training: What the model was trained on, if it is known.
        allow: Accept subjects that are in `training` too. The result is marked as an overlap even
            if no common subject is known.
        distinct_subjects: Whether names that are spelled differently are different subjects.

    Raises:
        DataError: The table and `training` have subjects in common, and `allow` is false.
    """
    if table.overlap is not None and table.overlap.any():
        count = len(np.unique(table.subject[table.overlap]))
        return Overlap(True, count, "the predictions say so in their column overlap")
    if training is not None and training.subjects:
        common = sorted(
            subject_ids.common(table.subjects, training.subjects, distinct=distinct_subjects)
        )
        if common and not allow:
            spelled = "" if training.subjects.issuperset(common) else _SPELLED
            raise DataError(
                f"The model was trained on subjects of the test: {subject_ids.listed(common)} are "
                f"in {table.source} and in {training.source}{spelled}. The metrics would be too "
                "good. Test on other subjects, or pass --allow-overlap; every output is then "
                "marked."
            )
        if common:
            name = PurePath(training.source).name
            return Overlap(True, len(common), f"subjects occur in {name} too")
    if allow:
        return Overlap(True, None, "stated when evaluating (--allow-overlap)")
    return NO_OVERLAP


def caveats(
    table: Predictions,
    overlap: Overlap,
    dataset: str | None,
    training: TrainingLabels | None = None,
) -> list[str]:
    """Return sentences that limit the conclusions from an evaluation, the most serious first.

    Args:
        table: The predictions that are evaluated.
        overlap: The result of `find_overlap`.
        dataset: "unbc" if the predictions are for the UNBC-McMaster archive.
        training: What the model was trained on, if it is known.
    """
    sentences = []
    if overlap.optimistic:
        subjects = (
            f"{overlap.subjects} of {len(table.subjects)} subjects"
            if overlap.subjects
            else "Subjects"
        )
        sentences.append(
            f"{OPTIMISTIC.capitalize()}. {subjects} of this test were also in the training data "
            f"({overlap.reason}). Neighbouring frames of one person are nearly equal, so these "
            "metrics say nothing about new people. One group reports, for the same system, ICC "
            ".85 with mixed subjects and .55 leave-one-subject-out (Hammal & Cohn, ICMI 2012)."
        )
    sentences += _about_training(table, training)
    sentences += about_subjects(len(table.subjects))
    sentences += _about_values(table)
    sentences += _about_scale(table)
    if dataset == "unbc" and (len(table), len(table.subjects)) != (UNBC_FRAMES, UNBC_SUBJECTS):
        sentences.append(
            f"These are {len(table):,} frames of {len(table.subjects)} subjects; the whole archive "
            f"has {UNBC_FRAMES:,} of {UNBC_SUBJECTS}. Published results are for the whole archive."
        )
    return [*sentences, *table.notes]


def about_groups(column: str, subjects: Mapping[str, int]) -> Sequence[str]:
    """Return which groups have too few subjects for an interval, as sentences.

    Args:
        column: The column that the groups are values of.
        subjects: Number of subjects of each group.
    """
    few = [f"{name} ({count})" for name, count in subjects.items() if too_few(count)]
    if not few:
        return []
    return [
        f"Groups by {column} with fewer than {FEWEST_SUBJECTS} subjects: {', '.join(few)}. They "
        "have no interval, and their differences may be those of single people."
    ]


def _about_training(table: Predictions, training: TrainingLabels | None) -> Sequence[str]:
    """Return what is not known about the overlap with a file of training labels."""
    if training is None:
        return []
    source = PurePath(training.source).name
    no_match = subject_ids.no_match(table.subjects, table.name, training.subjects or (), source)
    return [*training.notes, *filter(None, [no_match])]


def about_subjects(count: int) -> Sequence[str]:
    """Return what the number of subjects in a table or a group does not allow, in sentences."""
    if count == 1:
        return ["One subject only: there is no interval, and nothing follows for other people."]
    if too_few(count):
        return [
            f"{count} subjects only: too few for an interval, which needs {FEWEST_SUBJECTS}, and "
            "for conclusions on other people."
        ]
    if count < FEW_SUBJECTS:
        return [
            f"{count} subjects only: percentile intervals from so few are too narrow, so a t "
            "interval is given beside each."
        ]
    return []


def _about_scale(table: Predictions) -> Sequence[str]:
    """Return which metrics are left out because the scale does not have them."""
    scale = table.scale
    if scale.is_pspi:
        return []
    left_out = (
        "the six classes, the cuts at 1, 2 and 3 with AUC and average precision, and the action "
        "units"
    )
    sentences = [
        f"Labels and scores are {scale.words}. Left out, because only PSPI has them: {left_out}."
    ]
    if not scale.levels:
        sentences.append(
            f"{scale.name} has no cuts here, so there are no levels, no classes and no "
            "probabilities to measure."
        )
    return sentences


def _about_values(table: Predictions) -> Sequence[str]:
    sentences = []
    scale = table.scale
    outside = int(((table.predicted < scale.low) | (table.predicted > scale.high)).sum())
    if outside:
        sentences.append(
            f"{outside:,} of {len(table):,} predictions lie outside {scale.low:g} to "
            f"{scale.high:g}. Errors use them "
            "unchanged; as classes they count as the end of the scale."
        )
    if scale.is_pspi and (table.pspi == np.round(table.pspi)).mean() < 1:
        sentences.append(
            "Some labels are not whole numbers. For classes and for the weights of wMAE and wMSE "
            "they are rounded half up to whole points."
        )
    without_pain = int((np.bincount(table.subject, scale.is_pain(table.pspi)) == 0).sum())
    if without_pain:
        sentences.append(
            f"{without_pain} of {len(table.subjects)} subjects show {PAINLESS[scale.is_pspi]} in "
            "any frame: their AUC is undefined, and if their labels never vary, so are PCC, ICC "
            "and CCC."
        )
    return sentences
