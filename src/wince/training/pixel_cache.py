"""Pictures decoded once: every face of a prepared folder in one file of plain pixels.

The first training on a prepared folder decodes each picture; after that an epoch opens one file,
maps it into memory, and decodes nothing. Runs, folds and seeds share it.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import blake2b
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wince import images, workers
from wince.archive import crops
from wince.archive.manifest import PreparedFolder
from wince.errors import DataError
from wince.faces.align import align
from wince.faces.spec import FaceSpec
from wince.training.prepared import Frames, picture_folder

FOLDER = "pixels"
MARGIN = 1.25  # how much more than the model's crop is kept, for turning and shifting
CHUNK = 128  # pictures in flight
Pixels = NDArray[np.uint8]
Progress = Callable[[int, int], None]


def margin(spec: FaceSpec) -> float:
    """Return how many times as wide as the model's crop the kept pixels are."""
    return MARGIN if spec.kind == "aligned" else 1.0


def shown(prepared: PreparedFolder, spec: FaceSpec, wider: float = 1.0) -> Callable[[str], Pixels]:
    """Return the function from a picture's name to what a model with this spec is shown.

    Its result is RGB uint8 (S, S, 3), S = spec.size * wider, and as much wider around the face.

    Raises ModelError, a DataError or an ImageError for a picture that is missing or damaged, and
    DataError when the folder's crops were cut out for another FaceSpec.
    """
    check_spec(prepared, spec)
    folder = picture_folder(prepared, spec)
    around = stored_margin(prepared, spec)
    side = round(spec.size * wider)

    def look(name: str) -> Pixels:
        if spec.kind == "whole":
            return align(images.read(folder / name).rgb, None, spec)
        return crops.view(crops.read(folder / name), side, around / wider)

    return look


def stored_margin(prepared: PreparedFolder, spec: FaceSpec) -> float:
    """Return how many times as wide as a spec's crop the stored crops are."""
    return prepared.margin * prepared.face_spec.side / spec.side if spec.side else prepared.margin


def check_spec(prepared: PreparedFolder, spec: FaceSpec) -> None:
    """Raise DataError when a prepared folder's crops do not show what a spec asks for.

    A spec may show less of the face's surroundings than the folder was prepared for, never more.
    """
    ours = prepared.face_spec
    if spec.kind == "whole":
        return
    if spec.side > ours.side or ours.centre != spec.centre:
        raise DataError(
            f"{prepared.folder} holds crops for a FaceSpec of side {ours.side:g} and centre "
            f"{ours.centre:g}; this model is shown side {spec.side:g} and centre {spec.centre:g}. "
            "Prepare the archive again with the version of wince that trained the model, or train "
            "a model on this folder."
        )
    most = int(crops.SIDES[-1] / stored_margin(prepared, spec))
    if spec.size > most:
        raise DataError(
            f"The stored crops are good for models of up to {most} pixels; found {spec.size}. "
            f"Use --size {most} or less."
        )


def load(
    prepared: PreparedFolder, frames: Frames, spec: FaceSpec, progress: Progress | None = None
) -> Pixels:
    """Return the pixels of all frames, uint8 (N, S, S, 3), mapped from a file; made when needed.

    S is the spec's size times `margin(spec)`. progress: called with (pictures done, in all) while
    the file is made.

    Raises DataError when there is no room for the file or a picture cannot be read.
    """
    names = frames.pictures(spec)
    side = round(spec.size * margin(spec))
    kind = f"{spec.kind}-{side}"
    path = prepared.folder / FOLDER / f"{kind}-{_key(prepared, names, spec)}.npy"
    shape = (len(names), side, side, 3)
    if not path.is_file():
        _make(path, shape, _decoded(prepared, names, spec), progress)
        for old in path.parent.glob(f"{kind}-*.npy"):
            if old != path:
                old.unlink(missing_ok=True)
    pixels: Pixels = np.load(path, mmap_mode="r")
    if pixels.shape != shape:
        raise DataError(f"{path} is damaged. Delete it and run the command again.")
    return pixels


def _key(prepared: PreparedFolder, names: NDArray[np.str_], spec: FaceSpec) -> str:
    """Return a key for everything that decides the pixels."""
    hashed = blake2b(digest_size=6)
    hashed.update(f"{stored_margin(prepared, spec)}\0{spec.kind}\0{spec.size}".encode())
    folder = picture_folder(prepared, spec)
    for name in names.tolist():
        hashed.update(b"\0" + name.encode(errors="surrogateescape"))
        if spec.kind == "whole":  # a crop's name holds a key of its content, a frame's does not
            state = (folder / name).stat()
            hashed.update(f"\0{state.st_size}\0{state.st_mtime_ns}".encode())
    return hashed.hexdigest()


def _decoded(prepared: PreparedFolder, names: NDArray[np.str_], spec: FaceSpec) -> Iterator[Pixels]:
    """Yield the pictures in order, decoded by as many threads as there are cores."""
    look = shown(prepared, spec, margin(spec))
    with ThreadPoolExecutor(workers.core_count()) as pool:
        for start in range(0, len(names), CHUNK):
            yield from pool.map(look, names[start : start + CHUNK].tolist())


def _make(
    path: Path, shape: tuple[int, ...], pictures: Iterator[Pixels], progress: Progress | None
) -> None:
    aside = path.with_suffix(f".{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        array = _room(aside, shape)
        for number, picture in enumerate(pictures):
            array[number] = picture
            if progress:
                progress(number + 1, shape[0])
        del array  # unmapped, and so written
        aside.replace(path)
    except OSError as error:
        raise DataError(
            f"The decoded pictures cannot be kept in {path.parent} ({error.strerror or error}). "
            "Free some room, or prepare into a folder on a larger disk."
        ) from error
    finally:
        aside.unlink(missing_ok=True)


def _room(path: Path, shape: tuple[int, ...]) -> Pixels:
    """Return a new array in a file whose space is already taken: a map cannot report a full disk.

    Raises DataError when the disk has not the room.
    """
    needed, free = int(np.prod(shape)), shutil.disk_usage(path.parent).free
    if needed > free:
        raise DataError(
            f"The decoded pictures need {needed / 1e9:.1f} GB in {path.parent}; {free / 1e9:.1f} "
            "GB are free. Free some room, use a smaller --size, or prepare into a folder on a "
            "larger disk."
        )
    array: Pixels = np.lib.format.open_memmap(path, mode="w+", dtype=np.uint8, shape=shape)
    if hasattr(os, "posix_fallocate"):
        with path.open("r+b") as file:
            os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
    return array
