"""Walk through folders in a fixed order. Links are followed, and no file is skipped silently."""

import os
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from wince.errors import ArchiveError


def walk(base: Path, folder: str = "") -> Iterator[tuple[str, list[str]]]:
    """Yield (folder below `base`, its file names) for a folder and all below it, sorted by name.

    Links to folders are followed, except those that lead back to a folder above them.

    Args:
        base: Where the paths begin.
        folder: The folder to walk through, below `base`.

    Raises:
        ArchiveError: A folder cannot be read, or its name is not valid UTF-8.
    """
    yield from _walk_below(base, folder, ())


def _walk_below(base: Path, folder: str, above: tuple[str, ...]) -> Iterator[tuple[str, list[str]]]:
    path = base / folder
    real_path = os.path.realpath(path)
    if real_path in above:
        return
    try:
        with os.scandir(path) as entries:
            names = sorted((entry.name, entry.is_dir()) for entry in entries)
    except OSError as error:
        raise ArchiveError(
            f"The folder {path} cannot be read: {error.strerror}. Check its permissions."
        ) from error
    yield folder, [_as_text(name) for name, is_folder in names if not is_folder]
    for name, is_folder in names:
        if is_folder:
            if name != _as_text(name):
                raise ArchiveError(
                    f"The name of the folder {_as_text(join(folder, name))} below {base} is not "
                    "valid UTF-8, so no table could contain its files. Rename the folder."
                )
            yield from _walk_below(base, join(folder, name), (*above, real_path))


def _as_text(name: str) -> str:
    """Return a name as valid UTF-8, with invalid bytes escaped.

    There is no file with the escaped name, so such an image is left out as unreadable.
    """
    return name.encode("utf-8", "backslashreplace").decode()


def join(*parts: str) -> str:
    """Return the parts as one path with forward slashes."""
    return str(PurePosixPath(*parts)) if any(parts) else ""


def names_in(folder: Path) -> frozenset[str]:
    """Return the names in a folder as they are written there; none if it cannot be read.

    Testing whether a single file exists would not do: file systems that ignore case find
    `X_FACS.TXT` too.
    """
    try:
        return frozenset(path.name for path in folder.iterdir())
    except OSError:
        return frozenset()


def on_disk(base: Path, name: str) -> str:
    """Return a path as its folders and file are spelled on the disk, or the path itself.

    macOS writes é as e and an accent (NFD), most programs as one character (NFC). A table from one
    machine names the files of an archive from another.

    Args:
        base: Where the path begins.
        name: Path with forward slashes.
    """
    if name.isascii() or (base / name).exists():
        return name
    path = PurePosixPath()
    for part in PurePosixPath(name).parts:
        path /= part if part.isascii() else spelling(names_in(base / path), part)
    return str(path)


def spelling(names: frozenset[str], name: str) -> str:
    """Return a name as it is spelled among others, NFC or NFD; the name itself if it is not there.

    Args:
        names: The names in a folder.
        name: The name to find.
    """
    if name.isascii() or name in names:
        return name
    wanted = unicodedata.normalize("NFC", name)
    return next((n for n in sorted(names) if unicodedata.normalize("NFC", n) == wanted), name)


def frame_number(sequence: str, stem: str) -> str:
    """Return the frame's number if its name is the sequence's and digits, else its whole name."""
    digits = stem.removeprefix(sequence)
    return str(int(digits)) if re.fullmatch(r"[0-9]{1,9}", digits) else stem
