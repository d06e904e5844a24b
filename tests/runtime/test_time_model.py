"""States of the persons in a video: each has their own, and gaps end it."""

import numpy as np
from numpy.typing import NDArray

from wince.runtime.time_model import PersonStates

AWAY = 6.0


class Sum:
    """A model of time whose score is the sum of all features so far."""

    def empty_state(self) -> NDArray[np.float32]:
        return np.zeros((1, 1), np.float32)

    def step(
        self, features: NDArray[np.float32], state: NDArray[np.float32]
    ) -> tuple[None, NDArray[np.float32], NDArray[np.float32]]:
        total = state + features
        return None, total[:, 0], total


def states() -> PersonStates:
    return PersonStates(Sum(), AWAY)  # type: ignore[arg-type]  # all that is used of a model


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
    assert score(persons, 1, AWAY) == 2
    assert score(persons, 1, 2 * AWAY + 0.1) == 1


def test_a_frame_that_is_not_later_is_scored_and_does_not_count() -> None:
    persons = states()
    score(persons, 1, 5)
    assert score(persons, 1, 5, 10) == 11
    assert score(persons, 1, 6) == 2


def test_the_state_of_a_person_who_is_away_is_dropped() -> None:
    persons = states()
    score(persons, 1, 0)
    score(persons, 2, 4)
    persons.forget_before(7)
    assert persons._states.keys() == {2}
