"""A track of assessments is calm: it neither chatters nor takes a blink for pain."""

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

CALM = dict.fromkeys(scale.UNIT_NAMES, 0.0)
FLAT = TrackSettings(smoothing=0.0)


@pytest.fixture(scope="module")
def calibration(assessor):
    """The packaged model's, on the scale itself: raw score and PSPI are the same number."""
    return replace(assessor.estimator.calibration, score_map=ScoreMap())


@pytest.fixture(scope="module")
def shows(assessor, frames):
    """Return a function that gives the assessment of a face with such a score or such units."""
    template = assessor.assess(frames[0].path)

    def shows(score=None, **units):
        if score is not None:
            units = {"AU4": min(score, 5.0), "AU6": min(max(score - 5, 0.0), 5.0)}
            units["AU9"] = max(score - 10, 0.0)
        found = {**CALM, **units}
        raw = scale.pspi(found)
        return replace(template, raw_score=raw, pspi=raw, action_units=found)

    return shows


def run(track, shows, samples):
    """Feed (seconds, score or None) and return (seconds, level) of what was announced."""
    said = []
    for seconds, score in samples:
        reading = track.update(seconds, None if score is None else shows(score))
        if reading is not None and reading.announced:
            said.append((seconds, reading.level))
    return said


def steps(*parts, rate=10):
    """Return samples of the values for so many seconds each, ten a second."""
    values = [value for value, seconds in parts for _ in range(round(seconds * rate))]
    return [(number / rate, value) for number, value in enumerate(values)]


# Smoothing.


def test_step_comes_through_by_63_percent_after_one_time_constant(calibration, shows):
    track = Track(calibration, TrackSettings(smoothing=1.0))
    track.update(0.0, shows(0.0))
    for n in range(1, 11):
        reading = track.update(n / 10, shows(10.0))
    assert reading.pspi == pytest.approx(10 * (1 - math.exp(-1)), abs=1e-3)
    assert reading.action_units["AU4"] == pytest.approx(5 * (1 - math.exp(-1)), abs=1e-3)


@settings(deadline=None)
@given(st.lists(st.floats(0.01, 0.7), min_size=1, max_size=40), st.floats(0.1, 5))
def test_what_has_come_through_depends_on_time_and_not_on_frames(calibration, shows, gaps, tau):
    track = Track(calibration, TrackSettings(smoothing=tau))
    track.update(0.0, shows(0.0))
    now = 0.0
    for gap in gaps:
        now += gap
        reading = track.update(now, shows(8.0))
    assert reading.pspi == pytest.approx(8 * (1 - math.exp(-now / tau)), abs=2e-3)


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.floats(0.01, 0.5), st.floats(0, 15)), min_size=1, max_size=30),
    st.floats(0, 15),
)
def test_smoothing_stays_within_what_was_seen_and_converges(calibration, shows, past, end):
    track = Track(calibration)
    now, low, high = 0.0, 15.0, 0.0
    for gap, score in past:
        now, low, high = now + gap, min(low, score), max(high, score)
        assert low - 1e-3 <= track.update(now, shows(score)).pspi <= high + 1e-3
    for _ in range(40):
        now += 0.5
        reading = track.update(now, shows(end))
    assert reading.pspi == pytest.approx(end, abs=1e-3)
    assert (
        reading.level == scale.level(end)
        or min(abs(end - cut) for cut in scale.LEVEL_CUTS) <= track.settings.margin
    )


def test_without_smoothing_each_frame_stands_for_itself(calibration, shows):
    track = Track(calibration, FLAT)
    assert [track.update(n, shows(score)).pspi for n, score in ((1, 3.0), (2, 9.0))] == [3.0, 9.0]


# Levels.


def test_level_is_announced_once_it_has_held(calibration, shows):
    said = run(Track(calibration, FLAT), shows, steps((0, 3), (8, 5)))
    assert said == [(2.0, "none"), (5.0, "moderate")]


def test_level_that_does_not_hold_is_never_announced(calibration, shows):
    said = run(Track(calibration, FLAT), shows, steps((0, 3), (12, 1.9), (0, 5)))
    assert said == [(2.0, "none")]


