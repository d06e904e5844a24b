"""Who is followed in a video, and who is assessed."""

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.scene import Actor, render, still
from wince import workers
from wince.runtime.assessor import Assessor
from wince.runtime.person_assessor import Choice, PersonAssessor, UnknownPersonError

PATIENT, NURSE = "aa001t1abunaff031.jpg", "ff006t1aaaff018.jpg"
AWAY = 6.0
GREY = np.full((480, 640, 3), 120, np.uint8)


def frame(*actors: Actor) -> NDArray[np.uint8]:
    """Return an image of actors."""
    return next(render(actors, 0.1))


SMALL, LARGE = Actor(PATIENT, still(160, 240, 220)), Actor(NURSE, still(460, 240, 320))
BOTH = frame(SMALL, LARGE)


def test_the_only_person_at_the_start_is_followed(assessor: Assessor) -> None:
    persons = PersonAssessor(assessor, AWAY)
    alone = persons.assess(frame(SMALL), 0.0)
    assert (alone.followed, alone.choice) == (1, Choice.ONLY)
    persons.assess(frame(SMALL), 0.1)
    together = persons.assess(BOTH, 1.5)
    assert (together.followed, together.choice) == (1, Choice.ONLY)
    assert list(together.faces) == [2, 1], "the larger one is not followed"
    assert list(together.assessments) == [1]
    assert together.assessments[1].face == together.faces[1]


def test_the_largest_of_several_persons_at_the_start_is_followed(assessor: Assessor) -> None:
    both = PersonAssessor(assessor, AWAY).assess(BOTH, 0.0)
    assert (both.followed, both.choice) == (1, Choice.LARGEST)
    assert both.faces[1].box[0] > both.faces[2].box[0]
    assert list(both.assessments) == [1]


@pytest.mark.parametrize("cores", [1, 2, 3])
def test_everybody_gets_the_same_assessments_on_any_number_of_cores(
    assessor: Assessor, monkeypatch: pytest.MonkeyPatch, cores: int
) -> None:
    monkeypatch.setattr(workers, "core_count", lambda: cores)
    persons = PersonAssessor(assessor, AWAY, everybody=True)
    alone = {1: PersonAssessor(assessor, AWAY), 2: PersonAssessor(assessor, AWAY, person=2)}
    for seconds in (0.0, 0.1, 0.2):
        together = persons.assess(BOTH, seconds)
        assert sorted(together.assessments) == [1, 2]
        for number, follower in alone.items():
            expected = follower.assess(BOTH, seconds).assessments[number]
            assert together.assessments[number].raw_score == expected.raw_score
            assert together.assessments[number].face == expected.face


def test_following_never_moves_to_another_person(assessor: Assessor) -> None:
    persons = PersonAssessor(assessor, AWAY)
    for seconds in (0.0, 0.1):
        persons.assess(frame(SMALL), seconds)
    for seconds in (0.2, 5.0, 10.0, 100.0):
        others = persons.assess(frame(LARGE), seconds)
        assert others.followed == 1
        assert others.assessments == {}
        assert 1 not in others.faces


def test_a_face_in_a_single_frame_at_the_start_is_not_followed_on(assessor: Assessor) -> None:
    persons = PersonAssessor(assessor, AWAY)
    assert persons.assess(frame(LARGE), 0.0).followed == 1
    assert persons.assess(GREY, 0.6).followed is None
    later = persons.assess(frame(SMALL), 1.2)
    assert (later.followed, later.choice) == (2, Choice.ONLY)


def test_a_given_number_is_waited_for(assessor: Assessor) -> None:
    persons = PersonAssessor(assessor, AWAY, person=2)
    first = persons.assess(frame(LARGE), 0.0)
    assert (first.followed, first.choice, first.assessments) == (2, Choice.NUMBER, {})
    both = persons.assess(BOTH, 1.0)
    assert list(both.assessments) == [2]


def test_another_person_in_view_can_be_chosen(assessor: Assessor) -> None:
    persons = PersonAssessor(assessor, AWAY)
    persons.assess(BOTH, 0.0)
    persons.follow(2)
    chosen = persons.assess(BOTH, 0.1)
    assert (chosen.followed, chosen.choice) == (2, Choice.NUMBER)
    assert list(chosen.assessments) == [2]
    with pytest.raises(UnknownPersonError, match=r"number 3\. In view: 1, 2\."):
        persons.follow(3)


def test_everybody_is_assessed_on_request(assessor: Assessor) -> None:
    persons = PersonAssessor(assessor, AWAY, everybody=True)
    for seconds in (0.0, 0.1, 1.2):
        both = persons.assess(BOTH, seconds)
        assert sorted(both.assessments) == [1, 2]
    assert both.assessments[2].face == both.faces[2]


def test_a_frame_without_faces_has_nobody(assessor: Assessor) -> None:
    empty = PersonAssessor(assessor, AWAY).assess(GREY, 0.0)
    assert (empty.followed, empty.choice, empty.faces, empty.assessments) == (None, None, {}, {})
