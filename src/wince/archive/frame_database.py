"""The prepared folder's database: detections cached between runs, and the frames of this run.

It is one SQLite file. It keeps the memory needed independent of the number of frames, and survives
a kill. Its caller holds the folder's lock.
"""

import contextlib
import json
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wince.archive import checks
from wince.archive.detection import Detection
from wince.archive.frame_check import FrameResult
from wince.archive.frame_file import RATINGS
from wince.errors import ArchiveError
from wince.scale import PSPI, UNIT_NAMES, Scale

FILE = ".state.sqlite"
VERSION = 3

_TABLES = """
CREATE TABLE IF NOT EXISTS detection (name TEXT PRIMARY KEY, json TEXT NOT NULL) WITHOUT ROWID;
DROP TABLE IF EXISTS frame;
CREATE TABLE frame (
    number INTEGER PRIMARY KEY, name TEXT, video TEXT, subject TEXT, sequence TEXT, reason TEXT,
    detail TEXT, label TEXT, line INTEGER, score REAL, level INTEGER, digest TEXT, crop TEXT,
    crop_side INTEGER, crop_bytes INTEGER, units INTEGER, doubt TEXT, remark TEXT,
    image_warning TEXT, part TEXT DEFAULT '', fold TEXT DEFAULT '', cells TEXT);
CREATE VIEW IF NOT EXISTS kept AS SELECT * FROM frame WHERE reason = '';
CREATE UNIQUE INDEX frame_name ON frame (name) WHERE reason != 'listed twice';
"""
_INDEXES = """
CREATE INDEX IF NOT EXISTS frame_subject ON frame (reason, subject, level);
CREATE INDEX IF NOT EXISTS frame_digest ON frame (digest);
CREATE INDEX IF NOT EXISTS frame_crop ON frame (crop);
"""
_OLD_TABLES = """
DROP TABLE IF EXISTS look;
DROP TABLE IF EXISTS detection;
"""


@dataclass(frozen=True, slots=True)
class FrameDatabase:
    """An open database; see `open_database`.

    Attributes:
        connection: The connection to the file.
        scale: The scale of the labels.
    """

    connection: sqlite3.Connection
    scale: Scale = PSPI

    @property
    def level_count(self) -> int:
        """Number of levels that labels are counted by, 1 for a scale without levels."""
        return len(self.scale.cuts) + 1

    @property
    def is_pain(self) -> str:
        """The SQL condition of a frame with pain: not of the lowest level, or above the low end."""
        return "level > 0" if self.scale.cuts else f"score > {self.scale.low!r}"

    def cached(self, name: str) -> Detection | None:
        """Return what an earlier run detected in a file, None if nothing is cached."""
        query = "SELECT json FROM detection WHERE name = ?"
        row = self.connection.execute(query, (name,)).fetchone()
        return None if row is None else Detection.from_json(row[0])

    def clear_cache(self) -> None:
        """Delete all cached detections."""
        self.connection.execute("DELETE FROM detection")

    def add(self, number: int, result: FrameResult, groups: tuple[str, ...]) -> None:
        """Add the result of a frame.

        Args:
            number: Position of the frame in the archive, from 0.
            result: Its result.
            groups: Values of its group columns.
        """
        if result.detection is not None and not result.reused:
            self.connection.execute(
                "INSERT OR REPLACE INTO detection VALUES (?, ?)",
                (result.file.name, result.detection.to_json()),
            )
        row = _row(number, result, groups, self.scale)
        marks = ", ".join(f":{name}" for name in row)
        insert = f"INSERT INTO frame ({', '.join(row)}) VALUES ({marks})"  # noqa: S608 - our names
        try:
            self.connection.execute(insert, row)
        except sqlite3.IntegrityError:
            label, line = self.only_row("SELECT label, line FROM frame WHERE name = ?", row["name"])
            repeated = {
                "reason": checks.ONCE.reason,
                "detail": f"first listed in {label}, line {line}",
                "line": result.file.line,
            }
            self.connection.execute(insert, row | repeated)

    def commit(self) -> None:
        """Write what was added to the disk, so that a later kill does not lose it."""
        self.connection.commit()

    def finish(self) -> None:
        """Create the indexes and delete cached detections of files that no longer exist."""
        self.connection.executescript(_INDEXES)
        self.connection.execute("DELETE FROM detection WHERE name NOT IN (SELECT name FROM frame)")
        self.commit()

    def rows(self, query: str, *values: Any) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a query."""
        yield from self.connection.execute(query, values)

    def only_row(self, query: str, *values: Any) -> tuple[Any, ...]:
        """Return the only row of a query that has one."""
        row: tuple[Any, ...] = self.connection.execute(query, values).fetchone()
        return row

    def assign(self, parts: Iterable[tuple[str, str, int]]) -> None:
        """Set part and fold of frames, given as (part, fold, number)."""
        self.connection.executemany("UPDATE frame SET part = ?, fold = ? WHERE number = ?", parts)
        self.commit()

    def close(self) -> None:
        """Delete the run's frames and close the file."""
        # On a full disk the frames cannot be deleted. The next run deletes them.
        with contextlib.closing(self.connection), contextlib.suppress(sqlite3.Error):
            self.connection.execute("DELETE FROM frame")
            self.commit()


