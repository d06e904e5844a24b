"""Read and check the files of prepared folders."""

import csv
import hashlib
from pathlib import Path

from wince.archive import crops, replace_files
from wince.archive.prepared_folder import open_prepared


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def digests(out: Path) -> dict[str, str]:
    """Return the SHA-256 of each file of a prepared folder that does not depend on the run."""
    names = [name for name in replace_files.FILES if (out / name).exists()]
    names += [path.relative_to(out).as_posix() for path in (out / crops.FOLDER).rglob("*.jpg")]
    return {name: hashlib.sha256((out / name).read_bytes()).hexdigest() for name in names}


def consistent(folder: Path, out: Path | None = None) -> dict[str, str]:
    """Check that the files of a prepared folder fit together; return their digests without crops.

    Args:
        folder: The prepared folder, or a backup in it.
        out: The prepared folder, if `folder` is a backup.
    """
    prepared = open_prepared(folder)
    for name, file in prepared.report["files"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == file["sha256"], name
    for row in prepared.rows():
        crop = (out or folder) / row["crop"]
        assert not row["crop"] or crops.read(crop).shape[0] == int(row["crop_side"])
    return {name: value for name, value in digests(folder).items() if not name.startswith("crops/")}
