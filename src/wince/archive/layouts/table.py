"""Anyone's own data: a CSV file with the columns image, subject and pspi.

Paths of images are relative to the CSV file. Columns that are read when they are there: sequence,
frame, the six action units (au4, au6, au7, au9, au10, au43), vas, opr, sen, aff, and box (x0 y0 x1
y1 in pixels, which face is meant). Every other column (age, sex, skin tone, ...) is a group.
"""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from wince import csv_reader
from wince.archive import labels
from wince.archive.frame_file import RATINGS, FrameFile, Label, UnitValues
from wince.archive.layouts import folder_walk, table_files
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
    """Return whether a path is such a CSV file, or a folder that holds exactly one."""
    return len(_tables(base)) == 1


def group_names(base: Path) -> tuple[str, ...]:
    """Return the group columns: those that mean nothing to wince, in the file's order."""
    return tuple(
        name for name in csv_reader.read_header(_table(base)) if name and name not in KNOWN
    )


def files(base: Path) -> Iterator[FrameFile]:
    """Yield a frame for each row in the file's order, then the pictures that no row names.

    Only folders that rows point into are searched for pictures without a row; the file's own folder
    without those in it, which may hold anything.
    """
    table = _table(base)
    groups = group_names(base)
    folders: set[str] = set()
    for line, row in csv_reader.read_rows(table, NEEDED):
        name = table_files.clean(row["image"])
        if name and not name.startswith("/"):
            folders.add(name.partition("/")[0] if "/" in name else "")
        yield _file(name, table.name, line, row, groups)
    folder = table.parent
    for top in sorted(folders):
        if top != ".." and (folder / top).is_dir():
            yield from table_files.unlisted(folder, table, "image", top, "", deep=bool(top))


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
    """Return the row's PSPI and action units; raise labels.BadLabelError when PSPI is no score."""
    if not file.row["pspi"]:
        raise labels.BadLabelError("the column pspi is empty", file.line)
    pspi = labels.number(file.row["pspi"], 0.0, PSPI_MAXIMUM, "PSPI", file.line)
    doubts = []
    units: UnitValues | None = None
    box: tuple[float, float, float, float] | None = None
    given = [file.row.get(name, "") for name in UNITS]
    try:
        if any(given):
            units = labels.units(
                {
                    name: labels.number(cell, 0.0, 5.0, name, file.line)
                    for name, cell in zip(UNIT_NAMES, given, strict=True)
                }
            )
            doubts.append(labels.disagreement(pspi, units))
    except labels.BadLabelError as error:
        doubts.append(str(error))
    try:
        box = parse_box(file.row.get("box", ""), file.line)
    except labels.BadLabelError as error:
        doubts.append(str(error))
    doubt = "; ".join(filter(None, doubts))
    where = f"{file.label}, line {file.line}"
    return Label(pspi, units, box=box, doubt=f"{where}: {doubt}" if doubt else "")


def parse_box(cell: str, line: int) -> tuple[float, float, float, float] | None:
    """Return "x0 y0 x1 y1" in pixels as numbers, None for an empty cell."""
    if not cell.strip():
        return None
    tokens = cell.split()
    if len(tokens) != 4:
        raise labels.BadLabelError(f"expected box as x0 y0 x1 y1, found {cell!r}", line)
    x0, y0, x1, y1 = (labels.number(token, -1e6, 1e6, "box", line) for token in tokens)
    if x1 <= x0 or y1 <= y0:
        raise labels.BadLabelError(f"expected box with x0 < x1 and y0 < y1, found {cell!r}", line)
    return x0, y0, x1, y1


def _tables(base: Path) -> list[Path]:
    if base.is_file():
        found = [base]
    else:
        found = [
            base / name
            for name in sorted(folder_walk.names_in(base))
            if name.lower().endswith(".csv")
        ]
    return [path for path in found if set(NEEDED) <= set(csv_reader.read_header(path))]


def _table(base: Path) -> Path:
    found = _tables(base)
    if len(found) != 1:
        raise ArchiveError(f"Expected {SIGNS} at {base}, found {len(found)}. Name the file itself.")
    return found[0]
