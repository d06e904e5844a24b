"""Read model.json, the manifest of a model, and check it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wince.errors import ModelError, ScaleError
from wince.scale import Scale

FORMAT = 1
"""Version of the form of model.json."""

HEADS = ("pspi", "action-units", "score")
"""What a network gives: PSPI, the action units of PSPI, or a score on another scale."""

_TYPES: Mapping[str, type] = {
    **dict.fromkeys(("name", "version", "title", "file", "sha256", "head"), str),
    **{"format": int, "face_spec": dict, "calibration": dict},
}
"""Keys that a manifest must have."""
_OPTIONAL_TYPES: Mapping[str, type] = {
    "trained_on": dict,
    "figures": dict,
    "subjects_seen": list,
    "over_time": dict,
    "scale": dict,
    "made": dict,
}
_NAMES = {str: "text", int: "a whole number", dict: "an object", list: "a list"}


def read(path: Path) -> Mapping[str, Any]:
    """Return the contents of model.json.

    Raises:
        ModelError: It is not JSON, a key is missing, or a value is not supported.
    """
    try:
        manifest = json.loads(path.read_text("utf-8"))
        # Answers of the server contain parts of it, so it must be possible to write it again.
        json.dumps(manifest, allow_nan=False, ensure_ascii=False).encode()
    except (OSError, ValueError, RecursionError) as error:
        raise ModelError(
            f"{path} cannot be read as JSON: {error!s:.200}. Export the model again."
        ) from error
    if not isinstance(manifest, dict):
        raise ModelError(f"{path} is not an object of JSON. Export the model again.")
    missing = [key for key in _TYPES if key not in manifest]
    if missing:
        raise ModelError(f"{path} lacks {', '.join(missing)}. Export the model again.")
    _check_values(path, manifest)
    return manifest


def _check_values(path: Path, manifest: Mapping[str, Any]) -> None:
    """Raise ModelError if a value has another type, or is one that this wince does not read."""
    for key, expected in {**_TYPES, **_OPTIONAL_TYPES}.items():
        if key in manifest and type(manifest[key]) is not expected:
            raise ModelError(
                f"{path} has {manifest[key]!r:.80} as {key}; expected {_NAMES[expected]}. Export "
                "the model again."
            )
    file = manifest["file"]
    if file != Path(file).name:
        raise ModelError(
            f"{path} names {file!r:.80} as its model; expected the name of a file beside it. "
            "Export the model again."
        )
    scale = _scale(path, manifest)
    if (manifest["head"] == "score") == scale.is_pspi and manifest["head"] in HEADS:
        raise ModelError(
            f"{path} has the head {manifest['head']!r} and the scale {scale.name}, which exclude "
            "each other. Export the model again."
        )
    if manifest["format"] != FORMAT or manifest["head"] not in HEADS:
        raise ModelError(
            f"{path} is of format {manifest['format']!r:.80} with head {manifest['head']!r:.80}; "
            f"this wince reads format {FORMAT} with head 'pspi', 'action-units' or 'score'. "
            "Install a wince that fits it."
        )


def _scale(path: Path, manifest: Mapping[str, Any]) -> Scale:
    try:
        return Scale.from_dict(manifest.get("scale"))
    except ScaleError as error:
        raise ModelError(f"{path}: {error} Export the model again.") from error
