"""What a reader must know before believing the figures: overlap of subjects, and other caveats."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath

import numpy as np

from wince.errors import DataError
from wince.evaluation.bootstrap import FEW_SUBJECTS
from wince.evaluation.prediction_files import TrainingLabels
from wince.evaluation.predictions import Predictions
from wince.evaluation.published_results import UNBC_FRAMES, UNBC_SUBJECTS
from wince.protocol_names import OPTIMISTIC
from wince.scale import PSPI_MAXIMUM

"""Stands in every output about predictions for people the model was trained on."""


@dataclass(frozen=True, slots=True)
class Overlap:
    """Whether the model has seen people it is tested on: how many of them, and how that is known.

    subjects: how many of the table's, None when only stated in general.
    """

    optimistic: bool
    subjects: int | None
    reason: str


NO_OVERLAP = Overlap(False, None, "")


def find_overlap(
    table: Predictions, training: TrainingLabels | None = None, *, allow: bool = False
) -> Overlap:
    """Return whether people in the table were trained on, from all that is known of it.

    The column `overlap` marks the table itself. Subjects shared with `training` are refused with a
    DataError unless `allow`. `allow` alone marks too: nobody needs leave for what is not the case.
    """
    if table.overlap is not None and table.overlap.any():
        seen = len(np.unique(table.subject[table.overlap]))
        return Overlap(True, seen, "the predictions say so in their column overlap")
    shared = (
        sorted(set(table.subjects) & training.subjects) if training and training.subjects else []
    )
    if shared and training and not allow:
        more = f" and {len(shared) - 3} more" if len(shared) > 3 else ""
        raise DataError(
            f"The model was trained on people it is to be tested on: {', '.join(shared[:3])}{more} "
            f"are in {table.source} and in {training.source}. Such figures flatter. Test on other "
            "people, or pass --allow-overlap, and every output will be marked."
        )
    if shared and training:
        return Overlap(True, len(shared), f"subjects occur in {PurePath(training.source).name} too")
    if allow:
        return Overlap(True, None, "stated when evaluating (--allow-overlap)")
    return NO_OVERLAP


def caveats(table: Predictions, overlap: Overlap, dataset: str | None) -> list[str]:
    """Return the sentences a reader must have read, the gravest first."""
    notes = []
    if overlap.optimistic:
        who = (
            f"{overlap.subjects} of {len(table.subjects)} subjects"
            if overlap.subjects
            else "Subjects"
        )
        notes.append(
            f"{OPTIMISTIC.capitalize()}. {who} of this test were also trained on "
            f"({overlap.reason}). Neighbouring frames of one person are near-copies, so these "
            "figures say nothing about new people; one group reports, for the same system, ICC .85 "
            "with mixed subjects and .55 leave-one-subject-out (Hammal & Cohn, ICMI 2012)."
        )
    notes += _about_size(table)
    notes += _about_scores(table)
    if dataset == "unbc" and (len(table), len(table.subjects)) != (UNBC_FRAMES, UNBC_SUBJECTS):
        notes.append(
            f"These are {len(table):,} frames of {len(table.subjects)} subjects; the whole archive "
            f"has {UNBC_FRAMES:,} of {UNBC_SUBJECTS}. Published figures are on the whole of it."
        )
    return notes


def _about_size(table: Predictions) -> Sequence[str]:
    subjects = len(table.subjects)
    if subjects == 1:
        return ["One subject only: there is no interval, and nothing follows for other people."]
    if subjects < FEW_SUBJECTS:
        return [f"{subjects} subjects only: intervals from so few are too narrow."]
    return []


def _about_scores(table: Predictions) -> Sequence[str]:
    notes = []
    outside = int(((table.predicted < 0) | (table.predicted > PSPI_MAXIMUM)).sum())
    if outside:
        notes.append(
            f"{outside:,} of {len(table):,} predictions lie outside 0 to 16. Errors use them "
            "as they are; as classes they count to the end of the scale."
        )
    if (table.pspi == np.round(table.pspi)).mean() < 1:
        notes.append("Some labels are not whole numbers; for classes they are rounded half up.")
    calm = int((np.bincount(table.subject, table.pspi >= 0.5) == 0).sum())
    if calm:
        notes.append(
            f"{calm} of {len(table.subjects)} subjects show no pain expression in any frame: their "
            "AUC is undefined, and if their labels never vary so are PCC, ICC and CCC."
        )
    return notes
