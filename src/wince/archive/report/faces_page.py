"""Write faces.html, only on request: crops of every level and frames without a face.

Archives forbid showing their faces, so the report does not contain them.
"""

import base64
import io
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from wince import files, images, scale
from wince.archive.frame_check import CheckSettings
from wince.archive.frame_database import FrameDatabase
from wince.errors import WinceError
from wince.html_templates import render

PER_SECTION = 24  # images
SIDE = 120  # pixels


def write(path: Path, database: FrameDatabase, settings: CheckSettings) -> None:
    """Write the page. It contains the images themselves and loads nothing."""
    sections = []
    for place, level in enumerate(scale.LEVELS):
        frames = _sample(database, with_face=True, level=place)
        faces = [(name, pspi, _image_url(settings.out / crop)) for name, crop, pspi in frames]
        sections.append((f"Level {level}", faces))
    frames = _sample(database, with_face=False, level=None)
    faces = [(name, pspi, _image_url(settings.folder / name)) for name, _, pspi in frames]
    sections.append(("No face found", faces))
    files.write_text(path, render("wince.archive.report", "faces.html", sections=sections))


def _sample(
    database: FrameDatabase, *, with_face: bool, level: int | None
) -> Iterator[tuple[str, str, float]]:
    """Yield (name, crop, PSPI) of a few frames, evenly distributed over the archive.

    Args:
        database: The frames.
        with_face: Whether to yield frames with a face or frames without one.
        level: Index of their level in `scale.LEVELS`, None for all levels.
    """
    values = (int(with_face), level)
    (count,) = database.only_row(
        "SELECT count(*) FROM kept WHERE (crop != '') = ? AND ifnull(level = ?, 1)", *values
    )
    step = max(1, -(-count // PER_SECTION))
    rows = database.rows(
        "SELECT name, crop, pspi FROM kept WHERE (crop != '') = ? AND ifnull(level = ?, 1) "
        "ORDER BY number",
        *values,
    )
    for place, row in enumerate(rows):
        if place % step == 0:
            name, crop, pspi = row
            yield name, crop, pspi


def _image_url(path: Path) -> str:
    """Return a small copy of an image as a data URL, an empty one if it cannot be read."""
    try:
        thumbnail = Image.fromarray(images.read(path).rgb)
    except WinceError:
        return "data:,"
    thumbnail.thumbnail((SIDE, SIDE))
    file = io.BytesIO()
    thumbnail.save(file, "JPEG", quality=85)
    return "data:image/jpeg;base64," + base64.b64encode(file.getvalue()).decode()
