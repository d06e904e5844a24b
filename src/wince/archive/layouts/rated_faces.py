"""Faces whose action units were rated twice: `ratings.csv` beside `images/`.

Columns: image, subject, expression, then for each of the two passes `_a` and `_b` au4 au6 au7 au9
au10 (0-5), au43 (0/1) and quality (2 clear, 1 hard to judge, 0 not usable), then box (x0 y0 x1 y1,
the face that was rated) and picked (why the photograph was chosen).

The label is the mean of the two passes' PSPI, the action units are the means of the two, and
`spread` is the distance between the two PSPI.
"""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from wince import csv_reader
from wince.archive import labels
from wince.archive.frame_file import FrameFile, Label, UnitValues
from wince.archive.layouts import folder_walk, table_files
from wince.archive.layouts.table import parse_box
from wince.scale import UNIT_NAMES, pspi_formula

NAME = "rated-faces"
TITLE = "Faces rated twice"
SIGNS = "ratings.csv (image, subject, au4_a ... quality_b, box) with images/"
WARNING = (
    "These labels are ratings, not FACS coding: calm faces are not rated 0, so levels read "
    "straight off them say 'mild' too often. Map the ratings to PSPI before reading levels."
)
TABLE = "ratings.csv"
IMAGES = "images"
PASSES = ("a", "b")
GROUPS = ("expression", "picked")
NEEDED = (
    "image",
    "subject",
    *(f"{name.lower()}_{which}" for which in PASSES for name in (*UNIT_NAMES, "quality")),
    "box",
)


def fits(base: Path) -> bool:
    """Return whether a folder holds photographs rated twice."""
    return set(NEEDED) <= set(csv_reader.read_header(base / TABLE)) and (base / IMAGES).is_dir()


def group_names(base: Path) -> tuple[str, ...]:
    """Return the group columns that the table has: expression and picked."""
    columns = csv_reader.read_header(base / TABLE)
    return tuple(name for name in GROUPS if name in columns)


def files(base: Path) -> Iterator[FrameFile]:
    """Yield a frame for each row in the file's order, then the photographs that no row names."""
    groups = group_names(base)
    for line, row in csv_reader.read_rows(base / TABLE, NEEDED):
        stem = PurePosixPath(table_files.clean(row["image"])).stem
        yield FrameFile(
            name=folder_walk.join(IMAGES, table_files.clean(row["image"])),
            subject=row["subject"],
            sequence=stem,
            frame=stem,
            label=TABLE,
            line=line,
            row=row,
            groups=tuple(row[group] for group in groups),
        )
    yield from table_files.unlisted(base, base / TABLE, "image", IMAGES, IMAGES)


def read_label(base: Path, file: FrameFile) -> Label:
    """Return the mean of the two passes; raise labels.BadLabelError when one is no rating.

    A pass with quality 0 makes the label `refused`.
    """
    first, second = (_units(file, which) for which in PASSES)
    scores = [float(pspi_formula(*units)) for units in (first, second)]
    au4, au6, au7, au9, au10, au43 = ((a + b) / 2 for a, b in zip(first, second, strict=True))
    qualities = [
        labels.number(file.row[f"quality_{which}"], 0, 2, f"quality_{which}", file.line)
        for which in PASSES
    ]
    unusable = [which for which, quality in zip(PASSES, qualities, strict=True) if quality == 0]
    return Label(
        pspi=sum(scores) / 2,
        action_units=(au4, au6, au7, au9, au10, au43),
        spread=abs(scores[0] - scores[1]),
        box=parse_box(file.row["box"], file.line),
        refused=f"quality 0 in pass {' and '.join(unusable)}" if unusable else "",
    )


def _units(file: FrameFile, which: str) -> UnitValues:
    values = {}
    for name in UNIT_NAMES:
        column = f"{name.lower()}_{which}"
        values[name] = labels.number(file.row[column], 0.0, 5.0, column, file.line)
    return labels.units(values)
