"""The rules of a statement over time, as properties over arbitrary scores, frame rates and gaps."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.scores_over_time import (
    ABSENT,
    NO_FRAME,
    REASON,
    REFUSED,
    Part,
    ScoreMaker,
    recordings,
)
from wince import scale
from wince.runtime.calibration import CalibratedScore, ScoreMap
from wince.runtime.score_filter import stated_levels
from wince.runtime.statement import Kind
from wince.runtime.track import Track, TrackSettings

RATES = (5, 10, 25)
CLEAR = {5: 1.8, 10: 1.4, 25: 1.25}
"""Distance to the next cut from which a score is clearly in a level, as a multiple of the model's
mean error, by frames a second."""
NOISE = 0.25
MOST_NOISE = 0.42
"""Standard deviation of a still face's raw score from frame to frame, as a multiple of the model's
mean error. `python -m benchmarks.track_filter` measures 0.19 over all frames, and 0.41 for scores
from 2."""
WITHIN = 2.0  # seconds after which a lasting step must have been announced


@pytest.fixture(scope="module", params=["packaged", "identity"])
def calibration(assessor, request):
    """Return the packaged model's calibration, with its own score map and with the identity."""
    calibration = assessor.estimator.calibration
    return (
        calibration
        if request.param == "packaged"
        else replace(calibration, shift=0.0, score_map=ScoreMap())
    )


@pytest.fixture(scope="module")
def scores(assessor, frames):
    return ScoreMaker(assessor.assess(frames[0].path))


def states_of(track, scores, recording):
    parts, rate = recording
    return [
        (assessment, track.update(seconds, assessment))
        for seconds, assessment in scores.frames(parts, rate)
    ]


@given(recordings())
def test_the_level_the_number_the_interval_and_the_confidence_agree(calibration, scores, recording):
    for _, state in states_of(Track(calibration), scores, recording):
        for statement in (state.statement, state.to_dict()["statement"]):
            fields = statement if isinstance(statement, dict) else statement.to_dict()
            number, level, pair = (fields[name] for name in ("pspi", "level", "between"))
            if fields["kind"] in ("level", "between"):
                assert level == scale.level(number)
                assert fields["interval"][0] <= number <= fields["interval"][1]
                assert fields["confidence"] == fields["level_probabilities"][level]
                assert level in (pair or [level])
            else:
                assert {number, level, pair, fields["confidence"]} == {None}
            if fields["kind"] == "level":
                others = set(fields["level_probabilities"]) - {level}
                assert fields["confidence"] >= 0.5
                assert all(
                    fields["level_probabilities"][name] < fields["confidence"] for name in others
                )


@given(recordings(), st.floats(0.0, 3.0))
def test_what_is_announced_has_held_and_is_what_the_score_is_in(
    calibration, scores, recording, hold
):
    track = Track(calibration, TrackSettings(hold=hold))
    judged = []
    for _, state in states_of(track, scores, recording):
        if state.score is None:
            judged = [] if state.statement.age is None else judged
            continue
        judged.append((state.seconds, set(levels_of(state.score))))
        if not state.statement.announced:
            continue
        stated = set(state.statement.between or (state.statement.level,))
        assert judged[-1][1] <= stated
        recent = [levels for seconds, levels in judged if state.seconds - seconds < hold - 1e-6]
        assert all(levels <= stated for levels in recent)


def levels_of(score):
    level = scale.level(score.pspi)
    return stated_levels(
        CalibratedScore(score.pspi, score.interval, level, score.level_probabilities)
    )


@pytest.mark.parametrize("rate", RATES)
@given(
    st.tuples(st.floats(0.0, 14.0), st.floats(0.0, 14.0)),
    st.floats(2.0, 6.0),
    st.integers(0, 1000),
)
def test_a_lasting_step_is_announced_within_two_seconds(
    calibration, scores, rate, ends, before, seed
):
    start, end = ends
    levels = [stated_levels(calibration(score).rounded()) for score in (start, end)]
    margin = CLEAR[rate] * calibration.spread(end)
    near = {
        stated_levels(calibration(score).rounded())
        for score in (max(end - margin, 0.0), end, end + margin)
    }
    if levels[0] == levels[1] or len(near) > 1:
        return  # no step, or one that ends so close to a cut that its level is not clear
    track = Track(calibration)
    parts = [Part(start, before), Part(end, 4.0, NOISE * calibration.spread(end))]
    step_at, announced = None, []
    for seconds, assessment in scores.frames(parts, rate, seed):
        state = track.update(seconds, assessment)
        if seconds >= before:
            step_at = seconds if step_at is None else step_at
            if state.statement.announced:
                announced.append((state.seconds - step_at, state.statement))
    assert announced, "the step is announced"
    delay, statement = announced[0]
    assert delay <= WITHIN
    assert (statement.level,) == levels[1]


def test_with_few_frames_a_second_a_level_takes_longer_to_be_announced(calibration, scores):
    track = Track(calibration)
    states = [
        state for _, state in states_of(track, scores, ([Part(0.0, 4.0), Part(12.0, 4.0)], 2))
    ]
    announced = [state for state in states if state.statement.announced]
    assert [state.seconds for state in announced] == [2.5, 6.5]
    assert [state.statement.level for state in announced] == ["none", "severe"]


