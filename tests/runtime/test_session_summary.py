"""Sums over a session: time in each level, time without a face, peaks."""

from dataclasses import replace

from tests.support.frames import Frame
from wince.runtime.assessor import Assessor
from wince.runtime.session_summary import SessionSummary
from wince.runtime.track import Track
from wince.scale import Level


def test_time_and_peaks_are_summed_up(assessor: Assessor, frames: list[Frame]) -> None:
    assessment = assessor.assess(frames[0].path)
    none = Track(assessor.estimator.calibration).update(0.0, assessment)
    assert none is not None
    mild = replace(none, level=Level.MILD, pspi=3.0)
    session = SessionSummary()
    for seconds, state in (
        (0.0, none),
        (1.0, none),
        (1.5, mild),
        (2.0, replace(mild, pspi=4.0, announced=True)),
        (2.5, replace(mild, away=0.5)),
        (30.0, mild),  # too long after the frame before to count
    ):
        session.add(seconds, state)
    assert session.seconds[Level.NONE] == 1.0
    assert session.seconds[Level.MILD] == 1.0
    assert (session.absent, session.watched, session.frames) == (0.5, 2.0, 6)
    assert session.peak == (4.0, 2.0)
    assert session.announced == [(2.0, "mild")]
    assert SessionSummary().peak is None
