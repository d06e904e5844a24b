"""New data put in the place of old data in one step.

The files of a prepared folder are links into one folder of files:

    manifest.csv -> .prepared/current/manifest.csv
    .prepared/current -> 000002

A run writes the folder 000003 and then renames one link, `current`. So whoever opens the files at
any moment, or after a kill at any moment, finds all of the old ones or all of the new ones. The old
folder then goes to backup/backup_YYYYmmdd_HHMMSS/.

On a file system without symbolic links (exFAT, some shares, Windows without developer mode) the
files themselves are moved, one after another; a run killed within these few renames has to be run
again.
"""

import os
import shutil
import time
from pathlib import Path

FILES = (
    "manifest.csv",
    "train.csv",
    "val.csv",
    "test.csv",
    "excluded.csv",
    "duplicates.csv",
    "report.json",
    "report.html",
    "faces.html",
)
VERSIONS = ".prepared"
CURRENT = "current"
BACKUP = "backup"


def stage(out: Path) -> Path:
    """Return a new empty folder to write files into, after tidying up what a killed run left."""
    versions = out / VERSIONS
    versions.mkdir(parents=True, exist_ok=True)
    now = _current(out)
    for folder in sorted(path for path in versions.iterdir() if path.name.isdigit()):
        if folder.name < now:  # replaced, but not yet put away when the run was killed
            _put_away(out, folder)
        elif folder.name > now:  # never finished
            shutil.rmtree(folder)
    for left in versions.glob("*.part"):
        left.unlink()
    staged = versions / f"{int(now or 0) + 2:06d}"  # one is left free for files to adopt
    staged.mkdir()
    return staged


def publish(out: Path, staged: Path) -> Path | None:
    """Put the staged files in the place of the prepared folder's; return where the old ones are.

    None when there were none.
    """
    for file in staged.iterdir():
        _flush(file)
    if not _can_link(out):
        return _move(out, staged)
    plain = [name for name in FILES if (out / name).is_file() and not _is_ours(out / name)]
    if plain:
        _adopt(out, staged)
    for name in FILES:
        if (staged / name).exists() and not _is_ours(out / name):
            _link(out / name, f"{VERSIONS}/{CURRENT}/{name}")
    old = _current(out)
    _link(out / VERSIONS / CURRENT, staged.name)  # from here on the new data stands
    for name in FILES:
        if _is_ours(out / name) and not (out / name).exists():
            (out / name).unlink()
    return _put_away(out, out / VERSIONS / old) if old else None


def _adopt(out: Path, staged: Path) -> None:
    """Turn plain files that stand where the links belong into a version of their own.

    What each name shows stays the same at every step.
    """
    adopted = staged.with_name(f"{int(staged.name) - 1:06d}")
    adopted.mkdir()
    for name in FILES:
        if (out / name).is_file():
            shutil.copy2(out / name, adopted / name)
    before = _current(out)
    _link(out / VERSIONS / CURRENT, adopted.name)
    for name in FILES:
        if (adopted / name).exists() and not _is_ours(out / name):
            _link(out / name, f"{VERSIONS}/{CURRENT}/{name}")
    if before:
        _put_away(out, out / VERSIONS / before)


def _move(out: Path, staged: Path) -> Path | None:
    """Replace the files one by one, the old ones put away first."""
    old = [out / name for name in FILES if (out / name).is_file()]
    backup = None
    if old:
        backup = _backup_name(out)
        backup.mkdir(parents=True)
        for path in old:
            path.replace(backup / path.name)
    for name in FILES:
        if (staged / name).exists():
            (staged / name).replace(out / name)
    shutil.rmtree(staged)
    return backup


def _current(out: Path) -> str:
    """Return the name of the version that stands, "" when there is none."""
    try:
        return str((out / VERSIONS / CURRENT).readlink())
    except OSError:
        return ""


def _is_ours(path: Path) -> bool:
    return path.is_symlink() and path.readlink() == Path(VERSIONS, CURRENT, path.name)


def _link(path: Path, target: str) -> None:
    """Make `path` a link, whatever it was before, in one step."""
    aside = path.parent / f"{path.name}.part" if path.name == CURRENT else _aside(path)
    aside.unlink(missing_ok=True)
    aside.symlink_to(target)
    aside.replace(path)


def _aside(path: Path) -> Path:
    return path.parent / VERSIONS / f"{path.name}.part"


def _can_link(out: Path) -> bool:
    trial = out / VERSIONS / "trial.part"
    try:
        trial.unlink(missing_ok=True)
        trial.symlink_to("nowhere")
        trial.unlink()
    except (OSError, NotImplementedError):
        return False
    return True


def _put_away(out: Path, version: Path) -> Path:
    backup = _backup_name(out)
    backup.parent.mkdir(exist_ok=True)
    version.rename(backup)
    return backup


def _backup_name(out: Path) -> Path:
    name = time.strftime("backup_%Y%m%d_%H%M%S")
    folder = out / BACKUP / name
    count = 1
    while folder.exists():
        count += 1
        folder = out / BACKUP / f"{name}_{count}"
    return folder


def _flush(path: Path) -> None:
    """Wait until a file is on the disk, so that the link is not there before its content."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
