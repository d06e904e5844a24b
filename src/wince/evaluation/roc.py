"""Whether frames with pain expression score higher than frames without: ROC curve and its area."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wince.errors import DataError
from wince.evaluation.arrays import Floats, Indices, paired, ratio

Flags = NDArray[np.bool_]
MANY_SUBJECTS = 500
"""Above this the matrix of subject pairs costs more than going through the frames again."""


def at_least(pspi: ArrayLike, cut: int) -> Flags:
    """Return which PSPI values (N,) count as `cut` or more once rounded half up."""
    return np.asarray(np.asarray(pspi, np.float64) >= cut - 0.5)


def auc(positive: ArrayLike, score: ArrayLike) -> float:
    """Return the area under the ROC curve; NaN when one of the two kinds is missing.

    positive: true or false (N,); score: (N,), higher means more pain. It is the probability that
    a frame with pain scores higher than one without, ties counting half (Mann-Whitney;
    Hanley & McNeil 1982, Radiology 143:29-36). Raises DataError for arrays that do not match.

    >>> auc([False, False, True, True], [0.1, 0.4, 0.35, 0.8])
    0.75
    """
    flags, scores = _checked(positive, score)
    return float(auc_resampled(flags, scores, np.zeros(flags.size, np.intp), np.ones((1, 1)))[0])


def roc_curve(positive: ArrayLike, score: ArrayLike) -> tuple[Floats, Floats, Floats]:
    """Return false positive rate, true positive rate and threshold (M,), from (0, 0) to (1, 1).

    A frame counts as found when its score is at or above the threshold; the first threshold is
    infinite. Rates are NaN when one of the two kinds is missing.
    """
    flags, scores = _checked(positive, score)
    order = np.argsort(-scores, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(scores[order])), flags.size - 1)
    found = np.concatenate([[0.0], np.cumsum(flags[order])[ends]])
    alarms = np.concatenate([[0.0], np.cumsum(~flags[order])[ends]])
    thresholds = np.concatenate([[np.inf], scores[order][ends]])
    return ratio(alarms, alarms[-1]), ratio(found, found[-1]), thresholds


def auc_by_subject(positive: Flags, score: Floats, subject: Indices, subjects: int) -> Floats:
    """Return each subject's own area (S,), NaN where a subject shows only one kind."""
    order = np.argsort(subject, kind="stable")
    ends = np.cumsum(np.bincount(subject, minlength=subjects))[:-1]
    parts = zip(np.split(positive[order], ends), np.split(score[order], ends), strict=True)
    return np.array([auc(flags, scores) if flags.size else np.nan for flags, scores in parts])


def auc_resampled(positive: Flags, score: Floats, subject: Indices, counts: Floats) -> Floats:
    """Return the pooled area (B,) when subject s is taken counts[b, s] times; counts: (B, S)."""
    subjects = counts.shape[1]
    if subjects > MANY_SUBJECTS:
        return _through_frames(positive, score, subject, counts)
    return _through_pairs(positive, score, subject, counts)


def _through_pairs(positive: Flags, score: Floats, subject: Indices, counts: Floats) -> Floats:
    """Count once how often a positive of subject s beats a negative of subject t."""
    subjects = counts.shape[1]
    wins = np.zeros((subjects, subjects))
    scores, owners = score[positive], subject[positive]
    for other in range(subjects):
        negatives = np.sort(score[~positive & (subject == other)])
        below = np.searchsorted(negatives, scores, "left")
        not_above = np.searchsorted(negatives, scores, "right")
        wins[:, other] = np.bincount(owners, (below + not_above) / 2, subjects)
    pairs = (counts @ np.bincount(owners, minlength=subjects)) * (
        counts @ np.bincount(subject[~positive], minlength=subjects)
    )
    return ratio(((counts @ wins) * counts).sum(1), pairs)


def _through_frames(positive: Flags, score: Floats, subject: Indices, counts: Floats) -> Floats:
    """Go through the frames in order of score, a few resamples at a time to bound the memory."""
    order = np.argsort(score, kind="stable")
    flags, owners = positive[order], subject[order]
    starts = np.flatnonzero(np.append(True, np.diff(score[order]) != 0))
    areas, step = np.empty(len(counts)), max(1, 1_000_000 // score.size)
    for first in range(0, len(counts), step):
        weight = counts[first : first + step][:, owners]
        above = np.add.reduceat(weight * flags, starts, axis=1)
        below = np.add.reduceat(weight * ~flags, starts, axis=1)
        wins = (above * (np.cumsum(below, axis=1) - below / 2)).sum(1)
        areas[first : first + step] = ratio(wins, above.sum(1) * below.sum(1))
    return areas


def _checked(positive: ArrayLike, score: ArrayLike) -> tuple[Flags, Floats]:
    flags, scores = paired(positive, score)
    if not np.isin(flags, (0.0, 1.0)).all():
        raise DataError("An ROC curve needs labels that are true or false; found other numbers.")
    return flags.astype(bool), scores
