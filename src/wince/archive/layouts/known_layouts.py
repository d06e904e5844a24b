"""The known layouts, and how to recognise the layout of an archive.

A layout is a module with the members of `Layout`. To add one, write its module and list it in
LAYOUTS.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from wince import csv_reader
from wince.archive import folder_walk
from wince.archive.frame_file import FrameFile, Label
from wince.archive.layouts import pain3d, rated_faces, recordings, table, unbc
from wince.archive.table_options import DEFAULT, TableOptions
from wince.errors import ArchiveError


class Layout(Protocol):
    """Members of a layout's module.

    Attributes:
        NAME: Value of `--layout`.
        TITLE: Name of the archive, for people.
        LAID_OUT: What data of this layout are when their provenance is not stated.
        SIGNS: Files and folders by which it is recognised.
        WARNING: What every user of such an archive must know, "" if nothing.
    """

    NAME: str
    TITLE: str
    LAID_OUT: str
    SIGNS: str
    WARNING: str

    def fits(self, base: Path, options: TableOptions = DEFAULT) -> bool:
        """Return whether a folder (or file) has this layout."""

    def group_names(self, base: Path, options: TableOptions = DEFAULT) -> tuple[str, ...]:
        """Return the names of the group columns, in the order of `FrameFile.groups`."""

    def notes(self, base: Path, options: TableOptions = DEFAULT) -> list[str]:
        """Return how the archive was read where that is not obvious, in sentences."""

    def files(self, base: Path, options: TableOptions = DEFAULT) -> Iterator[FrameFile]:
        """Yield every file that may be a frame, always in the same order."""

    def read_label(self, base: Path, file: FrameFile) -> Label:
        """Return a frame's label; raise labels.BadLabelError if it is invalid."""


LAYOUTS: tuple[Layout, ...] = (unbc, pain3d, rated_faces, table, recordings)
DEEPEST = 2
"""Folders between the root and the archive. Unpacking an archive often doubles its folder."""
NAMES = tuple(layout.NAME for layout in LAYOUTS)


def named(name: str) -> Layout:
    """Return a layout by its name; raise ArchiveError if there is none with this name."""
    for layout in LAYOUTS:
        if name == layout.NAME:
            return layout
    raise ArchiveError(f"There is no layout {name!r}; expected one of {', '.join(NAMES)}.")


def recognise(
    root: Path, name: str | None = None, options: TableOptions = DEFAULT
) -> tuple[Layout, Path]:
    """Return the layout of an archive and the folder (or file) where it begins.

    Args:
        root: The folder as it was downloaded, or a CSV file. The archive may begin one or two
            folders deeper, as unpacking creates them.
        name: Name of the layout to expect, None to try all.
        options: How a table is read.

    Raises:
        ArchiveError: No layout fits, or several do.
    """
    if not root.exists():
        raise ArchiveError(f"There is nothing at {root}. Check the path to the archive.")
    wanted = LAYOUTS if name is None else (named(name),)
    bases = [root]
    for _ in range(DEEPEST + 1):  # the subfolders are listed only when no folder has a layout
        matches = [
            (layout, base) for base in bases for layout in wanted if layout.fits(base, options)
        ]
        if len(matches) > 1:
            choices = "; ".join(f"{layout.NAME} in {base}" for layout, base in matches)
            raise ArchiveError(
                f"{root} fits several layouts ({choices}). Name the folder itself, and the layout "
                "with --layout."
            )
        if matches:
            return matches[0]
        bases = [folder for base in bases for folder in _subfolders(base)]
    looked_for = "; ".join(f"{layout.NAME}: {layout.SIGNS}" for layout in wanted)
    raise ArchiveError(
        f"{root} has no layout that wince knows. Looked for {looked_for}. Found {_contents(root)}. "
        "Give the folder that contains these, or write a CSV file with image, subject, "
        f"{options.label_column}, or with video, subject. If its columns have other names, "
        "state them: --column subject=NAME."
    )


def _subfolders(root: Path) -> list[Path]:
    return [
        root / name
        for name in sorted(folder_walk.names_in(root))
        if not name.startswith(".") and (root / name).is_dir()
    ]


def _contents(root: Path) -> str:
    """Return what is at a path, in words, for an error."""
    if root.is_file():
        return f"a file, {_described(root)}"
    paths = sorted(root / name for name in folder_walk.names_in(root))
    shown = ", ".join(map(_described, paths[:12])) or "an empty folder"
    return f"{shown} and {len(paths) - 12} more" if len(paths) > 12 else shown


def _described(path: Path) -> str:
    """Return a name, with the first entries of a folder or the columns of a table."""
    if path.is_dir():
        names = sorted(folder_walk.names_in(path))
        rest = f" and {len(names) - 3} more" if len(names) > 3 else ""
        return f"{path.name}/ ({', '.join(names[:3]) or 'empty'}{rest})"
    columns = csv_reader.read_header(path) if path.suffix.lower() == ".csv" else []
    return f"{path.name} (columns {', '.join(columns[:12])})" if columns else path.name
