"""A copy of a prepared folder and its archive, for tests that change one of them."""

import json
import shutil
from pathlib import Path


def copy(prepared: Path, folder: Path) -> Path:
    """Copy a prepared folder and the archive beside it to `folder`; return the prepared copy."""
    source = prepared.parent
    shutil.copytree(source, folder, dirs_exist_ok=True)
    path = folder / prepared.name / "report.json"
    report = json.loads(path.read_text("utf-8"))
    archive = Path(report["archive"]["folder"]).relative_to(source.resolve())
    report["archive"]["folder"] = str((folder / archive).resolve())
    path.write_text(json.dumps(report), "utf-8")
    return path.parent
