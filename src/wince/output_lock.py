"""Locks on the files and folders that commands write, so that two commands never mix results.

The operating system releases a lock when its process ends, however it ends. The lock file itself is
removed by a command that ends by itself; one that is left behind locks nothing.
"""

import contextlib
import errno
import os
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from wince.errors import InUseError
from wince.files import write_error

NAME = ".lock"
"""Lock file in a folder; that of a file is beside it, with the file's name before."""

UNSUPPORTED = (errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS)
"""Errors of file systems without locks, such as some network drives."""


@contextmanager
def locked_folder(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder, which is made if it is missing, while the block runs.

    A folder that was made and is still empty at the end is removed.

    Raises:
        InUseError: Another process has the lock.
        FileWriteError: The folder cannot be written.
    """
    is_new = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise write_error(folder, error) from error
    try:
        with _locked(folder / NAME, folder):
            yield
    finally:
        if is_new:
            with contextlib.suppress(OSError):  # it is not empty
                folder.rmdir()


@contextmanager
def locked_file(path: Path) -> Iterator[None]:
    """Hold the lock of a file, which need not exist, while the block runs.

    Raises:
        InUseError: Another process has the lock.
        FileWriteError: Its folder cannot be written.
    """
    checksum = zlib.crc32(os.fsencode(path.name))  # long names may have the same beginning
    with _locked(path.with_name(f".{path.name[:40]}.{checksum:08x}{NAME}"), path):
        yield


@contextmanager
def _locked(lock: Path, target: Path) -> Iterator[None]:
    try:
        file = _open_locked(lock, target)
    except OSError as error:
        raise write_error(target, error) from error
    with file:
        try:
            yield
        finally:
            with contextlib.suppress(OSError):  # Windows does not remove an open file
                lock.unlink()


def _open_locked(lock: Path, target: Path) -> BinaryIO:
    """Return the lock file, locked by this process until it is closed."""
    while True:
        file = lock.open("a+b", buffering=0)
        try:
            if not _try_to_lock(file.fileno()):
                file.seek(0)
                holder = file.read(20).decode("ascii", "replace").strip() or "unknown"
                raise InUseError(
                    f"{target} is being written by another command of wince (process {holder}). "
                    "Wait until it ends, or choose another place."
                )
            if _is_at(lock, file.fileno()):
                file.truncate(0)
                file.write(b"%d" % os.getpid())
                return file
        except BaseException:
            file.close()
            raise
        file.close()


def _try_to_lock(descriptor: int) -> bool:
    """Lock an open file; return False if another process has locked it."""
    if sys.platform == "win32":
        import msvcrt

        os.lseek(descriptor, 1 << 30, os.SEEK_SET)  # beyond the text, which others have to read
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        return True
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno not in UNSUPPORTED:
            raise
    return True


def _is_at(path: Path, descriptor: int) -> bool:
    """Return whether a path is still the open file; its last holder may have removed it."""
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False
