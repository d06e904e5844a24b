"""How results were made: what somebody needs to make them again, written beside them as JSON.

`wince train`, `cross-validate`, `compare` and `evaluate` write it last, and `wince reproduce` reads
it. Folders that earlier versions wrote have none, or one without the keys `arguments`, `directory`,
`data` and `part`.
"""

import hashlib
import json
import os
import platform
import shlex
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import wince
from wince.faces.spec import FaceSpec
from wince.files import sha256, write_json

FORMAT = "1"
LONGEST_GIT = 20  # seconds that git may take
MODEL_LIBRARIES = ("lightning", "numpy", "onnx", "onnxruntime", "timm", "torch", "torchvision")
"""What decides the weights of a model and the form of its file."""
_call_of_command: ContextVar[Mapping[str, Any] | None] = ContextVar("call", default=None)


@dataclass(frozen=True, slots=True)
class Start:
    """The beginning of a run.

    Attributes:
        path: Where the record is written.
        date: When the run began, ISO 8601 in UTC.
        clock: Monotonic seconds at that moment.
        continued: Whether a part of the results was there before.
        complete: Whether all results were there before.
    """

    path: Path
    date: str
    clock: float
    continued: bool
    complete: bool


def begin(path: Path, results: Sequence[Path] = ()) -> Start:
    """Return the beginning of a run, and look at libraries, machine and code as they are now.

    Args:
        path: Where the record is written at the end.
        results: Files that the run leaves behind. Those that exist are of an earlier call.
    """
    environment()
    existing = [result.is_file() for result in results]
    date = datetime.now(UTC).isoformat(timespec="seconds")
    complete = bool(existing) and all(existing)
    return Start(path, date, time.monotonic(), any(existing), complete)


def finish(
    start: Start,
    seeds: Mapping[str, int],
    hashes: Mapping[str, str | None],
    *,
    data: Mapping[str, Any] | None = None,
    part: bool = False,
) -> None:
    """Write the record of a run that has just ended.

    A run that had nothing to do keeps the record of the run that did it.

    Args:
        start: What `begin` returned.
        seeds: Random seeds by what they decide.
        hashes: SHA-256 by what was hashed; None for what the run does not have.
        data: How the hash of the split is computed again, see `data_record`.
        part: Whether the command also wrote other folders of this kind, as for a fold.

    Raises:
        FileWriteError: The file cannot be written.
    """
    if start.complete and start.path.is_file():
        return
    record = {
        "format": FORMAT,
        **call(),
        "part": part,
        "date": start.date,
        "seconds": round(time.monotonic() - start.clock, 1),
        "continued": start.continued,
        "seeds": dict(seeds),
        "sha256": dict(hashes),
        "data": None if data is None else dict(data),
        **environment(),
        "torch": _torch_state(),
    }
    write_json(start.path, record)


def state_command(path: Path) -> None:
    """State the command of this process in a record that an earlier call wrote.

    The command of a finished run may be given again with more seeds; the record then has the
    command that makes all that is there. A run of an earlier version without a record stays
    without one.

    Raises:
        FileWriteError: The file cannot be written.
    """
    of_process = call()
    if of_process["arguments"] is None or not path.is_file():
        return
    record = json.loads(path.read_text("utf-8"))
    if record | of_process != record:
        write_json(path, {**record, **of_process, "continued": True})


def data_record(folder: Path, specs: Iterable[FaceSpec], **frames: Any) -> dict[str, Any]:
    """Return how the split of a run is computed again, for its record.

    Args:
        folder: The prepared folder.
        specs: What the models see. The frames are those that all of them can see.
        **frames: `kind` and what it needs: "split" (of `wince prepare`), "folds" (`folds`, `first`,
            `seed`) or "part" (`part`).
    """
    return {
        "folder": str(folder.resolve()),
        "face_specs": [spec.to_dict() for spec in specs],
        **frames,
    }


def file_hashes(**files: Path | None) -> dict[str, str]:
    """Return the SHA-256 of files by name, without those that are None."""
    return {name: sha256(path) for name, path in files.items() if path is not None}


