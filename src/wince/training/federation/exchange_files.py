"""The files that a federated study exchanges: a round's weights, and a site's update.

Both are files of torch with plain data and tensors, read without running code. They have the key
`federation` {format, kind, ...} and the network's tensors under `state_dict`. The same content
gives the same bytes. A file from another site is checked before it is used: its size, that nothing
in it is compressed, and that its tensors are those of the study's network.
"""

import hashlib
import io
import reprlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from wince import files
from wince.errors import ModelError, WinceError
from wince.training.networks import checkpoints

Tensors = Mapping[str, Tensor]
KEY = "federation"
FORMAT = 1
LARGEST = 1_000_000_000
"""Bytes of the largest file that is read."""
LARGEST_DESCRIPTION = 1_000_000
"""Bytes that a file may have beside its tensors."""
MOST = 1_000_000_000
"""Largest number of subjects or frames."""
WRONG = (
    *(WinceError, KeyError, TypeError, ValueError, AttributeError),
    *(OverflowError, RecursionError),  # huge integers, and nested data that cannot be printed
)
"""What a crafted description makes the checks raise."""
VARIANCE = "running_var"
"""End of the names of tensors that have variances."""


def round_name(number: int) -> str:
    """Return the file name of a round."""
    return f"round-{number:03}.pt"


def update_name(number: int, site: str) -> str:
    """Return the file name of a site's update of a round."""
    return f"update-{number:03}-{site}.pt"


def write(
    path: Path,
    kind: str,
    header: Mapping[str, Any],
    weights: Tensors,
    further: Mapping[str, Any] | None = None,
) -> None:
    """Write a file completely or not at all.

    Args:
        path: The file.
        kind: "round" or "update".
        header: Its description, plain data.
        weights: The network's tensors by name.
        further: Further keys of the file.

    Raises:
        FileWriteError: The file cannot be written.
    """
    buffer = io.BytesIO()  # torch writes the name of a file into it
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in weights.items()}
    content = {"state_dict": tensors, KEY: {"format": FORMAT, "kind": kind, **header}}
    torch.save({**content, **(further or {})}, buffer)
    files.write_bytes(path, buffer.getvalue())


def read(path: Path, kind: str, largest: int) -> tuple[Mapping[str, Any], dict[str, Tensor]]:
    """Return the description and the tensors of a file.

    Args:
        path: The file.
        kind: "round" or "update".
        largest: Bytes that it may have.

    Raises:
        ModelError: The file is missing, too large, damaged or of another kind.
    """
    _check_archive(path, largest)
    content = checkpoints.read(path)
    header = content.get(KEY)
    if not isinstance(header, Mapping) or header.get("kind") != kind:
        other = header.get("kind") if isinstance(header, Mapping) else "other weights"
        raise ModelError(
            f"{path} is expected to be the {kind} of a federated study, and is: "
            f"{reprlib.repr(other):.40}. See `wince federate --help` for which command writes "
            "which file."
        )
    if header.get("format") != FORMAT:
        actual = reprlib.repr(header.get("format"))  # of nested data too, however deep
        raise ModelError(
            f"{path} was written by another version of wince (format {actual:.40}, expected "
            f"{FORMAT}). All sites of a study need the same version."
        )
    return header, checkpoints.weights_in(content, path).weights


def _check_archive(path: Path, largest: int) -> None:
    """Raise ModelError if reading a file could take more memory than expected."""
    try:
        files.refuse_irregular(path)
        size = path.stat().st_size
        if size > largest:
            raise ModelError(f"{path} has {size:,} bytes; expected at most {largest:,}.")
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror or error}.") from error
    entries = checkpoints.archive_entries(path)
    if not entries:
        raise ModelError(f"{path} is not a file of a federated study.")
    descriptions = sum(entry.file_size for entry in entries if "/data/" not in entry.filename)
    if descriptions > LARGEST_DESCRIPTION:
        raise ModelError(
            f"{path} has {descriptions:,} bytes beside its weights; expected at most "
            f"{LARGEST_DESCRIPTION:,}. `wince federate` writes no such file: ask who sent it."
        )


def largest_update(expected: Tensors) -> int:
    """Return how many bytes the update of a network may have."""
    tensors = sum(tensor.numel() * tensor.element_size() for tensor in expected.values())
    return tensors + 1000 * len(expected) + LARGEST_DESCRIPTION


@contextmanager
def as_damage(path: Path) -> Iterator[None]:
    """Raise ModelError with the file's name for whatever is wrong with its content."""
    try:
        yield
    except WRONG as error:
        reason = str(error) if isinstance(error, WinceError) else f"{type(error).__name__}: {error}"
        raise ModelError(f"{path} cannot be used in a federated study. {reason:.300}") from error


def check_count(value: Any, name: str, most: int = MOST, *, least: int = 1) -> int:
    """Return a whole number; raise ModelError if it is none, or out of its range."""
    if type(value) is not int or not least <= value <= most:
        raise ModelError(f"Expected {name} from {least} to {most:,}; found {value!r:.80}.")
    return value


def check_weights(weights: Tensors, expected: Tensors) -> None:
    """Raise ModelError unless tensors have the names, shapes and types of a network's."""
    for name in sorted({*weights, *expected}):
        shapes = [
            f"{tensors[name].dtype} {tuple(tensors[name].shape)}" if name in tensors else "none"
            for tensors in (expected, weights)
        ]
        if shapes[0] != shapes[1]:
            raise ModelError(
                f"Its weights are not of the study's network: for {name:.80} expected {shapes[0]}, "
                f"found {shapes[1]}."
            )
        is_count = not weights[name].is_floating_point()
        if (is_count or name.endswith(VARIANCE)) and (weights[name] < 0).any():
            raise ModelError(f"Its weights are damaged: {name:.80} has values below 0.")


def sha256(weights: Tensors) -> str:
    """Return the SHA-256 of tensors with their names, types and shapes."""
    digest = hashlib.sha256()
    for name in sorted(weights):
        tensor = weights[name].detach().cpu().contiguous()
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.numpy().tobytes())
    return digest.hexdigest()
