"""Which face is which person over time: each face of each frame gets a person's number.

A face belongs to the person whose expected place it overlaps most, or else to one who is expected
close by with a face of a similar size. Where several persons and faces are close, the assignment
with the smallest total cost is taken.

- A person who moves is also expected further along, so that two who cross keep their numbers.
- If several faces moved by the same distance, the camera moved.
- A person may be hidden for up to `away` seconds. Whoever appears later, elsewhere or in another
  size is a new person. So is somebody with clearly other colours after a gap or a jump, such as the
  next person in the same chair.

Numbers count from 1 and are never given again. Nobody is recognised.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wince.faces.assignment import best_assignment
from wince.faces.boxes import iou
from wince.faces.face import Face
from wince.faces.face_colours import SAME_PERSON, FaceColours, colour_distance

SAME_PLACE = 0.6
"""Intersection over union from which a face is in the place where a person is expected."""
REACH = 1.0
"""How far a face may be from where its person is expected, in sides of the face."""
SIZE_CHANGE = 1.4
"""By which factor a person's face may grow or shrink from one frame to the next."""
SHORT_GAP = 0.5
"""Seconds up to which a person counts as not having been away."""
MISSED_COST = 0.15
"""Cost of a person who was not in the frame before, in sides of the face."""
GAP_COST = 0.25
"""Further cost of that person per second, up to one second."""
SPEED_SECONDS = 0.3
"""Time constant of the average over which a person's speed is measured."""
GLIDE_SECONDS = 1.0
"""Time constant with which the expected speed of a hidden person falls to zero."""
SAME_SHIFT = 0.3
"""Largest difference of two shifts of faces that a moving camera explains, in sides of the face."""
FARTHEST = 3.0
"""Largest shift of the camera between two frames, in sides of the face."""
MOST_SHIFTS = 100
"""How many shifts are tried, the smallest first."""
COLOUR_WEIGHT = 0.3
"""Weight of the newest frame in the average of a person's colours."""

Boxes = NDArray[np.float64]
"""(N, 4): x0, y0, x1, y1 in pixels."""


@dataclass(slots=True)
class _Person:
    """A person who can still be followed: the last face, its time, and speed in pixels a second."""

    number: int
    face: Face
    seconds: float
    colours: FaceColours | None
    speed: NDArray[np.float64]

    def expected_shift(self, seconds: float) -> NDArray[np.float64]:
        """Return by how many pixels (2,) the face has moved on if it slows down."""
        gap = seconds - self.seconds
        return self.speed * (GLIDE_SECONDS * (1 - math.exp(-gap / GLIDE_SECONDS)))

    def move(self, face: Face, seconds: float, colours: FaceColours | None) -> None:
        """Set the person's face at a time."""
        gap = seconds - self.seconds
        if gap > 0:
            new, old = _centres(np.array([face.box, self.face.box]))
            weight = 1 - math.exp(-gap / SPEED_SECONDS)
            self.speed = self.speed + weight * ((new - old) / gap - self.speed)
        self.face, self.seconds = face, seconds
        if self.colours is None:
            self.colours = colours
        elif colours is not None and colours.is_whole:
            before = self.colours.shares
            self.colours = FaceColours(before + COLOUR_WEIGHT * (colours.shares - before))


