"""The models of the page on the device, and what describes them."""

import contextlib
import json
from collections.abc import Mapping
from importlib import resources
from pathlib import Path

from pydantic import BaseModel

from wince import file_names
from wince.errors import ModelError
from wince.runtime.estimator import Estimator
from wince.score_scale import Scale
from wince.server import model_card, problems, schemas

CARD = "card.html"


def read_files(estimator: Estimator) -> Mapping[str, bytes]:
    """Return the files by name: the networks, model.json, and what the server would answer.

    Args:
        estimator: The model. It was loaded, so its files are complete.

    Raises:
        ModelError: The page cannot run this model, or a packaged file is missing.
    """
    refuse_unsupported(estimator)
    folder = estimator.folder
    files = {
        file_names.MODEL: _read(folder / str(estimator.manifest["file"])),
        file_names.MODEL_MANIFEST: _manifest(estimator),
        "face_detector.onnx": _packaged("face", "face_detector.onnx"),
        "occlusion.json": _packaged("occlusion", "occlusion.json"),
        "scale.json": _json(schemas.describe_scale(estimator.scale)),
        "description.json": _json(schemas.describe_model(estimator.manifest)),
    }
    with contextlib.suppress(problems.ProblemError):  # there is none, and the page says so
        files[CARD] = model_card.render_model_card(estimator, static="../").encode()
    return files


def refuse_unsupported(estimator: Estimator) -> None:
    """Raise ModelError if the page on the device cannot run a model."""
    if estimator.time_model is not None:
        raise ModelError(
            f"{estimator.folder} has a model of time, whose state the page on the device cannot "
            "keep. Expected a model for single frames: export its network from the run folder "
            "that was trained without --over-time."
        )
    for side in ("inputs", "outputs"):
        tensors = estimator.manifest.get(side)
        if not isinstance(tensors, list) or not all(map(_is_named, tensors)) or not tensors:
            raise ModelError(
                f"{estimator.folder / file_names.MODEL_MANIFEST} does not name the {side} of its "
                "network, which the page on the device needs. Export the model again."
            )


def _manifest(estimator: Estimator) -> bytes:
    """Return model.json, with the levels that were stated for the model when it was loaded."""
    if estimator.scale == Scale.from_dict(estimator.manifest.get("scale")):
        return _read(estimator.folder / file_names.MODEL_MANIFEST)
    scale, calibration = estimator.scale.to_dict(), estimator.calibration.to_dict()
    manifest = {**estimator.manifest, "scale": scale, "calibration": calibration}
    return json.dumps(manifest, ensure_ascii=False).encode()


def _is_named(tensor: object) -> bool:
    return isinstance(tensor, dict) and isinstance(tensor.get("name"), str)


def _json(answer: BaseModel) -> bytes:
    return json.dumps(answer.model_dump(mode="json"), ensure_ascii=False).encode()


def _packaged(*parts: str) -> bytes:
    return _read(Path(str(resources.files("wince.models").joinpath(*parts))))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ModelError(
            f"{path} cannot be read: {error.strerror}. The page on the device needs it; nothing "
            "is downloaded. Check its permissions, or install wince again."
        ) from error
