"""Frames that wait until a model of time has scored them with the frames after them."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Generic, TypeVar

from wince.runtime.assessment import Assessment
from wince.runtime.look_ahead import RecordedFrame
from wince.runtime.person_states import PersonSteps, Step, StepScore

Item = TypeVar("Item")
Rescore = Callable[[Assessment, StepScore], Assessment]
"""Returns an assessment with another score."""


class ScoreDelay(Generic[Item]):
    """Gives the frames of a followed person the scores that come later, in the order of time.

    Frames without a step pass unchanged, after those before them.
    """

    def __init__(self, rescore: Rescore) -> None:
        """Begin without frames."""
        self._rescore = rescore
        self._waiting: deque[tuple[RecordedFrame[Item], Step | None]] = deque()
        self._scores: dict[Step, StepScore] = {}

    def add(
        self, frame: RecordedFrame[Item], step: Step | None, steps: Iterable[PersonSteps]
    ) -> Iterator[RecordedFrame[Item]]:
        """Add a frame and what is complete with it; yield the frames that have their score.

        Args:
            frame: The frame.
            step: Its step; None without a score or a model that looks ahead.
            steps: What the frame adds for every person.
        """
        self._waiting.append((frame, step))
        yield from self.complete(steps)

    def complete(self, steps: Iterable[PersonSteps]) -> Iterator[RecordedFrame[Item]]:
        """Add scores that are complete; yield the frames that have theirs."""
        complete = {score.step: score for each in steps for score in each.scores}
        needed = {step for _, step in self._waiting}
        self._scores = {
            step: score for step, score in (self._scores | complete).items() if step in needed
        }
        while self._waiting:
            frame, step = self._waiting[0]
            if step is not None and step not in self._scores:
                return
            self._waiting.popleft()
            yield frame if step is None else self._scored(frame, self._scores[step])

    def _scored(self, frame: RecordedFrame[Item], score: StepScore) -> RecordedFrame[Item]:
        assert frame.assessment is not None  # because it has a step
        return replace(frame, assessment=self._rescore(frame.assessment, score))
