"""The track of a face over time: levels that last, blinks, frames without a face."""

import csv
import json
import math
from dataclasses import replace

import pytest

from tests.support.frames import DATA
from tests.support.scores_over_time import REASON, ScoreMaker
from wince import scale
from wince.errors import ScaleError
from wince.runtime.calibration import ScoreMap
from wince.runtime.statement import Kind
from wince.runtime.track import Track, TrackSettings
from wince.speech import sentences

UNFILTERED = TrackSettings(smoothing=0.0, margin=0.0)


@pytest.fixture(scope="module")
def calibration(assessor):
    """Return the packaged model's calibration with the identity as its score map."""
    return replace(assessor.estimator.calibration, shift=0.0, score_map=ScoreMap())


@pytest.fixture(scope="module")
def shows(assessor, frames):
    """Return what makes the assessment of a face with a score or with action units."""
    return ScoreMaker(assessor.assess(frames[0].path))


def announcements(track, shows, samples):
    """Update a track with samples (seconds, score or None); return (seconds, level) announced."""
    announced = []
    for seconds, score in samples:
        statement = track.update(seconds, None if score is None else shows(score)).statement
        if statement.announced:
            announced.append((seconds, statement.between or statement.level))
    return announced


def steps(*parts, rate=10):
    """Return samples (seconds, value): each part is a value and its duration in seconds."""
    values = [value for value, seconds in parts for _ in range(round(seconds * rate))]
    return [(number / rate, value) for number, value in enumerate(values)]


# Levels.


def test_a_level_is_announced_when_it_has_lasted(calibration, shows):
    announced = announcements(Track(calibration, UNFILTERED), shows, steps((0, 3), (8, 5)))
    assert announced == [(1.0, "none"), (4.0, "moderate")]


def test_a_level_that_does_not_last_is_not_announced(calibration, shows):
    samples = steps((0, 3), (12, 0.9), (0, 5))
    assert announcements(Track(calibration, UNFILTERED), shows, samples) == [(1.0, "none")]


def test_a_score_that_swings_between_two_levels_is_announced_as_between_them(calibration, shows):
    swing = [(score, 0.5) for _ in range(8) for score in (7, 13)]
    track = Track(calibration, UNFILTERED)
    announced = announcements(track, shows, steps((0, 3), *swing))
    assert announced == [(1.0, "none"), (pytest.approx(5.0, abs=0.5), ("moderate", "severe"))]
    statement = track.update(11.0, shows(13)).statement
    assert statement.sentence == "Pain expression: between moderate and severe."
    assert (statement.level, statement.pspi) == ("severe", 13)


def test_a_score_close_to_a_cut_is_announced_as_between_two_levels(calibration, shows):
    track = Track(calibration)
    announced = announcements(track, shows, steps((5.505, 2)))
    assert announced == [(1.0, ("mild", "moderate"))]
    statement = track.update(2.0, shows(5.505)).statement
    assert (statement.kind, statement.title) == (Kind.BETWEEN, "Between mild and moderate")
    assert statement.advice.startswith("It may be moderate")


def test_before_a_level_has_lasted_and_while_it_is_left_the_statement_is_changing(
    calibration, shows
):
    track = Track(calibration, UNFILTERED)
    states = [track.update(seconds, shows(score)) for seconds, score in steps((0, 2), (8, 2))]
    kinds = [state.statement.kind for state in states]
    assert (
        kinds == [Kind.CHANGING] * 10 + [Kind.LEVEL] * 10 + [Kind.CHANGING] * 10 + [Kind.LEVEL] * 10
    )
    changing = states[25].statement
    assert (changing.level, changing.pspi, changing.confidence) == (None, None, None)
    assert (changing.title, changing.sentence) == ("Changing", "The expression is changing.")
    assert states[25].score.pspi == 8


