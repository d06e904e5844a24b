"""Faces whose action units were rated twice: `ratings.csv` and `images/`.

Columns: image, subject, expression, then for each of the two passes `_a` and `_b` au4 au6 au7 au9
au10 (0-5), au43 (0/1) and quality (2 clear, 1 hard to judge, 0 not usable), then box (x0 y0 x1 y1,
the face that was rated) and picked (why the image was chosen).

The label is the mean PSPI of the two passes, the action units are the means of the two, and
`spread` is the distance between the two PSPI.
"""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from wince import csv_reader
from wince.archive import folder_walk, labels
from wince.archive.frame_file import FrameFile, Label, UnitValues
from wince.archive.layouts.unlisted_files import unlisted_files
from wince.archive.table_options import DEFAULT, TableOptions
from wince.scale import UNIT_NAMES, pspi_formula

NAME = "rated-faces"
TITLE = "Faces rated twice"
LAID_OUT = "faces rated twice"
SIGNS = "ratings.csv (image, subject, au4_a ... quality_b, box) with images/"
WARNING = (
    "These labels are ratings, not FACS coding: neutral faces are not rated 0, so levels taken "
    "directly from them are too often 'mild'. Map the ratings to PSPI before you use the levels."
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


def fits(base: Path, options: TableOptions = DEFAULT) -> bool:
    """Return whether a folder has the table and the images."""
    columns = csv_reader.read_header(base / TABLE, options.renames)
    return set(NEEDED) <= set(columns) and (base / IMAGES).is_dir()


def group_names(base: Path, options: TableOptions = DEFAULT) -> tuple[str, ...]:
    """Return those of the group columns expression and picked that the table has."""
    columns = csv_reader.read_header(base / TABLE, options.renames)
    return tuple(name for name in GROUPS if name in columns)


def notes(base: Path, options: TableOptions = DEFAULT) -> list[str]:
    """Return how the table was read where that is not obvious, in sentences."""
    return csv_reader.notes(base / TABLE, options.renames)


def files(base: Path, options: TableOptions = DEFAULT) -> Iterator[FrameFile]:
    """Yield a frame for each row in the table's order, then the images that no row lists."""
    groups = group_names(base, options)
    for line, row in csv_reader.read_rows(base / TABLE, NEEDED, options.renames):
        name = _image_path(base, row, options)
        stem = PurePosixPath(name).stem
        yield FrameFile(
            name=name,
            subject=row["subject"],
            sequence=stem,
            frame=stem,
            label=TABLE,
            line=line,
            row=row,
            groups=tuple(row[group] for group in groups),
        )
    rows = csv_reader.read_rows(base / TABLE, NEEDED, options.renames)
    names = (_image_path(base, row, options) for _, row in rows)
    yield from unlisted_files(base, names, base / TABLE, IMAGES)


def _image_path(base: Path, row: dict[str, str], options: TableOptions) -> str:
    return folder_walk.on_disk(base, folder_walk.join(IMAGES, options.clean_path(row["image"])))


def read_label(base: Path, file: FrameFile) -> Label:
    """Return the mean of the two passes. Quality 0 in one of them makes the label `refused`.

    Raises:
        labels.BadLabelError: A rating is not a number on its scale.
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
        score=sum(scores) / 2,
        action_units=(au4, au6, au7, au9, au10, au43),
        spread=abs(scores[0] - scores[1]),
        box=labels.parse_box(file.row["box"], file.line),
        refused=f"quality 0 in pass {' and '.join(unusable)}" if unusable else "",
    )


def _units(file: FrameFile, which: str) -> UnitValues:
    """Return the action units of one pass."""
    values = {}
    for name in UNIT_NAMES:
        column = f"{name.lower()}_{which}"
        values[name] = labels.parse_intensity(file.row[column], name, column, file.line)
    return labels.units(values)
