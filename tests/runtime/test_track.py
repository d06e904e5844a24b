"""The track of a face over time: filter, levels, blinks, frames without a face."""

import csv
import json
import math
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.frames import DATA
from wince import scale
from wince.errors import ScaleError
from wince.runtime.assessment import Quality
from wince.runtime.calibration import ScoreMap
from wince.runtime.track import Track, TrackSettings
from wince.speech import sentences

NO_ACTION = dict.fromkeys(scale.UNIT_NAMES, 0.0)
UNFILTERED = TrackSettings(smoothing=0.0)


@pytest.fixture(scope="module")
def calibration(assessor):
    """Return the packaged model's calibration with the identity as its score map."""
    return replace(assessor.estimator.calibration, score_map=ScoreMap())


@pytest.fixture(scope="module")
def shows(assessor, frames):
    """Return a function that makes the assessment of a face with a score or with action units."""
    template = assessor.assess(frames[0].path)

    def shows(score=None, **units):
        if score is not None:
            units = {"AU4": min(score, 5.0), "AU6": min(max(score - 5, 0.0), 5.0)}
            units["AU9"] = max(score - 10, 0.0)
        intensities = {**NO_ACTION, **units}
        raw = scale.pspi(intensities)
        return replace(template, raw_score=raw, pspi=raw, action_units=intensities)

    return shows


def announcements(track, shows, samples):
    """Update a track with samples (seconds, score or None); return (seconds, level) announced."""
    announced = []
    for seconds, score in samples:
        state = track.update(seconds, None if score is None else shows(score))
        if state is not None and state.announced:
            announced.append((seconds, state.level))
    return announced


def steps(*parts, rate=10):
    """Return samples (seconds, value): each part is a value and its duration in seconds."""
    values = [value for value, seconds in parts for _ in range(round(seconds * rate))]
    return [(number / rate, value) for number, value in enumerate(values)]


# Filter.


def test_after_one_time_constant_the_score_has_made_63_percent_of_a_step(calibration, shows):
    track = Track(calibration, TrackSettings(smoothing=1.0))
    track.update(0.0, shows(0.0))
    for n in range(1, 11):
        state = track.update(n / 10, shows(10.0))
    assert state.pspi == pytest.approx(10 * (1 - math.exp(-1)), abs=1e-3)
    assert state.action_units["AU4"] == pytest.approx(5 * (1 - math.exp(-1)), abs=1e-3)


@settings(deadline=None)
@given(st.lists(st.floats(0.01, 0.7), min_size=1, max_size=40), st.floats(0.1, 5))
def test_filtered_scores_depend_on_the_time_and_not_on_the_number_of_frames(
    calibration, shows, gaps, tau
):
    track = Track(calibration, TrackSettings(smoothing=tau))
    track.update(0.0, shows(0.0))
    now = 0.0
    for gap in gaps:
        now += gap
        state = track.update(now, shows(8.0))
    assert state.pspi == pytest.approx(8 * (1 - math.exp(-now / tau)), abs=2e-3)


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.floats(0.01, 0.5), st.floats(0, 15)), min_size=1, max_size=30),
    st.floats(0, 15),
)
def test_filtered_scores_stay_within_the_range_of_the_scores_and_converge(
    calibration, shows, past, end
):
    track = Track(calibration)
    now, low, high = 0.0, 15.0, 0.0
    for gap, score in past:
        now, low, high = now + gap, min(low, score), max(high, score)
        assert low - 1e-3 <= track.update(now, shows(score)).pspi <= high + 1e-3
    for _ in range(40):
        now += 0.5
        state = track.update(now, shows(end))
    assert state.pspi == pytest.approx(end, abs=1e-3)
    assert (
        state.level == scale.level(end)
        or min(abs(end - cut) for cut in scale.LEVEL_CUTS) <= track.settings.margin
    )


def test_without_smoothing_scores_are_not_filtered(calibration, shows):
    track = Track(calibration, UNFILTERED)
    assert [track.update(n, shows(score)).pspi for n, score in ((1, 3.0), (2, 9.0))] == [3.0, 9.0]


# Levels.


def test_a_level_is_announced_when_it_has_lasted(calibration, shows):
    announced = announcements(Track(calibration, UNFILTERED), shows, steps((0, 3), (8, 5)))
    assert announced == [(2.0, "none"), (5.0, "moderate")]


def test_a_level_that_does_not_last_is_not_announced(calibration, shows):
    announced = announcements(
        Track(calibration, UNFILTERED), shows, steps((0, 3), (12, 1.9), (0, 5))
    )
    assert announced == [(2.0, "none")]


def test_a_level_rises_at_the_cut_and_falls_below_the_margin(calibration, shows):
    parts = ((5.4, 3), (5.5, 3), (5.1, 9), (4.9, 3))
    announced = announcements(Track(calibration, UNFILTERED), shows, steps(*parts))
    assert announced == [(2.0, "mild"), (5.0, "moderate"), (17.0, "mild")]


