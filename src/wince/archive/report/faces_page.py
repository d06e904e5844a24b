"""faces.html, only on request: crops of every level and frames without a face, to look at locally.

Archives forbid showing their faces, so these are kept out of the report.
"""

import base64
import io
from collections.abc import Iterator
from html import escape
from pathlib import Path

from PIL import Image

from wince import images, scale
from wince.archive.frame_check import CheckSettings
from wince.archive.frame_database import FrameDatabase
from wince.errors import WinceError

EACH = 24  # pictures a section
SIDE = 120  # pixels

STYLE = """
body { margin: 2rem auto; max-width: 62rem; padding: 0 1rem; font: 16px/1.5 system-ui, sans-serif; }
.stop { border: 2px solid #b3312c; border-radius: .4rem; padding: .6rem 1rem; }
.faces { display: flex; flex-wrap: wrap; gap: .5rem; } figure { margin: 0; width: 120px; }
img { display: block; width: 120px; height: 120px; object-fit: contain; background: #000; }
figcaption { font-size: .72rem; overflow-wrap: anywhere; }
"""


def write(path: Path, database: FrameDatabase, task: CheckSettings) -> None:
    """Write the page; it holds the pictures themselves and refers to nothing."""
    with path.open("w", encoding="utf-8", errors="backslashreplace") as file:
        file.write(
            '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Faces</title>'
            f"<style>{STYLE}</style></head><body><h1>Faces, for your eyes only</h1>"
            '<p class="stop">These are pictures of the people in the archive. Keep this file on '
            "this machine: do not send, publish or commit it. Delete it when you have looked.</p>"
        )
        for place, level in enumerate(scale.LEVELS):
            rows = _spread(database, True, place)
            file.write(_section(f"Level {level}", rows, task.out, "crop"))
        rows = _spread(database, False, None)
        file.write(_section("No face found", rows, task.folder, "name"))
        file.write("</body></html>\n")


def _spread(
    database: FrameDatabase, found: bool, level: int | None
) -> Iterator[tuple[str, str, float]]:
    """Yield (name, crop, pspi) of a few frames, evenly over the archive.

    found: with or without a face; level: place of the level, None for all.
    """
    asked = (int(found), level)
    (count,) = database.one(
        "SELECT count(*) FROM kept WHERE (crop != '') = ? AND ifnull(level = ?, 1)", *asked
    )
    step = max(1, -(-count // EACH))
    rows = database.rows(
        "SELECT name, crop, pspi FROM kept WHERE (crop != '') = ? AND ifnull(level = ?, 1) "
        "ORDER BY number",
        *asked,
    )
    for place, (name, crop, pspi) in enumerate(rows):
        if place % step == 0:
            yield name, crop, pspi


def _section(title: str, rows: Iterator[tuple[str, str, float]], folder: Path, of: str) -> str:
    figures = "".join(
        f'<figure><img alt="" src="{_picture(folder / (crop if of == "crop" else name))}">'
        f"<figcaption>{pspi:g} {escape(name)}</figcaption></figure>"
        for name, crop, pspi in rows
    )
    return f'<h2>{escape(title)}</h2><div class="faces">{figures or "none"}</div>'


def _picture(path: Path) -> str:
    """Return a small copy of a picture as a data URL, an empty one when it cannot be read."""
    try:
        small = Image.fromarray(images.read(path).rgb)
    except WinceError:
        return "data:,"
    small.thumbnail((SIDE, SIDE))
    file = io.BytesIO()
    small.save(file, "JPEG", quality=85)
    return "data:image/jpeg;base64," + base64.b64encode(file.getvalue()).decode()
