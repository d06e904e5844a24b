"""Assess one followed person, or all persons, in the frames of a video or camera.

One person is followed: the one with a given number, or else the one with the largest face in the
first frame that shows a face. Following never moves to another person by itself.
"""

from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from time import perf_counter

from wince import images
from wince.errors import WinceError
from wince.faces import MIN_SCORE
from wince.faces.frame_view import FramePart, FrameView
from wince.faces.person_search import MapFaces, PersonFace, PersonSearch
from wince.images import ImageSource, UprightImage
from wince.memory_budget import image_work
from wince.runtime.assessment import Assessment, DetectedFace
from wince.runtime.assessor import Assessor
from wince.runtime.crop_assessments import OverTime, assess_crops
from wince.runtime.estimator import Estimate
from wince.runtime.face_crop import (
    CheckedFace,
    check_face,
    cut_crops,
    detected_faces,
    has_full_detail,
)
from wince.runtime.neutral import NeutralFace
from wince.runtime.person_states import PersonStates, PersonSteps, refuse_look_ahead
from wince.runtime.time_model import Floats


class Choice(StrEnum):
    """How the followed person was chosen."""

    NUMBER = "number"
    ONLY = "only"
    LARGEST = "largest"


class UnknownPersonError(WinceError):
    """Nobody with this number is in view."""


@dataclass(frozen=True, slots=True)
class PersonFrame:
    """The persons in a frame.

    Attributes:
        followed: Number of the followed person; None before the first face.
        choice: How that person was chosen; None before the first face.
        faces: The face of each person in view by number, the largest first. Faces that are not
            followed may be up to a second old.
        assessments: The assessment by number: of the followed person, if in this frame, or of all.
        is_inconclusive: Whether the image says nothing about the followed person. It shows the
            face with less detail than the camera's frame has, or the edge of the part cuts it off;
            or it is a reduced frame in which a face is not found that was in view before.
        steps: With a model of time that looks ahead, by number: the step of this frame, whose
            score is not that of its assessment, and the scores of earlier steps.
    """

    followed: int | None
    choice: Choice | None
    faces: dict[int, DetectedFace]
    assessments: dict[int, Assessment]
    is_inconclusive: bool = False
    steps: dict[int, PersonSteps] = field(default_factory=dict)


