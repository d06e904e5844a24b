"""Walk through folders in a fixed order. Links are followed, but never in circles or upward."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path


def walk(
    root: Path, on_error: Callable[[OSError], None], *, hidden: bool = True
) -> Iterator[tuple[str, list[str]]]:
    """Yield (folder, names of its files) for a folder and all below it, sorted by name.

    A link to a folder is followed, unless it leads to a folder above `root` or one that was reached
    already. Links that lead nowhere count as files.

    Args:
        root: Where to begin.
        on_error: Called with the error of a folder that cannot be opened; it may raise.
        hidden: Whether folders whose name begins with a dot are walked through.
    """
    links = _FolderLinks(root)
    folders = [os.fspath(root)]  # a list of its own, because folders may be very deep
    while folders:
        folder = folders.pop()
        try:
            with os.scandir(folder) as entries:
                names = sorted((entry.name, _is_folder(entry)) for entry in entries)
        except OSError as error:
            on_error(error)
            continue
        yield folder, [name for name, is_folder in names if not is_folder]
        subfolders = [
            os.path.join(folder, name)  # noqa: PTH118 - a Path would be slower
            for name, is_folder in names
            if is_folder and (hidden or not name.startswith("."))
        ]
        folders += reversed([subfolder for subfolder in subfolders if links.is_new(subfolder)])


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


class _FolderLinks:
    """Decides which folders are searched, so that links cannot lead around in circles."""

    def __init__(self, root: Path) -> None:
        self._root = os.path.realpath(root)
        self._searched = {self._root}

    def is_new(self, folder: str) -> bool:
        """Return whether to search a folder: False for a link to a folder above or known."""
        real_path = os.path.realpath(folder)
        if os.path.islink(folder):  # noqa: PTH114 - a Path would be slower
            above = os.path.join(real_path, "")  # noqa: PTH118 - ends in a separator, also for "/"
            if real_path in self._searched or self._root.startswith(above):
                return False
        self._searched.add(real_path)
        return True
