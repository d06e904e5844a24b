"""The measures by which covered eyes and mouths are recognised, against plain NumPy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from wince.runtime.occlusion import CELLS, ORIENTATIONS, features, percentiles


def features_by_arc_tangent(grey: np.ndarray) -> np.ndarray:
    """Return the histograms with each gradient's angle computed."""
    y, x = np.gradient(grey)
    angles = np.degrees(np.arctan2(y, x)) % 180
    sums = np.zeros((CELLS, CELLS, ORIENTATIONS))
    side = len(grey) // CELLS
    for row, column in np.ndindex(grey.shape):
        orientation = min(int(angles[row, column] // (180 / ORIENTATIONS)), ORIENTATIONS - 1)
        strength = np.hypot(x[row, column], y[row, column])
        sums[row // side, column // side, orientation] += strength
    return np.sqrt(sums / np.percentile(sums[1:-1, 1:-1].sum(axis=2), 75)).ravel()


@pytest.mark.parametrize("seed", range(3))
def test_the_features_are_histograms_of_the_angles_of_gradients(seed: int) -> None:
    grey = np.random.default_rng(seed).integers(0, 256, (48, 48)).astype(np.float32)
    assert features(grey) == pytest.approx(features_by_arc_tangent(grey), abs=1e-4)


@pytest.mark.parametrize("rotation", range(4))
def test_gradients_along_the_axes_count_in_their_own_orientation(rotation: int) -> None:
    ramp = np.rot90(np.tile(np.arange(48, dtype=np.float32), (48, 1)), rotation)
    orientations = features(np.ascontiguousarray(ramp)).reshape(-1, ORIENTATIONS).sum(axis=0)
    assert np.flatnonzero(orientations).tolist() == [0 if rotation % 2 == 0 else 3]


@given(
    arrays.arrays(np.float32, st.integers(1, 40), elements=st.floats(0, 255, width=32)),
    st.lists(st.floats(0, 100), min_size=1, max_size=3),
)
def test_percentiles_are_those_of_numpy(values: np.ndarray, percents: list[float]) -> None:
    expected = np.percentile(values.astype(np.float64), percents)
    assert percentiles(values, percents) == pytest.approx(expected, abs=1e-6)