def open_database(out: Path, scale: Scale = PSPI) -> FrameDatabase:
    """Return the database of a prepared folder.

    A missing, damaged or older database is replaced by an empty one.

    Args:
        out: The prepared folder.
        scale: The scale of the labels.

    Raises:
        ArchiveError: The file cannot be written.
    """
    path = out / FILE
    try:
        return _open(path, scale)
    except sqlite3.OperationalError as error:
        raise ArchiveError(
            f"{path} cannot be written ({error}). Check the free space and the permissions."
        ) from error
    except sqlite3.DatabaseError:  # damaged; it contains only what a run can compute again
        for suffix in ("", "-wal", "-shm", "-journal"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        return _open(path, scale)


def _open(path: Path, scale: Scale) -> FrameDatabase:
    connection = sqlite3.connect(path, timeout=0.5)
    try:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("BEGIN EXCLUSIVE")
        connection.execute("COMMIT")
        if connection.execute("PRAGMA user_version").fetchone()[0] != VERSION:
            connection.executescript(_OLD_TABLES)
        connection.executescript(_TABLES)
        connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.commit()
    except sqlite3.Error:
        connection.close()
        raise
    return FrameDatabase(connection, scale)


def _row(number: int, result: FrameResult, groups: tuple[str, ...], scale: Scale) -> dict[str, Any]:
    """Return the columns of the table `frame`."""
    file, label, detection = result.file, result.label, result.detection
    score = None if label is None else label.score
    return {
        "number": number,
        "name": file.name,
        "video": file.video,
        "subject": file.subject,
        "sequence": file.sequence,
        "reason": result.check,
        "detail": result.detail,
        "label": file.label,
        "line": result.line,
        "score": score,
        "level": None if score is None else scale.level_index(score),
        "digest": result.digest,
        "crop": detection.crop if detection else "",
        "crop_side": detection.crop_side if detection else 0,
        "crop_bytes": detection.crop_bytes if detection else 0,
        "units": int(label is not None and label.action_units is not None),
        "doubt": label.doubt if label else "",
        "remark": "; ".join(file.remarks),
        "image_warning": " ".join(detection.warnings) if detection else "",
        "cells": json.dumps(_cells(result) | {"groups": groups}),
    }


def _cells(result: FrameResult) -> dict[str, Any]:
    """Return the cells of a frame in the manifest that are not columns of the table `frame`.

    Of a frame that is left out this is only the frame's name.
    """
    file, label, detection = result.file, result.label, result.detection
    if result.check:
        return {"frame": file.frame}
    assert label is not None  # a kept frame has a label and a detection
    assert detection is not None
    units = label.action_units or (None,) * len(UNIT_NAMES)
    cells: dict[str, Any] = {
        name.lower(): unit for name, unit in zip(UNIT_NAMES, units, strict=True)
    }
    cells |= dict(zip(RATINGS, file.ratings, strict=True))
    face = {"face_score": detection.score, "yaw": detection.yaw}
    face |= dict(zip(("face_x0", "face_y0", "face_x1", "face_y1"), detection.box, strict=True))
    return cells | {
        "frame": file.frame,
        "seconds": file.seconds,
        "spread": label.spread,
        "width": detection.width,
        "height": detection.height,
        **(face if detection.crop else dict.fromkeys(face)),
        "remarks": "; ".join(filter(None, (*file.remarks, label.doubt, *detection.warnings))),
    }
