"""The results file of `wince assess --out` at a URL."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from wince.errors import FileWriteError, UrlError
from wince.files import sha256
from wince.remote_path import RemotePath


@contextmanager
def local_results(path: RemotePath) -> Iterator[Path]:
    """Yield a local file with what is at a URL, which replaces it when the block ends.

    An object store cannot append to a file. It is also written at the beginning, so that a run does
    not find out at its end that it may not write there, and when an error or Ctrl+C ends the block:
    what is finished can be continued.

    Raises:
        FileWriteError: It cannot be written. At the end the error states where the local file is.
        UrlError: The server cannot be reached at the beginning.
    """
    folder = Path(tempfile.mkdtemp(prefix="wince-"))
    local = folder / path.name
    is_needed = False
    try:
        _begin(path, local)
        digest = sha256(local)
        try:
            yield local
        finally:
            if sha256(local) != digest:
                is_needed = True
                _upload(path, local, f"The results are in {local}: keep them, and copy them there.")
                is_needed = False
    finally:
        if not is_needed:
            shutil.rmtree(folder, ignore_errors=True)


def _begin(path: RemotePath, local: Path) -> None:
    """Fetch the file, or write an empty one."""
    if path.is_file():
        path.fetch(local)
    else:
        local.touch()
        _upload(path, local, "Choose another --out.")


def _upload(path: RemotePath, local: Path, remedy: str) -> None:
    try:
        path.upload(local)
    except (OSError, UrlError) as error:
        reason = getattr(error, "strerror", None) or str(error).removeprefix(f"{path} ")
        raise FileWriteError(f"{path} cannot be written: {reason.rstrip('.')}. {remedy}") from None
