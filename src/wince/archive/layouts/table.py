"""Your own data: a CSV file with the columns image, subject and pspi.

Paths of images are relative to the CSV file. Optional columns are sequence, frame, seconds, the
six action units (au4, au6, au7, au9, au10, au43), vas, opr, sen, aff, nrs, and box (x0 y0 x1 y1 in
pixels, the face that the label is about). Other columns may be groups (age, sex, skin tone, ...),
see `group_columns`.
"""

import stat
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath, PureWindowsPath

from wince import csv_reader
from wince.archive import folder_walk, labels
from wince.archive.frame_file import RATINGS, Box, FrameFile, Label, UnitValues
from wince.archive.layouts import group_columns, label_scale
from wince.archive.layouts.unlisted_files import unlisted_files
from wince.archive.table_options import DEFAULT, TableOptions
from wince.errors import ArchiveError, DataError
from wince.files import file_type
from wince.scale import PSPI_MAXIMUM, UNIT_NAMES, Scale

NAME = "table"
TITLE = "A table of images"
LAID_OUT = "a table of images"
SIGNS = "one .csv file with the columns image, subject, pspi"
WARNING = ""
NEEDED = ("image", "subject", "pspi")
UNITS = tuple(name.lower() for name in UNIT_NAMES)
KNOWN = (*NEEDED, "sequence", "frame", "seconds", *UNITS, *RATINGS, "box")


def _needed(options: TableOptions) -> tuple[str, ...]:
    """Return the columns that a table must have: image, subject and the labels."""
    return ("image", "subject", options.label_column)


def fits(base: Path, options: TableOptions = DEFAULT) -> bool:
    """Return whether a path is such a CSV file, or a folder with exactly one."""
    return len(tables(base, _needed(options), options)) == 1


def group_names(base: Path, options: TableOptions = DEFAULT) -> tuple[str, ...]:
    """Return the group columns, in the file's order; see `group_columns.names`."""
    return group_columns.names(_table(base, options), _needed(options), KNOWN, options)


def notes(base: Path, options: TableOptions = DEFAULT) -> list[str]:
    """Return how the table was read where that is not obvious, in sentences."""
    return group_columns.notes(_table(base, options), KNOWN, group_names(base, options), options)


def files(base: Path, options: TableOptions = DEFAULT) -> Iterator[FrameFile]:
    """Yield a frame for each row in the file's order, then the images that no row lists.

    Only folders that rows point into are searched for images without a row. The file's own folder
    is searched without its subfolders, which may contain anything.

    Raises:
        DataError: PSPI is on another scale, or the images are on another computer's drive.
    """
    table = _table(base, options)
    groups = group_names(base, options)
    if not options.target.is_pspi:
        cells = (row[options.label_column] for _, row in _rows(table, options))
        label_scale.check_target(cells, table, options.target)
    elif options.pspi_range is None:
        label_scale.check((row["pspi"] for _, row in _rows(table, options)), table)
    folders: set[str] = set()
    for line, row in _rows(table, options):
        name = file_path(table, line, row["image"], options)
        if name and not name.startswith("/"):
            folders.add(name.partition("/")[0] if "/" in name else "")
        if options.target.is_pspi:
            row["pspi"] = label_scale.rescale(row["pspi"], options.pspi_range)
        yield _file(name, table.name, line, row, groups, options.target)
    for folder in sorted(folders):
        if folder != ".." and file_type(table.parent / folder) == stat.S_IFDIR:
            names = (
                file_path(table, line, row["image"], options) for line, row in _rows(table, options)
            )
            yield from unlisted_files(table.parent, names, table, folder, deep=bool(folder))


def _rows(table: Path, options: TableOptions) -> Iterator[tuple[int, dict[str, str]]]:
    return csv_reader.read_rows(table, _needed(options), options.renames)


def file_path(table: Path, line: int, cell: str, options: TableOptions) -> str:
    """Return a path in a table, as it is spelled on this machine.

    Args:
        table: The table.
        line: Line of the path.
        cell: The path of an image or video as the table gives it.
        options: How the table is read.

    Raises:
        DataError: It is a path of a Windows computer, and this machine has no such file.
    """
    name = options.clean_path(cell)
    if PureWindowsPath(name).drive and not file_type(table.parent / name):
        folder = PureWindowsPath(cell).parent
        raise DataError(
            f"{table}, line {line}: {cell} is on a drive that this machine does "
            f"not have. State where its folder is: --path-prefix '{folder}=FOLDER', with FOLDER as "
            f"an absolute path or relative to {table.parent}."
        )
    return folder_walk.on_disk(table.parent, name)


def _file(
    name: str, table: str, line: int, row: dict[str, str], groups: tuple[str, ...], target: Scale
) -> FrameFile:
    stem = PurePosixPath(name).stem
    sequence = row.get("sequence") or stem
    ratings, remarks = labels.row_ratings(row, f"{table}, line {line}", target)
    return FrameFile(
        name=name,
        subject=row["subject"],
        sequence=sequence,
        frame=row.get("frame") or folder_walk.frame_number(sequence, stem),
        label=table,
        line=line,
        row=row,
        ratings=ratings,
        groups=tuple(row[group] for group in groups),
        remarks=remarks,
        seconds=labels.parse_seconds(row.get("seconds", "")),
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
        units = _action_units(file)
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


def _action_units(file: FrameFile) -> UnitValues | None:
    """Return the row's action units, None if all are empty; raise BadLabelError if invalid."""
    cells = [file.row.get(name, "") for name in UNITS]
    if not any(cells):
        return None
    return labels.units(
        {
            name: labels.parse_intensity(cell, name, name, file.line)
            for name, cell in zip(UNIT_NAMES, cells, strict=True)
        }
    )


def _table(base: Path, options: TableOptions) -> Path:
    return only_table(base, _needed(options), SIGNS, options)


def tables(base: Path, needed: Sequence[str], options: TableOptions) -> list[Path]:
    """Return the CSV files at a path, a folder or a file, that have the needed columns."""
    if base.is_file():
        paths = [base]
    else:
        names = sorted(folder_walk.names_in(base))
        paths = [base / name for name in names if name.lower().endswith(".csv")]
    wanted = set(needed)
    return [path for path in paths if wanted <= set(csv_reader.read_header(path, options.renames))]


def only_table(base: Path, needed: Sequence[str], signs: str, options: TableOptions) -> Path:
    """Return the CSV file at a path that has the needed columns.

    Args:
        base: A folder or a file.
        needed: Columns that it must have.
        signs: What was expected, for the error.
        options: How the table is read.

    Raises:
        ArchiveError: There is no such file, or there are several.
    """
    paths = tables(base, needed, options)
    if len(paths) != 1:
        raise ArchiveError(f"Expected {signs} at {base}, found {len(paths)}. Name the file itself.")
    return paths[0]