def test_level_rises_at_the_cut_and_falls_only_past_the_margin(calibration, shows):
    parts = ((5.4, 3), (5.5, 3), (5.1, 9), (4.9, 3))
    said = run(Track(calibration, FLAT), shows, steps(*parts))
    assert said == [(2.0, "mild"), (5.0, "moderate"), (17.0, "mild")]


def test_lowest_level_can_be_reached_again(calibration, shows):
    parts = ((2, 3), (0.3, 4), (0.2, 3))
    said = run(Track(calibration, FLAT), shows, steps(*parts))
    assert said == [(2.0, "mild"), (9.0, "none")]


def test_swinging_between_two_higher_levels_is_announced_as_the_lower(calibration, shows):
    swing = [(score, 0.5) for _ in range(8) for score in (7, 13)]
    said = run(Track(calibration, FLAT), shows, steps((0, 3), *swing))
    assert said == [(2.0, "none"), (7.0, "moderate")]


def test_until_the_first_has_held_the_present_level_is_shown(calibration, shows):
    reading = Track(calibration).update(0.0, shows(7.0))
    assert (reading.level, reading.steady, reading.announced) == ("moderate", False, False)
    assert reading.sentence == sentences.sentence(scale.Level.MODERATE)
    assert reading.confidence == reading.level_probabilities["moderate"]


@st.composite
def signals(draw):
    """Return samples (seconds, score or None) at uneven times."""
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
    said = run(track, shows, samples)
    reset_after = track.settings.away
    for (before, first), (after, second) in pairwise(said):
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
def test_signal_that_oscillates_around_a_cut_does_not_chatter(calibration, shows, cut, wobble, gap):
    track = Track(calibration)
    reach = 0.24 if cut < 1 else 0.49  # within the margin of the cut on both sides
    samples = [(n * gap, cut + reach * part) for n, part in enumerate(wobble)]
    said = run(track, shows, samples)
    # It may begin below the cut and rise over it, and there it stays.
    levels = [level for _, level in said]
    assert levels == sorted(set(levels), key=scale.LEVELS.index)
    assert len(levels) <= 2


# Eyes.


def test_blink_is_not_counted(calibration, shows):
    track = Track(calibration, FLAT)
    closed = [0.0] * 10 + [1.0] * 4 + [0.0] * 10
    readings = [track.update(n / 10, shows(AU43=value)) for n, value in enumerate(closed)]
    assert max(reading.pspi for reading in readings) == 0
    assert [reading.eyes for reading in readings[9:15]] == ["open", *["blink"] * 4, "open"]


@pytest.mark.parametrize("rate", [5, 15, 30])
def test_eyes_that_stay_closed_count_from_the_beginning_of_the_closure(calibration, shows, rate):
    track = Track(calibration)
    for n in range(rate):
        track.update(n / rate, shows(AU43=0.1))
    before = track.update(1.0, shows(AU43=0.1)).pspi
    readings = [track.update(1 + n / rate, shows(AU43=1.0)) for n in range(1, 2 * rate)]
    began = 1 + 1 / rate
    for reading in readings:
        lasted = reading.seconds - began
        if lasted < 0.5 - 1e-3:
            assert (reading.eyes, reading.pspi) == ("blink", pytest.approx(before, abs=1e-3))
        elif lasted > 0.5 + 1e-3:
            assert reading.eyes == "closed"
            whole = 0.1 + 0.9 * (1 - math.exp(-(reading.seconds - 1)))
            assert reading.pspi == pytest.approx(whole, abs=2e-3), "as if it had always counted"
            assert reading.action_units["AU43"] == pytest.approx(whole, abs=2e-3)


def test_other_units_count_during_a_blink(calibration, shows):
    track = Track(calibration, FLAT)
    track.update(0.0, shows(AU43=0.2))
    reading = track.update(0.1, shows(AU43=1.0, AU4=3.0))
    assert reading.pspi == pytest.approx(3.2)
    assert reading.action_units["AU43"] == pytest.approx(0.2)


