"""Find the persons in the frames of a video or camera, without searching every frame in full.

- Followed faces, and faces close to them, are looked for where they were a moment ago.
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


class PersonSearch:
    """The search for persons in one video or camera. Call `find` for each frame, in order."""

    def __init__(self, away: float) -> None:
        """Begin without persons.

        Args:
            away: Seconds for which a person may be hidden and keep the number.
        """
        self._persons = Persons(away)
        self._in_view: dict[int, Face] = {}
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
        faces = self._faces(rgb, seconds, followed)
        faces.sort(key=lambda face: face.size, reverse=True)  # new persons count in this order
        colours = [measure_colours(rgb, face) for face in faces]
        current = self._persons.update(seconds, faces, colours)
        self._in_view |= dict(zip(current, faces, strict=True))
        persons = [PersonFace(n, face, n in current) for n, face in self._in_view.items()]
        return sorted(persons, key=lambda person: person.face.size, reverse=True)

    def is_expected(self, number: int) -> bool:
        """Return whether a person is in view, or was until a moment ago."""
        return self._persons.last_face(number) is not None

    def _faces(
        self, rgb: NDArray[np.uint8], seconds: float, followed: Collection[int] | None
    ) -> list[Face]:
        """Return the faces of a frame that are found in the ways that are due.

        Faces that were looked for and not found are no longer in view. A face that was found near
        its place is kept as it is there, so that its score does not depend on the way.
        """
        needed = set(self._in_view if followed is None else followed)
        is_lost = not needed or not needed <= self._in_view.keys()
        faces: list[Face] = []
        is_displaced = False
        for number in self._with_neighbours(needed & self._in_view.keys()):
            face = _find_near(rgb, self._in_view[number])
            if face is not None and _is_same(self._in_view[number], face):
                _add_new(faces, face)
                continue
            del self._in_view[number]
            is_displaced |= number in needed
        interval = LOST_SEARCH_SECONDS if is_lost else FULL_SEARCH_SECONDS
        if is_displaced or seconds - self._full_search_at >= interval - _TOLERANCE:
            self._full_search_at = self._glance_at = seconds
            self._in_view.clear()
            others = detect(rgb)
        elif is_lost or seconds - self._glance_at >= GLANCE_SECONDS - _TOLERANCE:
            self._glance_at = seconds
            others = glance(rgb)
        else:
            others = []
        for face in others:
            _add_new(faces, face)
        return faces

    def _with_neighbours(self, numbers: Collection[int]) -> list[int]:
        """Return the numbers with those of faces that are close to one of them."""
        places = {number: _place(face) for number, face in self._in_view.items()}
        return [
            number
            for number, (x, y, _) in places.items()
            if any(
                math.dist((x, y), places[other][:2]) <= NEIGHBOURHOOD * places[other][2]
                for other in numbers
            )
        ]


def _find_near(rgb: NDArray[np.uint8], face: Face) -> Face | None:
    """Return where a known face is now. Only its surroundings are copied from the frame."""
    x, y, size = _place(face)
    left, top = max(0, int(x - 1.5 * size)), max(0, int(y - 1.5 * size))
    part = rgb[top : int(y + 1.5 * size) + 1, left : int(x + 1.5 * size) + 1]
    moved = search_near(part, face.moved(-left, -top))
    return None if moved is None else moved.moved(left, top)


def _add_new(faces: list[Face], face: Face) -> None:
    """Add a face unless it is in the list already."""
    if all(_overlap(face, other) <= SAME_FACE for other in faces):
        faces.append(face)


def _is_same(before: Face, now: Face) -> bool:
    """Return whether a face near the place of a face is certainly that face."""
    return now.score >= MIN_NEAR_SCORE and _overlap(before, now) >= MIN_STAY


def _overlap(face: Face, other: Face) -> float:
    """Return the intersection over union of two faces."""
    return float(iou(np.array(face.box), np.array([other.box]))[0])


def _place(face: Face) -> tuple[float, float, float]:
    """Return the centre x and y and the size of a face."""
    x0, y0, x1, y1 = face.box
    return (x0 + x1) / 2, (y0 + y1) / 2, face.size
