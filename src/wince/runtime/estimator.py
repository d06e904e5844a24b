"""The ONNX network: face crops in, action units and their activation maps out."""

import stat
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnxruntime import InferenceSession

from wince import named_scales, onnx_session
from wince.errors import ModelError
from wince.faces.spec import FaceSpec
from wince.files import file_type
from wince.runtime import manifest, time_model
from wince.runtime.calibration import Calibration
from wince.runtime.network_outputs import OUTPUT_COUNTS, units_and_score
from wince.scale import Scale

STARTER = "starter"
"""Name of the packaged model, and of its folder in wince.models."""

_Run = Callable[[InferenceSession, dict[str, NDArray[Any]]], list[Any]]
"""Runs a network on its inputs."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """Output of the network for N crops.

    Attributes:
        action_units: float32 (N, 6), intensities clipped to their ranges, in the order of
            `scale.UNIT_NAMES`. None for a model that gives a score alone.
        raw: float32 (N,), raw score, 0 to 16.
        maps: float32 (N, K, h, w), contribution of each grid cell to each network output, without
            the bias. K is 6, or 1 for a model that gives a score alone.
        features: float32 (N, F), what the last layer is linear on; None without a model of time.
    """

    action_units: NDArray[np.float32] | None
    raw: NDArray[np.float32]
    maps: NDArray[np.float32]
    features: NDArray[np.float32] | None = None

    def select(self, index: int) -> "Estimate":
        """Return the estimate of one crop, with N = 1."""
        rows = slice(index, index + 1)
        units = None if self.action_units is None else self.action_units[rows]
        features = None if self.features is None else self.features[rows]
        return Estimate(units, self.raw[rows], self.maps[rows], features)


class Estimator:
    """A loaded model: model.onnx with its manifest, model.json. It is thread-safe.

    Attributes:
        folder: The folder of the model.
        manifest: Contents of model.json.
        spec: How the crops are cut and aligned.
        scale: What the score is on.
        calibration: From raw score to score, interval and level probabilities.
        time_model: The model of time beside the network; None if there is none.
    """

    def __init__(self, model: Path | None = None, scale: Scale | None = None) -> None:
        """Load a model.

        Args:
            model: Folder with model.json, or the .onnx file in it. None loads the packaged model,
                and so does STARTER unless there is a file or folder of that name.
            scale: The model's scale with other cuts and levels; None for those in model.json.

        Raises:
            ScaleError: The scale has another name or range than that of the model.
            ModelError: A file is missing, damaged, or does not match model.json, or the network
                does not run.
        """
        self.folder = starter_folder() if model is None else _folder(Path(model))
        self.manifest = manifest.read(self.folder / "model.json")
        path = self.folder / str(self.manifest["file"])
        self.spec = FaceSpec.from_dict(self.manifest["face_spec"])
        recorded = Scale.from_dict(self.manifest.get("scale"))
        self.scale = named_scales.with_levels_of(recorded, scale, self.folder)
        calibration = Calibration.from_dict(self.manifest["calibration"], recorded)
        self.calibration = calibration.with_levels(self.scale)
        self._head = str(self.manifest["head"])
        self._session = onnx_session.open_session(path, sha256=str(self.manifest["sha256"]))
        self._input = self._session.get_inputs()[0]
        self.time_model = time_model.load(self.folder, self.manifest)
        self._check_shapes(path)
        if model is not None:
            grey = np.full((1, self.spec.size, self.spec.size, 3), 128, np.uint8)
            self._estimate(grey, onnx_session.first_run)

    @property
    def model(self) -> dict[str, str]:
        """Name and version of the model."""
        return {key: str(self.manifest[key]) for key in ("name", "version")}

    @property
    def track_calibration(self) -> Calibration:
        """The calibration of scores in a track: that of the model of time, if there is one."""
        if self.time_model is None:
            return self.calibration
        return self.time_model.calibration.with_levels(self.scale)

    def __call__(self, crops: NDArray[np.uint8]) -> Estimate:
        """Return the estimate for crops, RGB uint8 (N, size, size, 3).

        Raises:
            ModelError: The network fails, or its outputs are not what model.json promises.
        """
        return self._estimate(crops, lambda session, inputs: session.run(None, inputs))

    def _estimate(self, crops: NDArray[np.uint8], run: _Run) -> Estimate:
        try:
            scores, maps, *features = run(self._session, {self._input.name: crops})
        except Exception as error:  # onnxruntime's errors have no common base class
            reason = (str(error).splitlines() or [type(error).__name__])[0]
            raise ModelError(
                f"The model {self.model['name']} fails ({reason:.200}). Export it again."
            ) from error
        estimate = interpret(scores, maps, self._head)
        return replace(estimate, features=features[0]) if features else estimate

    def _check_shapes(self, path: Path) -> None:
        size = self.spec.size
        expected = [size, size, 3], OUTPUT_COUNTS[self._head]
        outputs = self._session.get_outputs()
        actual = list(self._input.shape[1:]), outputs[0].shape[1]
        counts = (3,) if self.time_model else (2, 3)  # the third are features
        if actual != expected or len(outputs) not in counts:
            raise ModelError(
                f"{path}: model.json promises crops of {expected[0]} and {expected[1]} scores, the "
                f"model has {actual[0]} and {actual[1]}. Export the model again."
            )


def interpret(scores: NDArray[np.float32], maps: NDArray[np.float32], head: str) -> Estimate:
    """Return the estimate for the outputs of a network, clipped to the scale.

    Args:
        scores: float32 (N, K).
        maps: float32 (N, K, h, w).
        head: "action-units" for K = 6, "pspi" or "score" for K = 1.

    Raises:
        ModelError: The outputs have other shapes, or are not finite.
    """
    expected = (len(scores), OUTPUT_COUNTS[head])
    if scores.shape != expected or maps.shape[:2] != expected or maps.ndim != 4:
        raise ModelError(
            f"The model gives scores {scores.shape} and maps {maps.shape}; expected {expected} and "
            "a grid for each score. Export the model again."
        )
    if not (np.isfinite(scores).all() and np.isfinite(maps).all()):
        raise ModelError(
            "The model gives outputs that are not finite numbers, so there is no score. Export "
            "it again from weights that are finite."
        )
    return Estimate(*units_and_score(scores, head), maps)


def starter_folder() -> Path:
    """Return the folder of the packaged model."""
    return Path(str(resources.files("wince.models") / STARTER))


def _folder(model: Path) -> Path:
    if model == Path(STARTER) and not model.exists():
        return starter_folder()
    folder = model.parent if model.suffix == ".onnx" else model
    if file_type(folder / "model.json") != stat.S_IFREG:
        raise ModelError(
            f"There is no model.json in {folder}. Name a folder with model.json and its .onnx "
            f"file, as `wince export` writes it, or {STARTER} for the packaged model."
        )
    return folder