def test_the_lowest_level_can_be_reached_again(calibration, shows):
    parts = ((2, 3), (0.3, 4), (0.2, 3))
    announced = announcements(Track(calibration, UNFILTERED), shows, steps(*parts))
    assert announced == [(2.0, "mild"), (9.0, "none")]


def test_a_score_that_swings_between_two_higher_levels_is_announced_as_the_lower_one(
    calibration, shows
):
    swing = [(score, 0.5) for _ in range(8) for score in (7, 13)]
    announced = announcements(Track(calibration, UNFILTERED), shows, steps((0, 3), *swing))
    assert announced == [(2.0, "none"), (7.0, "moderate")]


def test_before_the_first_announcement_the_level_is_that_of_the_score(calibration, shows):
    state = Track(calibration).update(0.0, shows(7.0))
    assert (state.level, state.steady, state.announced) == ("moderate", False, False)
    assert state.sentence == sentences.sentence(scale.Level.MODERATE)
    assert state.confidence == state.level_probabilities["moderate"]


@st.composite
def signals(draw):
    """Draw samples (seconds, score or None) at irregular times."""
    gaps = draw(st.lists(st.floats(0.02, 1.2), min_size=2, max_size=60))
    scores = st.one_of(st.none(), st.floats(0, 15))
    now, samples = 0.0, []
    for gap in gaps:
        now += gap
        samples.append((now, draw(scores)))
    return samples


@settings(deadline=None)
@given(signals(), st.floats(0, 3), st.floats(0, 4), st.floats(0, 2.5))
def test_announcements_are_never_closer_than_hold(
    calibration, shows, samples, smoothing, hold, margin
):
    track = Track(calibration, TrackSettings(smoothing, hold, margin))
    announced = announcements(track, shows, samples)
    reset_after = track.settings.away
    for (before, first), (after, second) in pairwise(announced):
        absent = [s for s, score in samples if before <= s <= after and score is None]
        if not absent or after - before < reset_after:
            assert after - before >= hold - 1e-6
            assert first != second


@settings(deadline=None)
@given(
    st.sampled_from(scale.LEVEL_CUTS),
    st.lists(st.floats(-1, 1), min_size=50, max_size=200),
    st.floats(0.02, 0.4),
)
def test_a_score_that_oscillates_around_a_cut_is_announced_at_most_twice(
    calibration, shows, cut, wobble, gap
):
    track = Track(calibration)
    reach = 0.24 if cut < 1 else 0.49  # within the margin of the cut on both sides
    samples = [(n * gap, cut + reach * part) for n, part in enumerate(wobble)]
    announced = announcements(track, shows, samples)
    # It may begin below the cut and rise above it once.
    levels = [level for _, level in announced]
    assert levels == sorted(set(levels), key=scale.LEVELS.index)
    assert len(levels) <= 2


# Eyes.


def test_blink_is_not_counted(calibration, shows):
    track = Track(calibration, UNFILTERED)
    closed = [0.0] * 10 + [1.0] * 4 + [0.0] * 10
    states = [track.update(n / 10, shows(AU43=value)) for n, value in enumerate(closed)]
    assert max(state.pspi for state in states) == 0
    assert [state.eyes for state in states[9:15]] == ["open", *["blink"] * 4, "open"]


@pytest.mark.parametrize("rate", [5, 15, 30])
def test_a_closure_of_the_eyes_counts_from_its_beginning(calibration, shows, rate):
    track = Track(calibration)
    for n in range(rate):
        track.update(n / rate, shows(AU43=0.1))
    before = track.update(1.0, shows(AU43=0.1)).pspi
    states = [track.update(1 + n / rate, shows(AU43=1.0)) for n in range(1, 2 * rate)]
    began = 1 + 1 / rate
    for state in states:
        duration = state.seconds - began
        if duration < 0.5 - 1e-3:
            assert (state.eyes, state.pspi) == ("blink", pytest.approx(before, abs=1e-3))
        elif duration > 0.5 + 1e-3:
            assert state.eyes == "closed"
            filtered = 0.1 + 0.9 * (1 - math.exp(-(state.seconds - 1)))
            assert state.pspi == pytest.approx(filtered, abs=2e-3), (
                "as if the closure had always counted"
            )
            assert state.action_units["AU43"] == pytest.approx(filtered, abs=2e-3)


def test_other_units_count_during_a_blink(calibration, shows):
    track = Track(calibration, UNFILTERED)
    track.update(0.0, shows(AU43=0.2))
    state = track.update(0.1, shows(AU43=1.0, AU4=3.0))
    assert state.pspi == pytest.approx(3.2)
    assert state.action_units["AU43"] == pytest.approx(0.2)


def test_a_model_without_action_units_gives_no_state_of_the_eyes(calibration, shows):
    track = Track(calibration, UNFILTERED)
    state = track.update(0.0, replace(shows(7.0), action_units=None))
    assert (state.pspi, state.action_units, state.eyes) == (7.0, None, None)


