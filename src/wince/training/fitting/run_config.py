"""config.json of a run folder: the settings and data that decide the run's result.

The same command in the same folder continues a run only when its config.json agrees.
"""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import wince
from wince import file_names
from wince.errors import ModelError
from wince.faces.spec import FaceSpec
from wince.files import write_json
from wince.training.data.folds import Split
from wince.training.data.prepared import ModelData, manifest_sha256
from wince.training.fitting.recipe import INITS
from wince.training.fitting.run_settings import Settings
from wince.training.networks import checkpoints

DESCRIPTIONS = ("wince", "notes", "provenance", "learned", "scale")
"""Keys that do not decide the result; older runs lack some of them."""
LONGEST_VALUE = 60  # letters of a setting that an error message shows


def describe(data: ModelData, split: Split, settings: Settings, notes: list[str]) -> dict[str, Any]:
    """Return the content of config.json.

    Args:
        data: The prepared data.
        split: Rows of `data.frames` to train, validate and test on.
        settings: Settings of the run.
        notes: What a reader must know about the run, in sentences.
    """
    prepared, units_known = data.prepared, data.frames.units_known
    learned = {
        part: int(units_known[rows].sum()) if settings.head == "action-units" else len(rows)
        for part, rows in (("train", split.train), ("validation", split.validation))
    }
    return {
        "wince": wince.__version__,
        "data": {
            "folder": str(prepared.folder.resolve()),
            "archive": str(prepared.report["archive"]["title"]),
            "manifest_sha256": manifest_sha256(prepared),
        },
        "part": {
            "name": split.name,
            "protocol": split.protocol,
            "caution": split.caution,
            **{
                part: {
                    "frames": len(rows),
                    "subjects": sorted(set(data.frames.subject[rows].tolist())),
                }
                for part, rows in (
                    ("train", split.train),
                    ("validation", split.validation),
                    ("test", split.test),
                )
            },
        },
        "recipe": settings.recipe.to_dict(),
        "architecture": settings.architecture,
        "head": settings.head,
        "scale": prepared.scale.to_dict(),
        "init": settings.init,
        "seed": settings.seed,
        "face_spec": settings.spec.to_dict(),
        "provenance": prepared.provenance,
        "learned": learned,
        "notes": notes,
    }


def resumed(settings: Settings, run: Path) -> Settings:
    """Return settings with which a run is continued although its initial weights are gone.

    Args:
        settings: Settings of the run.
        run: The run folder.

    Returns:
        With the view of the run's config.json, if it began from the same file and that file does
        not exist any more; else unchanged.
    """
    if settings.init in INITS or Path(settings.init).exists():
        return settings
    try:
        config = read(run)
    except ModelError:
        return settings
    if config.get("init") != settings.init or "face_spec" not in config:
        return settings
    return replace(settings, view=FaceSpec.from_dict(config["face_spec"]))


def claim(run: Path, config: dict[str, Any]) -> None:
    """Write config.json into a run folder, or check that the folder is this run's.

    A run that stopped within its first epoch has nothing to lose: its config.json is replaced.

    Args:
        run: The run folder, which may be missing.
        config: What `describe` returned.

    Raises:
        ModelError: The folder has another run; the message names the differences.
        FileWriteError: The file cannot be written.
    """
    last = run / checkpoints.FOLDER / checkpoints.LAST
    results = (file_names.PREDICTIONS, file_names.MODEL_CARD)
    started = last.is_file() or any((run / name).is_file() for name in results)
    if not started or not (run / file_names.CONFIG).is_file():
        write_json(run / file_names.CONFIG, config)
        return
    existing = read(run)
    requested = json.loads(json.dumps(config))
    different = [
        name
        for name in requested
        if name not in DESCRIPTIONS and existing.get(name) != requested[name]
    ]
    if not different:
        return
    if existing["data"]["manifest_sha256"] != requested["data"]["manifest_sha256"]:
        raise ModelError(
            f"{run} was trained on other data: labels or splits have been prepared anew since. "
            "Choose another --out to train on the present data."
        )
    differences = "; ".join(
        _difference(name, existing.get(name), requested[name]) for name in different
    )
    raise ModelError(
        f"{run} has another run ({differences}). Choose another --out, or use the options of that "
        "run to continue it."
    )


def read(run: Path) -> dict[str, Any]:
    """Return the config.json of a run folder; raise ModelError when there is none."""
    path = run / file_names.CONFIG
    try:
        config = json.loads(path.read_text("utf-8"))
        if not isinstance(config, dict) or not {"data", "part", "recipe"} <= set(config):
            raise ValueError("keys are missing")
    except (OSError, ValueError) as error:
        raise ModelError(
            f"{path} cannot be read ({error}): expected a folder that `wince train` wrote."
        ) from error
    return config


def _difference(name: str, existing: Any, requested: Any) -> str:
    """Return how a setting differs, such as "recipe epochs: 2, now 3"."""
    if isinstance(existing, dict) and isinstance(requested, dict):
        key = next((key for key in requested if existing.get(key) != requested[key]), name)
        return _difference(f"{name} {key}", existing.get(key), requested.get(key))
    values = (
        str(value) if len(str(value)) < LONGEST_VALUE else "another"
        for value in (existing, requested)
    )
    return f"{name}: " + ", now ".join(values)
