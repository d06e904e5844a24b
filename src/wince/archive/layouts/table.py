"""Your own data: a CSV file with the columns image, subject and pspi.

Paths of images are relative to the CSV file. Optional columns are sequence, frame, the six action
units (au4, au6, au7, au9, au10, au43), vas, opr, sen, aff, and box (x0 y0 x1 y1 in pixels, the face
that the label is about). Every other column (age, sex, skin tone, ...) is a group.
"""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from wince import csv_reader
from wince.archive import labels
from wince.archive.frame_file import RATINGS, Box, FrameFile, Label, UnitValues
from wince.archive.layouts import folder_walk
from wince.archive.layouts.unlisted_images import clean_path, unlisted_images
from wince.errors import ArchiveError
from wince.scale import PSPI_MAXIMUM, UNIT_NAMES

NAME = "table"
TITLE = "A table of images"
SIGNS = "one .csv file with the columns image, subject, pspi"
WARNING = ""
NEEDED = ("image", "subject", "pspi")
UNITS = tuple(name.lower() for name in UNIT_NAMES)
KNOWN = (*NEEDED, "sequence", "frame", *UNITS, *RATINGS, "box")


def fits(base: Path) -> bool:
    """Return whether a path is such a CSV file, or a folder with exactly one."""
    return len(_tables(base)) == 1


def group_names(base: Path) -> tuple[str, ...]:
    """Return the group columns, in the file's order."""
    header = csv_reader.read_header(_table(base))
    return tuple(name for name in header if name and name not in KNOWN)


def files(base: Path) -> Iterator[FrameFile]:
    """Yield a frame for each row in the file's order, then the images that no row lists.

    Only folders that rows point into are searched for images without a row. The file's own folder
    is searched without its subfolders, which may contain anything.
    """
    table = _table(base)
    groups = group_names(base)
    folders: set[str] = set()
    for line, row in csv_reader.read_rows(table, NEEDED):
        name = clean_path(row["image"])
        if name and not name.startswith("/"):
            folders.add(name.partition("/")[0] if "/" in name else "")
        yield _file(name, table.name, line, row, groups)
    for folder in sorted(folders):
        if folder != ".." and (table.parent / folder).is_dir():
            deep = bool(folder)
            yield from unlisted_images(table.parent, table, "image", folder, "", deep=deep)


def _file(
    name: str, table: str, line: int, row: dict[str, str], groups: tuple[str, ...]
) -> FrameFile:
    stem = PurePosixPath(name).stem
    sequence = row.get("sequence") or stem
    ratings: list[float | None] = []
    remarks = []
    for rating in RATINGS:
        value = None
        if row.get(rating):
            try:
                value = labels.parse_rating(row[rating], rating)
            except labels.BadLabelError as error:
                remarks.append(f"{table}, line {line}: {error}; the rating is left empty")
        ratings.append(value)
    return FrameFile(
        name=name,
        subject=row["subject"],
        sequence=sequence,
        frame=row.get("frame") or folder_walk.frame_number(sequence, stem),
        label=table,
        line=line,
        row=row,
        ratings=tuple(ratings),
        groups=tuple(row[group] for group in groups),
        remarks=tuple(remarks),
    )


def read_label(base: Path, file: FrameFile) -> Label:
    """Return the row's PSPI, action units and box; invalid units or an invalid box are a `doubt`.

    Raises:
        labels.BadLabelError: PSPI is empty, not a number or not on the scale.
    """
    if not file.row["pspi"]:
        raise labels.BadLabelError("the column pspi is empty", file.line)
    pspi = labels.number(file.row["pspi"], 0.0, PSPI_MAXIMUM, "PSPI", file.line)
    doubts = []
    units: UnitValues | None = None
    box: Box | None = None
    try:
        units = _units(file)
        if units is not None:
            doubts.append(labels.disagreement(pspi, units))
    except labels.BadLabelError as error:
        doubts.append(str(error))
    try:
        box = labels.parse_box(file.row.get("box", ""), file.line)
    except labels.BadLabelError as error:
        doubts.append(str(error))
    doubt = "; ".join(filter(None, doubts))
    where = f"{file.label}, line {file.line}"
    return Label(pspi, units, box=box, doubt=f"{where}: {doubt}" if doubt else "")


def _units(file: FrameFile) -> UnitValues | None:
    """Return the row's action units, None if all are empty; raise BadLabelError if invalid."""
    cells = [file.row.get(name, "") for name in UNITS]
    if not any(cells):
        return None
    return labels.units(
        {
            name: labels.number(cell, 0.0, 5.0, name, file.line)
            for name, cell in zip(UNIT_NAMES, cells, strict=True)
        }
    )


def _tables(base: Path) -> list[Path]:
    """Return the CSV files at a path that have the needed columns."""
    if base.is_file():
        paths = [base]
    else:
        names = sorted(folder_walk.names_in(base))
        paths = [base / name for name in names if name.lower().endswith(".csv")]
    return [path for path in paths if set(NEEDED) <= set(csv_reader.read_header(path))]


def _table(base: Path) -> Path:
    paths = _tables(base)
    if len(paths) != 1:
        raise ArchiveError(f"Expected {SIGNS} at {base}, found {len(paths)}. Name the file itself.")
    return paths[0]