class PersonAssessor:
    """Assesses the persons in one video, camera or socket. Call `assess` for each frame, in order.

    Attributes:
        followed: Number of the followed person; None before the first face.
        choice: How that person was chosen.
    """

    def __init__(
        self,
        assessor: Assessor,
        away: float,
        *,
        person: int | None = None,
        everybody: bool = False,
        min_score: float = MIN_SCORE,
        recorded: bool = False,
    ) -> None:
        """Begin without persons.

        Args:
            assessor: Has the model.
            away: Seconds for which a person may be hidden and keep the number.
            person: Number of the person to follow; None for the largest at the start.
            everybody: Whether to assess all persons.
            min_score: Minimum score of the face detector, above 0 and below 1.
            recorded: Whether the frames are of a recording, so that scores may come later.

        Raises:
            ModelError: The model of time looks ahead and the frames are not of a recording.
        """
        self._assessor = assessor
        self._cores = _core_count() if everybody else 1
        self._map_faces: MapFaces = _threads(self._cores).map if self._cores > 1 else map
        self._search = PersonSearch(away, min_score, self._map_faces)
        self._everybody = everybody
        self._checked: dict[int, CheckedFace] = {}
        time_model = assessor.estimator.time_model
        if not recorded:
            refuse_look_ahead(time_model)
        self._states = PersonStates(time_model, away) if time_model else None
        self.followed = person
        self.choice = None if person is None else Choice.NUMBER
        self._is_sure = person is not None
        self._was_in_view = False

    def follow(self, number: int) -> None:
        """Follow another person from the next frame on.

        Raises:
            UnknownPersonError: Nobody with this number is in view, or was a moment ago.
        """
        if not self._search.is_expected(number):
            known = sorted(self._checked)
            others = f"In view: {', '.join(map(str, known))}." if known else "Nobody is in view."
            raise UnknownPersonError(f"There is no person with the number {number}. {others}")
        self.followed, self.choice, self._is_sure = number, Choice.NUMBER, True

    def is_expected(self, number: int) -> bool:
        """Return whether a person is in view, or was less than `away` seconds ago."""
        return self._search.is_expected(number)

    @image_work()
    def assess(
        self,
        source: ImageSource,
        seconds: float,
        *,
        heatmap: bool = False,
        neutral: NeutralFace | None = None,
        part: FramePart | None = None,
    ) -> PersonFrame:
        """Assess the next frame.

        Args:
            source: The frame or a part of it, as for `Assessor.assess`.
            seconds: Its time, not earlier than that of the previous frame.
            heatmap: As for `Assessor.assess`.
            neutral: As for `Assessor.assess`.
            part: Which part of the frame it is; None for a whole frame at full size.

        Returns:
            The persons, with all places in pixels of the whole frame.

        Raises:
            ImageError: The frame cannot be used.
            FramePartError: The image cannot be this part of the frame.
            NeutralFaceError: The neutral face is from another model.
        """
        started = perf_counter()
        image = images.read(source)
        view = FrameView.of(image, part)
        decoded = perf_counter()
        persons = self._search.find(image.rgb, seconds, self._needed(), view)
        self._choose(persons)
        detected = perf_counter()
        self._check(image, view, persons)
        stages = {
            "decode": decoded - started,
            "find_face": detected - decoded,
            "check": perf_counter() - detected,
        }
        faces, estimator = list(self._checked.values()), self._assessor.estimator
        assessed = [
            index
            for index, person in enumerate(persons)
            if person.is_current
            and (self._everybody or person.number == self.followed)
            and has_full_detail(image, view, person.face, estimator.spec)
        ]

        if self._states is not None:
            self._states.begin(seconds)

        def assess_part(indices: list[int]) -> list[Assessment]:
            crops = cut_crops(image, view, faces, indices, estimator.spec, stages, is_choice=False)
            numbers = [persons[index].number for index in indices]
            over_time = self._over_time(numbers, seconds)
            return assess_crops(
                crops, estimator, heatmap=heatmap, neutral=neutral, over_time=over_time
            )

        parts = [assessed[core :: self._cores] for core in range(self._cores)]
        assessments = {
            persons[index].number: assessment
            for part, results in zip(parts, self._map_faces(assess_part, parts), strict=True)
            for index, assessment in zip(part, results, strict=True)
        }
        return PersonFrame(
            self.followed,
            self.choice,
            dict(zip(self._checked, detected_faces(faces), strict=True)),
            assessments,
            self._is_inconclusive(view, persons, assessments),
            self._states.take_steps() if self._states else {},
        )

    def finish(self) -> dict[int, PersonSteps]:
        """Return the last scores of a recording, with a model of time that looks ahead."""
        return self._states.finish() if self._states else {}

    def _over_time(self, numbers: list[int], seconds: float) -> OverTime | None:
        """Return the function that scores the crops of persons over time, if the model can."""
        states = self._states
        if states is None:
            return None

        def score(position: int, estimate: Estimate) -> tuple[Floats | None, Floats]:
            assert estimate.features is not None  # of a network with a model of time
            return states.step(numbers[position], seconds, estimate.features)

        return score

    def _is_inconclusive(
        self, view: FrameView, persons: list[PersonFace], assessed: Collection[int]
    ) -> bool:
        """Return whether an image says nothing about the followed person."""
        was_in_view = self._was_in_view
        current = [person.number for person in persons if person.is_current]
        self._was_in_view = self.followed in current
        if self._was_in_view:
            return self.followed not in assessed
        return view.is_whole and view.is_reduced and was_in_view

    def _needed(self) -> Collection[int] | None:
        """Return the numbers of the persons whose faces are needed; None for all."""
        if self._everybody:
            return None
        return () if self.followed is None else (self.followed,)

    def _choose(self, persons: list[PersonFace]) -> None:
        """Choose whom to follow. Who is in a single frame only is no person but an error."""
        current = [person.number for person in persons if person.is_current]
        if self._is_sure:
            return
        if self.followed in current:
            self._is_sure = True
        elif current:
            self.followed = current[0]
            self.choice = Choice.ONLY if len(current) == 1 else Choice.LARGEST
        else:
            self.followed = self.choice = None

    def _check(self, image: UprightImage, view: FrameView, persons: list[PersonFace]) -> None:
        """Check the faces of this frame, and keep the judgements of the others in view."""

        def check(person: PersonFace) -> CheckedFace:
            if person.is_current or person.number not in self._checked:
                return check_face(image, view, person.face)
            return self._checked[person.number]

        checked = list(self._map_faces(check, persons))
        self._checked = {p.number: face for p, face in zip(persons, checked, strict=True)}


@cache
def _threads(cores: int) -> ThreadPoolExecutor:
    """Return threads for the faces of a frame, one per core.

    The networks and Pillow release the interpreter's lock.
    """
    return ThreadPoolExecutor(cores, thread_name_prefix="wince-face")


def _core_count() -> int:
    """Return how many processor cores this process may use."""
    from wince import workers  # imports multiprocessing, which `wince serve` starts faster without

    return workers.core_count()