class Persons:
    """The persons in front of a camera or in a video. Call `update` for each frame, in order.

    Attributes:
        away: Seconds after which a person who is not in the frames is no longer expected.
    """

    def __init__(self, away: float) -> None:
        self.away = away
        self._persons: dict[int, _Person] = {}
        self._count = 0

    def update(
        self, seconds: float, faces: Sequence[Face], colours: Sequence[FaceColours] | None = None
    ) -> list[int]:
        """Return the person's number for each face of a frame.

        Args:
            seconds: Time of the frame, later than that of the previous one.
            faces: The faces of the frame in any order.
            colours: The colours of each face; None to go by places and sizes alone.
        """
        self._persons = {
            number: person
            for number, person in self._persons.items()
            if seconds - person.seconds < self.away
        }
        histograms = _uncovered(faces, colours)
        numbers = self._known_numbers(seconds, faces, histograms)
        for index, (face, histogram) in enumerate(zip(faces, histograms, strict=True)):
            if index in numbers:
                self._persons[numbers[index]].move(face, seconds, histogram)
            else:
                self._count += 1
                numbers[index] = self._count
                person = _Person(self._count, face, seconds, histogram, np.zeros(2))
                self._persons[self._count] = person
        return [numbers[index] for index in range(len(faces))]

    def last_face(self, number: int) -> Face | None:
        """Return the last face of a person; None if nobody with this number is expected."""
        person = self._persons.get(number)
        return person.face if person else None

    def _known_numbers(
        self, seconds: float, faces: Sequence[Face], colours: Sequence[FaceColours | None]
    ) -> dict[int, int]:
        """Return the numbers of known persons by the index of their face."""
        if not faces or not self._persons:
            return {}
        persons = list(self._persons.values())
        boxes = np.array([face.box for face in faces], np.float64)
        in_place = _in_place(persons, boxes, seconds)
        if (in_place.sum(axis=0) == 1).all() and (in_place.sum(axis=1) == 1).all():
            numbers = [person.number for person in persons]
            return dict(enumerate(numbers[row] for row in in_place.argmax(axis=0)))
        misfits, overlaps = _misfits_and_overlaps(persons, boxes, seconds)
        gaps = np.array([seconds - person.seconds for person in persons])
        was_away = gaps > SHORT_GAP
        gap_costs = np.where(gaps > gaps.min(), MISSED_COST + GAP_COST * gaps.clip(max=1), 0)
        costs = (misfits + gap_costs[:, None]) / (1 + MISSED_COST + GAP_COST)
        costs[(misfits >= 1) | _is_other(persons, colours, was_away, overlaps)] = 1
        pairs = _cheapest_pairs(np.where(overlaps >= SAME_PLACE, costs, 1))
        rows, columns = (
            np.setdiff1d(np.arange(length), [pair[axis] for pair in pairs])
            for axis, length in enumerate(costs.shape)
        )
        rest = best_assignment(costs[np.ix_(rows, columns)])
        pairs += [(int(rows[row]), int(columns[column])) for row, column in rest]
        return {column: persons[row].number for row, column in pairs if costs[row, column] < 1}


def _in_place(persons: Sequence[_Person], boxes: Boxes, seconds: float) -> NDArray[np.bool_]:
    """Return who was in the place of which box (N, 4) a moment ago, bool (persons, N).

    In most frames everybody is in place, and nothing need be weighed.
    """
    overlaps = np.array([iou(np.array(person.face.box), boxes) for person in persons])
    is_present = np.array([seconds - person.seconds <= SHORT_GAP for person in persons])
    return np.asarray((overlaps >= SAME_PLACE) & is_present[:, None])


def _uncovered(
    faces: Sequence[Face], colours: Sequence[FaceColours] | None
) -> Sequence[FaceColours | None]:
    """Return the colours of each face, None for a face that another one may cover in part."""
    boxes = np.array([face.box for face in faces], np.float64).reshape(-1, 4)
    is_free = [np.count_nonzero(iou(box, boxes)) == 1 for box in boxes]
    given = [None] * len(faces) if colours is None else colours
    return [histogram if free else None for histogram, free in zip(given, is_free, strict=True)]


