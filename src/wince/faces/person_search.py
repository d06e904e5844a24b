"""Find the persons in the frames of a video or camera, without searching every frame in full.

- Followed faces, and faces close to them, are looked for where they were a moment ago. What is
  looked at, around the face's anchor, stays the same until the face has moved. So the key points,
  and with them the score, do not change from frame to frame by themselves.
- Now and then the whole frame is looked at once, so that a newcomer is noticed before reaching a
  followed face.
- A full search, which also finds small and rotated faces, takes place once a second, and at once
  when a followed face is not where it was.
"""

import math
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wince.faces.boxes import iou
from wince.faces.detect import detect, glance, search_near
from wince.faces.face import Face
from wince.faces.face_colours import measure_colours
from wince.faces.persons import Persons

FULL_SEARCH_SECONDS = 1.0
"""Seconds between full searches while all followed persons are in view."""
LOST_SEARCH_SECONDS = 0.5
"""Seconds between full searches while a followed person is not in view."""
GLANCE_SECONDS = 0.25
"""Seconds between looks at the whole frame; while a followed person is not in view, 0."""
NEIGHBOURHOOD = 2.0
"""Faces within this many sides of a followed face are looked for too."""
MIN_STAY = 0.5
"""Intersection over union of a face with its box of a moment ago; with less, search in full."""
MIN_NEAR_SCORE = 0.6
"""Score of a face in its place; with less, search in full: it may be two faces in one box."""
STEADY = 0.8
"""Intersection over union with its anchor from which a face keeps the anchor."""
STEADY_ROLL = 10
"""Degrees of roll against its anchor up to which a face keeps the anchor."""
SAME_FACE = 0.3
"""Intersection over union above which two boxes of a frame are the same face."""

_TOLERANCE = 1e-6  # seconds; times are sums of floats