def combined(hashes: Iterable[str]) -> str:
    """Return one SHA-256 for several, in their order."""
    return hashlib.sha256("".join(hashes).encode()).hexdigest()


def made_with(record: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return code, machine and the libraries that decide a model, for its model.json.

    Args:
        record: The record of the run that made it, None for this process.
    """
    record = record or {**environment(), "torch": _torch_state()}
    libraries = record["libraries"]
    return {
        **record["code"],
        "python": record["python"],
        "libraries": {name: libraries[name] for name in MODEL_LIBRARIES if name in libraries},
        "hardware": {**record["hardware"], "gpus": (record["torch"] or {}).get("gpus", [])},
    }


def _command() -> list[str]:
    """Return the command line; `python -m wince` is the same as `wince`."""
    program = Path(sys.argv[0])
    name = program.parent.name if program.name == "__main__.py" else program.name
    return [name, *sys.argv[1:]]


@contextmanager
def called_as(call: Mapping[str, Any]) -> Iterator[None]:
    """Let records that are written in the block have the call of another process.

    Args:
        call: What `call` returned in the process of the command that a worker works for.
    """
    token = _call_of_command.set(call)
    try:
        yield
    finally:
        _call_of_command.reset(token)


def call() -> dict[str, Any]:
    """Return how this process was called, for a record."""
    of_command = _call_of_command.get()
    if of_command is not None:
        return dict(of_command)
    return {
        "command": shlex.join(_command()),
        "arguments": _arguments(),
        "directory": str(Path.cwd()),
    }


def _arguments() -> list[str] | None:
    """Return the arguments of wince, None when another program called it as a library."""
    program, *arguments = _command()
    return arguments if Path(program).stem == "wince" else None


@cache
def environment() -> dict[str, Any]:
    """Return code, hardware, Python and libraries; the first call decides for the whole process."""
    installed = reversed(list(distributions()))  # of two of a name Python imports the first
    libraries = {library.name: library.version for library in installed if library.name}
    return {
        "code": {"wince": wince.__version__, **_commit(Path(wince.__file__).parent)},
        "hardware": {
            "system": platform.platform(),
            "processor": _processor(),
            "cores": os.cpu_count(),
            "memory_bytes": _memory(),
        },
        "python": platform.python_version(),
        "libraries": dict(sorted(libraries.items(), key=lambda item: item[0].lower())),
    }


def _commit(folder: Path) -> dict[str, Any]:
    """Return the git commit of a folder, and whether its repository has no changes.

    Both are None without git, and in a folder whose files are not in a repository: an installed
    package may lie inside the repository of something else.
    """
    if _git(folder, "ls-files", "--error-unmatch", "__init__.py") is None:
        return {"commit": None, "clean": None}
    status = _git(folder, "status", "--porcelain")
    return {
        "commit": _git(folder, "rev-parse", "HEAD"),
        "clean": None if status is None else not status,
    }


def _git(folder: Path, *arguments: str) -> str | None:
    """Return what git prints, None if it fails or is missing."""
    command = ["git", "--no-optional-locks", "-C", str(folder), *arguments]
    try:
        done = subprocess.run(  # noqa: S603 - a fixed program, and a folder of our own
            command, capture_output=True, text=True, timeout=LONGEST_GIT, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def _processor() -> str:
    """Return the name of the processor; Python itself does not know it on Linux."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, "") or platform.processor() or platform.machine()


def _memory() -> int | None:
    """Return the bytes of memory of the machine, None where the system does not tell."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return None


def _torch_state() -> dict[str, Any] | None:
    """Return how torch computed, None if this process did not use it.

    `deterministic` is "always", "where possible" (torch warns where it cannot), or "no".
    """
    torch = sys.modules.get("torch")
    if torch is None:
        return None
    warns_only = torch.is_deterministic_algorithms_warn_only_enabled()
    always = "where possible" if warns_only else "always"
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    return {
        "deterministic": always if torch.are_deterministic_algorithms_enabled() else "no",
        "threads": torch.get_num_threads(),
        "gpus": [torch.cuda.get_device_name(number) for number in range(count)],
    }
