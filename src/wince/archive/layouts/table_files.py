"""Archives whose labels are one table: its rows as frames, and the pictures no row names."""

from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from wince import csv_reader
from wince.archive.frame_file import FrameFile
from wince.archive.layouts import folder_walk
from wince.images import SUFFIXES


def clean(name: str) -> str:
    """Return a table's path to a picture with forward slashes and without `./`."""
    return str(PurePosixPath(name.replace("\\", "/"))) if name else ""


def unlisted(
    base: Path, table: Path, column: str, below: str, prefix: str, *, deep: bool = True
) -> Iterator[FrameFile]:
    """Yield the pictures below a folder that no row of the table names.

    column: the table's column of paths; below: the folder searched, below `base`; prefix: what
    stands before a row's path to make it a path below `base`; deep: whether the folders in it are
    searched too. Eight bytes a row are held in memory.
    """
    named = np.fromiter(
        (
            _key(folder_walk.join(prefix, clean(row[column])))
            for _, row in csv_reader.read_rows(table, (column,))
        ),
        np.uint64,
    )
    named.sort()
    for folder, names in folder_walk.walk(base, below):
        for name in names:
            path = folder_walk.join(folder, name)
            if PurePosixPath(name).suffix.lower() in SUFFIXES and not _holds(named, _key(path)):
                stem = PurePosixPath(name).stem
                yield FrameFile(path, "", stem, stem, missing=f"no row of {table.name} names it")
        if not deep:
            return


def _key(path: str) -> int:
    return int.from_bytes(blake2b(path.encode("utf-8", "surrogateescape"), digest_size=8).digest())


def _holds(named: NDArray[np.uint64], key: int) -> bool:
    place = int(np.searchsorted(named, np.uint64(key)))
    return place < named.size and int(named[place]) == key
