"""Write the small synthetic archive that comes with the package into a folder."""

import shutil
import tempfile
import zipfile
from importlib import resources
from pathlib import Path

from wince.archive import provenance
from wince.errors import FileWriteError
from wince.files import write_error

README = "README.md"
PROVENANCE = "rendered faces, laid out like UNBC-McMaster"


def write(folder: Path) -> int:
    """Write the demo archive into a new or empty folder; return its number of frames.

    Raises:
        FileWriteError: The folder is not empty, or cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FileWriteError(
            f"{folder} exists already and is not an empty folder. Name a new folder for the demo."
        )
    data = resources.files("wince.archive.demo")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
        try:
            with data.joinpath("archive.zip").open("rb") as file, zipfile.ZipFile(file) as archive:
                archive.extractall(temporary)
                frames = sum(name.endswith(".jpg") for name in archive.namelist())
            (temporary / provenance.FILE).write_text(PROVENANCE + "\n", "utf-8")
            (temporary / README).write_bytes(data.joinpath(README).read_bytes())
            temporary.chmod(0o755)  # mkdtemp makes it private
            temporary.replace(folder)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    except OSError as error:
        raise write_error(folder, error) from error
    return frames
