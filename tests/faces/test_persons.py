"""Numbers of persons: lists of boxes, properties of arbitrary lists, and composed videos."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.scene import Actor, Place, render, still, walk
from wince.faces.detect import detect
from wince.faces.face import Face
from wince.faces.face_colours import measure_colours
from wince.faces.persons import Persons

AWAY = 6.0


def face(x: float, y: float = 200.0, side: float = 100.0) -> Face:
    """Return a face by its centre and side."""
    box = (x - side / 2, y - side / 2, x + side / 2, y + side / 2)
    return Face(box, np.zeros((6, 2)), 0.9)


def numbers(frames: Sequence[tuple[float, list[Face]]], away: float = AWAY) -> list[list[int]]:
    """Return the numbers of the faces of each frame (seconds, faces)."""
    persons = Persons(away)
    return [persons.update(seconds, faces) for seconds, faces in frames]


def test_persons_count_from_one_and_keep_their_numbers_in_any_order() -> None:
    frames = [(0.0, [face(100), face(300)]), (0.1, [face(305), face(95), face(500)])]
    assert numbers(frames) == [[1, 2], [2, 1, 3]]


@pytest.mark.parametrize(
    ("returning", "expected"),
    [
        (face(110), 1),
        (face(300), 2),  # elsewhere
        (face(100, side=150), 2),  # of another size
        (face(100, side=65), 2),
    ],
)
def test_after_a_gap_a_face_in_the_same_place_and_size_is_the_same_person(
    returning: Face, expected: int
) -> None:
    assert numbers([(0.0, [face(100)]), (1.0, []), (3.0, [returning])])[-1] == [expected]


def test_a_gap_of_away_seconds_ends_a_person() -> None:
    assert numbers([(0.0, [face(100)]), (2.9, [face(100)])], away=3.0)[-1] == [1]
    assert numbers([(0.0, [face(100)]), (3.0, [face(100)])], away=3.0)[-1] == [2]


def test_the_last_face_of_a_person_is_known_until_they_are_gone() -> None:
    persons = Persons(3.0)
    first = face(100)
    persons.update(0.0, [first])
    persons.update(1.0, [])
    assert persons.last_face(1) is first
    persons.update(4.0, [])
    assert persons.last_face(1) is None
    assert persons.last_face(2) is None


def test_two_close_persons_are_assigned_together() -> None:
    """Each alone would take the nearest face, and the first person would be lost."""
    assert numbers([(0.0, [face(0), face(100)]), (0.1, [face(60), face(160)])])[-1] == [1, 2]


def test_a_camera_that_moves_by_more_than_a_face_carries_all_persons_along() -> None:
    before, after = [face(100), face(400), face(650)], [face(300), face(600), face(850)]
    assert numbers([(0.0, before), (0.1, after)])[-1] == [1, 2, 3]


def test_a_person_who_jumps_by_more_than_a_face_is_not_a_camera_that_moves() -> None:
    assert numbers([(0.0, [face(100), face(400)]), (0.1, [face(100), face(600)])])[-1] == [1, 3]


PLACES = st.floats(0, 1000)
FACES = st.lists(st.builds(face, PLACES, PLACES, st.floats(20, 300)), max_size=6)
FRAMES = st.lists(st.tuples(st.floats(0.01, 3.0), FACES), max_size=12).map(
    lambda frames: [
        (float(sum(step for step, _ in frames[: index + 1])), faces)
        for index, (_, faces) in enumerate(frames)
    ]
)


@given(FRAMES)
def test_a_number_is_never_given_to_two_faces_of_a_frame(
    frames: list[tuple[float, list[Face]]],
) -> None:
    for frame_numbers in numbers(frames):
        assert len(set(frame_numbers)) == len(frame_numbers)


@given(FRAMES)
def test_numbers_are_never_given_again(frames: list[tuple[float, list[Face]]]) -> None:
    last_seconds: dict[int, float] = {}
    highest = 0
    for (seconds, _), frame_numbers in zip(frames, numbers(frames, away=2.0), strict=True):
        for number in sorted(frame_numbers):
            assert number <= highest + 1, "numbers count up without holes"
            if number <= highest:
                assert seconds - last_seconds[number] < 2.0, "nobody returns after `away`"
            highest = max(highest, number)
            last_seconds[number] = seconds


@given(
    gaps=st.lists(st.tuples(st.floats(0.01, 2.9), st.booleans()), min_size=1, max_size=15),
    others=st.lists(st.tuples(st.floats(300, 1000), st.floats(30, 80)), max_size=15),
    noise=st.lists(st.floats(-3, 3), min_size=15, max_size=15),
)
def test_a_person_who_does_not_move_keeps_the_number_through_gaps(
    gaps: list[tuple[float, bool]], others: list[tuple[float, float]], noise: list[float]
) -> None:
    """Whatever the other persons do elsewhere."""
    persons = Persons(3.0)
    assert persons.update(0.0, [face(100)]) == [1]
    seconds = last = 0.0
    for index, (gap, is_hidden) in enumerate(gaps):
        seconds += gap
        hidden = is_hidden and seconds - last + 2.9 < 3.0
        other_faces = [face(x, side=side) for x, side in others[index : index + 2]]
        patient = [] if hidden else [face(100 + noise[index])]
        frame_numbers = persons.update(seconds, patient + other_faces)
        if patient and seconds - last < 3.0:
            assert frame_numbers[0] == 1
        elif patient:
            return
        else:
            assert 1 not in frame_numbers
        last = last if hidden else seconds


PATIENT, NURSE = "aa001t1abunaff031.jpg", "ff006t1aaaff018.jpg"
VISITORS = ("bb002t2aaaff008.jpg", "ee005t2aaaff009.jpg", "ff006t1aaaff018.jpg")


def assert_each_has_a_number(actors: Sequence[Actor], seconds: float, **options: Any) -> None:
    """Check that each actor has exactly one number, and that there are no others."""
    given_numbers, count = numbers_in_video(actors, seconds, **options)
    assert [len(numbers) for numbers in given_numbers] == [1] * len(actors), given_numbers
    assert len(set.union(*given_numbers)) == count == len(actors)


def numbers_in_video(
    actors: Sequence[Actor],
    seconds: float,
    *,
    rate: int = 10,
    size: tuple[int, int] = (640, 480),
    shake: Callable[[float], tuple[float, float]] = lambda _: (0.0, 0.0),
) -> tuple[list[set[int]], int]:
    """Return the numbers that each actor's face gets, and how many numbers there are in all.

    Only frames count in which the actor is at least a quarter of their side away from the others.
    """
    persons = Persons(AWAY)
    given_numbers: list[set[int]] = [set() for _ in actors]
    everybody: set[int] = set()
    for index, rgb in enumerate(render(actors, seconds, size, rate, shake)):
        time = index / rate
        faces = detect(rgb)
        colours = [measure_colours(rgb, face) for face in faces]
        frame_numbers = persons.update(time, faces, colours)
        everybody.update(frame_numbers)
        places = [actor.place(time) for actor in actors]
        for actor_numbers, place in zip(given_numbers, places, strict=True):
            others = [other for other in places if other and other is not place]
            if place is None or any(math.dist(place[:2], other[:2]) < place[2] for other in others):
                continue
            actor_numbers.update(
                number
                for number, face in zip(frame_numbers, faces, strict=True)
                if is_at(face, place, shake(time))
            )
    return given_numbers, len(everybody)


def is_at(face: Face, place: Place, shift: tuple[float, float]) -> bool:
    """Return whether a face belongs to an actor at a place, in an image that is shifted."""
    x0, y0, x1, y1 = face.box
    x, y, side = place
    return math.dist(((x0 + x1) / 2, (y0 + y1) / 2), (x + shift[0], y + shift[1])) < side / 4


@pytest.mark.parametrize(("seconds", "rate"), [(1.0, 25), (2.0, 10), (4.0, 10)])
def test_two_persons_who_cross_keep_their_numbers(seconds: float, rate: int) -> None:
    actors = [
        Actor(PATIENT, walk((0, 120, 240, 240), (seconds, 520, 240, 240))),
        Actor(NURSE, walk((0, 520, 240, 250), (seconds, 120, 240, 250))),
    ]
    assert_each_has_a_number(actors, seconds, rate=rate)


@pytest.mark.parametrize("nurse_side", [300, 380])
def test_a_patient_hidden_by_a_nurse_for_three_seconds_keeps_the_number(nurse_side: int) -> None:
    nurse = walk(
        (1, 760, 250, nurse_side),
        (2, 330, 250, nurse_side),
        (5, 330, 250, nurse_side),
        (6, 760, 250, nurse_side),
    )
    actors = [Actor(PATIENT, still(320, 260, 280)), Actor(NURSE, nurse)]
    given_numbers, count = numbers_in_video(actors, 7)
    assert (given_numbers[0], count) == ({1}, 2)


@pytest.mark.parametrize("visitor", VISITORS)
@pytest.mark.parametrize("leaves_to", [None, -200.0, 840.0])
def test_the_next_person_in_a_chair_is_another_person(
    visitor: str, leaves_to: float | None
) -> None:
    """Also if the first one disappears in the chair, or both use the same side of the room."""
    first = [(0, 320, 260, 280), (2, 320, 260, 280)]
    second = [(5, 320, 260, 275), (6, 320, 260, 275)]
    if leaves_to is not None:
        first.append((3, leaves_to, 260, 280))
        second.insert(0, (4, 840, 260, 275))
    actors = [Actor(PATIENT, walk(*first)), Actor(visitor, walk(*second))]
    assert_each_has_a_number(actors, 6)


@pytest.mark.parametrize(("rate", "amplitude"), [(25, (40.0, 30.0)), (10, (60.0, 40.0))])
def test_a_camera_that_shakes_changes_no_numbers(rate: int, amplitude: tuple[float, float]) -> None:
    def shake(time: float) -> tuple[float, float]:
        x, y = amplitude
        return x * math.sin(2 * math.pi * 3 * time), y * math.sin(2 * math.pi * 4.3 * time)

    actors = [Actor(PATIENT, still(190, 240, 220)), Actor(VISITORS[0], still(450, 240, 220))]
    assert_each_has_a_number(actors, 3, rate=rate, shake=shake)
