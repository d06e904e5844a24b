"""The assignment with the smallest total cost, against SciPy's."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from wince.faces.assignment import best_assignment


@given(
    st.integers(0, 7).flatmap(
        lambda columns: st.lists(
            st.lists(st.floats(-10, 10), min_size=columns, max_size=columns), max_size=7
        ).map(lambda rows: np.array(rows, np.float64).reshape(len(rows), columns))
    )
)
def test_the_total_cost_is_the_smallest_one(costs: np.ndarray) -> None:
    pairs = best_assignment(costs)
    assert len(pairs) == min(costs.shape)
    assert len({row for row, _ in pairs}) == len({column for _, column in pairs}) == len(pairs)
    best = costs[linear_sum_assignment(costs)].sum()
    assert sum(costs[pair] for pair in pairs) == pytest.approx(best, abs=1e-9)
