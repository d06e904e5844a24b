"""Records of runs, read from files that anybody may have written."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from wince import file_names
from wince.errors import DataError
from wince.evaluation import run_record
from wince.files import sha256

MOST_THREADS = 4096
LARGEST_FILE = 16 * 2**20  # bytes; a record has about ten thousand
Text = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f-\x9f]*$")]
"""Text without control characters, which a terminal would obey."""
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True)


class Code(_Part):
    """The code that ran; `commit` and `clean` are None outside a checkout."""

    wince: Text
    commit: Text | None = None
    clean: bool | None = None


class Hardware(_Part):
    """The machine."""

    system: Text
    processor: Text
    cores: int | None = None
    memory_bytes: int | None = None


class TorchState(_Part):
    """How torch computed."""

    deterministic: Text
    threads: int = Field(ge=1, le=MOST_THREADS)
    gpus: list[Text] = []


class RecordedData(_Part):
    """The prepared folder, and how the split is made from it; see `run_record.data_record`."""

    folder: Text
    face_specs: list[dict[str, Any]] = Field(min_length=1)
    kind: Literal["split", "folds", "part"]
    folds: Text = "5"
    first: int | None = Field(None, ge=1)
    seed: int = Field(0, ge=0)
    part: Text = "test"


class Record(_Part):
    """A record as `run_record.finish` writes it."""

    format: Literal["1"]
    arguments: list[Text] | None = None
    directory: Text | None = None
    part: bool = False
    date: Text
    seconds: float
    seeds: dict[Text, Annotated[int, Field(ge=0)]]
    sha256: dict[Text, Sha256 | None]
    data: RecordedData | None = None
    code: Code
    hardware: Hardware
    python: Text
    libraries: dict[Text, Text]
    torch: TorchState | None = None


def find(run: Path) -> list[Path]:
    """Return the record of a run folder; for an evaluation of several data sets one for each.

    Raises:
        DataError: There is none.
    """
    for name in (file_names.RECORD, file_names.EVALUATION_RECORD):
        if (run / name).is_file():
            return [run / name]
    several = sorted(run.glob(f"*/{file_names.EVALUATION_RECORD}"))
    if not several:
        raise DataError(
            f"{run} has no {file_names.RECORD} and no {file_names.EVALUATION_RECORD}: expected a "
            "folder that wince train, cross-validate, compare or evaluate has finished. Folders "
            "that earlier versions wrote have none, and cannot be reproduced."
        )
    return several


def read(path: Path, *, of_several: bool = False) -> Record:
    """Return a record that suffices to run its command again.

    Args:
        path: The file.
        of_several: Whether it is one of an evaluation of several data sets.

    Raises:
        DataError: It is damaged, of a part of a run, of an earlier version, of a run that a Python
            program started, or with `of_several` of a single data set.
    """
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise ValueError("it is too large for a record")
        record = Record.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the file"
        raise DataError(
            f"{path} is not a record that wince wrote: {place}: {first['msg']}. "
            "Bring back the file as it was, or make the run again."
        ) from error
    except (OSError, ValueError) as error:
        raise DataError(f"{path} cannot be read ({error}). Bring back the file.") from error
    if of_several and not record.part:
        raise DataError(
            f"{path.parent.parent} has no record, and {path.parent} in it is a result of its own. "
            f"Reproduce each by itself: wince reproduce {path.parent}"
        )
    if record.part and not of_several:
        raise DataError(
            f"{path.parent} is a part of a larger run. Reproduce the whole: wince reproduce "
            f"{path.parent.parent}"
        )
    if record.arguments is None or record.directory is None:
        raise DataError(
            f"{path} has no command of wince with its folder: an earlier version wrote it, or a "
            "Python program made the run. It can be read, but not run again."
        )
    return record


def digest(paths: Sequence[Path]) -> str:
    """Return a SHA-256 that is that of a single record, and of several together."""
    hashes = [sha256(path) for path in paths]
    return hashes[0] if len(hashes) == 1 else run_record.combined(hashes)
