"""Write the page on the device into a folder that any host can serve.

The folder is the old page or the new one at any moment: the new files come in complete, in a folder
of their own; then the service worker and the document, which name that folder, replace the old
ones. Each of the two works beside an older one of the other, because the files of both are there.
"""

import re
import shutil
from pathlib import Path

from wince.errors import FileWriteError
from wince.files import write_bytes, write_error
from wince.output_lock import NAME as LOCK
from wince.output_lock import locked_folder
from wince.server.device_page.page import (
    FOLDER_PREFIX,
    INDEX,
    LISTING,
    SERVICE_WORKER,
    DevicePage,
)

_STAGING = ".new"
_SUBPATH = re.compile(r"/(?:[A-Za-z0-9._~-]+/)*")


def normalise_subpath(text: str) -> str:
    """Return a path below which a host serves the page, with a slash at both ends.

    Raises:
        ValueError: It is not a path of letters, digits and any of . _ ~ -.
    """
    names = text.strip("/")
    path = f"/{names}/" if names else "/"
    if not _SUBPATH.fullmatch(path) or {".", ".."} & set(path.split("/")):
        raise ValueError(
            f"{text!r:.80} is not a path below a host: expected one such as /wince/, of letters, "
            "digits and any of . _ ~ -, without the host's name"
        )
    return path


def check_folder(out: Path) -> None:
    """Check that a folder is new, empty, or has a page that `write` wrote.

    Raises:
        FileWriteError: It has other files, is a file, or cannot be read.
    """
    if not out.exists() and not out.is_symlink():
        return
    if not out.is_dir():
        raise FileWriteError(f"{out} is not a folder. Name a new or empty one.")
    try:
        names = {path.name for path in out.iterdir()} - {LOCK, _STAGING}
        is_page = any(out.glob(f"{FOLDER_PREFIX}*/{LISTING}"))
    except OSError as error:
        raise write_error(out, error) from error
    if names and not is_page:
        raise FileWriteError(
            f"{out} has other files, such as {min(names)}, and no page that `wince export-page` "
            "wrote. Name a new or empty folder, so that nothing of yours is replaced."
        )


def write(page: DevicePage, out: Path) -> None:
    """Write the page into a folder, and remove the version that was there before.

    Files of others beside the page stay, such as the settings of a web server.

    Raises:
        FileWriteError: The folder has other files and no page, another command writes it, or a file
            cannot be written.
    """
    check_folder(out)
    staging = out / _STAGING
    with locked_folder(out):
        try:
            shutil.rmtree(staging, ignore_errors=True)
            for path, content in page.files.items():
                write_bytes(staging / path, content)
            _move_in(staging / page.folder, out / page.folder)
            for name in (SERVICE_WORKER, INDEX):  # after the last one it is the new page
                (staging / name).replace(out / name)
            for listing in list(out.glob(f"{FOLDER_PREFIX}*/{LISTING}")):
                old = listing.parent
                if old.name != page.folder:  # moved, so that a kill leaves no half of it here
                    old.rename(staging / old.name)
        except OSError as error:
            raise write_error(Path(error.filename or out), error) from error
        finally:
            shutil.rmtree(staging, ignore_errors=True)


def _move_in(staged: Path, target: Path) -> None:
    """Move a folder to its place; where it is already, its files are replaced one by one."""
    if not target.exists():
        staged.rename(target)
        return
    for path in staged.rglob("*"):
        if path.is_file():
            place = target / path.relative_to(staged)
            place.parent.mkdir(parents=True, exist_ok=True)
            path.replace(place)
