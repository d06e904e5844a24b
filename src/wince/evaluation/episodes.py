"""Episodes of pain: those of the predictions against those of the labels, and how late they are.

An episode at a cut is an unbroken run of frames of one sequence, in the order of time, whose score
is at the cut or above. Scores are taken as they are, without smoothing. A frame lasts until the
next one. A gap without frames of more than `GAP` ends an episode.

A predicted and a labelled episode match if the time that they share is more than half of the time
that one or both cover: an intersection over union above `OVERLAP`. Event-based agreement with such
a threshold is usual for facial action units (Ding et al. 2013, ICCV: 2400-2407). Above one half an
episode has one partner at most (Kirillov et al. 2019, CVPR: 9404-9413).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wince.evaluation import bootstrap
from wince.evaluation.all_metrics import (
    Metric,
    column_mean,
    from_sums,
    of_subjects_with_values,
)
from wince.evaluation.arrays import Floats, Indices, ratio
from wince.evaluation.predictions import Predictions
from wince.evaluation.traces.trace import FRAME, SECONDS, frame_numbers, frame_times
from wince.scale import BINARY_CUTS, Scale

OVERLAP = 0.5
"""Two episodes match if their intersection over union is more than this."""
GAP = {SECONDS: 1.0, FRAME: 25.0}
"""A longer time without frames ends an episode, by unit; at least 1.5 usual steps."""
DELAYS = {"median": 0.5, "p95": 0.95}
"""Quantiles of the delays by the end of their keys."""
LABELLED, PREDICTED, MATCHED, TOUCHED = range(4)


@dataclass(frozen=True, slots=True)
class _Timeline:
    """The N frames of a table by sequence and time.

    Attributes:
        order: Their rows in the table (N,).
        is_first: Whether a frame is the first one of its sequence, or after a gap (N,).
        start: Time of each frame (N,).
        length: How long each lasts (N,).
        unit: SECONDS or FRAME: the unit of both.
    """

    order: Indices
    is_first: NDArray[np.bool_]
    start: Floats
    length: Floats
    unit: str


@dataclass(frozen=True, slots=True)
class _Episodes:
    """E episodes in the frames of a timeline.

    Attributes:
        number: Episode of each frame, -1 outside of all (N,).
        start: When each begins (E,).
        end: When each ends (E,).
        length: How long the frames of each last (E,).
        subject: Subject number of each (E,).
    """

    number: Indices
    start: Floats
    end: Floats
    length: Floats
    subject: Indices


@dataclass(frozen=True, slots=True)
class EpisodeMatches:
    """What is compared at one cut.

    Attributes:
        counts: Labelled, predicted, matched and touched episodes of each subject (S, 4). A labelled
            episode is touched if any frame of it is predicted at the cut or above.
        subject: Subject number of each of the M matched pairs (M,).
        onset: How much later the predicted episode begins; negative: earlier (M,).
        offset: How much later it ends (M,).
    """

    counts: Floats
    subject: Indices
    onset: Floats
    offset: Floats


def cuts(scale: Scale) -> dict[str, float]:
    """Return the lowest score of an episode by the cut's name in metrics.json.

    For PSPI these are the three cuts of the literature and the levels, of rounded scores.

    >>> from wince.scale import PSPI
    >>> cuts(PSPI)
    {'1': 0.5, '2': 1.5, '3': 2.5, '6': 5.5, '11': 10.5}
    """
    if not scale.is_pspi:
        return {f"{cut:g}": cut for cut in scale.cuts}
    lowest = sorted({*(cut - 0.5 for cut in BINARY_CUTS), *scale.cuts})
    return {f"{cut + 0.5:g}": cut for cut in lowest}


def measure(
    table: Predictions, resamples: int, seed: int, frame_rate: float | None = None
) -> dict[str, Any] | None:
    """Return the entry on episodes; None for a scale without cuts or frames without a sequence.

    Args:
        table: The predictions.
        resamples: Bootstrap resamples of the subjects; 0 for no intervals.
        seed: Random seed of the bootstrap.
        frame_rate: Frames a second, for sequences without times. Without it their delays are in
            frames.
    """
    lowest = cuts(table.scale)
    if not lowest or np.bincount(table.sequence).max() < 2:
        return None
    timeline = _timeline(table, frame_rate)
    counts = bootstrap.subject_counts(len(table.subjects), resamples, seed)
    always = replace(table, predicted=np.full(len(table), table.scale.high))
    entries = {}
    for name, cut in lowest.items():
        matches = _match(table, timeline, cut)
        trivial = _estimate(_match(always, timeline, cut), np.empty((0, len(table.subjects))))
        totals = matches.counts.sum(0)
        entries[name] = {
            "lowest_score": cut,
            "labelled": int(totals[LABELLED]),
            "predicted": int(totals[PREDICTED]),
            "matched": int(totals[MATCHED]),
            "model": _estimate(matches, counts),
            "always": {part: trivial[part] for part in ("pooled", "subject_mean")},
            "by_subject": _by_subject(table, matches),
        }
    return {
        "overlap": OVERLAP,
        "gap": GAP[timeline.unit],
        "unit": "seconds" if timeline.unit == SECONDS else "frames",
        "cuts": entries,
    }


def match(table: Predictions, cut: float, frame_rate: float | None = None) -> EpisodeMatches:
    """Return the predicted and labelled episodes of a table at a lowest score, compared."""
    return _match(table, _timeline(table, frame_rate), cut)


def _match(table: Predictions, timeline: _Timeline, cut: float) -> EpisodeMatches:
    labelled = _episodes(table.pspi, table, timeline, cut)
    predicted = _episodes(table.predicted, table, timeline, cut)
    both = (labelled.number >= 0) & (predicted.number >= 0)
    pairs = np.column_stack([labelled.number[both], predicted.number[both]])
    pairs, pair = np.unique(pairs, axis=0, return_inverse=True)
    shared = np.bincount(pair.ravel(), timeline.length[both], len(pairs))
    union = labelled.length[pairs[:, 0]] + predicted.length[pairs[:, 1]] - shared
    first, second = pairs[ratio(shared, union) > OVERLAP].T
    subjects = len(table.subjects)
    owners = (labelled.subject, predicted.subject, labelled.subject[first])
    touched = labelled.subject[np.unique(pairs[:, 0])]
    return EpisodeMatches(
        np.column_stack([np.bincount(owner, minlength=subjects) for owner in (*owners, touched)]),
        labelled.subject[first],
        predicted.start[second] - labelled.start[first],
        predicted.end[second] - labelled.end[first],
    )


def _timeline(table: Predictions, frame_rate: float | None) -> _Timeline:
    by_sequence = np.split(
        np.argsort(table.sequence, kind="stable"), np.cumsum(np.bincount(table.sequence))[:-1]
    )
    unit, times = _times(table, by_sequence, frame_rate)
    orders, starts, lengths, firsts = [], [], [], []
    for rows, unordered in zip(by_sequence, times, strict=True):
        order = np.argsort(unordered, kind="stable")
        start = unordered[order]
        steps = np.diff(start)
        usual = float(np.median(steps)) if len(steps) else 1.0 / (frame_rate or 1.0)
        is_gap = steps > max(GAP[unit], 1.5 * usual)
        orders.append(rows[order])
        starts.append(start)
        lengths.append(np.append(np.where(is_gap, usual, steps), usual))
        firsts.append(np.concatenate([[True], is_gap]))
    return _Timeline(
        np.concatenate(orders),
        np.concatenate(firsts),
        np.concatenate(starts),
        np.concatenate(lengths),
        unit,
    )


def _times(
    table: Predictions, by_sequence: Sequence[Indices], frame_rate: float | None
) -> tuple[str, list[Floats]]:
    """Return one unit for all sequences, and the times of the frames of each."""
    axes = [frame_times(table, rows) for rows in by_sequence]
    if frame_rate:
        return SECONDS, [x if axis == SECONDS else x / frame_rate for axis, x in axes]
    if all(axis == SECONDS for axis, _ in axes):
        return SECONDS, [x for _, x in axes]
    return FRAME, [frame_numbers(table.frame[rows].tolist()) for rows in by_sequence]


def _episodes(scores: Floats, table: Predictions, timeline: _Timeline, cut: float) -> _Episodes:
    active = scores[timeline.order] >= cut
    begins = active & (timeline.is_first | ~np.concatenate([[False], active[:-1]]))
    number = np.where(active, np.cumsum(begins) - 1, -1)
    after = np.concatenate([begins[1:] | ~active[1:] | timeline.is_first[1:], [True]])
    first, last = np.flatnonzero(begins), np.flatnonzero(active & after)
    return _Episodes(
        number,
        timeline.start[first],
        timeline.start[last] + timeline.length[last],
        np.bincount(number[active], timeline.length[active], len(first)).astype(np.float64),
        table.subject[timeline.order[first]],
    )


def _estimate(matches: EpisodeMatches, counts: Floats) -> dict[str, Any]:
    return bootstrap.as_data(
        {metric.key: bootstrap.estimate_metric(metric, counts) for metric in _metrics(matches)}
    )


def _metrics(matches: EpisodeMatches) -> list[Metric]:
    labelled, predicted, matched, touched = matches.counts.T.astype(np.float64)
    sums = {
        "precision": np.column_stack([predicted, matched]),
        "recall": np.column_stack([labelled, matched]),
        "f1": np.column_stack([labelled + predicted, 2 * matched]),
        "touched": np.column_stack([labelled, touched]),
    }
    metrics = [
        of_subjects_with_values(from_sums(key, columns, partial(column_mean, 1)))
        for key, columns in sums.items()
    ]
    for end, delays in (("onset", matches.onset), ("offset", matches.offset)):
        for name, share in DELAYS.items():
            resampled = partial(_resampled_quantile, delays, matches.subject, share)
            by_subject = resampled(np.eye(len(labelled)))
            metric = Metric(f"{end}_delay_{name}", resampled, by_subject)
            metrics.append(of_subjects_with_values(metric))
    return metrics


def _resampled_quantile(values: Floats, subject: Indices, share: float, counts: Floats) -> Floats:
    """Return a quantile of the values in each resample of their subjects (B,), NaN of none.

    It is the lowest value that at least this share of the values do not exceed ("inverted_cdf" in
    numpy).
    """
    order = np.argsort(values, kind="stable")
    result = np.full(len(counts), np.nan)
    for number, times in enumerate(counts):
        total = np.cumsum(times[subject[order]])
        if total.size and total[-1] > 0:
            result[number] = values[order][np.searchsorted(total, share * total[-1])]
    return result


def _by_subject(table: Predictions, matches: EpisodeMatches) -> list[Mapping[str, Any]]:
    metrics = {metric.key: metric.by_subject for metric in _metrics(matches)}
    return [
        {
            "subject": name,
            **dict(zip(("labelled", "predicted", "matched"), map(int, row[:TOUCHED]), strict=True)),
            **{key: float(values[number]) for key, values in metrics.items() if values is not None},
        }
        for number, (name, row) in enumerate(zip(table.subjects, matches.counts, strict=True))
    ]
