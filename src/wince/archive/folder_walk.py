"""The files of an archive by their paths below its folder, and how names are spelled there."""

import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from wince import folder_tree
from wince.errors import ArchiveError
from wince.files import file_type


def walk(base: Path, folder: str = "") -> Iterator[tuple[str, list[str]]]:
    """Yield (folder below `base`, its file names) for a folder and all below it, sorted by name.

    Links to folders are followed as `wince.folder_tree.walk` states.

    Args:
        base: Where the paths begin.
        folder: The folder to walk through, below `base`.

    Raises:
        ArchiveError: A folder cannot be read, or its name is not valid UTF-8.
    """
    for path, names in folder_tree.walk(base / folder, _raise):
        if path != _as_text(path):
            raise ArchiveError(
                f"The name of the folder {_as_text(path)} is not valid UTF-8, so no table could "
                "contain its files. Rename the folder."
            )
        yield (
            join(type(base)(path).relative_to(base).as_posix()),
            [_as_text(name) for name in names],
        )


def _raise(error: OSError) -> None:
    raise ArchiveError(
        f"The folder {error.filename} cannot be read: {error.strerror}. Check its permissions."
    ) from error


def _as_text(name: str) -> str:
    """Return a name as valid UTF-8, with invalid bytes escaped.

    There is no file with the escaped name, so such an image is left out as unreadable.
    """
    return name.encode("utf-8", "backslashreplace").decode()


def join(*parts: str) -> str:
    """Return the parts as one path with forward slashes."""
    path = str(PurePosixPath(*parts))
    return "" if path == "." else path


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
    if name.isascii() or file_type(base / name):
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
