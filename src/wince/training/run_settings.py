"""What a run is asked to do, and config.json, by which a folder knows its run again."""

import json
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal

import wince
from wince.archive.manifest import PreparedFolder
from wince.errors import ModelError
from wince.faces.spec import FaceSpec
from wince.runtime.estimator import Estimator
from wince.scale import UNIT_NAMES
from wince.training import architectures, checkpoints, model_card
from wince.training.folds import Parts
from wince.training.prepared import Frames, digest
from wince.training.recipe import STRONG, Recipe

CONFIG = "config.json"


@dataclass(frozen=True, slots=True)
class Devices:
    """Lightning's own flags: where training runs. workers: processes that read batches."""

    accelerator: str = "auto"
    devices: str = "auto"
    strategy: str = "auto"
    nodes: int = 1
    workers: int = 0


@dataclass(frozen=True, slots=True)
class Settings:
    """What is trained: recipe, head, where it begins, architecture, seed, and on which devices."""

    recipe: Recipe = STRONG
    head: Literal["pspi", "action-units"] = "pspi"
    init: str = "imagenet"
    architecture: str = architectures.DEFAULT
    seed: int = 0
    devices: Devices = field(default_factory=Devices)

    @property
    def spec(self) -> FaceSpec:
        """What the network is shown, normalised as its architecture expects.

        A run that begins from the packaged model shows as much of the face as that was shown.
        """
        wanted = architectures.face_spec(self.architecture, self.recipe.spec)
        if self.init != "starter" or wanted.kind == "whole":
            return wanted
        own = _packaged_spec()
        return replace(wanted, side=own.side, centre=own.centre)

    @property
    def outputs(self) -> int:
        """How many scores the network gives."""
        return len(UNIT_NAMES) if self.head == "action-units" else 1


@cache
def _packaged_spec() -> FaceSpec:
    return Estimator().spec


def config(
    prepared: PreparedFolder, frames: Frames, parts: Parts, settings: Settings, notes: list[str]
) -> dict[str, Any]:
    """Return what config.json holds: all that decides the result, and what must be known of it."""
    return {
        "wince": wince.__version__,
        "data": {
            "folder": str(prepared.folder.resolve()),
            "archive": str(prepared.report["archive"]["title"]),
            "manifest_sha256": digest(prepared),
        },
        "part": {
            "name": parts.name,
            "protocol": parts.protocol,
            "caution": parts.caution,
            **{
                name: {
                    "frames": len(rows),
                    "subjects": sorted(set(frames.subject[rows].tolist())),
                }
                for name, rows in (
                    ("train", parts.train),
                    ("validation", parts.validation),
                    ("test", parts.test),
                )
            },
        },
        "recipe": settings.recipe.to_dict(),
        "architecture": settings.architecture,
        "head": settings.head,
        "init": settings.init,
        "seed": settings.seed,
        "face_spec": settings.spec.to_dict(),
        "notes": notes,
    }


def claim(out: Path, wanted: dict[str, Any]) -> None:
    """Make a folder this run's own, or find that it is already.

    A run that stopped before its first epoch was over has nothing to lose, and gives way.

    Raises ModelError when it holds another run, saying how they differ.
    """
    path = out / CONFIG
    if not path.is_file():
        checkpoints.write_json(path, wanted)
        return
    found = read_config(out)
    last = out / checkpoints.FOLDER / checkpoints.LAST
    if not last.is_file() and not (out / model_card.FILE).is_file():
        checkpoints.write_json(path, wanted)
        return
    plain = json.loads(json.dumps(wanted))
    other = [
        name for name in plain if name not in ("wince", "notes") and found.get(name) != plain[name]
    ]
    if not other:
        return
    if "data" in other and found["data"]["manifest_sha256"] != plain["data"]["manifest_sha256"]:
        raise ModelError(
            f"{out} was begun on other data: labels or splits have been prepared anew since. "
            "Give another --out, and train on what is there now."
        )
    differences = "; ".join(_difference(name, found.get(name), plain[name]) for name in other)
    raise ModelError(
        f"{out} holds another run ({differences}). Give another --out, or the options it was "
        "begun with to go on with it."
    )


def read_config(out: Path) -> dict[str, Any]:
    """Return the config.json of a run folder; raise ModelError when it is none."""
    path = out / CONFIG
    try:
        found = json.loads(path.read_text("utf-8"))
        if not isinstance(found, dict) or not {"data", "part", "recipe"} <= set(found):
            raise ValueError("keys are missing")
    except (OSError, ValueError) as error:
        raise ModelError(
            f"{path} cannot be read ({error}): expected a folder that `wince train` wrote."
        ) from error
    return found


def _difference(name: str, found: Any, wanted: Any) -> str:
    if isinstance(found, dict) and isinstance(wanted, dict):
        inner = next((key for key in wanted if found.get(key) != wanted[key]), name)
        return _difference(f"{name} {inner}", found.get(inner), wanted.get(inner))
    shown = (str(value) if len(str(value)) < 60 else "another" for value in (found, wanted))
    return f"{name}: " + ", now ".join(shown)
