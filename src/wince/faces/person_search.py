"""Find the persons in the frames of a video or camera, without searching every frame in full.

- Followed faces, and faces close to them, are looked for where they were a moment ago. What is
  looked at, around the face's anchor, stays the same until the face has moved. So the key points,
  and with them the score, do not change from frame to frame by themselves.
- Now and then the whole frame is looked at once, so that a newcomer is noticed before reaching a
  followed face.
- A full search, which also finds small and rotated faces, takes place once a second, and at once
  when a followed face is not where it was.
- An image may be a part of a frame: then only those are looked for whose faces are in the part.
  The whole frame that comes after parts is searched in full. All places are in pixels of the frame.
"""

import math
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from wince.faces import MIN_SCORE
from wince.faces.boxes import pair_iou
from wince.faces.detect import detect, glance, search_near
from wince.faces.face import Face
from wince.faces.face_colours import measure_colours
from wince.faces.frame_view import FrameView
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
NEAR_STRICTNESS = 0.8
"""How close to 1 the score of a face in its place must be, as a share of that of the minimum
score. If it is further away, search in full: it may be two faces in one box."""
STEADY = 0.8
"""Intersection over union with its anchor from which a face keeps the anchor."""
STEADY_ROLL = 10
"""Degrees of roll against its anchor up to which a face keeps the anchor."""
SAME_FACE = 0.3
"""Intersection over union above which two boxes of a frame are the same face."""

MapFaces: TypeAlias = Callable[[Callable[[Any], Any], Iterable[Any]], Iterable[Any]]

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


@dataclass(frozen=True, slots=True)
class _Image:
    """An image, uint8 (H, W, 3), and which part of the frame it shows."""

    rgb: NDArray[np.uint8]
    view: FrameView