def test_a_score_that_has_come_down_is_stated_as_the_level_that_it_is_in(calibration, shows):
    track = Track(calibration)
    announced = announcements(track, shows, steps((3, 3), (0.1, 3)))
    assert [level for _, level in announced] == ["mild", "none"]
    state = track.update(6.0, shows(0.1))
    assert (state.statement.level, state.statement.pspi) == ("none", pytest.approx(0.1))
    assert state.statement.sentence == sentences.sentence(scale.Level.NONE)


def test_the_first_level_is_announced_only_if_the_score_is_in_it(calibration, shows):
    wandering = [(score, 0.3) for score in (0, 8, 3, 8, 0, 8)]
    track = Track(calibration, UNFILTERED)
    announced = announcements(track, shows, steps(*wandering, (8, 2)))
    assert [level for _, level in announced] == ["moderate"]


# Eyes.


def test_blink_is_not_counted(calibration, shows):
    track = Track(calibration, UNFILTERED)
    closed = [0.0] * 10 + [1.0] * 4 + [0.0] * 10
    states = [track.update(n / 10, shows(AU43=value)) for n, value in enumerate(closed)]
    assert max(state.score.pspi for state in states) == 0
    assert [state.eyes for state in states[9:15]] == ["open", *["blink"] * 4, "open"]


@pytest.mark.parametrize("rate", [5, 15, 30])
def test_a_closure_of_the_eyes_counts_from_its_beginning(calibration, shows, rate):
    track = Track(calibration, TrackSettings(smoothing=1.0, margin=0.0))
    for n in range(rate):
        track.update(n / rate, shows(AU4=2.0, AU43=0.1))
    before = track.update(1.0, shows(AU4=2.0, AU43=0.1)).score.pspi
    states = [track.update(1 + n / rate, shows(AU4=2.0, AU43=1.0)) for n in range(1, 2 * rate)]
    began = 1 + 1 / rate
    for state in states:
        duration = state.seconds - began
        if duration < 0.5 - 1e-3:
            assert (state.eyes, state.score.pspi) == ("blink", pytest.approx(before, abs=1e-3))
        elif duration > 0.5 + 1e-3:
            assert state.eyes == "closed"
            filtered = 0.1 + 0.9 * (1 - math.exp(-(state.seconds - 1)))
            assert state.score.pspi == pytest.approx(2 + filtered, abs=2e-3), (
                "as if the closure had always counted"
            )
            assert state.score.action_units["AU43"] == pytest.approx(filtered, abs=2e-3)


def test_other_units_count_during_a_blink(calibration, shows):
    track = Track(calibration, UNFILTERED)
    track.update(0.0, shows(AU43=0.2))
    score = track.update(0.1, shows(AU43=1.0, AU4=3.0)).score
    assert score.pspi == pytest.approx(3.2)
    assert score.action_units["AU43"] == pytest.approx(0.2)


def test_a_model_without_action_units_gives_no_state_of_the_eyes(calibration, shows):
    state = Track(calibration).update(0.0, replace(shows(7.0), action_units=None))
    assert (state.score.pspi, state.score.action_units, state.eyes) == (7.0, None, None)


# Frames without a face.


def test_without_a_face_from_the_beginning_nothing_is_in_view(calibration, shows):
    track = Track(calibration)
    statement = track.update(0.0, None).statement
    assert (statement.kind, statement.age, statement.title) == (
        Kind.NOT_IN_VIEW,
        None,
        "Not in view",
    )
    assert track.update(1.0, shows(3.0)).statement.age == 0


def test_a_short_absence_does_not_count_for_or_against_a_level(calibration, shows):
    samples = steps((0, 3), (8, 0.5), (None, 2.5), (8, 2))
    announced = announcements(Track(calibration, UNFILTERED), shows, samples)
    # 0.5 s before the absence count, not the absence nor the intervals next to it.
    assert announced == [(1.0, "none"), (pytest.approx(6.6), "moderate")]


