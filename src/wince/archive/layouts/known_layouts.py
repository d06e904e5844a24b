"""The layouts that are read, and which of them a folder has.

A layout is a module with what `Layout` lists. To add one, write its module and name it in LAYOUTS.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from wince import csv_reader
from wince.archive.frame_file import FrameFile, Label
from wince.archive.layouts import folder_walk, pain3d, rated_faces, table, unbc
from wince.errors import ArchiveError


class Layout(Protocol):
    """What a layout's module has.

    NAME: as in `--layout`; TITLE: for people; SIGNS: what it is known by; WARNING: what everyone
    who uses such data must be told, "" when nothing.
    """

    NAME: str
    TITLE: str
    SIGNS: str
    WARNING: str

    def fits(self, base: Path) -> bool:
        """Return whether a folder (or file) has this layout."""

    def group_names(self, base: Path) -> tuple[str, ...]:
        """Return the names of the group columns, the order of `FrameFile.groups`."""

    def files(self, base: Path) -> Iterator[FrameFile]:
        """Yield every file that may be a frame, always in the same order."""

    def read_label(self, base: Path, file: FrameFile) -> Label:
        """Return a frame's label; raise labels.BadLabelError when it is none."""


LAYOUTS: tuple[Layout, ...] = (unbc, pain3d, rated_faces, table)
NAMES = tuple(layout.NAME for layout in LAYOUTS)


def named(name: str) -> Layout:
    """Return a layout by its name; raise ArchiveError when there is none of that name."""
    for layout in LAYOUTS:
        if name == layout.NAME:
            return layout
    raise ArchiveError(f"There is no layout {name!r}; expected one of {', '.join(NAMES)}.")


def recognise(root: Path, name: str | None = None) -> tuple[Layout, Path]:
    """Return the layout of an archive, and where it begins.

    root: the folder as it was downloaded, or a CSV file. The archive may also lie one folder
    deeper, as unpacking leaves it. name: the layout to expect, None to try all.

    Raises ArchiveError when none fits, saying what was looked for and what was found, and when
    several do.
    """
    if not root.exists():
        raise ArchiveError(f"There is nothing at {root}. Check the path to the archive.")
    wanted = LAYOUTS if name is None else (named(name),)
    for places in ([root], _folders(root)):
        found = [(layout, base) for base in places for layout in wanted if layout.fits(base)]
        if len(found) > 1:
            choices = "; ".join(f"{layout.NAME} in {base}" for layout, base in found)
            raise ArchiveError(
                f"{root} can be read in several ways ({choices}). Name the folder itself, "
                "and the layout with --layout."
            )
        if found:
            return found[0]
    looked_for = "; ".join(f"{layout.NAME}: {layout.SIGNS}" for layout in wanted)
    raise ArchiveError(
        f"{root} has no layout that wince reads. Looked for {looked_for}. Found {_contents(root)}. "
        "Point wince at the folder that holds these, or write a CSV file with image, subject, pspi."
    )


def _folders(root: Path) -> list[Path]:
    return [
        root / name
        for name in sorted(folder_walk.names_in(root))
        if not name.startswith(".") and (root / name).is_dir()
    ]


def _contents(root: Path) -> str:
    if root.is_file():
        return f"a file, {_described(root)}"
    paths = sorted(root / name for name in folder_walk.names_in(root))
    shown = ", ".join(map(_described, paths[:12])) or "an empty folder"
    return f"{shown} and {len(paths) - 12} more" if len(paths) > 12 else shown


def _described(path: Path) -> str:
    """Return a name with what tells whether it could have been meant.

    That is what lies in a folder, and the columns of a table.
    """
    if path.is_dir():
        inside = sorted(folder_walk.names_in(path))
        more = f" and {len(inside) - 3} more" if len(inside) > 3 else ""
        return f"{path.name}/ ({', '.join(inside[:3]) or 'empty'}{more})"
    columns = csv_reader.read_header(path) if path.suffix.lower() == ".csv" else []
    return f"{path.name} (columns {', '.join(columns[:12])})" if columns else path.name
