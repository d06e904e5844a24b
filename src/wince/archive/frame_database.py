"""The prepared folder's own memory: looks kept between runs, and the frames of the run at hand.

One SQLite file. It keeps the memory needed flat in the number of frames, survives a kill, and is
locked while a run lasts, so that two runs cannot write into one folder.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wince import scale
from wince.archive import checks
from wince.archive.detection import Detection
from wince.archive.frame_check import FrameResult
from wince.archive.frame_file import RATINGS
from wince.errors import ArchiveError

FILE = ".state.sqlite"
VERSION = 1

_TABLES = """
CREATE TABLE IF NOT EXISTS look (name TEXT PRIMARY KEY, look TEXT NOT NULL) WITHOUT ROWID;
DROP TABLE IF EXISTS frame;
CREATE TABLE frame (
    number INTEGER PRIMARY KEY, name TEXT, subject TEXT, sequence TEXT, reason TEXT, detail TEXT,
    label TEXT, line INTEGER, pspi REAL, level INTEGER, digest TEXT, crop TEXT, crop_side INTEGER,
    crop_bytes INTEGER, units INTEGER, doubt TEXT, remark TEXT,
    part TEXT DEFAULT '', fold TEXT DEFAULT '', cells TEXT);
CREATE VIEW IF NOT EXISTS kept AS SELECT * FROM frame WHERE reason = '';
CREATE UNIQUE INDEX frame_name ON frame (name) WHERE reason != 'listed twice';
"""
_INDEXES = """
CREATE INDEX IF NOT EXISTS frame_subject ON frame (reason, subject, level);
CREATE INDEX IF NOT EXISTS frame_digest ON frame (digest);
CREATE INDEX IF NOT EXISTS frame_crop ON frame (crop);
"""


@dataclass(frozen=True, slots=True)
class FrameDatabase:
    """An open database; see `open_database`."""

    connection: sqlite3.Connection

    def known(self, name: str) -> Detection | None:
        """Return what an earlier run saw in a file."""
        row = self.connection.execute("SELECT look FROM look WHERE name = ?", (name,)).fetchone()
        return None if row is None else Detection.from_json(row[0])

    def forget(self) -> None:
        """Drop all looks, so that every picture is looked at again."""
        self.connection.execute("DELETE FROM look")

    def add(self, number: int, found: FrameResult, groups: tuple[str, ...]) -> None:
        """Keep what became of frame `number`, counted from 0 in the archive's order."""
        if found.look is not None and not found.reused:
            self.connection.execute(
                "INSERT OR REPLACE INTO look VALUES (?, ?)",
                (found.file.name, found.look.to_json()),
            )
        row = _row(number, found, groups)
        marks = ", ".join(f":{name}" for name in row)
        insert = f"INSERT INTO frame ({', '.join(row)}) VALUES ({marks})"  # noqa: S608 - our names
        try:
            self.connection.execute(insert, row)
        except sqlite3.IntegrityError:
            first = self.one("SELECT label, line FROM frame WHERE name = ?", found.file.name)
            detail = f"first listed in {first[0]}, line {first[1]}"
            self.connection.execute(
                insert,
                row | {"reason": checks.ONCE.reason, "detail": detail, "line": found.file.line},
            )

    def keep(self) -> None:
        """Write to disk what was added so far; a later kill loses nothing of it."""
        self.connection.commit()

    def finish(self) -> None:
        """Make the frames ready to be asked about, and forget files that are no longer there."""
        self.connection.executescript(_INDEXES)
        self.connection.execute("DELETE FROM look WHERE name NOT IN (SELECT name FROM frame)")
        self.keep()

    def rows(self, query: str, *values: Any) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a query."""
        yield from self.connection.execute(query, values)

    def one(self, query: str, *values: Any) -> tuple[Any, ...]:
        """Return the only row of a query that has one."""
        row: tuple[Any, ...] = self.connection.execute(query, values).fetchone()
        return row

    def assign(self, parts: Iterable[tuple[str, str, int]]) -> None:
        """Set (part, fold, number) for frames."""
        self.connection.executemany("UPDATE frame SET part = ?, fold = ? WHERE number = ?", parts)
        self.keep()

    def close(self) -> None:
        """Drop the run's frames and let go of the folder."""
        try:
            self.connection.execute("DELETE FROM frame")
            self.keep()
        except sqlite3.Error:
            pass  # the disk is full, say: what stopped the run is told, and the next run drops them
        finally:
            self.connection.close()