def test_the_statement_is_kept_for_a_second_and_its_age_is_given(calibration, shows):
    track = Track(calibration, UNFILTERED)
    announcements(track, shows, steps((8, 3)))
    state = track.update(3.5, None)
    assert (state.statement.level, state.statement.pspi) == ("moderate", 8.0)
    assert (state.statement.age, state.score) == (pytest.approx(0.6), None)
    state = track.update(4.0, None)
    assert (state.statement.kind, state.statement.pspi) == (Kind.NOT_IN_VIEW, None)
    assert state.statement.age == pytest.approx(1.1)
    assert not state.statement.announced


def test_after_three_seconds_without_a_face_the_track_starts_again(calibration, shows):
    track = Track(calibration)
    announcements(track, shows, steps((8, 4)))
    assert track.update(7.0, None).statement.age == pytest.approx(3.1)
    state = track.update(8.0, shows(0.0))
    assert (state.statement.kind, state.score.pspi) == (Kind.CHANGING, 0.0)
    announced = [track.update(8 + n / 10, shows(0.0)).statement.announced for n in range(1, 21)]
    assert announced.index(True) == 9


def test_a_face_that_cannot_be_judged_has_no_score_and_its_reason_is_stated(calibration, shows):
    track = Track(calibration, UNFILTERED)
    track.update(0.0, shows(8.0))
    state = track.update(1.0, shows.refused())
    statement = state.statement
    assert (state.score, statement.kind, statement.pspi) == (None, Kind.CANNOT_TELL, None)
    assert (statement.reasons, statement.age) == (REASON, 1.0)
    assert statement.title == "Cannot tell: mouth covered"
    assert track.update(1.5, None).statement.kind == Kind.CANNOT_TELL, "found less than 1 s ago"
    assert track.update(2.5, None).statement.kind == Kind.NOT_IN_VIEW


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
        ("margin", 5.1),
        ("margin", "much"),
        ("away", 0),
    ],
)
def test_settings_out_of_range_are_refused_by_name(name, value):
    with pytest.raises(ScaleError, match=name):
        TrackSettings(**{name: value})


def test_a_state_becomes_plain_data(calibration, shows):
    track = Track(calibration)
    for number in range(5):
        track.update(number / 5, shows(AU4=2.0))
    data = json.loads(json.dumps(track.update(1.0, shows(AU4=2.0)).to_dict()))
    statement = data["statement"]
    assert (statement["kind"], statement["level"], statement["pspi"]) == ("level", "mild", 2.0)
    assert (statement["announced"], statement["between"]) == (True, None)
    assert (data["score"]["pspi"], data["seconds"]) == (2.0, 1.0)


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
                score=float(row["PSPI"]),
                action_units={name: float(row[name]) for name in scale.UNIT_NAMES},
            ),
        )
        for row in rows
    ]


def test_the_recorded_track_has_one_announcement_for_each_part(assessor, recorded):
    track = Track(assessor.estimator.calibration)
    announced, changes, previous = [], 0, None
    for part, seconds, assessment in recorded:
        statement = track.update(seconds, assessment).statement
        if statement.announced:
            announced.append((part, seconds, str(statement.level)))
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
    assert announced[0][1] == pytest.approx(1.0, abs=0.07)
    assert announced[1][1] == pytest.approx(17 + 1.0, abs=0.5)


def test_closed_eyes_of_the_recorded_track_count_after_half_a_second(assessor, recorded):
    track = Track(assessor.estimator.calibration, UNFILTERED)
    eyes = []
    for part, seconds, assessment in recorded:
        state = track.update(seconds, assessment)
        if part == "pain":
            eyes.append(state.eyes)
            if state.eyes == "blink":
                assert state.score.raw_score == pytest.approx(
                    assessment.raw_score - assessment.action_units["AU43"], abs=0.1
                )
            else:
                assert state.score.raw_score == pytest.approx(assessment.raw_score, abs=1e-3)
    assert set(eyes[:7]) == {"blink"}
    assert set(eyes[8:]) == {"closed"}
