"""The search for persons in frames: who is found, and how often the whole frame is searched."""

import math
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from tests.support.frames import Frame
from tests.support.scene import Actor, Place, in_turns, render, still, walk
from wince import images
from wince.faces import person_search
from wince.faces.detect import detect, search_near
from wince.faces.person_search import PersonFace, PersonSearch

AWAY = 6.0
PATIENT, NURSE, VISITOR = (
    "aa001t1abunaff031.jpg",
    "ff006t1aaaff018.jpg",
    "bb002t2aaaff008.jpg",
)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each search is called."""
    counts: Counter[str] = Counter()
    for name in ("detect", "glance", "search_near"):
        search = getattr(person_search, name)

        def counted(*arguments: object, name: str = name, search: object = search) -> object:
            counts[name] += 1
            return search(*arguments)  # type: ignore[operator]  # one of three functions

        monkeypatch.setattr(person_search, name, counted)
    return counts


def is_of(person: PersonFace, place: Place | None) -> bool:
    """Return whether a face is that of an actor at a place."""
    if place is None:
        return False
    x0, y0, x1, y1 = person.face.box
    return math.dist(((x0 + x1) / 2, (y0 + y1) / 2), place[:2]) < place[2] / 4


def followed_actors(
    actors: Sequence[Actor], seconds: float, number: int, rate: int = 15
) -> list[int | None]:
    """Return, for each frame, the index of the actor whose face has a number; None for nobody."""
    search, indices = PersonSearch(AWAY), []
    for frame, rgb in enumerate(render(actors, seconds, rate=rate)):
        time = frame / rate
        persons = search.find(rgb, time, (number,))
        faces = [person for person in persons if person.number == number and person.is_current]
        index = None
        if faces:
            # Later actors stand in front of earlier ones.
            places = list(enumerate(actor.place(time) for actor in actors))[::-1]
            index = next((i for i, place in places if is_of(faces[0], place)), None)
        indices.append(index)
    return indices


def test_a_still_person_is_searched_for_in_full_once_a_second(calls: Counter[str]) -> None:
    search = PersonSearch(AWAY)
    for frame, rgb in enumerate(render([Actor(PATIENT, still(320, 240, 300))], 3, rate=15)):
        (person,) = search.find(rgb, frame / 15, (1,))
        assert (person.number, person.is_current) == (1, True)
    assert calls == {"detect": 3, "search_near": 45, "glance": 9}


def test_somebody_who_comes_is_noticed_between_two_full_searches(calls: Counter[str]) -> None:
    actors = [
        Actor(PATIENT, still(180, 240, 260)),
        Actor(NURSE, walk((0.3, 480, 240, 260), (9, 480, 240, 260))),
    ]
    search = PersonSearch(AWAY)
    counts = [
        len(search.find(rgb, frame / 15, (1,)))
        for frame, rgb in enumerate(render(actors, 0.7, rate=15))
    ]
    assert counts[:4] == [1] * 4
    assert counts[-1] == 2
    assert calls["detect"] == 1


def test_who_is_lost_is_searched_for_in_full_again_and_again(calls: Counter[str]) -> None:
    search = PersonSearch(AWAY)
    actors = [Actor(PATIENT, walk((0, 320, 240, 300), (0.5, 320, 240, 300)))]
    is_found = [
        bool(search.find(rgb, frame / 10, (1,)))
        for frame, rgb in enumerate(render(actors, 3, rate=10))
    ]
    assert is_found == [True] * 6 + [False] * 24
    assert calls["detect"] == 1 + 5, "at the start, when the person is lost, and twice a second"


def test_everybody_is_found_in_each_frame_if_everybody_is_followed() -> None:
    actors = [Actor(PATIENT, still(180, 240, 260)), Actor(NURSE, still(480, 240, 260))]
    search = PersonSearch(AWAY)
    for frame, rgb in enumerate(render(actors, 1.5, rate=10)):
        persons = search.find(rgb, frame / 10, None)
        assert sorted(person.number for person in persons) == [1, 2]
        assert all(person.is_current for person in persons)


@pytest.mark.parametrize("side", [290, 380])
@pytest.mark.parametrize("approach", [0.35, 1.0])
def test_a_nurse_who_leans_in_front_never_gets_the_patients_number(
    side: int, approach: float
) -> None:
    nurse = walk(
        (2, 760, 250, side),
        (2 + approach, 330, 250, side),
        (5 + approach, 330, 250, side),
        (5 + 2 * approach, 760, 250, side),
    )
    actors = [Actor(PATIENT, still(320, 260, 280)), Actor(NURSE, nurse)]
    indices = followed_actors(actors, 6 + 2 * approach, 1)
    assert set(indices) == {0, None}
    assert indices[-1] == 0, "the patient is followed again"


@pytest.mark.parametrize("seconds", [1.0, 2.0, 4.0])
def test_who_crosses_another_person_is_followed_on_the_other_side(seconds: float) -> None:
    actors = [
        Actor(PATIENT, walk((0, 120, 240, 240), (seconds, 520, 240, 240))),
        Actor(VISITOR, walk((0, 520, 240, 250), (seconds, 120, 240, 250))),
    ]
    first = PersonSearch(AWAY).find(next(render(actors, 0.1)), 0.0, ())
    number = next(person.number for person in first if is_of(person, actors[0].place(0)))
    indices = followed_actors(actors, seconds, number, rate=20)
    assert indices[0] == indices[-1] == 0
    middle = len(indices) // 2
    assert set(indices[: middle - 4] + indices[middle + 4 :]) <= {0, None}


WIDE = (1920, 1080)
SIZES_DIFFER = Actor("ll012t2aaaff036.jpg", still(800, 500, 380))
"""In a frame of this size the box of a search is 1.3 times as large as that of a look nearby."""


def test_boxes_of_a_search_and_of_a_look_nearby_differ_in_size() -> None:
    rgb = next(render([SIZES_DIFFER], 0.1, WIDE))
    (face,) = detect(rgb)
    near = search_near(rgb, face)
    assert near is not None
    assert max(near.size / face.size, face.size / near.size) > 1.25


def test_who_comes_back_close_by_keeps_the_number_although_boxes_differ_in_size() -> None:
    x, y, side = 800, 500, 380
    place = in_turns(
        walk((0, x, y, side), (0.5, x, y, side)),
        walk((1.5, x + 150, y, side), (2.5, x + 150, y, side)),
    )
    search = PersonSearch(AWAY)
    numbers = [
        [person.number for person in search.find(rgb, frame / 10, None)]
        for frame, rgb in enumerate(render([Actor(SIZES_DIFFER.file, place)], 2, WIDE))
    ]
    assert numbers[5] == numbers[-1] == [1]
    assert [] in numbers


def test_an_unchanged_face_keeps_its_box_from_the_first_frame_on() -> None:
    rgb = next(render([SIZES_DIFFER], 0.1, WIDE))
    search = PersonSearch(AWAY)
    faces = [search.find(rgb, frame / 15, None)[0].face for frame in range(20)]
    for face in faces[1:]:
        assert face.box == faces[0].box
        assert face.keypoints.tolist() == faces[0].keypoints.tolist()


def test_a_frame_without_faces_has_no_persons() -> None:
    assert PersonSearch(AWAY).find(np.full((200, 300, 3), 90, np.uint8), 0.0, ()) == []


def test_an_unchanged_image_keeps_its_key_points(frames: list[Frame]) -> None:
    for frame in frames:
        rgb = images.read(frame.path).rgb
        search = PersonSearch(AWAY)
        faces = [search.find(rgb, number / 15, (1,))[0].face for number in range(20)]
        for face in faces[1:]:
            np.testing.assert_allclose(face.keypoints, faces[0].keypoints, atol=1e-6)


def test_nobody_is_in_view_twice_when_boxes_of_one_face_differ_in_size() -> None:
    """The box of somebody who is not followed jumps to 1.4 times its size in one look."""
    files = ("aa001t1abunaff031", "bb002t2aaaff008", "ff006t1aaaff018", "kk011t1aaaff034")
    actors = [
        Actor(f"{file}.jpg", _swaying(192 + 384 * index, index))
        for index, file in enumerate((*files, "jj010t1aaaff017"))
    ]
    frames = list(render(actors, 2, (1920, 1080), 15))
    search = PersonSearch(6)
    numbers = [
        [person.number for person in search.find(rgb, frame / 15, (1,))]
        for frame, rgb in enumerate([*frames, *frames[:5:-1]])
    ]
    assert {len(in_view) for in_view in numbers} == {5}


def _swaying(x: float, phase: float) -> Callable[[float], Place | None]:
    return lambda time: (x + 6 * math.sin(2 * time + phase), 540 + 3 * math.sin(3 * time), 350)
