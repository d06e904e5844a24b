"""Decoded images of a prepared folder, cached in one file of plain pixels.

The first training on a prepared folder decodes each image once. Later epochs, folds, seeds and runs
map the file into memory and decode nothing.
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
from wince.archive.prepared_folder import PreparedFolder
from wince.errors import DataError, FileWriteError
from wince.faces.align import align
from wince.faces.spec import FaceSpec
from wince.files import replacing
from wince.training.data.prepared import ModelData, check_crop_spec, image_folder, stored_margin

FOLDER = "pixels"
MARGIN = (
    1.25  # cached crops are this much wider than the model's, for augmentation to turn and shift
)
CHUNK = 128  # images decoded at a time
Pixels = NDArray[np.uint8]
Progress = Callable[[int, int], None]


def crop_margin(spec: FaceSpec) -> float:
    """Return how many times as wide as the model's crop the cached pixels are."""
    return MARGIN if spec.kind == "aligned" else 1.0


def image_reader(
    prepared: PreparedFolder, spec: FaceSpec, wider: float = 1.0
) -> Callable[[str], Pixels]:
    """Return the function from an image's name to what a model with this spec sees.

    Args:
        prepared: The prepared folder that the images belong to.
        spec: What the model sees.
        wider: How many times as wide as the spec's crop the result is.

    Returns:
        A function whose result is RGB uint8 (S, S, 3) with S = spec.size * wider. It raises
        ImageError or DataError for an image that is missing or damaged.

    Raises:
        DataError: The folder's crops were made for another FaceSpec.
    """
    check_crop_spec(prepared, spec)
    folder = image_folder(prepared, spec)
    around = stored_margin(prepared, spec)
    side = round(spec.size * wider)

    def read_image(name: str) -> Pixels:
        if spec.kind == "whole":
            return align(images.read(folder / name).rgb, None, spec)
        return crops.view(crops.read(folder / name), side, around / wider)

    return read_image


def load(data: ModelData, spec: FaceSpec, progress: Progress | None = None) -> Pixels:
    """Return the pixels of all frames, mapped from the cache file, which is made when needed.

    Args:
        data: Frames of a prepared folder, N of them.
        spec: What the model sees.
        progress: Called with (images done, images in all) while the file is made.

    Returns:
        Read-only uint8 (N, S, S, 3), S = spec.size * `crop_margin(spec)`.

    Raises:
        FileWriteError: The disk has no room for the file.
        DataError: An image cannot be read, or the cache file is damaged.
    """
    names = data.frames.image_names(spec)
    side = round(spec.size * crop_margin(spec))
    settings = f"{spec.kind}-{side}-{spec.side:g}"
    path = data.prepared.folder / FOLDER / f"{settings}-{content_key(data, spec)}.npy"
    shape = (len(names), side, side, 3)
    if not path.is_file():
        _write(path, shape, _decoded(data, spec), progress)
        for outdated in path.parent.glob(f"{settings}-*.npy"):
            if outdated != path:
                outdated.unlink(missing_ok=True)
    pixels: Pixels = np.load(path, mmap_mode="r")
    if pixels.shape != shape:
        raise DataError(f"{path} is damaged. Delete it and run the command again.")
    return pixels


def model_view(pixels: Pixels, spec: FaceSpec) -> Pixels:
    """Return the middle of cached pixels (M, S, S, 3): what the model sees, uint8 (M, s, s, 3)."""
    edge = (pixels.shape[1] - spec.size) // 2
    return np.ascontiguousarray(pixels[:, edge : edge + spec.size, edge : edge + spec.size])


def content_key(data: ModelData, spec: FaceSpec) -> str:
    """Return twelve hexadecimal digits for everything that decides the pixels."""
    digest = blake2b(digest_size=6)
    margin_of_crops = stored_margin(data.prepared, spec)
    digest.update(
        f"{margin_of_crops}\0{spec.kind}\0{spec.size}\0{spec.side}\0{spec.centre}".encode()
    )
    for name, (size, modified) in zip(
        data.frames.image_names(spec).tolist(), data.image_states.tolist(), strict=True
    ):
        digest.update(b"\0" + name.encode(errors="surrogateescape"))
        if spec.kind == "whole":  # the name of a crop has a key of its content, a frame's has not
            digest.update(f"\0{size}\0{modified}".encode())
    return digest.hexdigest()


def _decoded(data: ModelData, spec: FaceSpec) -> Iterator[Pixels]:
    """Yield the images in order, decoded by as many threads as there are cores."""
    read_image = image_reader(data.prepared, spec, crop_margin(spec))
    names = data.frames.image_names(spec)
    with ThreadPoolExecutor(workers.core_count()) as pool:
        for start in range(0, len(names), CHUNK):
            yield from pool.map(read_image, names[start : start + CHUNK].tolist())


def _write(
    path: Path, shape: tuple[int, ...], decoded: Iterator[Pixels], progress: Progress | None
) -> None:
    with replacing(path) as temporary:
        pixels = _allocate(temporary, shape)
        for number, image in enumerate(decoded):
            pixels[number] = image
            if progress:
                progress(number + 1, shape[0])
        del pixels  # unmaps the file, which flushes it


def _allocate(path: Path, shape: tuple[int, ...]) -> Pixels:
    """Return a new array in a file whose disk space is reserved.

    A full disk must be noticed here: writing into a memory map cannot report it.

    Raises:
        FileWriteError: The disk has not enough room.
    """
    needed, free = int(np.prod(shape)), shutil.disk_usage(path.parent).free
    if needed > free:
        raise FileWriteError(
            f"The decoded images need {needed / 1e9:.1f} GB in {path.parent}; {free / 1e9:.1f} "
            "GB are free. Free some room, use a smaller --size, or prepare into a folder on a "
            "larger disk."
        )
    pixels: Pixels = np.lib.format.open_memmap(path, mode="w+", dtype=np.uint8, shape=shape)
    if hasattr(os, "posix_fallocate"):
        with path.open("r+b") as file:
            os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
    return pixels
