"""The prepared tables: their columns, how they are written, and how they are read back."""

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from wince import scale
from wince.archive.balanced_split import PARTS
from wince.archive.frame_database import FrameDatabase
from wince.archive.frame_file import RATINGS
from wince.errors import ArchiveError, DataError
from wince.faces.spec import FaceSpec

UNITS = tuple(name.lower() for name in scale.UNIT_NAMES)
BEFORE_GROUPS = (
    "path",
    "subject",
    "sequence",
    "frame",
    "pspi",
    *UNITS,
    "level",
    *RATINGS,
    "pspi_spread",
)
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
EXCLUDED = ("path", "subject", "sequence", "reason", "detail", "label_path", "line")
DUPLICATES = ("picture", "path", "subject", "sequence", "split")
RESERVED = frozenset((*BEFORE_GROUPS, *AFTER_GROUPS, "image_path", "label_path"))


def columns(groups: Sequence[str]) -> tuple[str, ...]:
    """Return the manifest's columns with these groups; raise ArchiveError for a taken name."""
    taken = sorted(set(groups) & RESERVED)
    if taken or len(set(groups)) < len(groups):
        name = taken[0] if taken else next(name for name in groups if groups.count(name) > 1)
        raise ArchiveError(f"The group column {name!r} has a name that is taken. Rename it.")
    return (*BEFORE_GROUPS, *groups, *AFTER_GROUPS)


def write_tables(
    folder: Path,
    database: FrameDatabase,
    *,
    archive: Path,
    groups: Sequence[str],
    loso: Mapping[str, int],
    protocol: str,
) -> dict[str, int]:
    """Write manifest.csv, train.csv, val.csv and test.csv; return how many rows each has.

    archive: the folder that the frames' paths are relative to. loso: each subject's own fold.
    """
    names = columns(groups)
    pair = ("image_path", "label_path")
    files: dict[str, TextIO] = {}
    counts = dict.fromkeys(("manifest.csv", *(f"{part}.csv" for part in PARTS)), 0)
    try:
        for file in counts:
            files[file] = (folder / file).open("w", encoding="utf-8", newline="")
        writers = {file: csv.writer(files[file], lineterminator="\n") for file in counts}
        for file, writer in writers.items():
            writer.writerow(names if file == "manifest.csv" else (*pair, *names))
        for label, row in _rows(database, groups, loso, protocol):
            cells = [row[name] for name in names]
            writers["manifest.csv"].writerow(cells)
            counts["manifest.csv"] += 1
            if row["split"]:
                file = f"{row['split']}.csv"
                writers[file].writerow([archive / row["path"], archive / label, *cells])
                counts[file] += 1
    finally:
        for opened in files.values():
            opened.close()
    return counts


def _rows(
    database: FrameDatabase, groups: Sequence[str], loso: Mapping[str, int], protocol: str
) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield (label's path, manifest row) of each kept frame."""
    for row in database.rows(
        "SELECT name, subject, sequence, label, pspi, level, crop, crop_side, part, fold, cells "
        "FROM frame WHERE reason = '' ORDER BY number"
    ):
        name, subject, sequence, label, pspi, level, crop, side, part, fold, cells = row
        more: dict[str, Any] = json.loads(cells)
        values = dict(zip(groups, more.pop("groups"), strict=True))
        fixed = {
            "path": name,
            "subject": subject,
            "sequence": sequence,
            "pspi": pspi,
            "level": scale.LEVELS[level],
            "face_found": int(bool(crop)),
            "crop": crop,
            "crop_side": side or None,
            "split": part,
            "fold": fold,
            "loso": loso[subject],
            "protocol": protocol,
        }
        merged = {**more, **values, **fixed}
        yield label, {column: cell(value) for column, value in merged.items()}


def write_excluded(path: Path, database: FrameDatabase) -> int:
    """Write every frame that was left out with its reason; return how many there are."""
    return _write(
        path,
        EXCLUDED,
        database.rows(
            "SELECT name, subject, sequence, reason, detail, label, nullif(line, 0) FROM frame "
            "WHERE reason != '' ORDER BY number"
        ),
    )


def write_duplicates(path: Path, database: FrameDatabase) -> int:
    """Write the kept frames whose bytes are those of a frame in another sequence; return how many.

    The column `picture` is the same for frames that are the same.
    """
    return _write(
        path,
        DUPLICATES,
        database.rows(
            "SELECT substr(digest, 1, 12), name, subject, sequence, part FROM frame "
            "WHERE reason = '' AND digest IN (SELECT digest FROM frame WHERE reason = '' GROUP BY "
            "digest HAVING count(DISTINCT subject || char(0) || sequence) > 1) "
            "ORDER BY digest, number"
        ),
    )


def _write(path: Path, names: Sequence[str], rows: Iterator[tuple[Any, ...]]) -> int:
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(names)
        for row in rows:
            writer.writerow([cell(value) for value in row])
            count += 1
    return count


def cell(value: object) -> str:
    """Return a value as a CSV cell: None is empty, 12.0 is 12."""
    if value is None:
        return ""
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def crops_named(path: Path) -> Iterator[tuple[str]]:
    """Yield the crops that a manifest names, each as a tuple of one."""
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row.get("crop"):
                yield (row["crop"],)


@dataclass(frozen=True, slots=True)
class PreparedFolder:
    """A prepared folder.

    folder: where manifest.csv lies and what its `crop` column is relative to.
    archive: the folder that its `path` column is relative to.
    face_spec: what crops were prepared for: any size up to 300, this `side` and `centre`.
    margin: how many times as wide as face_spec the crops are.
    protocol: "by-subject", "random-frames" or "split-file".
    subjects_overlap: whether a subject is in several parts; then `caution` says "subjects overlap:
        optimistic", to stand beside every result, and is "" otherwise.
    report: all of report.json.
    """

    folder: Path
    archive: Path
    face_spec: FaceSpec
    margin: float
    protocol: str
    subjects_overlap: bool
    caution: str
    report: Mapping[str, Any]

    def rows(self, part: str | None = None) -> Iterator[dict[str, str]]:
        """Yield the manifest's rows by column name: all of them, or those of train, val or test."""
        with (self.folder / "manifest.csv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                if part is None or row["split"] == part:
                    yield row


def open_prepared(folder: Path) -> PreparedFolder:
    """Return a prepared folder; raise DataError when it is none or was changed by hand."""
    path = folder / "report.json"
    try:
        report = json.loads(path.read_text("utf-8"))
        split, crops = report["split"], report["crops"]
        return PreparedFolder(
            folder=folder,
            archive=Path(report["archive"]["folder"]),
            face_spec=FaceSpec.from_dict(crops["face_spec"]),
            margin=float(crops["margin"]),
            protocol=split["protocol"],
            subjects_overlap=bool(split["subjects_overlap"]),
            caution=split["caution"],
            report=report,
        )
    except OSError as error:
        raise DataError(
            f"{folder} is not a prepared folder: {path.name} cannot be read "
            f"({error.strerror or error}). Make it with `wince prepare ROOT --out {folder}`."
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path} is damaged ({error!r}). Run `wince prepare` again.") from error
