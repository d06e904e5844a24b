"""Find the images or videos that no row of a table lists."""

from collections.abc import Collection, Iterable, Iterator
from hashlib import blake2b
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from wince.archive import folder_walk
from wince.archive.frame_file import FrameFile
from wince.images import SUFFIXES


def unlisted_files(
    base: Path,
    names: Iterable[str],
    table: Path,
    folder: str,
    *,
    deep: bool = True,
    suffixes: Collection[str] = SUFFIXES,
) -> Iterator[FrameFile]:
    """Yield the images, or other files, in a folder that no row of the table lists.

    Eight bytes for each row are kept in memory.

    Args:
        base: The archive's folder.
        names: Paths that the table lists, below `base`.
        table: The table.
        folder: The folder to search, below `base`.
        deep: Whether to search the folders in `folder` too.
        suffixes: Suffixes of the files to find, in lower case.
    """
    listed = np.fromiter((_hash(name) for name in names), np.uint64)
    listed.sort()
    for subfolder, files in folder_walk.walk(base, folder):
        for name in files:
            path = folder_walk.join(subfolder, name)
            has_suffix = PurePosixPath(name).suffix.lower() in suffixes
            if has_suffix and not _contains(listed, _hash(path)):
                stem = PurePosixPath(name).stem
                yield FrameFile(path, "", stem, stem, missing=f"no row of {table.name} lists it")
        if not deep:
            return


def _hash(path: str) -> int:
    return int.from_bytes(blake2b(path.encode("utf-8", "surrogateescape"), digest_size=8).digest())


def _contains(hashes: NDArray[np.uint64], value: int) -> bool:
    """Return whether a sorted array contains a value."""
    place = int(np.searchsorted(hashes, np.uint64(value)))
    return place < hashes.size and int(hashes[place]) == value
