"""Split subjects, or frames at random, into train, val and test, and subjects into folds.

A split depends only on the seed and on the subjects' counts, not on the order of the run.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

PARTS = ("train", "val", "test")
SHARES = (0.70, 0.15, 0.15)
FOLDS = 5

MISSING_LEVEL_COST = 1.0
"""Cost of a level that a part lacks, because nothing can be measured for it there. It is about the
cost of a val or test part that is twice as large as it should be."""
EMPTY_PART_COST = 1e3
FIRST_LEVEL = 2  # column of `_count_shares`, after subjects and frames
ZERO = 1e-9
"""Sums of shares below this are zero. A share is at least 1 / number of frames."""
SMALLEST_GAIN = 1e-12

_SUBJECT_STARTS = 2000
"""Number of subjects times number of starting points: many starts for archives of few subjects."""
_MOST_STARTS = 40
_MOST_ROUNDS = 20
_MOST_SWAPPED = 60
"""With more subjects no pairs are swapped: moving single subjects balances well enough."""


@dataclass(frozen=True, slots=True)
class SubjectLevels:
    """How many kept frames of each level each subject has.

    Attributes:
        names: Subjects, sorted by name.
        levels: int64 (N, K), number of frames by subject and level.
    """

    names: tuple[str, ...]
    levels: NDArray[np.int64]


def by_share(subjects: SubjectLevels, shares: Sequence[float], seed: int) -> NDArray[np.int64]:
    """Return the part of each subject.

    Each part's share of the subjects, of the frames and of each level is as near to `shares` as
    possible. The cost to minimise is the sum over parts p and counts c (subjects, frames, and
    each level) of (share(p, c) - shares[p])^2 / shares[p], so that a level with few
    frames counts as much as one with many. It is similar to a chi-square statistic. A part without
    a level that some subject has costs `MISSING_LEVEL_COST` more. From several seeded starting
    points, subjects are placed greedily and then moved and swapped as long as that lowers the cost.

    Args:
        subjects: The subjects.
        shares: Wanted share of each part, 1 in all.
        seed: Random seed.

    Returns:
        int64 (N,), indices into `shares`. With fewer subjects than parts, some parts are empty.
    """
    counts = _count_shares(subjects.levels)
    wanted = np.asarray(shares, np.float64)
    if len(counts) < len(shares):
        order = [0, *range(len(shares) - 1, 0, -1)]  # train first, then test, then val
        return np.array(order[: len(counts)], np.int64)
    draw = random.Random(seed)  # noqa: S311 - a split must be repeatable, not secret
    best, lowest = None, np.inf
    for _ in range(max(1, min(_MOST_STARTS, _SUBJECT_STARTS // len(counts)))):
        parts = _improve(counts, wanted, _place_greedily(counts, wanted, draw))
        cost = _cost(_totals(counts, parts, len(wanted)), wanted)
        if cost < lowest - SMALLEST_GAIN:
            best, lowest = parts, cost
    assert best is not None  # there is at least one start
    return best


def assign_folds(subjects: SubjectLevels, seed: int, count: int = FOLDS) -> NDArray[np.int64]:
    """Return the fold in which each subject is tested on.

    Args:
        subjects: The subjects.
        seed: Random seed.
        count: Number of folds. With fewer subjects there is one fold for each.

    Returns:
        int64 (N,), from 1 to `count`.
    """
    count = min(count, len(subjects.names))
    return by_share(subjects, [1 / count] * count, seed) + 1 if count else np.empty(0, np.int64)


def random_frames(count: int, seed: int) -> NDArray[np.int64]:
    """Return the part of each frame, without regard to its subject.

    This is the protocol of the project report: the frames are shuffled, the first int(0.7 n) are
    train, the next int(0.15 n) val, the rest test. Neighbouring frames of one sequence get into
    different parts.

    Returns:
        int64 (count,), indices into `PARTS`.
    """
    order = list(range(count))
    random.Random(seed).shuffle(order)  # noqa: S311 - repeatable, not secret
    first, second = int(SHARES[0] * count), int(SHARES[1] * count)
    parts = np.full(count, 2, np.int64)
    parts[order[:first]] = 0
    parts[order[first : first + second]] = 1
    return parts


def overlapping(parts_by_subject: Mapping[str, set[str]]) -> list[str]:
    """Return the subjects who are in more than one part, sorted."""
    return sorted(name for name, parts in parts_by_subject.items() if len(parts) > 1)


def _count_shares(levels: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return each subject's share of all subjects, all frames and each level: (N, 2 + K)."""
    counts = np.column_stack([np.ones(len(levels)), levels.sum(axis=1), levels]).astype(np.float64)
    return np.asarray(counts / np.maximum(counts.sum(axis=0), 1))


