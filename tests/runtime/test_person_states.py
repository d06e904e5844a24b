"""States of the persons in a video: each has their own, and gaps end it."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.frames import Frame
from wince.errors import ModelError
from wince.runtime.assessor import Assessor
from wince.runtime.look_ahead import RecordedFrame
from wince.runtime.person_states import PersonStates, StepScore, refuse_look_ahead
from wince.runtime.score_delay import ScoreDelay

AWAY = 6.0


class Sum:
    """A model of time whose score is the sum of all features so far, or their moving average.

    Attributes:
        look_ahead: As of a model of time.
        step_seconds: As of a model of time.
        keep: None for the sum; otherwise the share of the average before that stays in each step.
    """

    def __init__(
        self, look_ahead: int = 0, step: float | None = None, keep: float | None = None
    ) -> None:
        self.look_ahead, self.step_seconds, self.keep = look_ahead, step, keep

    def empty_state(self) -> NDArray[np.float32]:
        return np.zeros((1, 1), np.float32)

    def step(
        self, features: NDArray[np.float32], state: NDArray[np.float32]
    ) -> tuple[None, NDArray[np.float32], NDArray[np.float32]]:
        total = state + features
        if self.keep is not None:
            total = self.keep * state + (1 - self.keep) * features
        return None, total[:, 0], total


def states(look_ahead: int = 0, step: float | None = None) -> PersonStates:
    return states_of(Sum(look_ahead, step))


def states_of(model: Sum) -> PersonStates:
    return PersonStates(model, AWAY)  # type: ignore[arg-type]  # all that is used of a model


def score(persons: PersonStates, number: int, seconds: float, value: float = 1.0) -> float:
    return float(persons.step(number, seconds, np.full((1, 1), value, np.float32))[1][0])


def test_each_person_has_a_state() -> None:
    persons = states()
    scores = [score(persons, number, second) for second in (0, 1, 2) for number in (1, 2)]
    assert scores == [1, 1, 2, 2, 3, 3]
    assert score(persons, 3, 2) == 1


def test_a_short_gap_keeps_the_state_and_a_long_one_ends_it() -> None:
    persons = states()
    score(persons, 1, 0)
    assert score(persons, 1, AWAY - 1) == 2
    assert score(persons, 1, 2 * AWAY - 1) == 1


def test_a_frame_that_is_not_later_is_scored_and_does_not_count() -> None:
    persons = states()
    score(persons, 1, 5)
    assert score(persons, 1, 5, 10) == 11
    assert score(persons, 1, 6) == 2


def test_the_state_of_a_person_who_is_away_is_dropped() -> None:
    persons = states()
    score(persons, 1, 0)
    score(persons, 2, 4)
    persons.begin(7)
    assert persons._states.keys() == {2}


def averages(rate: float, step: float | None) -> NDArray[np.float64]:
    """Return the average at each of six seconds, of features that rise and fall."""
    persons = states_of(Sum(step=step, keep=0.9))
    results: list[float] = []
    for frame in range(round(6 * rate) + 1):
        time = frame / rate
        persons.begin(time)
        last = score(persons, 1, time, 5 + 5 * float(np.sin(time)))
        if time >= len(results) + 1 - 1e-9:
            results.append(last)
    return np.array(results)


@pytest.mark.parametrize("rate", [5, 10, 25, 30, 60])
def test_the_state_is_that_of_the_training_rate_whatever_the_rate_of_the_camera(
    rate: float,
) -> None:
    trained = averages(12.5, None)
    with_clock = np.abs(averages(rate, 0.08) - trained).max()
    a_step_each_frame = np.abs(averages(rate, None) - trained).max()
    assert with_clock < 0.6  # of an average that goes from 1 to 9
    assert a_step_each_frame > 2 * with_clock


def test_the_number_of_steps_is_that_of_the_time() -> None:
    for rate in (3, 10, 25, 60):
        persons = states(step=0.1)
        for frame in range(10 * rate):
            persons.begin(frame / rate)
            total = score(persons, 1, frame / rate)
        assert total == pytest.approx(100, abs=4), rate


def test_the_time_without_a_score_is_left_out() -> None:
    persons = states(step=0.1)
    for frame in range(40):
        persons.begin(frame / 10)
        if frame not in range(10, 30):
            total = score(persons, 1, frame / 10)
    assert total == 20


def complete(persons: PersonStates) -> list[StepScore]:
    return [score for steps in persons.take_steps().values() for score in steps.scores]


@pytest.mark.parametrize("look_ahead", [1, 3])
def test_a_score_comes_when_the_frames_after_it_are_known(look_ahead: int) -> None:
    persons, scores = states(look_ahead), []
    for frame in range(6):
        score(persons, 1, frame, 10.0**frame)
        steps = persons.take_steps()[1]
        assert steps.step == (0, frame)
        scores += steps.scores
    assert len(scores) == 6 - look_ahead
    scores += [score for steps in persons.finish().values() for score in steps.scores]
    values = 10.0 ** np.minimum(np.arange(6 + look_ahead), 5)  # the last frame is repeated
    expected = np.cumsum(values)[look_ahead:]
    assert [score.step for score in scores] == [(0, frame) for frame in range(6)]
    np.testing.assert_allclose([score.raw[0] for score in scores], expected)


def test_a_person_who_leaves_gets_the_scores_that_still_wait() -> None:
    persons = states(look_ahead=2)
    for second in range(3):
        score(persons, 1, second)
    assert [each.step for each in complete(persons)] == [(0, 0)]
    persons.begin(2 + AWAY)  # from now on nobody is expected: the track ends and needs them
    assert [each.step for each in complete(persons)] == [(0, 1), (0, 2)]
    score(persons, 1, 4 + AWAY)
    assert persons.take_steps()[1].step == (1, 0)


def test_frames_between_two_steps_share_one() -> None:
    persons = states(look_ahead=1, step=0.1)
    of_frames = []
    for frame in range(9):
        persons.begin(frame / 50)
        score(persons, 1, frame / 50)
        of_frames.append(persons.take_steps()[1].step)
    assert of_frames == [(0, 0)] * 3 + [(0, 1)] * 5 + [(0, 2)]


def test_a_model_that_looks_ahead_is_refused_for_a_camera() -> None:
    with pytest.raises(ModelError, match=r"when the 3 frames after it are known.*recorded files"):
        refuse_look_ahead(Sum(look_ahead=3))  # type: ignore[arg-type]  # as above
    refuse_look_ahead(Sum())  # type: ignore[arg-type]  # as above
    refuse_look_ahead(None)


def test_frames_wait_for_their_score_in_order(assessor: Assessor, frames: list[Frame]) -> None:
    assessment = assessor.assess(frames[0].path)
    delay: ScoreDelay[int] = ScoreDelay(
        lambda assessment, score: replace(assessment, raw_score=float(score.raw[0]))
    )
    persons, passed = states(look_ahead=2), []
    for number in range(6):
        judged = number != 3
        if judged:
            score(persons, 1, number, 10.0**number)
        frame = RecordedFrame(float(number), assessment if judged else None, number)
        steps = persons.take_steps()
        passed.append([*delay.add(frame, steps[1].step if judged else None, steps.values())])
    assert [[frame.item for frame in part] for part in passed] == [[], [], [0], [], [1], [2, 3]]
    last = [*delay.complete(persons.finish().values())]
    assert [frame.item for frame in last] == [4, 5]
    every = [frame for part in [*passed, last] for frame in part]
    scores = [frame.assessment and frame.assessment.raw_score for frame in every]
    assert scores == pytest.approx([111, 10111, 110111, None, 210111, 310111])


def test_frames_of_persons_who_take_turns_all_get_their_score(
    assessor: Assessor, frames: list[Frame]
) -> None:
    assessment = assessor.assess(frames[0].path)
    delay: ScoreDelay[int] = ScoreDelay(lambda assessment, score: assessment)
    persons, passed = states(look_ahead=2), []
    for number, person in enumerate([1, 2, 1, 1, 1, 2, 2, 2, 1, 1]):
        score(persons, person, number)
        steps = persons.take_steps()
        frame = RecordedFrame(float(number), assessment, number)
        passed += delay.add(frame, steps[person].step, steps.values())
    passed += delay.complete(persons.finish().values())
    assert [frame.item for frame in passed] == list(range(10))
