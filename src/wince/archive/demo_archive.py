"""The small synthetic archive that ships with the package, written out as a folder."""

import shutil
import tempfile
import zipfile
from importlib import resources
from pathlib import Path

from wince.errors import ArchiveError

README = "README.md"


def write(folder: Path) -> int:
    """Write the demo archive into a new or empty folder; return how many frames it has.

    Raises ArchiveError when the folder holds something, or cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ArchiveError(
            f"{folder} is there already and is not an empty folder. Name a new folder for the demo."
        )
    data = resources.files("wince.archive.demo")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
        try:
            with data.joinpath("archive.zip").open("rb") as file, zipfile.ZipFile(file) as archive:
                archive.extractall(aside)
                frames = sum(name.endswith(".jpg") for name in archive.namelist())
            (aside / README).write_bytes(data.joinpath(README).read_bytes())
            aside.chmod(0o755)  # mkdtemp keeps others out
            aside.replace(folder)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
    except OSError as error:
        raise ArchiveError(
            f"The demo archive cannot be written to {folder} ({error.strerror}). "
            "Check the space left and the folder's permissions."
        ) from error
    return frames
