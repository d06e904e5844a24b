"""Write faces.html, only on request: crops of every level and frames without a face.

Archives forbid showing their faces, so the report does not contain them.
"""

import base64
import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from wince import files, images
from wince.archive import video_frames
from wince.archive.frame_check import CheckSettings
from wince.archive.frame_database import FrameDatabase
from wince.archive.frame_file import FRAME_MARK
from wince.errors import ImageError, WinceError
from wince.html_templates import render

PER_SECTION = 24  # images
SIDE = 120  # pixels
EMPTY = "data:,"


def write(path: Path, database: FrameDatabase, settings: CheckSettings) -> None:
    """Write the page. It contains the images themselves and loads nothing."""
    sections = []
    for place in range(database.level_count):
        frames = _sample(database, with_face=True, level=place)
        faces = [(name, score, _image_url(settings.out / crop)) for name, crop, score, _ in frames]
        levels = database.scale.levels
        sections.append((f"Level {levels[place]}" if levels else "With a face", faces))
    frames = _sample(database, with_face=False, level=None)
    faces = [
        (name, score, _frame_url(settings.folder, name, seconds))
        for name, _, score, seconds in frames
    ]
    sections.append(("No face found", faces))
    files.write_text(path, render("wince.archive.report", "faces.html", sections=sections))


def _sample(
    database: FrameDatabase, *, with_face: bool, level: int | None
) -> Iterator[tuple[str, str, float, float | None]]:
    """Yield (name, crop, score, seconds) of a few frames, evenly distributed over the archive.

    Args:
        database: The frames.
        with_face: Whether to yield frames with a face or frames without one.
        level: Index of their level, None for all levels.
    """
    values = (int(with_face), level)
    (count,) = database.only_row(
        "SELECT count(*) FROM kept WHERE (crop != '') = ? AND ifnull(level = ?, 1)", *values
    )
    step = max(1, -(-count // PER_SECTION))
    rows = database.rows(
        "SELECT name, crop, score, json_extract(cells, '$.seconds') FROM kept "
        "WHERE (crop != '') = ? AND ifnull(level = ?, 1) "
        "ORDER BY number",
        *values,
    )
    for place, row in enumerate(rows):
        if place % step == 0:
            name, crop, score, seconds = row
            yield name, crop, score, seconds


def _frame_url(folder: Path, name: str, seconds: float | None) -> str:
    """Return a small copy of a frame: of an image, or of a video at a time."""
    video, mark, _ = name.partition(FRAME_MARK)
    if not mark or seconds is None:
        return _image_url(folder / name)
    try:
        return _image_url(video_frames.read_frame(folder / video, seconds))
    except ImageError:
        return EMPTY


def _image_url(source: Path | NDArray[np.uint8]) -> str:
    """Return a small copy of an image as a data URL, an empty one if it cannot be read."""
    try:
        thumbnail = Image.fromarray(images.read(source).rgb)
    except WinceError:
        return EMPTY
    thumbnail.thumbnail((SIDE, SIDE))
    file = io.BytesIO()
    thumbnail.save(file, "JPEG", quality=85)
    return "data:image/jpeg;base64," + base64.b64encode(file.getvalue()).decode()
