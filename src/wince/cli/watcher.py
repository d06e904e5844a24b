"""Process one frame of `wince watch`: assess its persons, follow them, write rows, speak."""

import csv
import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import chain

from wince.cli.frame_order import FrameOrder
from wince.cli.watch_rows import FrameResult, frame_row
from wince.cli.watch_video import AnnotatedVideo
from wince.cli.watch_view import WatchStatus, persons_text
from wince.cli.watch_voice import BackgroundSpeaker
from wince.faces import MIN_SCORE
from wince.runtime.assessment import Assessment
from wince.runtime.assessor import Assessor
from wince.runtime.crop_assessments import with_score
from wince.runtime.look_ahead import LookAhead, RecordedFrame
from wince.runtime.person_assessor import Choice, PersonAssessor, PersonFrame
from wince.runtime.person_states import PersonSteps
from wince.runtime.score_delay import ScoreDelay
from wince.runtime.session_summary import LONGEST_STEP, SessionSummary
from wince.runtime.track import Track, TrackSettings
from wince.spreadsheet_cells import guarded
from wince.video import VideoFrame

RATE_WINDOW = 2.0
"""Seconds over which the frame rate is measured."""
BRIEF = 1.0
"""Seconds; a person who was in view for a shorter time gets no summary with --all-persons."""


@dataclass(frozen=True, slots=True)
class WatchSettings:
    """How frames are watched.

    Attributes:
        track: Settings of each track.
        half_width: Seconds before and after a frame of a recording over which scores are averaged;
            0 for a camera.
        person: Number of the person to follow; None for the largest at the start.
        everybody: Whether to follow all persons.
        min_score: Minimum score of the face detector.
        recorded: Whether the frames are of a recording.
    """

    track: TrackSettings
    half_width: float = 0.0
    person: int | None = None
    everybody: bool = False
    min_score: float = MIN_SCORE
    recorded: bool = False


@dataclass(frozen=True, slots=True)
class _WatchedFrame:
    """A frame with the persons in it, without its pixels."""

    frame: VideoFrame
    persons: PersonFrame
    assessment: Assessment | None
    latency: float


class _FollowedPerson:
    """The track and the sums of one person."""

    def __init__(self, number: int | None, assessor: Assessor, settings: WatchSettings) -> None:
        self.number = number
        calibration = assessor.estimator.track_calibration
        self.track = Track(calibration, settings.track)
        self.delay: ScoreDelay[_WatchedFrame] = ScoreDelay(
            lambda assessment, score: with_score(assessment, score.units, score.raw, calibration)
        )
        self.look_ahead: LookAhead[_WatchedFrame] = LookAhead(settings.half_width)
        self.session = SessionSummary(assessor.estimator.scale)
        self.seconds_in_view = 0.0
        self._last = 0.0

    def add(
        self, seconds: float, watched: _WatchedFrame
    ) -> Iterator[tuple["_FollowedPerson", RecordedFrame[_WatchedFrame]]]:
        """Add a frame; yield this person with each frame whose scores are complete."""
        if watched.assessment is not None:
            self.seconds_in_view += min(seconds - self._last, LONGEST_STEP)
        self._last = seconds
        steps, number = watched.persons.steps, self.number or watched.persons.followed
        step = None
        if watched.assessment is not None and watched.assessment.raw_score is not None:
            step = steps[number].step if number in steps else None
        frame = RecordedFrame(seconds, watched.assessment, watched)
        yield from self._averaged(self.delay.add(frame, step, steps.values()))

    def finish(
        self, steps: Iterable[PersonSteps]
    ) -> Iterator[tuple["_FollowedPerson", RecordedFrame[_WatchedFrame]]]:
        """Yield this person with each frame that still waits, given the last scores."""
        yield from self._averaged(self.delay.complete(steps))
        for frame in self.look_ahead.finish():
            yield self, frame

    def _averaged(
        self, scored: Iterable[RecordedFrame[_WatchedFrame]]
    ) -> Iterator[tuple["_FollowedPerson", RecordedFrame[_WatchedFrame]]]:
        for frame in scored:
            watched = replace(frame.item, assessment=frame.assessment)
            for averaged in self.look_ahead.add(replace(frame, item=watched)):
                yield self, averaged