def open_database(out: Path) -> FrameDatabase:
    """Return the database of a prepared folder, made if there is none; it is locked until closed.

    A database that another version wrote, or that is damaged, is begun anew.

    Raises ArchiveError when another run holds the folder.
    """
    path = out / FILE
    try:
        return _open(path)
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise ArchiveError(
                f"Another `wince prepare` is writing to {out}. Wait for it, or choose another "
                "folder."
            ) from error
        raise ArchiveError(
            f"{path} cannot be written ({error}). Check the space left and the permissions."
        ) from error
    except sqlite3.DatabaseError:  # not a database, or a damaged one: it is only a memory
        for end in ("", "-wal", "-shm", "-journal"):
            path.with_name(path.name + end).unlink(missing_ok=True)
        return _open(path)


def _open(path: Path) -> FrameDatabase:
    database = sqlite3.connect(path, timeout=0.5)
    try:
        database.execute("PRAGMA locking_mode = EXCLUSIVE")
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = NORMAL")
        database.execute("BEGIN EXCLUSIVE")
        database.execute("COMMIT")
        if database.execute("PRAGMA user_version").fetchone()[0] != VERSION:
            database.execute("DROP TABLE IF EXISTS look")
        database.executescript(_TABLES)
        database.execute(f"PRAGMA user_version = {VERSION}")
        database.commit()
    except sqlite3.Error:
        database.close()
        raise
    return FrameDatabase(database)


def _row(number: int, found: FrameResult, groups: tuple[str, ...]) -> dict[str, Any]:
    file, label, seen = found.file, found.label, found.look
    pspi = None if label is None else label.pspi
    return {
        "number": number,
        "name": file.name,
        "subject": file.subject,
        "sequence": file.sequence,
        "reason": found.check,
        "detail": found.detail,
        "label": file.label,
        "line": found.line,
        "pspi": pspi,
        "level": None if pspi is None else scale.LEVELS.index(scale.level(pspi)),
        "digest": found.digest,
        "crop": seen.crop if seen else "",
        "crop_side": seen.crop_side if seen else 0,
        "crop_bytes": seen.crop_bytes if seen else 0,
        "units": int(label is not None and label.action_units is not None),
        "doubt": label.doubt if label else "",
        "remark": "; ".join(file.remarks),
        "cells": json.dumps(_cells(found) | {"groups": groups}) if not found.check else "",
    }


def _cells(found: FrameResult) -> dict[str, Any]:
    """Return what the manifest says of a kept frame beyond the columns of `frame`."""
    file, label, seen = found.file, found.label, found.look
    assert label is not None  # a kept frame has a label and was looked at
    assert seen is not None
    units = label.action_units or (None,) * len(scale.UNIT_NAMES)
    cells: dict[str, Any] = {
        name.lower(): unit for name, unit in zip(scale.UNIT_NAMES, units, strict=True)
    }
    cells |= dict(zip(RATINGS, file.ratings, strict=True))
    face = {"face_score": seen.score, "yaw": seen.yaw}
    face |= dict(zip(("face_x0", "face_y0", "face_x1", "face_y1"), seen.box, strict=True))
    return cells | {
        "frame": file.frame,
        "pspi_spread": label.spread,
        "width": seen.width,
        "height": seen.height,
        **(face if seen.crop else dict.fromkeys(face)),
        "remarks": "; ".join(filter(None, (*file.remarks, label.doubt))),
    }