def test_model_without_action_units_has_no_eyes_to_look_at(calibration, shows):
    track = Track(calibration, FLAT)
    reading = track.update(0.0, replace(shows(7.0), action_units=None))
    assert (reading.pspi, reading.action_units, reading.eyes) == (7.0, None, None)


# Frames without a face.


def test_nothing_is_said_before_the_first_face(calibration, shows):
    track = Track(calibration)
    assert track.update(0.0, None) is None
    assert track.update(1.0, shows(3.0)).away == 0


def test_short_absence_changes_nothing_and_does_not_count(calibration, shows):
    samples = steps((0, 3), (8, 1.5), (None, 2.5), (8, 2))
    said = run(Track(calibration, FLAT), shows, samples)
    # 1.5 s before the face was away; its time is left out, the frames beside it included.
    assert said == [(2.0, "none"), (pytest.approx(7.6), "moderate")]


def test_what_stands_is_kept_while_the_face_is_away(calibration, shows):
    track = Track(calibration, FLAT)
    run(track, shows, steps((8, 3)))
    reading = track.update(4.0, None)
    assert (reading.level, reading.pspi, reading.away) == ("moderate", 8.0, pytest.approx(1.1))
    assert not reading.announced


def test_after_three_seconds_without_a_face_the_track_begins_anew(calibration, shows):
    track = Track(calibration)
    run(track, shows, steps((8, 4)))
    assert track.update(6.8, None) is not None
    assert track.update(7.0, None) is None
    reading = track.update(8.0, shows(0.0))
    assert (reading.level, reading.pspi, reading.steady) == ("none", 0.0, False)
    assert [track.update(8 + n / 10, shows(0.0)).announced for n in range(1, 21)].index(True) == 19


def test_face_that_cannot_be_judged_counts_as_none(calibration, shows):
    track = Track(calibration, FLAT)
    track.update(0.0, shows(8.0))
    unusable = replace(shows(0.0), quality=Quality(False, ("Too dark.",)))
    reading = track.update(1.0, unusable)
    assert (reading.pspi, reading.away) == (8.0, 1.0)


@pytest.mark.parametrize("seconds", [1.0, 0.5, math.nan, math.inf])
def test_time_must_go_on(calibration, shows, seconds):
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


def test_reading_is_plain_data(calibration, shows):
    track = Track(calibration)
    data = json.loads(json.dumps(track.update(0.0, shows(AU4=2.0)).to_dict()))
    assert (data["level"], data["pspi"], data["away"]) == ("mild", 2.0, 0.0)


# The recorded track: the packaged model over a video, tools/record_track.py.


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


def test_recorded_track_is_announced_once_for_each_part(assessor, recorded):
    track = Track(assessor.estimator.calibration)
    said, flips, last = [], 0, None
    for part, seconds, found in recorded:
        reading = track.update(seconds, found)
        if reading.announced:
            said.append((part, seconds, str(reading.level)))
        if found is not None:
            level = scale.level(found.pspi)
            flips += last is not None and level != last
            last = level
    # Frame by frame the level changes often: the painful face sways around a cut.
    assert flips >= 8
    assert [(part, level) for part, _, level in said] == [("portrait", "none"), ("pain", "mild")]
    assert said[0][1] == pytest.approx(2.0, abs=0.07)
    assert said[1][1] == pytest.approx(17 + 2.0, abs=0.5)


def test_closed_eyes_of_the_recorded_track_count_after_half_a_second(assessor, recorded):
    track = Track(assessor.estimator.calibration, FLAT)
    eyes = []
    for part, seconds, found in recorded:
        reading = track.update(seconds, found)
        if part == "pain":
            eyes.append(reading.eyes)
            if reading.eyes == "blink":
                assert reading.raw_score == pytest.approx(
                    found.raw_score - found.action_units["AU43"], abs=0.1
                )
            else:
                assert reading.raw_score == pytest.approx(found.raw_score, abs=1e-3)
    assert set(eyes[:7]) == {"blink"}
    assert set(eyes[8:]) == {"closed"}