@dataclass
class Watcher:
    """Assesses frames, follows persons, writes rows and announces levels.

    Attributes:
        source: Name of the video or camera.
        assessor: Assesses the frames.
        settings: How frames are watched.
        rows: Writes rows, if any.
        voice: Speaks announced levels, if any.
        video: Writes an annotated copy, if any.
        status: What the view shows.
        others: Persons who were in view and not followed.
    """

    source: str
    assessor: Assessor
    settings: WatchSettings
    rows: "csv.DictWriter[str] | None"
    voice: BackgroundSpeaker | None
    video: AnnotatedVideo | None = None
    status: WatchStatus = field(default_factory=WatchStatus)

    def __post_init__(self) -> None:
        settings = self.settings
        self._persons = PersonAssessor(
            self.assessor,
            settings.track.away,
            person=settings.person,
            everybody=settings.everybody,
            min_score=settings.min_score,
            recorded=settings.recorded,
        )
        self._followed: dict[int | None, _FollowedPerson] = {}
        self._order: FrameOrder[tuple[_FollowedPerson, RecordedFrame[_WatchedFrame]]] = FrameOrder()
        self._sessions: dict[int | None, SessionSummary] = {}
        self.others: set[int] = set()
        self._finish_times: deque[float] = deque()

    @property
    def followed(self) -> int | None:
        """Number of the followed person; None before the first face."""
        return self._persons.followed

    @property
    def sessions(self) -> dict[int | None, SessionSummary]:
        """Sums over all frames by the number of the person; None if there was no face."""
        if not self.settings.everybody:
            return {self._persons.followed: self._person(None).session}
        lasting = {
            number: person.session
            for number, person in self._followed.items()
            if person.seconds_in_view >= BRIEF
        }
        return self._sessions | lasting

    def process(self, frame: VideoFrame, seconds: float, available_at: float) -> Iterator[float]:
        """Assess a frame.

        Args:
            frame: The frame.
            seconds: Its time in the session.
            available_at: When the frame was available, on the clock of `time.monotonic`.

        Yields:
            The time of each frame for which `status` is complete.
        """
        persons = self._persons.assess(frame.rgb, seconds)
        now = time.monotonic()
        self.status.latency = now - available_at
        self.status.frame_rate = self._frame_rate(now)
        self._update_status(persons)
        without_pixels = replace(frame, rgb=frame.rgb[:0])
        completed = self._end_tracks(persons)
        followed = self._persons_to_follow(persons)
        self._order.expect(seconds, len(followed))
        for person in followed:
            number = persons.followed if person.number is None else person.number
            assessment = None if number is None else persons.assessments.get(number)
            watched = _WatchedFrame(without_pixels, persons, assessment, self.status.latency)
            completed.append(person.add(seconds, watched))
        yield from self._follow(completed)

    def finish(self) -> Iterator[float]:
        """Follow the frames that still wait at the end; yield the time of each."""
        steps = self._persons.finish().values()
        yield from self._follow([person.finish(steps) for person in self._followed.values()])

    def _persons_to_follow(self, persons: PersonFrame) -> list[_FollowedPerson]:
        """Return the followed persons. Without any there is an entry without a number."""
        if not self.settings.everybody:
            return [self._person(None)]
        for number in persons.faces:
            self._person(number)
        numbers = sorted(number for number in self._followed if number is not None)
        return [self._followed[number] for number in numbers] or [self._person(None)]

    def _end_tracks(
        self, persons: PersonFrame
    ) -> list[Iterator[tuple[_FollowedPerson, RecordedFrame[_WatchedFrame]]]]:
        """End the tracks of persons who have left; return their frames that still wait.

        The track without a person, of a scene without faces, ends when somebody comes.
        """
        completed = []
        left: list[int | None] = [
            number
            for number in self._followed
            if number is not None and not self._persons.is_expected(number)
        ]
        if self.settings.everybody and persons.faces and None in self._followed:
            left.append(None)
        for number in left:
            person = self._followed.pop(number)
            if person.seconds_in_view >= BRIEF:
                self._sessions[number] = person.session
            completed.append(person.finish(persons.steps.values()))
        return completed

    def _person(self, number: int | None) -> _FollowedPerson:
        if number not in self._followed:
            self._followed[number] = _FollowedPerson(number, self.assessor, self.settings)
        return self._followed[number]

    def _follow(
        self,
        completed: Iterable[Iterator[tuple[_FollowedPerson, RecordedFrame[_WatchedFrame]]]],
    ) -> Iterator[float]:
        """Add complete frames to the tracks and pass the states on; yield the times."""
        for person, frame in chain(*completed):
            self._order.add(frame.seconds, (person, frame))
        for seconds, group in self._order.complete():
            pairs = sorted(group, key=lambda pair: pair[0].number or 0)
            results = [self._result(person, frame) for person, frame in pairs]
            if self.video:
                sessions = [person.session for person, _ in pairs]
                self.video.add(list(zip(results, sessions, strict=True)))
            self.status.states = {result.person: result.state for result in results}
            for result in results:
                if self.rows:
                    self.rows.writerow({"source": guarded(self.source), **frame_row(result)})
                if self.voice and result.person == result.persons.followed:
                    self.voice.follow(result.state.statement)
            yield seconds

    def _result(
        self, person: _FollowedPerson, complete: RecordedFrame[_WatchedFrame]
    ) -> FrameResult:
        seconds, watched = complete.seconds, complete.item
        state = person.track.update(seconds, complete.assessment)
        person.session.add(
            seconds,
            state,
            face_found=complete.assessment is not None,
            longest=max(LONGEST_STEP, self.settings.track.away),
        )
        number = person.number
        if number is None and not self.settings.everybody:
            number = watched.persons.followed
        return FrameResult(
            watched.frame,
            seconds,
            number,
            watched.persons,
            watched.assessment,
            state,
            watched.latency,
        )

    def _update_status(self, persons: PersonFrame) -> None:
        """Note who else is in view and, once, that one of several persons was chosen."""
        if self.settings.everybody:
            return
        self.status.others = tuple(sorted(persons.faces.keys() - {persons.followed}))
        self.others.update(self.status.others)
        if self.status.choice is None and persons.choice is Choice.LARGEST:
            self.status.choice = (
                f"{persons_text(persons.faces).capitalize()} are in view. Person "
                f"{persons.followed}, the largest, is followed. Choose another one with --person."
            )

    def _frame_rate(self, now: float) -> float:
        """Return the frames per second over the last RATE_WINDOW seconds."""
        times = self._finish_times
        times.append(now)
        while now - times[0] > RATE_WINDOW:
            times.popleft()
        span = times[-1] - times[0]
        return (len(times) - 1) / span if span else 0.0
