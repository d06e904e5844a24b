"""One score per sequence, to compare with ratings of the whole sequence.

The score of a sequence is the maximum of its frames, or the mean of their top tenth (the highest
⌈n/10⌉ of n frames), which depends less on a single outlier. VAS (0-10, the person's own rating) and
OPR (0-5, an observer's rating) have other scales than PSPI. So beside the correlation there is the
error of a straight line from score to rating, fitted on the other subjects only.
"""

from collections.abc import Callable

import numpy as np

from wince.evaluation.arrays import Floats, Indices, ratio
from wince.evaluation.metrics.agreement import CONSTANT, moments, pool


def maximum(scores: Floats, sequence: Indices) -> Floats:
    """Return the highest score of each sequence.

    Args:
        scores: Score of each frame, shape (N,).
        sequence: Sequence number of each frame, 0 to Q-1, shape (N,).

    Returns:
        Shape (Q,).

    >>> maximum(np.array([1.0, 5.0, 2.0]), np.array([0, 0, 1])).tolist()
    [5.0, 2.0]
    """
    highest = np.full(int(sequence.max()) + 1, -np.inf)
    np.maximum.at(highest, sequence, scores)
    return highest


def top_tenth(scores: Floats, sequence: Indices) -> Floats:
    """Return the mean of the highest ⌈n/10⌉ scores of each sequence of n frames.

    Args:
        scores: Score of each frame, shape (N,).
        sequence: Sequence number of each frame, 0 to Q-1, shape (N,).

    Returns:
        Shape (Q,).

    >>> top_tenth(np.arange(20.0), np.zeros(20, int)).tolist()
    [18.5]
    """
    order = np.lexsort((-scores, sequence))
    sizes = np.bincount(sequence)
    first = np.cumsum(sizes) - sizes
    owner = sequence[order]
    in_top = np.arange(order.size) - first[owner] < -(-sizes // 10)[owner]
    sums = np.bincount(owner[in_top], scores[order][in_top], sizes.size)
    return np.asarray(ratio(sums, np.bincount(owner[in_top], minlength=sizes.size)))


SUMMARIES: dict[str, Callable[[Floats, Indices], Floats]] = {
    "maximum": maximum,
    "top_tenth": top_tenth,
}


def first_rows(sequence: Indices) -> Indices:
    """Return the row of the first frame of each sequence, shape (Q,)."""
    return np.unique(sequence, return_index=True)[1]


def held_out_line(score: Floats, rating: Floats, subject: Indices) -> Floats:
    """Return the rating of each sequence that a line fitted on the other subjects predicts.

    The line is a least-squares fit of the rating to the score. It is flat, at the mean rating, if
    the scores of the other subjects do not vary.

    Args:
        score: Score of each sequence, shape (Q,).
        rating: Rating of each sequence, shape (Q,).
        subject: Subject number of each sequence, shape (Q,).

    Returns:
        Shape (Q,); NaN if there is only one subject.

    >>> held_out_line(np.arange(4.0), np.arange(4.0) * 2, np.array([0, 0, 1, 1])).tolist()
    [0.0, 2.0, 4.0, 6.0]
    """
    parts = moments(score, rating, subject)
    n, mean_score, mean_rating, square, _, product = pool(parts, 1.0 - np.eye(len(parts))).T
    slope = np.where(square > n * CONSTANT**2, ratio(product, square), 0.0)
    line = mean_rating[subject] + slope[subject] * (score - mean_score[subject])
    return np.where(n[subject] > 0, line, np.nan)