@dataclass(frozen=True, slots=True)
class PersonFace:
    """The face of a person who is in view.

    Attributes:
        number: The person's number.
        face: The face.
        is_current: Whether the face was found in this frame. Else it was found earlier and
            has not been looked for since.
    """

    number: int
    face: Face
    is_current: bool


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a face is, and the face around which it is looked for in the next frame."""

    face: Face
    anchor: Face


class PersonSearch:
    """The search for persons in one video or camera. Call `find` for each frame, in order."""

    def __init__(self, away: float) -> None:
        """Begin without persons.

        Args:
            away: Seconds for which a person may be hidden and keep the number.
        """
        self._persons = Persons(away)
        self._in_view: dict[int, _Place] = {}
        self._full_search_at = self._glance_at = -math.inf

    def find(
        self, rgb: NDArray[np.uint8], seconds: float, followed: Collection[int] | None
    ) -> list[PersonFace]:
        """Return the persons in view, those with the largest faces first.

        Args:
            rgb: The frame, uint8 (H, W, 3).
            seconds: Its time, later than that of the previous frame.
            followed: Numbers of the persons whose faces must be of this frame; None for everybody.
        """
        places = self._places(rgb, seconds, followed)
        places.sort(key=lambda place: place.face.size, reverse=True)  # the order of new persons
        faces = [place.face for place in places]
        colours = [measure_colours(rgb, face) for face in faces]
        current = self._persons.update(seconds, faces, colours)
        self._in_view |= dict(zip(current, places, strict=True))
        persons = [PersonFace(n, place.face, n in current) for n, place in self._in_view.items()]
        return sorted(persons, key=lambda person: person.face.size, reverse=True)

    def is_expected(self, number: int) -> bool:
        """Return whether a person is in view, or was until a moment ago."""
        return self._persons.last_face(number) is not None

    def _places(
        self, rgb: NDArray[np.uint8], seconds: float, followed: Collection[int] | None
    ) -> list[_Place]:
        """Return the faces of a frame that are found in the ways that are due.

        Faces that were looked for and not found are no longer in view. A face that was found near
        its place is kept as it is there, so that its score does not depend on the way.
        """
        needed = set(self._in_view if followed is None else followed)
        is_lost = not needed or not needed <= self._in_view.keys()
        numbers = self._with_neighbours(needed & self._in_view.keys())
        places: list[_Place] = []
        is_displaced = False
        for number in numbers:
            near = _find_near(rgb, self._in_view[number])
            if near is not None:
                _add_new(places, near)
                continue
            del self._in_view[number]
            is_displaced |= number in needed
        others = self._others(rgb, seconds, is_lost=is_lost, is_displaced=is_displaced)
        is_any_needed = followed is None or is_lost or is_displaced
        for face in others:
            place = _Place(face, face)
            if _add_new(places, place) and is_any_needed:  # as it will be in the next frame
                places[-1] = _with_later_keypoints(rgb, place)
        return places

    def _others(
        self, rgb: NDArray[np.uint8], seconds: float, *, is_lost: bool, is_displaced: bool
    ) -> list[Face]:
        """Return the faces that a search or look at the whole frame finds, if one is due.

        Args:
            rgb: The frame.
            seconds: Its time.
            is_lost: Whether a followed person was not in view before.
            is_displaced: Whether one is no longer in place.
        """
        interval = LOST_SEARCH_SECONDS if is_lost else FULL_SEARCH_SECONDS
        if is_displaced or seconds - self._full_search_at >= interval - _TOLERANCE:
            self._full_search_at = self._glance_at = seconds
            self._in_view.clear()
            return detect(rgb)
        if is_lost or seconds - self._glance_at >= GLANCE_SECONDS - _TOLERANCE:
            self._glance_at = seconds
            return glance(rgb)
        return []

    def _with_neighbours(self, numbers: Collection[int]) -> list[int]:
        """Return the numbers with those of faces that are close to one of them."""
        places = {number: _centre(place.face) for number, place in self._in_view.items()}
        return [
            number
            for number, (x, y, _) in places.items()
            if any(
                math.dist((x, y), places[other][:2]) <= NEIGHBOURHOOD * places[other][2]
                for other in numbers
            )
        ]


def _find_near(rgb: NDArray[np.uint8], place: _Place) -> _Place | None:
    """Return where a face is now, None if that is not certain.

    Only its surroundings are copied from the frame.
    """
    x, y, size = _centre(place.anchor)
    left, top = max(0, int(x - 1.5 * size)), max(0, int(y - 1.5 * size))
    part = rgb[top : int(y + 1.5 * size) + 1, left : int(x + 1.5 * size) + 1]
    moved = search_near(part, place.anchor.moved(-left, -top))
    if moved is None:
        return None
    face = moved.moved(left, top)
    if face.score < MIN_NEAR_SCORE or _overlap(place.face, face) < MIN_STAY:
        return None
    is_steady = (
        _overlap(place.anchor, face) >= STEADY and abs(place.anchor.roll - face.roll) <= STEADY_ROLL
    )
    return _Place(face, place.anchor if is_steady else face)


def _with_later_keypoints(rgb: NDArray[np.uint8], place: _Place) -> _Place:
    """Return a new face with the key points that it will have in the next frame.

    It keeps its box: those of the search and those of a look near the face differ in size.
    """
    near = _find_near(rgb, place)
    if near is None:
        return place
    return _Place(Face(place.face.box, near.face.keypoints, place.face.score), place.anchor)


def _add_new(places: list[_Place], place: _Place) -> bool:
    """Add a face unless it is in the list already; return whether it was added."""
    is_new = all(_overlap(place.face, other.face) <= SAME_FACE for other in places)
    if is_new:
        places.append(place)
    return is_new


def _overlap(face: Face, other: Face) -> float:
    """Return the intersection over union of two faces."""
    return float(iou(np.array(face.box), np.array([other.box]))[0])


def _centre(face: Face) -> tuple[float, float, float]:
    """Return the centre x and y and the size of a face."""
    x0, y0, x1, y1 = face.box
    return (x0 + x1) / 2, (y0 + y1) / 2, face.size
