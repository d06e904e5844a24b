"""Face crops as they are stored for training: wider and finer than any model sees.

One JPEG a frame, quality 95, `MARGIN` times as wide as the FaceSpec shows, so that turning, moving
and zooming need no original frame. A crop's side is the smallest of `SIDES` with `DENSITY` times
the pixels that the original has there: 420 leaves 300 once the margin is cut away, and a small
source is not blown up to it.
"""

import io
import os
import re
from hashlib import blake2b
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from wince.errors import DataError
from wince.faces.align import align, crop_to_image
from wince.faces.detect import Face
from wince.faces.spec import FaceSpec

FOLDER = "crops"
MARGIN = 1.4
SIDES = (210, 280, 350, 420)
DENSITY = 1.25
QUALITY = 95


def stored_spec(spec: FaceSpec) -> FaceSpec:
    """Return the spec of stored crops for a model's spec: `MARGIN` wider, at the largest side."""
    return spec.widened(MARGIN, SIDES[-1])


def encode(rgb: NDArray[np.uint8], face: Face, spec: FaceSpec) -> tuple[bytes, int]:
    """Return a face's crop as JPEG bytes, and its side in pixels.

    rgb: uint8 (H, W, 3); face: found in it; spec: what the model will be shown.
    """
    wide = stored_spec(spec)
    matrix = crop_to_image(face, wide)
    native = wide.size * float(
        np.hypot(matrix[0, 0], matrix[1, 0])
    )  # the crop's side in the source
    side = next((side for side in SIDES if side >= native * DENSITY), SIDES[-1])
    crop = align(rgb, face, spec.widened(MARGIN, side))
    file = io.BytesIO()
    Image.fromarray(crop).save(file, "JPEG", quality=QUALITY)
    return file.getvalue(), side


def name(frame: str, subject: str, sequence: str, key: str) -> str:
    """Return where a frame's crop is kept below the prepared folder.

    key: what the crop was made from, see `key`. It is part of the name, so that a crop never
    changes under a name: what an older manifest names stays what it was.
    """
    stem = Path(frame).stem
    folders = (subject,) if sequence == stem else (subject, sequence)  # a picture that stands alone
    return "/".join((FOLDER, *map(_plain, folders), f"{_plain(stem)}-{key}.jpg"))


def _plain(part: str) -> str:
    """Return a name that is safe in a path whatever it was; `key` keeps crops apart."""
    return re.sub(r"[^A-Za-z0-9_-]+", "_", part)[:80] or "_"


def key(frame: str, digest: str, settings: str, box: str) -> str:
    """Return twelve hexadecimal digits for all that decides a crop's pixels and its frame."""
    return blake2b(
        "\0".join((frame, digest, settings, box)).encode(errors="surrogateescape"), digest_size=6
    ).hexdigest()


def write(folder: Path, crop: str, data: bytes) -> None:
    """Write a crop below the prepared folder, aside first and then renamed."""
    path = folder / crop
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}.part")
    aside.write_bytes(data)
    aside.replace(path)


def is_ours(name: str) -> bool:
    """Return whether a file's name is that of a crop, or of one that was being written."""
    return re.fullmatch(r"\.?[A-Za-z0-9_-]+-[0-9a-f]{12}\.jpg(\.[0-9]+\.part)?", name) is not None


def read(path: Path) -> NDArray[np.uint8]:
    """Return a stored crop: RGB uint8 (S, S, 3), S one of SIDES.

    Raises DataError when the file is missing or damaged.
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
    """Return the middle of a stored crop as a model sees it: RGB uint8 (size, size, 3)."""
    side = crop.shape[0]
    edge = side * (1 - 1 / margin) / 2
    box = (edge, edge, side - edge, side - edge)
    return np.asarray(
        Image.fromarray(crop).resize((size, size), Image.Resampling.BILINEAR, box=box)
    )
