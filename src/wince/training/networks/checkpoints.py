"""Checkpoints on disk: how they are written, and how they are read with their description.

A checkpoint is Lightning's, with one further key `wince`: {format, architecture, head, face_spec,
subjects_seen, recipe}. `state_dict` names the network's tensors with the prefix `network.`; it has
the averaged weights when the recipe averages.
"""

import contextlib
import errno
import os
import reprlib
import shutil
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from lightning.fabric.plugins.io.torch_io import TorchCheckpointIO
from torch import Tensor

from wince.errors import FileWriteError, ModelError
from wince.files import replacing

KEY = "wince"
FORMAT = 1
FOLDER = "checkpoints"
LAST, BEST = "last.ckpt", "best.ckpt"
PREFIXES = ("network.", "module.", "model.")
"""Prefixes that wrappers put before a tensor's name."""
WRAPPERS = ("state_dict", "model_state_dict", "model")
"""Keys under which scripts store a state dict."""
DESCRIPTION_KEYS = ("format", "architecture", "head", "face_spec", "subjects_seen", "recipe")
ARCHIVE = b"PK\3\4"
"""The first bytes by which torch knows a zip archive from a file of its older form."""
FULL_DISK = 1_000_000  # bytes; a disk with less free is called full


class AtomicCheckpointIO(TorchCheckpointIO):
    """Lightning's reader and writer of checkpoints; an interrupted write leaves the old file."""

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: Any, storage_options: Any | None = None
    ) -> None:
        """Write a checkpoint completely or not at all.

        Raises:
            FileWriteError: The file cannot be written, such as on a full disk.
        """
        path = Path(path)
        with replacing(path) as temporary:
            try:
                torch.save(checkpoint, temporary)
            except (OSError, RuntimeError) as error:  # torch reports a full disk as RuntimeError
                reason = (str(error).splitlines() or ["unknown"])[0]
                with contextlib.suppress(OSError):
                    if shutil.disk_usage(path.parent).free < FULL_DISK:
                        reason = os.strerror(errno.ENOSPC)
                raise FileWriteError(
                    f"{path} cannot be written: {reason}. Free some room, then run the same "
                    "command again: it continues at the last checkpoint."
                ) from error


@dataclass(frozen=True, slots=True)
class Weights:
    """Weights read from a file.

    Attributes:
        path: The file.
        weights: The network's tensors by name.
        meta: The checkpoint's description, {} for a plain state dict.
    """

    path: Path
    weights: dict[str, Tensor]
    meta: dict[str, Any] = field(default_factory=dict)


def read(path: Path) -> dict[str, Any]:
    """Return the content of a file that torch wrote: plain data and tensors, on the CPU.

    Raises:
        ModelError: The file is missing or damaged, has no names, or would run code on loading.
    """
    if not path.is_file():
        raise ModelError(f"There are no weights at {path}. Check the path.")
    archive_entries(path)
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # crafted files make torch raise errors of nearly every class
        raise _unsafe(path, error) from error
    if not isinstance(content, Mapping):
        raise ModelError(
            f"{path} contains a {type(content).__name__}; expected weights by name. Save the "
            "network's state_dict with torch.save and use that file."
        )
    return dict(content)


