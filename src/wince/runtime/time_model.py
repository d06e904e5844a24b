"""The model of time: scores the frames of a face from their features, with a state for each face.

It is an ONNX file beside model.onnx, named in model.json under `over_time`. ONNX keeps nothing
between two calls, so the state is an input and an output. A state of zeros is empty.
"""

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnxruntime import InferenceSession

from wince import onnx_session
from wince.errors import ModelError
from wince.runtime.calibration import Calibration
from wince.runtime.network_outputs import units_and_score
from wince.score_scale import Scale

SECTION = "over_time"
"""Member of model.json that describes a model of time."""
INPUTS, OUTPUTS = ("features", "state"), ("scores", "new_state")
LONGEST_LOOK_AHEAD = 1000
Floats = NDArray[np.float32]
Run = Callable[[InferenceSession, dict[str, Floats]], list[Any]]
"""Runs the model on its inputs."""


class TimeModel:
    """A loaded model of time. It is thread-safe and has no state itself.

    Attributes:
        calibration: From its raw score to score, interval and level probabilities.
        look_ahead: Steps after which the output for a step comes; 0 for a camera.
        step_seconds: Seconds of a step, None if they are not known.
    """

    def __init__(self, folder: Path, section: Mapping[str, Any], head: str, scale: Scale) -> None:
        """Load a model of time.

        Args:
            folder: The folder of the model.
            section: Member SECTION of model.json.
            head: "pspi", "action-units" or "score": what it gives.
            scale: What the score is on.

        Raises:
            ModelError: The file is missing or damaged, or the section is not complete.
        """
        try:
            name, digest = str(section["file"]), str(section["sha256"])
            self.calibration = Calibration.from_dict(section["calibration"], scale)
            self.look_ahead, self.step_seconds = _clock(section)
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError(
                f"{folder / 'model.json'} describes its model of time without {error}. Export the "
                "model again."
            ) from error
        path = folder / Path(name).name
        self._head = head
        self._session = onnx_session.open_session(path, sha256=digest)
        inputs, outputs = (
            {tensor.name: tensor.shape for tensor in tensors}
            for tensors in (self._session.get_inputs(), self._session.get_outputs())
        )
        if tuple(inputs) != INPUTS or tuple(outputs) != OUTPUTS:
            raise ModelError(
                f"{path} has the inputs {', '.join(inputs)} and outputs {', '.join(outputs)}; "
                f"expected {', '.join(INPUTS)} and {', '.join(OUTPUTS)}. Export the model again."
            )
        self._state_size = int(inputs["state"][1])
        features = np.zeros((1, int(inputs["features"][1])), np.float32)
        self._step(features, self.empty_state(), onnx_session.first_run)

    def empty_state(self) -> Floats:
        """Return the state of a face before its first frame, (1, S)."""
        return np.zeros((1, self._state_size), np.float32)

    def step(self, features: Floats, state: Floats) -> tuple[Floats | None, Floats, Floats]:
        """Return action units (N, 6) or None, raw scores (N,), and new states (N, S).

        Args:
            features: Features of the frame of N faces (N, F).
            state: Their states before it (N, S).

        Raises:
            ModelError: The model fails, or its outputs are not finite numbers.
        """
        return self._step(features, state, lambda session, inputs: session.run(None, inputs))

    def _step(
        self, features: Floats, state: Floats, run: Run
    ) -> tuple[Floats | None, Floats, Floats]:
        try:
            scores, new_state = run(self._session, {"features": features, "state": state})
        except Exception as error:  # onnxruntime's errors have no common base class
            reason = (str(error).splitlines() or [type(error).__name__])[0]
            raise ModelError(
                f"The model of time fails ({reason:.200}). Export the model again."
            ) from error
        if not (np.isfinite(scores).all() and np.isfinite(new_state).all()):
            raise ModelError("The model of time gives no finite numbers. Export the model again.")
        return *units_and_score(scores, self._head), new_state


def load(folder: Path, manifest: Mapping[str, Any]) -> TimeModel | None:
    """Return the model of time of a folder; None if its manifest names none.

    Raises:
        ModelError: It is named and cannot be used.
    """
    section = manifest.get(SECTION)
    if section is None:
        return None
    scale = Scale.from_dict(manifest.get("scale"))
    return TimeModel(folder, section, str(manifest["head"]), scale)


def _clock(section: Mapping[str, Any]) -> tuple[int, float | None]:
    """Return the look-ahead in steps, and the seconds of a step or None."""
    look_ahead, step = section.get("look_ahead", 0), section.get("step")
    if type(look_ahead) is not int or not 0 <= look_ahead <= LONGEST_LOOK_AHEAD:
        raise ValueError(f"a look_ahead from 0 to {LONGEST_LOOK_AHEAD}: {look_ahead!r:.40}")
    if step is not None and not (isinstance(step, int | float) and 0 < step < math.inf):
        raise ValueError(f"a step in seconds: {step!r:.40}")
    return look_ahead, step
