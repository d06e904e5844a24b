"""Who is trained on and who is tested on: parts by subject, folds, and random frames.

Everything is decided by the seed and the subjects' counts, nothing by the order of the run.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

PARTS = ("train", "val", "test")
SHARES = (0.70, 0.15, 0.15)
FOLDS = 5

MISSING = 1.0
"""Cost of a level missing from a part, because nothing can be measured of it there: about that of
a val or test part which is twice as large as it should be."""
FIRST_LEVEL = 2  # column of `_counts`, after subjects and frames
NOTHING = 1e-9  # shares are at least one in the number of frames; sums of them are not exact

_STARTS = 2000  # subjects times starting points: many for the few subjects of an archive


@dataclass(frozen=True, slots=True)
class SubjectLevels:
    """Subjects in order of name, and how many kept frames each has of every level: (N, 4)."""

    names: tuple[str, ...]
    levels: NDArray[np.int64]


def by_share(subjects: SubjectLevels, shares: Sequence[float], seed: int) -> NDArray[np.int64]:
    """Return the part of each subject: int64 (N,), an index into `shares`.

    The parts' shares of the subjects, of the frames and of each level come as near to `shares` as
    subjects allow. What is made small, over parts p and counts c (subjects, frames, none, mild,
    moderate, severe), is the chi-square-like sum of (share(p, c) - shares[p])^2 / shares[p]: a
    level with few frames weighs as much as one with many. A level that some have and a part lacks
    costs `MISSING` more. Sought from several seeded starting
    points by greedy placing and then by moving and swapping subjects while that helps.

    With fewer subjects than parts the first parts are filled.
    """
    counts = _counts(subjects.levels)
    wanted = np.asarray(shares, np.float64)
    if len(counts) < len(shares):
        order = [0, *range(len(shares) - 1, 0, -1)]  # train first, then test, then val
        return np.array(order[: len(counts)], np.int64)
    draw = random.Random(seed)  # noqa: S311 - a split must be repeatable, not secret
    best, lowest = None, np.inf
    for _ in range(max(1, min(40, _STARTS // len(counts)))):
        parts = _settle(counts, wanted, _placed(counts, wanted, draw))
        cost = _cost(_totals(counts, parts, len(wanted)), wanted)
        if cost < lowest - 1e-12:
            best, lowest = parts, cost
    assert best is not None  # there is at least one start
    return best


def folds(subjects: SubjectLevels, seed: int, count: int = FOLDS) -> NDArray[np.int64]:
    """Return each subject's test fold: int64 (N,), 1 to `count`, or to N with fewer subjects."""
    count = min(count, len(subjects.names))
    return by_share(subjects, [1 / count] * count, seed) + 1 if count else np.empty(0, np.int64)


def random_frames(count: int, seed: int) -> NDArray[np.int64]:
    """Return the part of each of `count` frames, whoever is in them: int64 (count,).

    The project report's protocol: frames shuffled, the first int(0.7 n) train, the next int(0.15 n)
    val, the rest test. Neighbouring frames of one sequence end up on both sides.
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


def _counts(levels: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the share of each subject in all subjects, all frames and each level: (N, 6)."""
    counts = np.column_stack([np.ones(len(levels)), levels.sum(axis=1), levels]).astype(np.float64)
    return np.asarray(counts / np.maximum(counts.sum(axis=0), 1))


def _totals(
    counts: NDArray[np.float64], parts: NDArray[np.int64], size: int
) -> NDArray[np.float64]:
    totals = np.zeros((size, counts.shape[1]))
    np.add.at(totals, parts, counts)
    return totals


def _cost(totals: NDArray[np.float64], wanted: NDArray[np.float64]) -> float:
    present = totals.sum(axis=0) > NOTHING  # a level nobody has cannot be balanced
    distance = (totals - wanted[:, None]) ** 2 / wanted[:, None]
    nothing = totals < NOTHING
    empty = 1e3 * nothing[:, 0].sum()
    missing = MISSING * (nothing[:, FIRST_LEVEL:] & present[FIRST_LEVEL:]).sum()
    return float(distance[:, present].sum() + missing + empty)


def _placed(
    counts: NDArray[np.float64], wanted: NDArray[np.float64], draw: random.Random
) -> NDArray[np.int64]:
    """Return parts after placing each subject where it helps most, the weightiest first."""
    order = list(range(len(counts)))
    draw.shuffle(order)
    weight = counts.max(axis=1) * np.array([draw.uniform(0.5, 1.0) for _ in order])
    order.sort(key=lambda subject: -weight[subject])
    parts = np.zeros(len(counts), np.int64)
    totals = np.zeros((len(wanted), counts.shape[1]))
    for subject in order:
        # Adding x to a part changes (t - w)^2 / w by (2 t x + x^2) / w - 2 x.
        gain = ((2 * totals + counts[subject]) * counts[subject] / wanted[:, None]).sum(axis=1)
        parts[subject] = int(np.argmin(gain))
        totals[parts[subject]] += counts[subject]
    return parts


def _settle(
    counts: NDArray[np.float64], wanted: NDArray[np.float64], parts: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return parts after moving and swapping subjects as long as it lowers the cost."""
    parts = parts.copy()
    totals = _totals(counts, parts, len(wanted))
    cost = _cost(totals, wanted)
    swaps = len(counts) <= 60  # of thousands of subjects, single moves balance well enough
    for _ in range(20):
        before = cost
        for one in range(len(counts)):
            choices: list[tuple[int, int]] = [(one, part) for part in range(len(wanted))]
            for subject, part in choices:
                cost = _try(counts, wanted, parts, totals, cost, [(subject, part)])
            if swaps:
                for other in range(one + 1, len(counts)):
                    moves = [(one, int(parts[other])), (other, int(parts[one]))]
                    cost = _try(counts, wanted, parts, totals, cost, moves)
        if cost >= before - 1e-12:
            break
    return parts


def _try(
    counts: NDArray[np.float64],
    wanted: NDArray[np.float64],
    parts: NDArray[np.int64],
    totals: NDArray[np.float64],
    cost: float,
    moves: list[tuple[int, int]],
) -> float:
    """Make the moves (subject, part) when they lower the cost; return the cost there is then."""
    if all(parts[subject] == part for subject, part in moves):
        return cost
    trial = totals.copy()
    for subject, part in moves:
        trial[parts[subject]] -= counts[subject]
        trial[part] += counts[subject]
    changed = _cost(trial, wanted)
    if changed >= cost - 1e-12:
        return cost
    for subject, part in moves:
        parts[subject] = part
    totals[:] = trial
    return changed
