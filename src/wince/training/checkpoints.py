"""Checkpoints on disk: written whole or not at all, and read back with what they say of themselves.

A checkpoint is Lightning's, with our key `wince`: {format, architecture, head, face_spec,
subjects_seen, recipe}. `state_dict` names the network's tensors with the prefix `network.`, and
holds the averaged weights where a recipe averages.
"""

import contextlib
import json
import pickle
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from lightning.fabric.plugins.io.torch_io import TorchCheckpointIO
from torch import Tensor

from wince.errors import ModelError

KEY = "wince"
FORMAT = 1
FOLDER = "checkpoints"
LAST, BEST = "last.ckpt", "best.ckpt"
PREFIXES = ("network.", "module.", "model.")
WRAPPERS = ("state_dict", "model_state_dict", "model")
ROOM = 1_000_000  # bytes; a disk with less is full
META = ("format", "architecture", "head", "face_spec", "subjects_seen", "recipe")


class WholeFiles(TorchCheckpointIO):
    """Writes a checkpoint aside and renames it, so that a kill leaves the old one or the new."""

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: Any, storage_options: Any | None = None
    ) -> None:
        """Write a checkpoint; raise ModelError when the disk is full or cannot be written."""
        path = Path(path)
        aside = path.with_name(f".{path.name}.part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            torch.save(checkpoint, aside)
            aside.replace(path)
        except (OSError, RuntimeError) as error:  # torch reports a full disk as RuntimeError
            reason = (str(error).splitlines() or ["unknown"])[0]
            with contextlib.suppress(OSError):
                if shutil.disk_usage(path.parent).free < ROOM:
                    reason = "the disk is full"
            raise ModelError(
                f"The checkpoint {path} cannot be written ({reason}). Free some room, then run the "
                "same command again: it goes on at the last checkpoint."
            ) from error
        finally:
            aside.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class Weights:
    """A network's tensors by name, and what the file says of itself: {} for a plain state dict."""

    path: Path
    weights: dict[str, Tensor]
    meta: dict[str, Any] = field(default_factory=dict)


def read(path: Path) -> dict[str, Any]:
    """Return what a file written by torch holds, plain data and tensors only, on the CPU.

    Raises ModelError when there is none, when it is damaged, or when it would run code on loading.
    """
    if not path.is_file():
        raise ModelError(f"There are no weights at {path}. Check the path.")
    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, OSError, ValueError, KeyError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0].partition(". ")[0][:200]
        raise ModelError(
            f"{path} is not a file of weights that can be loaded safely ({reason}). Save the "
            "network's state_dict with torch.save and use that."
        ) from error
    if not isinstance(found, Mapping):
        raise ModelError(
            f"{path} holds a {type(found).__name__}, not weights by name. Save the network's "
            "state_dict with torch.save and use that."
        )
    return dict(found)


def read_weights(path: Path) -> Weights:
    """Return the weights in a checkpoint, a plain state dict, or a run folder's best checkpoint.

    Raises ModelError when there are none.
    """
    if path.is_dir():
        path = path / FOLDER / BEST
    held = read(path)
    meta = held.get(KEY, {})
    if meta and (set(META) - set(meta) or meta["format"] != FORMAT):
        raise ModelError(
            f"{path} was written by another version of wince (format {meta.get('format')}, "
            f"expected {FORMAT}). Train again, or use the version that wrote it."
        )
    tensors = next((held[name] for name in WRAPPERS if isinstance(held.get(name), Mapping)), held)
    weights = {
        _plain(str(name)): value for name, value in tensors.items() if isinstance(value, Tensor)
    }
    if not weights:
        raise ModelError(f"{path} holds no tensors by name. Is it a state dict?")
    broken = [name for name, value in weights.items() if not torch.isfinite(value).all()]
    if broken:
        raise ModelError(f"{path} has values that are not numbers in {broken[0]}. Use another.")
    return Weights(path, weights, dict(meta))


def settle(folder: Path) -> None:
    """Keep of a finished run's checkpoints the best one's weights, a quarter of the room."""
    best = folder / BEST
    held = read(best)
    kept = ("epoch", "global_step", "pytorch-lightning_version", "state_dict", KEY)
    WholeFiles().save_checkpoint({name: held[name] for name in kept}, best)
    (folder / LAST).unlink(missing_ok=True)


def _plain(name: str) -> str:
    for prefix in PREFIXES:
        name = name.removeprefix(prefix)
    return name


def write_text(path: Path, text: str) -> None:
    """Write a text file aside and rename it; raise ModelError when that fails."""
    aside = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        aside.write_text(text, "utf-8")
        aside.replace(path)
    except OSError as error:
        raise ModelError(
            f"{path} cannot be written ({error.strerror or error}). Free some room or choose "
            "another --out, then run the same command again."
        ) from error
    finally:
        aside.unlink(missing_ok=True)


def write_json(path: Path, data: Mapping[str, Any]) -> None:
    """Write plain data as JSON, aside first and then renamed."""
    write_text(path, json.dumps(data, indent=1, ensure_ascii=False) + "\n")