class PersonSearch:
    """The search for persons in one video or camera. Call `find` for each frame, in order."""

    def __init__(
        self, away: float, min_score: float = MIN_SCORE, map_faces: MapFaces = map
    ) -> None:
        """Begin without persons.

        Args:
            away: Seconds for which a person may be hidden and keep the number.
            min_score: Minimum score of the face detector, above 0 and below 1.
            map_faces: Calls a function for each face, such as the `map` of several threads.
        """
        self._map_faces = map_faces
        self._min_score = min_score
        self._persons = Persons(away)
        self._in_view: dict[int, _Place] = {}
        self._full_search_at = self._glance_at = -math.inf
        self._was_part = False

    def find(
        self,
        rgb: NDArray[np.uint8],
        seconds: float,
        followed: Collection[int] | None,
        view: FrameView | None = None,
    ) -> list[PersonFace]:
        """Return the persons in view, those with the largest faces first.

        Args:
            rgb: The image, uint8 (H, W, 3).
            seconds: Its time, not earlier than that of the previous image.
            followed: Numbers of the persons whose faces must be of this image; None for everybody.
            view: Which part of the frame the image shows; None for a whole frame at full size.

        Returns:
            The persons, with their faces in pixels of the frame.
        """
        image = _Image(rgb, view or _whole(rgb))
        places = self._places(image, seconds, followed)
        places.sort(key=lambda place: place.face.size, reverse=True)  # the order of new persons
        faces = [place.face for place in places]
        in_image = [image.view.to_image(face) for face in faces]
        colours = list(self._map_faces(lambda face: measure_colours(rgb, face), in_image))
        current = self._persons.update(seconds, faces, colours)
        self._in_view |= dict(zip(current, places, strict=True))
        self._in_view = {
            n: place
            for n, place in self._in_view.items()
            if self.is_expected(n) and (n in current or _is_elsewhere(place.face, faces))
        }
        self._was_part = not image.view.is_whole
        persons = [PersonFace(n, place.face, n in current) for n, place in self._in_view.items()]
        return sorted(persons, key=lambda person: person.face.size, reverse=True)

    def is_expected(self, number: int) -> bool:
        """Return whether a person is in view, or was until a moment ago."""
        return self._persons.last_face(number) is not None

    def _places(
        self, image: _Image, seconds: float, followed: Collection[int] | None
    ) -> list[_Place]:
        """Return the faces of an image that are found in the ways that are due.

        Faces that were looked for and not found are no longer in view. A face that was found near
        its place is kept as it is there, so that its score does not depend on the way.
        """
        needed = set(self._in_view if followed is None else followed)
        is_lost = not needed or not needed <= self._in_view.keys()
        numbers = [
            number
            for number in self._with_neighbours(needed & self._in_view.keys())
            if number in needed or image.view.contains(self._in_view[number].face)
        ]
        places: list[_Place] = []
        is_displaced = False
        before = [self._in_view[number] for number in numbers]
        found_near = self._map_faces(lambda place: self._find_near(image, place), before)
        for number, near in zip(numbers, found_near, strict=True):
            if near is not None:
                _add_new(places, near)
                continue
            del self._in_view[number]
            is_displaced |= number in needed
        others = self._others(image, seconds, is_lost=is_lost, is_displaced=is_displaced)
        is_any_needed = followed is None or is_lost or is_displaced
        for face in others:
            place = _Place(face, face)
            if _add_new(places, place) and is_any_needed:
                places[-1] = self._settled(image, place)
        return places

    def _others(
        self, image: _Image, seconds: float, *, is_lost: bool, is_displaced: bool
    ) -> list[Face]:
        """Return the faces that a search or look at the whole image finds, if one is due.

        Faces that the edge of a part cuts off are left out: their boxes would be wrong.

        Args:
            image: The image.
            seconds: Its time.
            is_lost: Whether a followed person was not in view before.
            is_displaced: Whether one is no longer in place.
        """
        if is_displaced or self._is_full_search_due(image, seconds, is_lost=is_lost):
            self._full_search_at = self._glance_at = seconds
            self._in_view = {
                number: place
                for number, place in self._in_view.items()
                if not image.view.contains(place.face)
            }
            faces = detect(image.rgb, self._min_score)
        elif is_lost or seconds - self._glance_at >= GLANCE_SECONDS - _TOLERANCE:
            self._glance_at = seconds
            faces = glance(image.rgb, self._min_score)
        else:
            return []
        faces = [image.view.to_frame(face) for face in faces]
        return [face for face in faces if image.view.contains(face)]

    def _is_full_search_due(self, image: _Image, seconds: float, *, is_lost: bool) -> bool:
        """Return whether an image is searched in full though nobody has moved."""
        elapsed = seconds - self._full_search_at + _TOLERANCE
        if is_lost and elapsed >= LOST_SEARCH_SECONDS:
            return True
        if not image.view.is_whole:
            return False
        return self._was_part or elapsed >= FULL_SEARCH_SECONDS

    def _with_neighbours(self, numbers: Collection[int]) -> list[int]:
        """Return the numbers with those of faces that are close to one of them."""
        faces = {number: place.face for number, place in self._in_view.items()}
        return [
            number
            for number, face in faces.items()
            if any(
                math.dist(face.centre, faces[other].centre) <= NEIGHBOURHOOD * faces[other].size
                for other in numbers
            )
        ]

    def _find_near(self, image: _Image, place: _Place) -> _Place | None:
        """Return where a face is now, None if that is not certain."""
        if not image.view.overlaps(place.anchor):
            return None
        near = search_near(image.rgb, image.view.to_image(place.anchor), self._min_score)
        min_score = 1 - NEAR_STRICTNESS * (1 - self._min_score)
        if near is None or near.score < min_score:
            return None
        face = image.view.to_frame(near)
        if _overlap(place.face, face) < MIN_STAY:
            return None
        anchor = place.anchor
        is_steady = _overlap(anchor, face) >= STEADY and abs(anchor.roll - face.roll) <= STEADY_ROLL
        return _Place(face, anchor if is_steady else face)

    def _settled(self, image: _Image, place: _Place) -> _Place:
        """Return a new face as it will be in the next frames, if it stays in its place.

        The box of the search may be 1.4 times as large as that of a look near the face, or smaller.
        Then the face is looked for once more, around its new anchor.
        """
        for _ in range(2):
            near = self._find_near(image, place)
            if near is None or near.anchor is place.anchor:
                return near or place
            place = near
        return place


def _whole(rgb: NDArray[np.uint8]) -> FrameView:
    """Return the view of an image that is a whole frame at full size."""
    height, width = rgb.shape[:2]
    return FrameView((0.0, 0.0, float(width), float(height)), (width, height), 1.0)


def _add_new(places: list[_Place], place: _Place) -> bool:
    """Add a face unless it is in the list already; return whether it was added."""
    is_new = _is_elsewhere(place.face, (other.face for other in places))
    if is_new:
        places.append(place)
    return is_new


def _is_elsewhere(face: Face, faces: Iterable[Face]) -> bool:
    """Return whether no face is in the place of another."""
    return all(_overlap(face, other) <= SAME_FACE for other in faces)


def _overlap(face: Face, other: Face) -> float:
    """Return the intersection over union of two faces."""
    return pair_iou(face.box, other.box)
