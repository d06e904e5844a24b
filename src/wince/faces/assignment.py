"""The assignment problem: pairs of rows and columns with the smallest total cost."""

import numpy as np
from numpy.typing import NDArray


def best_assignment(costs: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Return pairs (row, column) with the smallest sum of costs, by column.

    Every row is paired if there are no more rows than columns, else every column; no row and no
    column is in two pairs. The result is optimal: shortest augmenting paths, a form of the
    Hungarian method (Jonker and Volgenant 1987, Computing 38, 325-340), O(rows^2 columns).

    Args:
        costs: float (rows, columns), finite.
    """
    if costs.shape[0] > costs.shape[1]:
        return sorted(((r, c) for c, r in best_assignment(costs.T)), key=lambda pair: pair[1])
    row_count, column_count = costs.shape
    row_prices, column_prices = np.zeros(row_count), np.zeros(column_count)
    row_of = np.full(column_count, -1)
    for start in range(row_count):
        lengths = np.full(column_count, np.inf)  # of the shortest path to each column
        previous = np.full(column_count, -1)  # column before it on that path; -1 for the start
        is_done = np.zeros(column_count, np.bool_)
        row, column, length = start, -1, 0.0
        while row != -1:
            through = length + costs[row] - row_prices[row] - column_prices
            is_shorter = ~is_done & (through < lengths)
            lengths[is_shorter], previous[is_shorter] = through[is_shorter], column
            column = int(np.where(is_done, np.inf, lengths).argmin())
            is_done[column], length = True, float(lengths[column])
            row = int(row_of[column])
        # Prices keep costs[row] - row_price - column_price >= 0, with 0 for every pair.
        row_prices[start] += length
        others = np.flatnonzero(is_done & (row_of != -1))
        row_prices[row_of[others]] += length - lengths[others]
        column_prices[is_done] -= length - lengths[is_done]
        while column != -1:
            before = int(previous[column])
            row_of[column] = start if before == -1 else row_of[before]
            column = before
    return [(int(row_of[column]), column) for column in np.flatnonzero(row_of != -1).tolist()]