def archive_entries(path: Path) -> list[zipfile.ZipInfo]:
    """Return the entries of a file that torch wrote, [] for a file of its older form.

    torch compresses nothing. A small file with compressed entries could fill the memory.

    Raises:
        ModelError: The file is damaged, or would take more memory than it has bytes.
    """
    try:
        with path.open("rb") as file:
            if file.read(len(ARCHIVE)) != ARCHIVE:
                return []
            size = file.seek(0, os.SEEK_END)
            with zipfile.ZipFile(file) as archive:
                entries = archive.infolist()
    except (OSError, zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise _unsafe(path, error) from error
    is_compressed = any(entry.compress_type != zipfile.ZIP_STORED for entry in entries)
    if is_compressed or sum(entry.file_size for entry in entries) > size:
        raise ModelError(
            f"{path} would take more memory than its {size:,} bytes. torch writes no such file: "
            "ask where it came from."
        )
    return entries


def _unsafe(path: Path, error: Exception) -> ModelError:
    reason = (str(error).splitlines() or [type(error).__name__])[0].partition(". ")[0][:200]
    return ModelError(
        f"{path} is not a file of weights that can be loaded safely ({reason}). Save the network's "
        "state_dict with torch.save and use that file."
    )


def file_of(path: Path) -> Path:
    """Return the best checkpoint of a run folder; any other path is a file of weights itself."""
    return path / FOLDER / BEST if path.is_dir() else path


def read_weights(path: Path) -> Weights:
    """Return the weights in a checkpoint, a plain state dict, or a run folder's best checkpoint.

    Raises:
        ModelError: There are no weights, or they are not finite numbers.
    """
    path = file_of(path)
    return weights_in(read(path), path)


def weights_in(content: Mapping[str, Any], path: Path) -> Weights:
    """Return the weights in the content of a file, see `read`, as `read_weights` does.

    Args:
        content: The content.
        path: The file, for messages.

    Raises:
        ModelError: There are no weights, or they are not finite numbers.
    """
    meta = content.get(KEY, {})
    if not isinstance(meta, Mapping):
        raise ModelError(
            f"{path} is damaged: its description is a {type(meta).__name__}, expected names with "
            "values. Train again, or use another file."
        )
    if meta and (set(DESCRIPTION_KEYS) - set(meta) or meta["format"] != FORMAT):
        actual = reprlib.repr(meta.get("format"))  # of nested data too, however deep
        raise ModelError(
            f"{path} was written by another version of wince (format {actual:.80}, expected "
            f"{FORMAT}). Train again, or use the version that wrote it."
        )
    tensors = next(
        (content[name] for name in WRAPPERS if isinstance(content.get(name), Mapping)), content
    )
    weights = {
        _without_prefixes(str(name)): tensor
        for name, tensor in tensors.items()
        if isinstance(tensor, Tensor)
    }
    if not weights:
        raise ModelError(f"{path} has no tensors by name. Expected a state dict.")
    odd = [name for name, tensor in weights.items() if not _is_plain(tensor)]
    if odd:
        raise ModelError(
            f"{path} has weights that are not plain numbers on the CPU in {odd[0]:.80}. Save the "
            "network's state_dict with torch.save and use that file."
        )
    broken = [name for name, tensor in weights.items() if not torch.isfinite(tensor).all()]
    if broken:
        raise ModelError(
            f"{path} has values that are not finite numbers in {broken[0]}. Use another file."
        )
    return Weights(path, weights, dict(meta))


def _is_plain(tensor: Tensor) -> bool:
    """Return whether a tensor has real numbers, all of them in the file and on the CPU.

    A crafted tensor may have more elements than the file has bytes.
    """
    if tensor.layout != torch.strided or tensor.device.type != "cpu" or tensor.is_quantized:
        return False
    size = tensor.numel() * tensor.element_size()
    return not tensor.is_complex() and size <= tensor.untyped_storage().nbytes()


def keep_best_weights(folder: Path) -> None:
    """Remove all but the best checkpoint of a finished run, and from that all but the weights.

    This leaves a quarter of the size.

    Args:
        folder: The folder of the run's checkpoints.

    Raises:
        FileWriteError: The smaller checkpoint cannot be written.
    """
    best = folder / BEST
    checkpoint = read(best)
    needed = ("epoch", "global_step", "pytorch-lightning_version", "state_dict", KEY)
    AtomicCheckpointIO().save_checkpoint({name: checkpoint[name] for name in needed}, best)
    (folder / LAST).unlink(missing_ok=True)


def _without_prefixes(name: str) -> str:
    """Return a tensor's name without the prefixes that wrappers add, in whatever order they are."""
    while prefix := next((prefix for prefix in PREFIXES if name.startswith(prefix)), ""):
        name = name.removeprefix(prefix)
    return name
