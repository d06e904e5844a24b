"""From frames to sequences: one number per sequence, set against what people said of it.

A sequence's score is the maximum of its frames, or the mean of their top tenth (the highest
⌈n/10⌉ of n), which one stray frame moves less. VAS (0-10, the person's own rating) and OPR (0-5,
an observer's) are on other scales than PSPI, so besides the correlation the error is given after a
straight line from score to rating, fitted on the other subjects only.
"""

from collections.abc import Callable

import numpy as np

from wince.evaluation.agreement import CONSTANT, moments, pool
from wince.evaluation.arrays import Floats, Indices, ratio


def maximum(scores: Floats, sequence: Indices) -> Floats:
    """Return the highest score of each sequence (Q,) from the scores (N,) of its frames."""
    highest = np.full(int(sequence.max()) + 1, -np.inf)
    np.maximum.at(highest, sequence, scores)
    return highest


def top_tenth(scores: Floats, sequence: Indices) -> Floats:
    """Return the mean of the highest ⌈n/10⌉ scores of each sequence's n frames, (Q,).

    >>> top_tenth(np.arange(20.0), np.zeros(20, int)).tolist()
    [18.5]
    """
    order = np.lexsort((-scores, sequence))
    sizes = np.bincount(sequence)
    first = np.cumsum(sizes) - sizes
    owner = sequence[order]
    kept = np.arange(order.size) - first[owner] < -(-sizes // 10)[owner]
    sums = np.bincount(owner[kept], scores[order][kept], sizes.size)
    return np.asarray(ratio(sums, np.bincount(owner[kept], minlength=sizes.size)))


SUMMARIES: dict[str, Callable[[Floats, Indices], Floats]] = {
    "maximum": maximum,
    "top_tenth": top_tenth,
}


def first_rows(sequence: Indices) -> Indices:
    """Return the first row (Q,) of each sequence: where to read what all its frames share."""
    return np.unique(sequence, return_index=True)[1]


def held_out_line(score: Floats, rating: Floats, subject: Indices) -> Floats:
    """Return each sequence's rating as a least-squares line fitted on the other subjects gives it.

    score, rating: (Q,); subject: (Q,). Where the others' scores do not vary the line is flat, at
    their mean rating; with one subject only there is nothing to fit on and the result is NaN.
    """
    parts = moments(score, rating, subject)
    n, mean_score, mean_rating, across, _, both = pool(parts, 1.0 - np.eye(len(parts))).T
    slope = np.where(across > n * CONSTANT**2, ratio(both, across), 0.0)
    line = mean_rating[subject] + slope[subject] * (score - mean_score[subject])
    return np.where(n[subject] > 0, line, np.nan)
