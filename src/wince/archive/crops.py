"""Face crops stored for training: wider and larger than the input of any model.

There is one JPEG for each frame, with quality 95. It is `MARGIN` times as wide as the FaceSpec
shows, so that rotation, translation and zoom do not need the original frame. Its side is the
smallest of `SIDES` that has `DENSITY` times the pixels of the face in the original: 420 leaves 300
without the margin, and a small face is not enlarged to 420.
"""

import io
import os
import re
from collections.abc import Callable
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from wince import files
from wince.archive.frame_file import FRAME_MARK
from wince.errors import DataError
from wince.faces.align import align, crop_to_image
from wince.faces.face import Face
from wince.faces.spec import FaceSpec

FOLDER = "crops"
MARGIN = 1.4
SIDES = (210, 280, 350, 420)
DENSITY = 1.25
QUALITY = 95
_FILE_NAME = re.compile(r"\.?[A-Za-z0-9_-]+-[0-9a-f]{12}(\.[0-9]+-[0-9]+\.part)?\.jpg")
"""Names of crops, and of the temporary files of `files.write_bytes`."""


def stored_spec(spec: FaceSpec) -> FaceSpec:
    """Return the spec of stored crops for a model's spec: `MARGIN` wider, with the largest side."""
    return spec.widened(MARGIN, SIDES[-1])


def encode(rgb: NDArray[np.uint8], face: Face, spec: FaceSpec) -> tuple[bytes, int]:
    """Return a face's crop as JPEG bytes, and its side in pixels.

    Args:
        rgb: uint8 (H, W, 3).
        face: A face in `rgb`.
        spec: What a model is shown.
    """
    wide = stored_spec(spec)
    matrix = crop_to_image(face, wide)
    side_in_image = wide.size * float(np.hypot(matrix[0, 0], matrix[1, 0]))
    side = next((side for side in SIDES if side >= side_in_image * DENSITY), SIDES[-1])
    crop = align(rgb, face, spec.widened(MARGIN, side))
    file = io.BytesIO()
    Image.fromarray(crop).save(file, "JPEG", quality=QUALITY)
    return file.getvalue(), side


def name(frame: str, subject: str, sequence: str, key: str) -> str:
    """Return the path of a frame's crop below the prepared folder.

    Args:
        frame: Path of the frame below the archive's folder.
        subject: The frame's subject.
        sequence: The frame's sequence.
        key: See `key`. As it is part of the name, a crop with this name never changes, and an older
            manifest that names it stays valid.
    """
    path, mark, number = frame.partition(FRAME_MARK)
    stem = Path(path).stem
    # A single image is a sequence of its own and needs no folder for it.
    folders = (subject,) if sequence == stem and not mark else (subject, sequence)
    file_name = _safe(f"{stem}-{number}" if mark else stem)
    return "/".join((FOLDER, *map(_safe, folders), f"{file_name}-{key}.jpg"))


def _safe(part: str) -> str:
    """Return a name that is safe in a path; different names may become equal."""
    return re.sub(r"[^A-Za-z0-9_-]+", "_", part)[:80] or "_"


def key(frame: str, digest: str, settings: str, box: str) -> str:
    """Return twelve hexadecimal digits that depend on all that decides a crop's pixels and frame.

    Args:
        frame: Path of the frame below the archive's folder.
        digest: SHA-256 of the frame's file.
        settings: `detection.settings_key`.
        box: `detection.box_text` of the labelled box.
    """
    return blake2b(
        "\0".join((frame, digest, settings, box)).encode(errors="surrogateescape"), digest_size=6
    ).hexdigest()


def write(folder: Path, crop: str, data: bytes) -> None:
    """Write a crop below the prepared folder; raise FileWriteError if that fails."""
    files.write_bytes(folder / crop, data)


def remove_unused(folder: Path, is_used: Callable[[str], bool]) -> None:
    """Remove unused crops, and temporary files of a killed run, from a prepared folder.

    Args:
        folder: The prepared folder.
        is_used: Whether the crop at a path below the folder is still used.
    """
    for directory, _, file_names in os.walk(folder / FOLDER, topdown=False):
        for file_name in filter(_FILE_NAME.fullmatch, file_names):
            path = Path(directory, file_name)
            if not is_used(path.relative_to(folder).as_posix()):
                path.unlink()
        with suppress(OSError):  # the directory is not empty
            Path(directory).rmdir()


def read(path: Path) -> NDArray[np.uint8]:
    """Return a stored crop: RGB uint8 (S, S, 3), S one of SIDES.

    Raises:
        DataError: The file is missing or damaged.
    """
    try:
        with Image.open(path, formats=("JPEG",)) as image:
            return np.asarray(image.convert("RGB"))
    except (OSError, SyntaxError) as error:
        raise DataError(
            f"The face crop {path} cannot be read ({error}). "
            "Run `wince prepare` again: it makes what is missing."
        ) from error


def view(crop: NDArray[np.uint8], size: int, margin: float = MARGIN) -> NDArray[np.uint8]:
    """Return the centre of a stored crop as a model is shown it.

    Args:
        crop: uint8 (S, S, 3).
        size: Side of the result in pixels.
        margin: Width of `crop` divided by the width of the result's view.

    Returns:
        RGB uint8 (size, size, 3).
    """
    side = crop.shape[0]
    edge = side * (1 - 1 / margin) / 2
    box = (edge, edge, side - edge, side - edge)
    return np.asarray(
        Image.fromarray(crop).resize((size, size), Image.Resampling.BILINEAR, box=box)
    )
