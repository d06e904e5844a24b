"""Walk through folders in a fixed order. Links are followed, but never in circles or upward."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from wince.remote_path import RemotePath, as_remote


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
    if remote := as_remote(root):
        yield from _walk_remote(remote, on_error, hidden=hidden)
        return
    links = _FolderLinks(root)
    folders = [(os.fspath(root), links.root)]  # a list of its own, because folders may be very deep
    while folders:
        folder, real_folder = folders.pop()
        try:
            with os.scandir(folder) as entries:
                names = sorted((e.name, _is_folder(e), e.is_symlink()) for e in entries)
        except OSError as error:
            on_error(error)
            continue
        yield folder, [name for name, is_folder, _ in names if not is_folder]
        subfolders = []
        for name, is_folder, is_link in names:
            if is_folder and (hidden or not name.startswith(".")):
                path, real_path = _join(folder, name), _join(real_folder, name)
                if is_link:
                    real_path = os.path.realpath(path)
                if links.is_new(real_path, is_link=is_link):
                    subfolders.append((path, real_path))
        folders += reversed(subfolders)


def _walk_remote(
    root: RemotePath, on_error: Callable[[OSError], None], *, hidden: bool
) -> Iterator[tuple[str, list[str]]]:
    folders = [root]
    while folders:
        folder = folders.pop()
        try:
            entries = folder.entries()
        except OSError as error:
            on_error(error)
            continue
        yield str(folder), [name for name, is_folder in entries if not is_folder]
        names = (name for name, is_folder in entries if is_folder)
        shown = [folder / name for name in names if hidden or not name.startswith(".")]
        folders += reversed(shown)


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def _join(folder: str, name: str) -> str:
    return os.path.join(folder, name)  # noqa: PTH118 - a Path would be slower


class _FolderLinks:
    """Decides which folders are searched, so that links cannot lead around in circles.

    Attributes:
        root: Path of the folder where the search begins, without links.
    """

    def __init__(self, root: Path) -> None:
        self.root = os.path.realpath(root)
        self._searched = {self.root}

    def is_new(self, real_path: str, *, is_link: bool) -> bool:
        """Return whether to search a folder: False for a link to a folder above or known.

        Args:
            real_path: Path of the folder, without links.
            is_link: Whether a link led to it.
        """
        if is_link:
            above = _join(real_path, "")  # ends in a separator, also for "/"
            if real_path in self._searched or self.root.startswith(above):
                return False
        self._searched.add(real_path)
        return True
