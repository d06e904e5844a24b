"""Write manifest.csv and the other tables of a prepared folder; their columns."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from wince import spreadsheet_cells
from wince.archive.balanced_split import PARTS
from wince.archive.frame_database import FrameDatabase
from wince.archive.frame_file import RATINGS
from wince.errors import ArchiveError
from wince.file_names import MANIFEST
from wince.scale import PSPI, UNIT_NAMES, Scale

UNITS = tuple(name.lower() for name in UNIT_NAMES)
AFTER_GROUPS = (
    "face_found",
    "face_score",
    "face_x0",
    "face_y0",
    "face_x1",
    "face_y1",
    "yaw",
    "width",
    "height",
    "crop",
    "crop_side",
    "split",
    "fold",
    "loso",
    "protocol",
    "remarks",
)
LATER_COLUMNS = ("seconds", "nrs")
"""Columns that folders prepared by earlier versions do not have, and that no model needs."""
DUPLICATES = ("picture", "path", "subject", "sequence", "split")
ABSOLUTE_PATHS = ("image_path", "label_path")


def before_groups(scale: Scale) -> tuple[str, ...]:
    """Return the columns of manifest.csv before the groups, for labels on a scale."""
    return (
        *("path", "subject", "sequence", "frame", "seconds", scale.column),
        *(*UNITS, "level", *RATINGS, f"{scale.column}_spread"),
    )


def excluded_columns(scale: Scale) -> tuple[str, ...]:
    """Return the columns of excluded.csv before the groups.

    The label is empty unless it is valid, `split` unless all kept frames of the subject are in one
    part.
    """
    return (
        *("path", "subject", "sequence", "reason", "detail", "label_path", "line"),
        *("frame", scale.column, "split"),
    )


def columns(groups: Sequence[str], scale: Scale = PSPI) -> tuple[str, ...]:
    """Return the columns of manifest.csv.

    Args:
        groups: Names of the group columns, such as "age".
        scale: The scale of the labels.

    Raises:
        ArchiveError: A group has the name of another column.
    """
    before = before_groups(scale)
    taken = sorted(set(groups) & {*before, *AFTER_GROUPS, *ABSOLUTE_PATHS})
    if taken or len(set(groups)) < len(groups):
        name = taken[0] if taken else next(name for name in groups if groups.count(name) > 1)
        raise ArchiveError(f"The group column {name!r} has a name that is taken. Rename it.")
    return (*before, *groups, *AFTER_GROUPS)


def write_tables(
    folder: Path,
    database: FrameDatabase,
    *,
    archive: Path,
    groups: Sequence[str],
    loso: Mapping[str, int],
    protocol: str,
) -> dict[str, int]:
    """Write manifest.csv, train.csv, val.csv and test.csv.

    Args:
        folder: Where the tables are written.
        database: The frames of a finished run, with their parts and folds.
        archive: The folder that the frames' paths are relative to.
        groups: Names of the group columns.
        loso: For each subject the fold in which only this subject is tested on.
        protocol: Content of the column `protocol`.

    Returns:
        The number of rows of each table, by file name.
    """
    names = columns(groups, database.scale)
    counts = dict.fromkeys((MANIFEST, *(f"{part}.csv" for part in PARTS)), 0)
    with ExitStack() as stack:
        writers = {}
        for name in counts:
            file = stack.enter_context((folder / name).open("w", encoding="utf-8", newline=""))
            writers[name] = spreadsheet_cells.Writer(file)
            writers[name].write(names if name == MANIFEST else (*ABSOLUTE_PATHS, *names))
        for label, row in _kept_rows(database, groups, loso, protocol):
            cells = [row[name] for name in names]
            writers[MANIFEST].write(cells)
            counts[MANIFEST] += 1
            if row["split"]:
                part_file = f"{row['split']}.csv"
                paths = str(archive / row["path"]), str(archive / label)
                writers[part_file].write([*paths, *cells])
                counts[part_file] += 1
    return counts


def _kept_rows(
    database: FrameDatabase, groups: Sequence[str], loso: Mapping[str, int], protocol: str
) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the label's path and the manifest's row of each kept frame."""
    scale = database.scale
    for frame in database.rows(
        "SELECT name, subject, sequence, label, score, level, crop, crop_side, part, fold, cells "
        "FROM kept ORDER BY number"
    ):
        name, subject, sequence, label, score, level, crop, side, part, fold, cells = frame
        values: dict[str, Any] = json.loads(cells)
        values |= dict(zip(groups, values.pop("groups"), strict=True))
        values |= {
            "path": name,
            "subject": subject,
            "sequence": sequence,
            scale.column: score,
            f"{scale.column}_spread": values.pop("spread"),
            "level": scale.levels[level] if scale.levels else None,
            "face_found": int(bool(crop)),
            "crop": crop,
            "crop_side": side or None,
            "split": part,
            "fold": fold,
            "loso": loso[subject],
            "protocol": protocol,
        }
        yield label, {column: cell(value) for column, value in values.items()}


def write_excluded(path: Path, database: FrameDatabase, groups: Sequence[str]) -> int:
    """Write every frame that was left out, with the reason; return the number of rows."""
    return _write(path, (*excluded_columns(database.scale), *groups), _excluded_rows(database))


def _excluded_rows(database: FrameDatabase) -> Iterator[tuple[Any, ...]]:
    """Yield the cells of each frame that was left out."""
    part_of_subject = dict(
        database.rows(
            "SELECT subject, min(part) FROM kept GROUP BY subject HAVING count(DISTINCT part) = 1"
        )
    )
    for *columns, score, cells in database.rows(
        "SELECT name, subject, sequence, reason, detail, label, nullif(line, 0), score, cells "
        "FROM frame WHERE reason != '' ORDER BY number"
    ):
        values = json.loads(cells)
        part = part_of_subject.get(columns[1], "")
        yield (*columns, values["frame"], score, part, *values["groups"])


def write_duplicates(path: Path, database: FrameDatabase) -> int:
    """Write the kept frames whose bytes also occur in another sequence; return the number of rows.

    Frames with the same bytes have the same value in the column `picture`.
    """
    return _write(
        path,
        DUPLICATES,
        database.rows(
            "SELECT substr(digest, 1, 12), name, subject, sequence, part FROM kept "
            "WHERE digest IN (SELECT digest FROM kept GROUP BY digest "
            "HAVING count(DISTINCT subject || char(0) || sequence) > 1) "
            "ORDER BY digest, number"
        ),
    )


def _write(path: Path, names: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> int:
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = spreadsheet_cells.Writer(file)
        writer.write(names)
        for row in rows:
            writer.write([cell(value) for value in row])
            count += 1
    return count


def cell(value: object) -> str:
    """Return a value as the text of a CSV cell: None is empty, 12.0 is 12."""
    if value is None:
        return ""
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def crop_paths(path: Path) -> Iterator[str]:
    """Yield the crops that a manifest names."""
    with path.open(encoding="utf-8", newline="") as file:
        for row in spreadsheet_cells.read_dicts(file):
            if row.get("crop"):
                yield row["crop"]