def _totals(
    counts: NDArray[np.float64], parts: NDArray[np.int64], size: int
) -> NDArray[np.float64]:
    """Return the sum of the counts of each part: (size, 2 + K)."""
    totals = np.zeros((size, counts.shape[1]))
    np.add.at(totals, parts, counts)
    return totals


def _cost(totals: NDArray[np.float64], wanted: NDArray[np.float64]) -> float:
    present = totals.sum(axis=0) > ZERO  # a level that nobody has cannot be balanced
    distance = (totals - wanted[:, None]) ** 2 / wanted[:, None]
    is_zero = totals < ZERO
    empty = EMPTY_PART_COST * is_zero[:, 0].sum()
    missing = MISSING_LEVEL_COST * (is_zero[:, FIRST_LEVEL:] & present[FIRST_LEVEL:]).sum()
    return float(distance[:, present].sum() + missing + empty)


def _place_greedily(
    counts: NDArray[np.float64], wanted: NDArray[np.float64], draw: random.Random
) -> NDArray[np.int64]:
    """Return parts after placing each subject where it lowers the cost most, the largest first."""
    order = list(range(len(counts)))
    draw.shuffle(order)
    weight = counts.max(axis=1) * np.array([draw.uniform(0.5, 1.0) for _ in order])
    order.sort(key=lambda subject: -weight[subject])
    parts = np.zeros(len(counts), np.int64)
    totals = np.zeros((len(wanted), counts.shape[1]))
    for subject in order:
        # Adding x to a part changes (t - w)^2 / w by (2 t x + x^2) / w - 2 x.
        change = ((2 * totals + counts[subject]) * counts[subject] / wanted[:, None]).sum(axis=1)
        parts[subject] = int(np.argmin(change))
        totals[parts[subject]] += counts[subject]
    return parts


def _improve(
    counts: NDArray[np.float64], wanted: NDArray[np.float64], parts: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return parts after moving and swapping subjects as long as that lowers the cost."""
    parts = parts.copy()
    totals = _totals(counts, parts, len(wanted))
    cost = _cost(totals, wanted)
    for _ in range(_MOST_ROUNDS):
        cost_before = cost
        for subject in range(len(counts)):
            for part in range(len(wanted)):
                cost = _try_moves(counts, wanted, parts, totals, cost, [(subject, part)])
            if len(counts) > _MOST_SWAPPED:
                continue
            for other in range(subject + 1, len(counts)):
                moves = [(subject, int(parts[other])), (other, int(parts[subject]))]
                cost = _try_moves(counts, wanted, parts, totals, cost, moves)
        if cost >= cost_before - SMALLEST_GAIN:
            break
    return parts


def _try_moves(
    counts: NDArray[np.float64],
    wanted: NDArray[np.float64],
    parts: NDArray[np.int64],
    totals: NDArray[np.float64],
    cost: float,
    moves: list[tuple[int, int]],
) -> float:
    """Make the moves (subject, part) if they lower the cost; return the cost afterwards."""
    if all(parts[subject] == part for subject, part in moves):
        return cost
    trial = totals.copy()
    for subject, part in moves:
        trial[parts[subject]] -= counts[subject]
        trial[part] += counts[subject]
    trial_cost = _cost(trial, wanted)
    if trial_cost >= cost - SMALLEST_GAIN:
        return cost
    for subject, part in moves:
        parts[subject] = part
    totals[:] = trial
    return trial_cost
