"""Sums over a session: time in each state, peaks, announcements, trend."""

import json

import pytest

from tests.support.frames import Frame
from tests.support.scores_over_time import ABSENT, NO_FRAME, REFUSED, Part, ScoreMaker
from wince.runtime.assessor import Assessor
from wince.runtime.session_summary import TREND_POINTS, SessionSummary, Trend
from wince.runtime.track import Track
from wince.scale import PSPI, Level

RATE = 10


@pytest.fixture(scope="module")
def scores(assessor: Assessor, frames: list[Frame]) -> ScoreMaker:
    return ScoreMaker(assessor.assess(frames[0].path))


def summed_up(assessor: Assessor, scores: ScoreMaker, *parts: Part) -> SessionSummary:
    track, session = Track(assessor.estimator.calibration), SessionSummary()
    for seconds, assessment in scores.frames(list(parts), RATE):
        state = track.update(seconds, assessment)
        session.add(seconds, state, face_found=assessment is not None)
    return session


def test_time_is_summed_up_by_state(assessor: Assessor, scores: ScoreMaker) -> None:
    session = summed_up(
        assessor,
        scores,
        Part(0.5, 4.0),
        Part(8.0, 4.0),
        Part(REFUSED, 3.0),
        Part(ABSENT, 3.0),
        Part(NO_FRAME, 5.0),
        Part(8.0, 4.0),
    )
    assert session.levels[Level.NONE] == pytest.approx(3.0, abs=0.15)
    # The last second before the refusal and the grace after it count for the level.
    assert session.levels[Level.MODERATE] == pytest.approx(3.0 + 1.0 + 3.0, abs=0.4)
    assert session.changing == pytest.approx(1.0 + 1.0 + 1.0, abs=0.4)
    assert session.cannot_tell == {"mouth-covered": pytest.approx(2.0 + 1.0, abs=0.2)}
    assert session.not_in_view == pytest.approx(2.0, abs=0.2)
    assert session.not_connected == pytest.approx(5.1, abs=0.15)
    assert session.total == pytest.approx(4 + 4 + 3 + 3 + 5 + 4 - 1 / RATE)
    assert (session.frames, session.frames_not_judged, session.frames_without_face) == (
        180,
        30,
        30,
    )


def test_peaks_are_of_stated_levels_only(assessor: Assessor, scores: ScoreMaker) -> None:
    session = summed_up(
        assessor, scores, Part(0.5, 3.0), Part(13.0, 0.4), Part(0.5, 3.0), Part(8.0, 3.0)
    )
    assert set(session.peaks) == {Level.NONE, Level.MODERATE}
    assert session.peak is not None
    assert session.peak.score == assessor.estimator.calibration(8.0).rounded().score
    assert [item.level for item in session.announced] == ["none", "moderate"]
    assert SessionSummary().peak is None


def test_the_summary_becomes_plain_data(assessor: Assessor, scores: ScoreMaker) -> None:
    session = summed_up(assessor, scores, Part(5.52, 3.0), Part(REFUSED, 2.0))
    pspi = assessor.estimator.calibration(5.52).rounded().score
    data = json.loads(json.dumps(session.to_dict()))
    assert data["schema"] == "1"
    assert data["seconds"]["between"] == {"mild-moderate": pytest.approx(3.0, abs=0.2)}
    assert data["seconds"]["cannot_tell"] == {"mouth-covered": pytest.approx(1.0, abs=0.2)}
    assert data["frames"] == {"all": 50, "without_face": 0, "not_judged": 20}
    assert data["announced"] == [
        {"seconds": 1.0, "level": "mild", "between": ["mild", "moderate"], "pspi": pspi}
    ]
    assert [point["seconds"] for point in data["trend"]["points"]] == [0.0, 1.0, 2.0]
    assert data["trend"]["points"][0] == {"seconds": 0.0, "pspi": pspi, "highest": pspi}


def test_a_long_trend_has_longer_steps_and_loses_nothing() -> None:
    trend = Trend()
    hours = 12 * 3600
    for second in range(hours):
        trend.add(second, 2.0 if second != 30_000 else 9.0)
    points = trend.to_dict(PSPI)["points"]
    assert len(points) <= TREND_POINTS
    assert trend.step == 128
    assert sum(point.frames for point in trend.points.values()) == hours
    assert [point["seconds"] for point in points if point["highest"] == 9.0] == [
        30_000 // 128 * 128
    ]
