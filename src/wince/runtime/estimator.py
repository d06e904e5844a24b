"""The trained network as ONNX: crops in, action units and their maps out."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wince import onnx_session, scale
from wince.errors import ModelError
from wince.faces.spec import FaceSpec
from wince.runtime.calibration import Calibration

FORMAT = 1
STARTER = "starter"
_KEYS = ("format", "name", "version", "title", "file", "sha256", "face_spec", "head", "calibration")


@dataclass(frozen=True, slots=True)
class Estimate:
    """What the network says about N crops.

    action_units: float32 (N, 6) within their ranges, or None when the model gives PSPI alone. raw:
    float32 (N,), the model's score on its own scale, 0 to 16. maps: float32 (N, K, h, w), the exact
    share of each grid cell in each raw output, bias aside; K is 6, or 1 for PSPI alone.
    """

    action_units: NDArray[np.float32] | None
    raw: NDArray[np.float32]
    maps: NDArray[np.float32]

    def only(self, number: int) -> "Estimate":
        """Return what is said about one of the crops, as an estimate of one."""
        one = slice(number, number + 1)
        units = None if self.action_units is None else self.action_units[one]
        return Estimate(units, self.raw[one], self.maps[one])


class Estimator:
    """A model.onnx with its model.json. Safe to use from several threads at once."""

    def __init__(self, model: Path | None = None) -> None:
        """Load a model: a folder with model.json, its .onnx file, or None for the packaged one.

        Raises ModelError when a file is missing, damaged, or not what model.json says.
        """
        folder = starter_folder() if model is None else _folder(Path(model))
        self.card = _card(folder / "model.json")
        path = folder / str(self.card["file"])
        self.spec = FaceSpec.from_dict(self.card["face_spec"])
        self.calibration = Calibration.from_dict(self.card["calibration"])
        self._session = onnx_session.open_session(path, sha256=str(self.card["sha256"]))
        self._input = self._session.get_inputs()[0]
        self._check_shapes(path)

    def __call__(self, crops: NDArray[np.uint8]) -> Estimate:
        """Return what the network says about crops, RGB uint8 (N, size, size, 3)."""
        scores, maps = self._session.run(None, {self._input.name: crops})
        return interpret(scores, maps, str(self.card["head"]))

    def _check_shapes(self, path: Path) -> None:
        size, head = self.spec.size, str(self.card["head"])
        expected = [size, size, 3], 1 if head == "pspi" else len(scale.UNIT_NAMES)
        outputs = self._session.get_outputs()
        found = list(self._input.shape[1:]), outputs[0].shape[1]
        if found != expected or len(outputs) != 2:
            raise ModelError(
                f"{path}: model.json promises crops of {expected[0]} and {expected[1]} scores, the "
                f"model has {found[0]} and {found[1]}. Export the model again."
            )


def interpret(scores: NDArray[np.float32], maps: NDArray[np.float32], head: str) -> Estimate:
    """Return the estimate in a network's outputs (N, K) and maps, held within the scale."""
    if head == "pspi":
        return Estimate(None, np.clip(scores[:, 0], 0, scale.PSPI_MAXIMUM), maps)
    units = np.clip(scores, 0, _MAXIMA)
    return Estimate(units, scale.pspi_formula(*units.T, maximum=np.maximum), maps)


_MAXIMA = np.array([unit.maximum for unit in scale.ACTION_UNITS.values()], np.float32)


def starter_folder() -> Path:
    """Return the folder of the packaged model."""
    return Path(str(resources.files("wince.models") / STARTER))


def _folder(model: Path) -> Path:
    folder = model.parent if model.suffix == ".onnx" else model
    if not (folder / "model.json").is_file():
        raise ModelError(
            f"There is no model.json in {folder}. Name a folder that holds model.json and its "
            ".onnx file, as `wince export` writes it."
        )
    return folder


def _card(path: Path) -> Mapping[str, Any]:
    try:
        card = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(
            f"{path} cannot be read as JSON: {error}. Export the model again."
        ) from error
    missing = [key for key in _KEYS if key not in card] if isinstance(card, dict) else list(_KEYS)
    if missing:
        raise ModelError(f"{path} lacks {', '.join(missing)}. Export the model again.")
    file = card["file"]
    if not isinstance(file, str) or file != Path(file).name:
        raise ModelError(
            f"{path} names {file!r:.80} as its model; expected the name of a file beside it. "
            "Export the model again."
        )
    if card["format"] != FORMAT or card["head"] not in ("pspi", "action-units"):
        raise ModelError(
            f"{path} is of format {card['format']} with head {card['head']!r}; this wince reads "
            f"format {FORMAT} with head 'pspi' or 'action-units'. Install a wince that fits it."
        )
    return dict(card)