# Frames without a face.


def test_there_is_no_state_before_the_first_face(calibration, shows):
    track = Track(calibration)
    assert track.update(0.0, None) is None
    assert track.update(1.0, shows(3.0)).away == 0


def test_a_short_absence_does_not_count_for_or_against_a_level(calibration, shows):
    samples = steps((0, 3), (8, 1.5), (None, 2.5), (8, 2))
    announced = announcements(Track(calibration, UNFILTERED), shows, samples)
    # 1.5 s before the absence count, not the absence nor the intervals next to it.
    assert announced == [(2.0, "none"), (pytest.approx(7.6), "moderate")]


def test_the_state_is_kept_while_the_face_is_away(calibration, shows):
    track = Track(calibration, UNFILTERED)
    announcements(track, shows, steps((8, 3)))
    state = track.update(4.0, None)
    assert (state.level, state.pspi, state.away) == ("moderate", 8.0, pytest.approx(1.1))
    assert not state.announced


def test_after_three_seconds_without_a_face_the_track_starts_again(calibration, shows):
    track = Track(calibration)
    announcements(track, shows, steps((8, 4)))
    assert track.update(6.8, None) is not None
    assert track.update(7.0, None) is None
    state = track.update(8.0, shows(0.0))
    assert (state.level, state.pspi, state.steady) == ("none", 0.0, False)
    assert [track.update(8 + n / 10, shows(0.0)).announced for n in range(1, 21)].index(True) == 19


def test_a_face_that_cannot_be_judged_counts_as_no_face(calibration, shows):
    track = Track(calibration, UNFILTERED)
    track.update(0.0, shows(8.0))
    unusable = replace(shows(0.0), quality=Quality(False, ("Too dark.",)))
    state = track.update(1.0, unusable)
    assert (state.pspi, state.away) == (8.0, 1.0)


@pytest.mark.parametrize("seconds", [1.0, 0.5, math.nan, math.inf])
def test_a_time_that_is_not_later_is_refused(calibration, shows, seconds):
    track = Track(calibration)
    track.update(1.0, shows(0.0))
    with pytest.raises(ScaleError, match=r"must be later than that of the one before \(1 s\)"):
        track.update(seconds, shows(0.0))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("smoothing", -1),
        ("smoothing", math.nan),
        ("hold", 61),
        ("margin", 2.6),
        ("margin", "much"),
        ("away", 0),
    ],
)
def test_settings_out_of_range_are_refused_by_name(name, value):
    with pytest.raises(ScaleError, match=name):
        TrackSettings(**{name: value})


def test_a_state_becomes_plain_data(calibration, shows):
    track = Track(calibration)
    data = json.loads(json.dumps(track.update(0.0, shows(AU4=2.0)).to_dict()))
    assert (data["level"], data["pspi"], data["away"]) == ("mild", 2.0, 0.0)


# A recorded track: the packaged model on a video, by tools/record_track.py.


@pytest.fixture(scope="module")
def recorded(shows):
    """Return (part, seconds, assessment or None) for each frame."""
    with (DATA / "track.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    return [
        (
            row["part"],
            float(row["seconds"]),
            None
            if not row["PSPI"]
            else replace(
                shows(0.0),
                raw_score=float(row["raw_score"]),
                pspi=float(row["PSPI"]),
                action_units={name: float(row[name]) for name in scale.UNIT_NAMES},
            ),
        )
        for row in rows
    ]


def test_the_recorded_track_has_one_announcement_for_each_part(assessor, recorded):
    track = Track(assessor.estimator.calibration)
    announced, changes, previous = [], 0, None
    for part, seconds, assessment in recorded:
        state = track.update(seconds, assessment)
        if state.announced:
            announced.append((part, seconds, str(state.level)))
        if assessment is not None:
            level = scale.level(assessment.pspi)
            changes += previous is not None and level != previous
            previous = level
    # The level of single frames changes often: the score of the face in pain is close to a cut.
    assert changes >= 8
    assert [(part, level) for part, _, level in announced] == [
        ("portrait", "none"),
        ("pain", "mild"),
    ]
    assert announced[0][1] == pytest.approx(2.0, abs=0.07)
    assert announced[1][1] == pytest.approx(17 + 2.0, abs=0.5)


def test_closed_eyes_of_the_recorded_track_count_after_half_a_second(assessor, recorded):
    track = Track(assessor.estimator.calibration, UNFILTERED)
    eyes = []
    for part, seconds, assessment in recorded:
        state = track.update(seconds, assessment)
        if part == "pain":
            eyes.append(state.eyes)
            if state.eyes == "blink":
                assert state.raw_score == pytest.approx(
                    assessment.raw_score - assessment.action_units["AU43"], abs=0.1
                )
            else:
                assert state.raw_score == pytest.approx(assessment.raw_score, abs=1e-3)
    assert set(eyes[:7]) == {"blink"}
    assert set(eyes[8:]) == {"closed"}