PLACES = st.tuples(st.sampled_from([*range(len(scale.LEVEL_CUTS)), None]), st.integers(0, 20))
"""Position of a cut, or None for the whole scale, and where the score is, in twentieths."""
STEADY_RATES = st.one_of(st.floats(2.0, 8.0), st.floats(2.0, 60.0))
STEADY_NOISE = st.one_of(st.just(MOST_NOISE), st.floats(0.0, MOST_NOISE))


@settings(max_examples=40, derandomize=True)  # Gaussian noise has no bound
@given(PLACES, STEADY_RATES, STEADY_NOISE, st.integers(0, 1000))
def test_a_still_face_changes_its_statement_at_most_once_in_ten_seconds(
    calibration, scores, place, rate, noise, seed
):
    cut, twentieths = place
    score = 0.7 * twentieths
    if cut is not None:  # within a mean error of the cut
        middle = calibration.score_map.inverse(scale.LEVEL_CUTS[cut]) - calibration.shift
        score = middle + (twentieths / 10 - 1) * calibration.spread(middle)
    track = Track(calibration)
    still = [Part(score, 30.0, noise * calibration.spread(score))]
    states = [
        track.update(seconds, assessment)
        for seconds, assessment in scores.frames(still, rate, seed)
    ]
    changes = [
        after.seconds
        for before, after in pairwise(states)
        if wording(before.statement) != wording(after.statement)
    ]
    assert all(later - earlier >= 10.0 for earlier, later in pairwise(changes))


def wording(statement):
    return statement.kind, statement.between or statement.level


@given(recordings())
def test_a_frame_without_a_judged_face_never_alters_the_score(calibration, scores, recording):
    parts, rate = recording
    with_gaps, without = Track(calibration), Track(calibration)
    away = with_gaps.settings.away
    last = None
    for seconds, assessment in scores.frames(parts, rate):
        state = with_gaps.update(seconds, assessment)
        if assessment is None or not assessment.quality.usable:
            assert state.score is None
            continue
        if last is not None and seconds - last >= away:
            return  # the track has started again
        last = seconds
        expected = without.update(seconds, assessment)
        assert state.score == expected.score or state.eyes != expected.eyes


@given(recordings())
def test_the_statement_says_why_there_is_no_score_after_a_second_and_how_old_the_last_one_is(
    calibration, scores, recording
):
    judged_at = in_view_at = None
    for assessment, state in states_of(Track(calibration), scores, recording):
        statement = state.statement
        if assessment is not None and assessment.quality.usable:
            judged_at = in_view_at = state.seconds
            assert statement.age == 0
            assert statement.kind not in (Kind.NOT_IN_VIEW, Kind.CANNOT_TELL)
            continue
        in_view_at = in_view_at if assessment is None else state.seconds
        age = None if judged_at is None else state.seconds - judged_at
        assert statement.age == (None if age is None else pytest.approx(age, abs=2e-3))
        if age is not None and age < 0.998:
            assert statement.kind not in (Kind.NOT_IN_VIEW, Kind.CANNOT_TELL)
        elif age is None or age > 1.002:
            if assessment is not None:
                assert statement.kind == Kind.CANNOT_TELL
                assert statement.reasons == REASON
            elif in_view_at is None or state.seconds - in_view_at > 1.002:
                assert statement.kind == Kind.NOT_IN_VIEW


@given(recordings())
def test_while_the_score_leaves_the_announced_level_the_statement_is_changing(
    calibration, scores, recording
):
    announced = None
    for _, state in states_of(Track(calibration), scores, recording):
        statement = state.statement
        if statement.announced:
            announced = statement.between or (statement.level,)
        if state.score is None:
            continue
        if statement.kind in (Kind.LEVEL, Kind.BETWEEN):
            assert (statement.between or (statement.level,)) == announced
            assert statement.pspi == state.score.pspi
        else:
            assert statement.kind == Kind.CHANGING


@pytest.mark.parametrize("rate", RATES)
def test_time_without_frames_is_neither_an_absence_nor_time_for_a_level(calibration, scores, rate):
    track = Track(calibration)
    parts = [Part(8.0, 3.0), Part(NO_FRAME, 3.0), Part(8.0, 1.0)]
    states = states_of(track, scores, (parts, rate))
    assert {state.statement.kind for _, state in states[2 * rate :]} == {Kind.LEVEL}
    assert sum(state.statement.announced for _, state in states) == 1
    later = track.current(20.0)
    assert (later.score, later.statement.level) == (None, "moderate")
    assert later.statement.age == pytest.approx(20.0 - states[-1][1].seconds, abs=1e-3)


@pytest.mark.parametrize("gap", [ABSENT, REFUSED])
def test_a_return_after_a_long_gap_starts_again(calibration, scores, gap):
    parts = [Part(8.0, 3.0), Part(gap, 4.0), Part(0.0, 3.0)]
    states = [state for _, state in states_of(Track(calibration), scores, (parts, 10))]
    back = states[70:]
    assert back[0].score.pspi == 0
    assert [state.statement.kind for state in back[:10]] == [Kind.CHANGING] * 10
    assert back[10].statement.announced
    assert back[10].statement.level == "none"
