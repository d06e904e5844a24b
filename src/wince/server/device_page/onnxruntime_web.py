"""The files of ONNX Runtime Web, with which the page runs the models."""

import gzip
import hashlib
import zlib
from collections.abc import Mapping

from wince.errors import ModelError
from wince.server.page_sources import STATIC

FOLDER = STATIC / "onnxruntime"
SUMS = "SHA256SUMS"
"""Digest and name of each file, decompressed."""


def read_files() -> Mapping[str, bytes]:
    """Return the files by name, decompressed.

    Raises:
        ModelError: A file is missing or damaged.
    """
    try:
        lines = (FOLDER / SUMS).read_text("utf-8").splitlines()
        digests = {name: digest for digest, name in (line.split("  ") for line in lines)}
    except (OSError, ValueError) as error:
        raise _damaged(SUMS) from error
    return {name: _read(name, digest) for name, digest in digests.items()}


def _read(name: str, digest: str) -> bytes:
    path = FOLDER / name
    try:
        if path.exists():
            content = path.read_bytes()
        else:
            content = gzip.decompress((FOLDER / f"{name}.gz").read_bytes())
    except (OSError, EOFError, zlib.error) as error:
        raise _damaged(name) from error
    if hashlib.sha256(content).hexdigest() != digest:
        raise _damaged(name)
    return content


def _damaged(name: str) -> ModelError:
    return ModelError(
        f"{FOLDER / name} is missing or damaged. The page on the device needs it to run the "
        "models; nothing is downloaded. Install wince again."
    )
