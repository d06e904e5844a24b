"""States of a model of time for the persons in one video or camera, step by step.

A model of time was trained on frames at a fixed distance, its step. So the features of a camera of
another rate are fed at that step: a frame that comes before the next step is due is scored and does
not change the state, and when a frame comes later the features before it are held.
"""

import math
from dataclasses import dataclass, replace
from itertools import count

from wince.errors import ModelError
from wince.runtime.time_model import Floats, TimeModel

Step = tuple[int, int]
"""Number of an unbroken sequence of a person, and number of the step in it."""


@dataclass(frozen=True, slots=True)
class StepScore:
    """The complete score of a step.

    Attributes:
        step: The step.
        units: Action units (1, 6), None for a model that gives a score alone.
        raw: Raw score (1,).
    """

    step: Step
    units: Floats | None
    raw: Floats


@dataclass(frozen=True, slots=True)
class PersonSteps:
    """What a frame adds for a person, if the model looks ahead.

    Attributes:
        step: Step of the frame; None if the person is not scored in it.
        scores: Scores of earlier steps that are complete now.
    """

    step: Step | None
    scores: tuple[StepScore, ...]


@dataclass(frozen=True, slots=True)
class _PersonState:
    """The state of a person after a step.

    Attributes:
        seconds: Time of the last scored frame.
        clock: Time of the last step.
        state: State of the model (1, S).
        features: Features of the last step (1, F).
        step: That step.
    """

    seconds: float
    clock: float
    state: Floats
    features: Floats
    step: Step


def refuse_look_ahead(model: TimeModel | None) -> None:
    """Raise ModelError if a model of time needs frames that a camera does not have yet."""
    if model is not None and model.look_ahead:
        raise ModelError(
            f"The model of time scores a frame when the {model.look_ahead} frames after it are "
            "known, so it is for recorded files only (`wince watch FILE`). For cameras and the "
            "server, train with --look-ahead 0."
        )


class PersonStates:
    """The states of the persons in one video or camera.

    A frame in which a person is not judged does not change the state. It is empty again when the
    person was not judged for `away` seconds, at which the person is no longer expected either.
    """

    def __init__(self, model: TimeModel, away: float) -> None:
        """Begin without persons."""
        self._model, self._away = model, away
        self._states: dict[int, _PersonState] = {}
        self._sequences = count()
        self._frame_before = self._frame = -math.inf
        self._complete: dict[int, PersonSteps] = {}

    def begin(self, seconds: float) -> None:
        """Note the time of the next frame, and drop persons who have been away too long."""
        self._frame_before, self._frame = self._frame, seconds
        for number, kept in list(self._states.items()):
            if seconds - kept.seconds >= self._away:
                self._end(number, kept)

    def step(self, number: int, seconds: float, features: Floats) -> tuple[Floats | None, Floats]:
        """Return action units (1, 6) or None, and the raw score (1,), of a person's next frame.

        With a model that looks ahead these are not of this frame; `take_steps` has its scores. A
        frame that is not later than the one before is scored and does not change the state.

        Args:
            number: Number of the person.
            seconds: Time of the frame.
            features: Its features (1, F).
        """
        kept = self._states.get(number)
        if kept is not None and seconds - kept.seconds >= self._away:
            self._end(number, kept)
            kept = None
        repeats = 1
        if kept is None:
            sequence = (next(self._sequences), -1)
            kept = _PersonState(seconds, seconds, self._model.empty_state(), features, sequence)
        else:
            kept, repeats = self._due(kept, seconds)
        if repeats:
            kept, scores = self._advance(kept, [kept.features] * (repeats - 1) + [features])
            units, raw = scores[-1]
        else:
            units, raw, _ = self._model.step(features, kept.state)
            scores = []
        self._add_steps(number, kept.step, kept, scores)
        self._states[number] = replace(kept, seconds=max(seconds, kept.seconds))
        return units, raw

    def take_steps(self) -> dict[int, PersonSteps]:
        """Return, by person, what was added since the last call by a model that looks ahead."""
        steps, self._complete = self._complete, {}
        return steps

    def finish(self) -> dict[int, PersonSteps]:
        """End all sequences; return the scores that are complete by that."""
        for number, kept in list(self._states.items()):
            self._end(number, kept)
        return self.take_steps()

    def _due(self, kept: _PersonState, seconds: float) -> tuple[_PersonState, int]:
        """Return how many steps are due at a time, and the state with its clock set to them.

        Between two frames in which the person is scored the steps are those of the time between
        them. The time of frames without a score is left out, as it is in training.
        """
        step = self._model.step_seconds
        if seconds <= kept.seconds:
            return kept, 0
        if step is None:
            return kept, 1
        elapsed, of_camera = seconds - kept.clock, seconds - self._frame_before
        if elapsed > max(of_camera, step) and kept.seconds < self._frame_before:
            return replace(kept, clock=seconds), max(1, round(of_camera / step))
        repeats = math.floor(elapsed / step + 0.5)
        return replace(kept, clock=kept.clock + repeats * step), repeats

    def _advance(
        self, kept: _PersonState, inputs: list[Floats]
    ) -> tuple[_PersonState, list[tuple[Floats | None, Floats]]]:
        """Return the state after some steps, and the outputs of each."""
        outputs, state = [], kept.state
        for features in inputs:
            units, raw, state = self._model.step(features, state)
            outputs.append((units, raw))
        sequence, number = kept.step
        step = (sequence, number + len(inputs))
        return replace(kept, state=state, features=inputs[-1], step=step), outputs

    def _add_steps(
        self,
        number: int,
        of_frame: Step | None,
        kept: _PersonState,
        outputs: list[tuple[Floats | None, Floats]],
    ) -> None:
        """Note a frame's step, and the scores that the last outputs of a state complete."""
        look_ahead = self._model.look_ahead
        if not look_ahead:
            return
        sequence, last = kept.step
        first = last - len(outputs) + 1 - look_ahead
        before = self._complete.get(number)
        scores = [] if before is None else list(before.scores)
        scores += [
            StepScore((sequence, first + place), units, raw)
            for place, (units, raw) in enumerate(outputs)
            if first + place >= 0
        ]
        self._complete[number] = PersonSteps(of_frame, tuple(scores))

    def _end(self, number: int, kept: _PersonState) -> None:
        """End a sequence. Its last frame stands for the frames that would come, as in training."""
        self._states.pop(number, None)
        if self._model.look_ahead:
            kept, outputs = self._advance(kept, [kept.features] * self._model.look_ahead)
            self._add_steps(number, None, kept, outputs)
