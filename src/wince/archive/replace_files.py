"""Replace the files of a prepared folder so that old and new files are never read together.

`stage` gives a hidden folder to write the new files into. `replace_files` then works in this order:

1. Copy the old files to backup/backup_YYYYmmdd_HHMMSS/.
2. Remove report.json, which lists the SHA-256 of the tables.
3. Move the new files into place, one by one, report.json last.

A folder without report.json is incomplete: `prepared_folder.open_prepared` refuses it and asks the
user to run `wince prepare` again. So after a kill at any moment the folder contains all old files,
or all new files, or no report.json and the old files are in backup/.
"""

import os
import shutil
import time
from pathlib import Path

from wince.file_names import EXCLUDED, MANIFEST, REPORT, REPORT_DATA

FILES = (
    MANIFEST,
    "train.csv",
    "val.csv",
    "test.csv",
    EXCLUDED,
    "duplicates.csv",
    REPORT,
    "faces.html",
    REPORT_DATA,  # last: it marks the set as complete
)
BACKUP_FOLDER = "backup"
STAGING = ".replacing"
LINKED_FILES = ".prepared"
"""Folder in which earlier versions kept the files; the names in the prepared folder were links."""


def stage(out: Path) -> Path:
    """Return a new empty folder for the new files; what an interrupted run left there is removed.

    Args:
        out: The prepared folder.
    """
    shutil.rmtree(out / STAGING, ignore_errors=True)
    staged = out / STAGING / "new"
    staged.mkdir(parents=True)
    return staged


def replace_files(out: Path, staged: Path) -> Path | None:
    """Replace the files of a prepared folder by the staged ones.

    Args:
        out: The prepared folder. Links that an earlier version made are replaced by files.
        staged: The folder that `stage` returned, with the new files in it.

    Returns:
        The folder in backup/ with the old files, or None if there were none.

    Raises:
        OSError: A file cannot be copied or moved.
    """
    for path in staged.iterdir():
        _flush(path)
    backup = _copy_old_files(out)
    (out / REPORT_DATA).unlink(missing_ok=True)
    for name in FILES:
        if (staged / name).exists():
            (staged / name).replace(out / name)
        else:
            (out / name).unlink(missing_ok=True)
    shutil.rmtree(out / STAGING)
    shutil.rmtree(out / LINKED_FILES, ignore_errors=True)
    return backup


def _copy_old_files(out: Path) -> Path | None:
    """Copy the old files into a new folder in backup/, which appears there complete."""
    names = [name for name in FILES if (out / name).is_file()]
    if not names:
        return None
    copies = out / STAGING / "old"
    copies.mkdir()
    for name in names:
        shutil.copy2(out / name, copies / name)
    backup = _new_backup(out)
    backup.parent.mkdir(exist_ok=True)
    copies.rename(backup)
    return backup


def _new_backup(out: Path) -> Path:
    """Return a path in backup/ with the time in its name that does not exist yet."""
    name = time.strftime("backup_%Y%m%d_%H%M%S")
    backup = out / BACKUP_FOLDER / name
    count = 1
    while backup.exists():
        count += 1
        backup = out / BACKUP_FOLDER / f"{name}_{count}"
    return backup


def _flush(path: Path) -> None:
    """Wait until a file is on the disk, so that report.json is not there before its tables."""
    with path.open("r+b") as file:
        os.fsync(file.fileno())
