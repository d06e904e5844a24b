"""Folders walked in one fixed order, following links, dropping nothing silently."""

import os
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from wince.errors import ArchiveError


def walk(base: Path, folder: str = "") -> Iterator[tuple[str, list[str]]]:
    """Yield (folder below `base`, its file names) for `folder` and all below it, sorted by name.

    Links to folders are followed, except those that lead back to a folder above them.
    """
    yield from _walk(base, folder, ())


def _walk(base: Path, folder: str, above: tuple[str, ...]) -> Iterator[tuple[str, list[str]]]:
    here = base / folder
    real = os.path.realpath(here)
    if real in above:
        return
    try:
        with os.scandir(here) as entries:
            found = sorted((entry.name, entry.is_dir()) for entry in entries)
    except OSError as error:
        raise ArchiveError(
            f"The folder {here} cannot be read: {error.strerror}. Check its permissions."
        ) from error
    yield folder, [_as_text(name) for name, is_folder in found if not is_folder]
    for name, is_folder in found:
        if is_folder:
            if name != _as_text(name):
                raise ArchiveError(
                    f"The name of the folder {_as_text(join(folder, name))} below {base} is not "
                    "valid UTF-8, so no table could name its files. Rename the folder."
                )
            yield from _walk(base, join(folder, name), (*above, real))


def _as_text(name: str) -> str:
    """Return a name that can be written as UTF-8; one that cannot is shown with its odd bytes.

    No file is found under the name shown, so a picture is left out as unreadable, and named.
    """
    return name.encode("utf-8", "backslashreplace").decode()


def join(*parts: str) -> str:
    """Return the parts as one path with forward slashes."""
    return str(PurePosixPath(*parts)) if any(parts) else ""


def names_in(folder: Path) -> frozenset[str]:
    """Return the names in a folder as they are written there; none when there is no such folder.

    Asked of the folder and not of the single file, because file systems that ignore case would
    say yes to `X_FACS.TXT`.
    """
    try:
        return frozenset(path.name for path in folder.iterdir())
    except OSError:
        return frozenset()


def frame_number(sequence: str, stem: str) -> str:
    """Return the frame's number when its name is the sequence's and digits, else its whole name."""
    rest = stem.removeprefix(sequence)
    return str(int(rest)) if re.fullmatch(r"[0-9]{1,9}", rest) else stem
