"""Averaging over the frames around a frame of a recording."""

import pytest

from tests.support.scores_over_time import ScoreMaker
from wince.runtime.look_ahead import LookAhead, RecordedFrame


@pytest.fixture(scope="module")
def shows(assessor, frames):
    return ScoreMaker(assessor.assess(frames[0].path))


def through(half_width, assessments, rate=10):
    """Return (number, assessment) of frames, and how many were complete before the end."""
    look_ahead, complete = LookAhead(half_width), []
    for number, assessment in enumerate(assessments):
        complete += look_ahead.add(RecordedFrame(number / rate, assessment, number))
    early = len(complete)
    complete += look_ahead.finish()
    return [(frame.item, frame.assessment) for frame in complete], early


def test_scores_are_means_over_a_centred_window(shows):
    frames, early = through(0.2, [shows(score) for score in (0.0, 3.0, 0.0, 0.0, 5.0, 0.0, 0.0)])
    assert [number for number, _ in frames] == list(range(7))
    assert early == 5, "two frames still wait for those after them"
    means = [assessment.raw_score for _, assessment in frames]
    assert means == pytest.approx([1.0, 0.75, 1.6, 1.6, 1.0, 1.25, 5 / 3])
    assert frames[2][1].action_units["AU4"] == pytest.approx(1.6)


def test_frames_that_cannot_be_judged_are_passed_on_and_do_not_count(shows):
    refused = shows.refused()
    frames, _ = through(0.1, [shows(2.0), None, shows(4.0), refused, shows(4.0)])
    assert [frame for _, frame in frames][1::2] == [None, refused]
    assert [frame.raw_score for _, frame in frames[::2]] == pytest.approx([2.0, 4.0, 4.0])


def test_closed_eyes_are_not_averaged(shows):
    frames, _ = through(0.1, [shows(AU4=3.0), shows(AU4=0.0, AU43=1.0), shows(AU4=3.0)])
    blink = frames[1][1]
    assert blink.action_units["AU43"] == 1.0
    assert blink.raw_score == pytest.approx(2.0 + 1.0)
    assert frames[0][1].action_units["AU43"] == 0.0
    assert frames[0][1].raw_score == pytest.approx(1.5)


def test_a_window_of_no_width_changes_nothing_and_waits_for_nothing(shows):
    assessments = [shows(1.0), None, shows(7.0)]
    frames, early = through(0.0, assessments)
    assert early == 3
    assert [frame and frame.raw_score for _, frame in frames] == [1.0, None, 7.0]