def _misfits_and_overlaps(
    persons: Sequence[_Person], boxes: Boxes, seconds: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return how badly (`_misfits`) and how much (IoU) each face is where a person is expected.

    Each person is expected at the last place and further along; the better one counts.

    Returns:
        Two float64 (persons, faces).
    """
    last = np.array([person.face.box for person in persons], np.float64)
    moved = last + [np.tile(person.expected_shift(seconds), 2) for person in persons]
    is_present = np.array([seconds - person.seconds <= SHORT_GAP for person in persons])
    camera_shift = np.tile(_camera_shift(last[is_present], moved[is_present], boxes), 2)
    places = [np.where(is_present[:, None], place + camera_shift, place) for place in (last, moved)]
    misfits = np.minimum(*(_misfits(place, boxes) for place in places))
    overlaps = np.maximum(*(np.array([iou(box, boxes) for box in place]) for place in places))
    return misfits, overlaps


def _camera_shift(last: Boxes, moved: Boxes, boxes: Boxes) -> NDArray[np.float64]:
    """Return by how many pixels (2,) the camera moved: the shift that explains most faces.

    It is 0 unless the faces of most persons are elsewhere and one shift explains at least two.

    Args:
        last: Last box of each person (P, 4).
        moved: The same boxes moved along.
        boxes: The boxes of the faces (N, 4).
    """
    explained = np.minimum(_misfits(last, boxes), _misfits(moved, boxes)) < SAME_SHIFT
    count = int(explained.any(axis=1).sum())
    if 2 * count >= min(len(last), len(boxes)):
        return np.zeros(2)
    shifts = (_centres(boxes)[None] - _centres(last)[:, None])[_misfits(last, boxes) < FARTHEST]
    shifts = shifts[np.hypot(*shifts.T).argsort()][:MOST_SHIFTS]
    counts = [_count_explained(last + np.tile(shift, 2), boxes) for shift in shifts]
    return (
        np.asarray(shifts[int(np.argmax(counts))]) if max(counts, default=0) >= 2 else np.zeros(2)
    )


def _count_explained(places: Boxes, boxes: Boxes) -> int:
    """Return in how many places there is a face of the same size."""
    return int((_misfits(places, boxes) < SAME_SHIFT).any(axis=1).sum())


def _is_other(
    persons: Sequence[_Person],
    colours: Sequence[FaceColours | None],
    was_away: NDArray[np.bool_],
    overlaps: NDArray[np.float64],
) -> NDArray[np.bool_]:
    """Return whether colours show that a face is not that of a person.

    They are compared when the person was away, and when a whole face is not in its place. Other
    colours of a face in its place mean other light.

    Args:
        persons: The known persons.
        colours: The colours of each face.
        was_away: bool (persons,).
        overlaps: Of faces and places, float64 (persons, faces).

    Returns:
        bool (persons, faces).
    """
    is_other = np.zeros(overlaps.shape, np.bool_)
    for row, column in np.argwhere(was_away[:, None] | (overlaps < SAME_PLACE)).tolist():
        before, now = persons[row].colours, colours[column]
        if before is not None and now is not None and (was_away[row] or now.is_whole):
            is_other[row, column] = colour_distance(before, now) > SAME_PERSON
    return is_other


def _misfits(places: Boxes, boxes: Boxes) -> NDArray[np.float64]:
    """Return how badly each box fits each place, by distance and size: 0 exactly, 1 at the limit.

    Returns:
        float64 (places, boxes).
    """
    sides, other_sides = _sides(places)[:, None], _sides(boxes)[None]
    distances = np.linalg.norm(_centres(places)[:, None] - _centres(boxes)[None], axis=2)
    growth = np.log(other_sides / sides) / math.log(SIZE_CHANGE)
    return np.asarray(np.hypot(distances / (REACH * np.sqrt(sides * other_sides)), growth))


def _cheapest_pairs(costs: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Return pairs of row and column, the cheapest first, each row and column once, below 1."""
    costs = costs.copy()
    pairs = []
    while costs.size and costs.min() < 1:
        row, column = np.unravel_index(int(costs.argmin()), costs.shape)
        pairs.append((int(row), int(column)))
        costs[row], costs[:, column] = 1, 1
    return pairs


def _centres(boxes: Boxes) -> NDArray[np.float64]:
    """Return the centres (N, 2) of boxes (N, 4)."""
    return np.asarray((boxes[:, :2] + boxes[:, 2:]) / 2)


def _sides(boxes: Boxes) -> NDArray[np.float64]:
    """Return the longer side (N,) of boxes (N, 4), at least 1 pixel."""
    return np.asarray((boxes[:, 2:] - boxes[:, :2]).max(axis=1).clip(min=1))
