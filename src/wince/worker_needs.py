"""What the machines of a cluster need in order to give the results of this one."""

import importlib.metadata
import platform
import socket
import tempfile
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from wince import files
from wince.errors import WinceError
from wince.remote_path import parse_path

PACKAGES = ("wince", "numpy", "pillow", "onnxruntime", "av", "pillow-heif")
"""What decides the result of an image: the workers must have the same versions."""
LISTED_FOLDERS = 50
"""Subfolders of a folder that are compared between this machine and the workers."""
_SHARE = (
    "All machines need the same folders under the same paths, such as a network drive or a URL, "
    "and the user of the workers needs permission, or credentials, to read and write them. Share "
    "the folder, or leave out --cluster."
)


@dataclass(frozen=True, slots=True)
class WorkerNeeds:
    """What each worker must have.

    Attributes:
        versions: Names of packages, and the versions on this machine, "" for none.
        readable: Paths that are read, with their `fingerprint` on this machine.
        marker: The marker in the folder that is written, "" if none is.
        token: Content of the marker.
    """

    versions: tuple[tuple[str, str], ...]
    readable: tuple[tuple[str, str], ...]
    marker: str = ""
    token: str = ""


@cache
def worker_problem(needs: WorkerNeeds) -> str:
    """Return what the machine that calls this lacks, as a sentence; "" if nothing."""
    host = socket.gethostname()
    for name, expected in needs.versions:
        if version(name) != expected:
            return other_version(f"The worker on {host}", name, version(name), expected)
    if needs.marker:
        problem = _marker_problem(Path(needs.marker), needs.token)
        if problem:
            return f"The worker on {host} {problem}. {_SHARE}"
    for path, expected in needs.readable:
        try:
            actual = fingerprint(parse_path(path))
        except WinceError as error:  # of a URL
            return f"The worker on {host}: {error}"
        if actual != expected:
            return f"The worker on {host} does not see {path} as this machine sees it. {_SHARE}"
    return ""


def _marker_problem(marker: Path, token: str) -> str:
    """Return why a folder is not the one of the machine that wrote the marker, "" if it is."""
    try:
        if marker.read_text("utf-8") != token:
            return f"has another folder {marker.parent}"
        with tempfile.TemporaryFile(dir=marker.parent):
            return ""
    except OSError as error:
        return f"cannot read and write {marker.parent} ({error.strerror})"


def other_version(place: str, name: str, actual: str, expected: str) -> str:
    """Return a sentence on a place that has another version of a package; "" is for none."""
    has = f"{name} {actual}" if actual else f"no {name}"
    return (
        f"{place} has {has}, this machine has {expected or 'none'}: other versions may give other "
        "results. Install the same versions on all machines, and start scheduler and workers again."
    )


@cache
def version(name: str) -> str:
    """Return the version of a package on this machine, "" if it is not installed."""
    if name == "Python":
        return ".".join(platform.python_version_tuple()[:2])
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""


def fingerprint(path: Path) -> str:
    """Return a digest that is the same on machines that see the same file or folder.

    It is made of a file's content, or of the names in a folder and its first subfolders; "" for
    what cannot be read.
    """
    try:
        if not path.is_dir():
            return files.sha256(path)
        entries = _entries(path)
        folders = [entry for entry in entries if entry.is_dir()][:LISTED_FOLDERS]
        entries += [entry for folder in folders for entry in _entries(folder)]
    except OSError:
        return ""
    return sha256("\0".join(map(str, entries)).encode(errors="surrogateescape")).hexdigest()


def _entries(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if not path.name.startswith("."))
