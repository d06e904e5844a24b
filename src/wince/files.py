"""Write files completely or not at all, refuse to overwrite, and compute SHA-256 digests."""

import errno
import hashlib
import itertools
import json
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast

from wince.errors import FileWriteError
from wince.remote_path import RemotePath, as_remote

_temporary_numbers = itertools.count(1)


class Closing:
    """A context manager whose block ends with `close()`."""

    def close(self) -> None:
        """Release what the object holds."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path in the same folder; it replaces `path` when the block ends.

    At any time `path` is the old file or the complete new one. The temporary file is removed if the
    block raises. Missing parent folders are created. The temporary name keeps the suffix, because
    some writers choose their format by it.

    Raises:
        FileWriteError: The file cannot be written, such as on a full disk.
    """
    if remote := as_remote(path):
        with _uploading(remote) as temporary:
            yield temporary
        return
    number = next(_temporary_numbers)  # two threads may write the same file
    stem = os.fsencode(path.stem)[:200].decode("utf-8", "ignore")  # names have at most 255 bytes
    temporary = path.with_name(f".{stem}.{os.getpid()}-{number}.part{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield temporary
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise write_error(path, error) from error


@contextmanager
def _uploading(path: RemotePath) -> Iterator[Path]:
    """Yield a temporary path whose file is written to a URL when the block ends."""
    with tempfile.TemporaryDirectory(prefix="wince-") as folder:
        temporary = Path(folder, path.name)
        try:
            yield temporary
            path.upload(temporary)
        except OSError as error:
            raise write_error(cast(Path, path), error) from error


@contextmanager
def local_copy(path: Path) -> Iterator[Path]:
    """Yield a local path of a file: itself, or for a URL a copy that is removed afterwards.

    Raises:
        OSError: The file cannot be read, or the temporary folder has no room for it.
    """
    remote = as_remote(path)
    if remote is None:
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="wince-", ignore_cleanup_errors=True) as folder:
        size, free = path.stat().st_size, shutil.disk_usage(folder).free
        if size > free:
            reason = (
                f"a copy of it needs {size / 2**20:,.0f} MB, and {tempfile.gettempdir()} has "
                f"{free / 2**20:,.0f}; name a larger folder in TMPDIR"
            )
            raise OSError(errno.ENOSPC, reason, str(path))
        copy = Path(folder, f"copy{path.suffix}")
        remote.fetch(copy)
        yield copy


def is_readable(path: Path) -> bool:
    """Return whether a file can be opened."""
    if as_remote(path) is None:
        return os.access(path, os.R_OK)
    try:
        path.open("rb").close()
    except OSError:
        return False
    return True


def write_bytes(path: Path, content: bytes) -> None:
    """Write bytes to a file, completely or not at all; raise FileWriteError if that fails."""
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text as `write_bytes` does, without changing newlines.

    Characters that are not valid Unicode, as in some file names, become backslash escapes.
    """
    write_bytes(path, text.encode("utf-8", errors="backslashreplace"))


def write_json(path: Path, value: Any) -> None:
    """Write plain data as indented JSON as `write_bytes` does; NaN raises ValueError."""
    write_text(path, json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def refuse_existing(path: Path, remedy: str) -> None:
    """Raise FileWriteError if something exists at `path`.

    Args:
        path: Where a command wants to write.
        remedy: What the user can do, as a sentence, such as "Choose another --csv."
    """
    if path.exists() or path.is_symlink():
        raise FileWriteError(f"{path} exists already and would be overwritten. {remedy}")


def file_type(path: Path) -> int:
    """Return the type of the file at a path, such as stat.S_IFDIR; 0 if there cannot be one.

    `Path.exists` and the like raise OSError for a name that is too long for the file system.
    """
    try:
        return stat.S_IFMT(path.stat().st_mode)
    except (OSError, ValueError):  # ValueError: a null byte
        return 0


def refuse_irregular(path: Path) -> None:
    """Raise OSError if a path is a pipe or a device, because reading it might never end.

    A path that does not exist passes, so that reading it gives the error, and a URL, where there
    are none.
    """
    if as_remote(path) is None and file_type(path) not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise OSError(errno.EINVAL, "it is not a file but a pipe or a device", str(path))


def write_error(path: Path, error: OSError) -> FileWriteError:
    """Return the error for a file or folder that cannot be written, with the path and advice."""
    reason = error.strerror or str(error)
    return FileWriteError(
        f"{path} cannot be written: {reason}. Free some room or choose another place, then run "
        "the same command again."
    )


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, 64 hexadecimal digits; raise OSError as `open` does."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
