"""The filter of scores: smoothing, ranges of equal levels, and steadiness under noise."""

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wince import scale
from wince.runtime.calibration import ScoreMap
from wince.runtime.score_filter import ScoreFilter, Scores, level_ranges, stated_levels


@pytest.fixture(scope="module")
def calibration(assessor):
    """Return the packaged model's calibration with the identity as its score map."""
    return replace(assessor.estimator.calibration, shift=0.0, score_map=ScoreMap())


def filtered(score_filter, samples):
    """Return the states after samples (seconds, raw score)."""
    states = []
    for seconds, raw in samples:
        scores = Scores(raw, {"AU4": raw / 3})
        states.append(score_filter.step(states[-1] if states else None, seconds, scores))
    return states


def test_after_one_time_constant_the_score_has_made_63_percent_of_a_step(calibration):
    samples = [(0.0, 0.0), *((n / 10, 9.0) for n in range(1, 11))]
    state = filtered(ScoreFilter(calibration, 1.0, 0.0), samples)[-1]
    assert state.filtered.raw == pytest.approx(9 * (1 - math.exp(-1)))
    assert state.filtered.units["AU4"] == pytest.approx(3 * (1 - math.exp(-1)))


@given(st.lists(st.floats(0.01, 0.7), min_size=1, max_size=40), st.floats(0.1, 5))
def test_smoothed_scores_depend_on_the_time_and_not_on_the_number_of_frames(
    calibration, gaps, smoothing
):
    times = np.cumsum(gaps).tolist()
    samples = [(0.0, 0.0), *((seconds, 8.0) for seconds in times)]
    state = filtered(ScoreFilter(calibration, smoothing, 1.2), samples)[-1]
    assert state.smooth.raw == pytest.approx(8 * (1 - math.exp(-times[-1] / smoothing)))


@given(st.lists(st.floats(0, 15), min_size=1, max_size=60), st.floats(2, 60))
def test_the_filtered_score_is_the_smoothed_one_or_the_end_of_a_range_of_levels(
    calibration, raws, rate
):
    ends = {end for limits in level_ranges(calibration) for end in limits}
    for state in filtered(
        ScoreFilter(calibration, 0.05, 1.2), [(n / rate, raw) for n, raw in enumerate(raws)]
    ):
        assert min(raws) - 1e-9 <= state.smooth.raw <= max(raws) + 1e-9
        if state.filtered.raw != state.smooth.raw:
            assert state.filtered.raw in ends
            distance = abs(state.filtered.raw - state.smooth.raw)
            assert distance <= 2 * 1.2 * 1.5 * calibration.spread(state.reference) + 1e-6


def test_ranges_cover_the_scale_and_agree_with_the_stated_levels(assessor, calibration):
    for fitted in (calibration, assessor.estimator.calibration):
        ranges = level_ranges(fitted)
        assert (ranges[0][0], ranges[-1][1]) == (-math.inf, math.inf)
        assert all(0 < after[0] - before[1] < 1e-3 for before, after in pairwise(ranges))
        inner = [(max(low, 0.0), min(high, 16.0)) for low, high in ranges]
        level_sets = [
            {stated_levels(fitted(raw).rounded()) for raw in (low, (low + high) / 2, high)}
            for low, high in inner
        ]
        assert all(len(levels) == 1 for levels in level_sets)
        assert [level for (level,) in (next(iter(levels)) for levels in level_sets[::2])] == [
            *scale.LEVELS
        ]


@pytest.mark.parametrize("rate", [5, 25])
def test_noise_around_a_cut_does_not_move_the_score_across_it(calibration, rate):
    rng = np.random.default_rng(1)
    noise = 0.25 * calibration.spread(5.5) * rng.standard_normal(40 * rate)
    samples = [(n / rate, 5.5 + value) for n, value in enumerate(noise.tolist())]
    states = filtered(ScoreFilter(calibration, 0.05, 1.2), samples)[2 * rate :]
    assert len({state.range_index for state in states}) == 1
    raws = [state.smooth.raw for state in states]
    assert min(raws) < 5.5 < max(raws), "the smoothed score does cross it"


def test_a_small_lasting_difference_counts_after_a_while_and_a_large_one_at_once(calibration):
    score_filter = ScoreFilter(calibration, 0.0, 1.2)
    levels = []
    for end in (6.3, 8.0):
        samples = [(n / 10, 5.0 if n < 30 else end) for n in range(80)]
        states = filtered(score_filter, samples)
        levels.append([scale.level(state.filtered.raw) for state in states])
    small, large = (by_frame.index("moderate") for by_frame in levels)
    assert large == 30
    assert 30 < small <= 70
