"""Open a folder that `wince prepare` wrote, and check that it is complete."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wince import spreadsheet_cells
from wince.errors import DataError, FileWriteError
from wince.faces.spec import FaceSpec
from wince.file_names import MANIFEST, REPORT_DATA
from wince.files import sha256
from wince.scale import Scale


@dataclass(frozen=True, slots=True)
class PreparedFolder:
    """A complete prepared folder.

    Attributes:
        folder: The folder with manifest.csv. The manifest's column `crop` is relative to it.
        archive: The folder that the manifest's column `path` is relative to.
        face_spec: What the crops were prepared for: this `side` and `centre`, any size up to 300.
        margin: Width of a crop divided by the width that `face_spec` shows.
        protocol: "by-subject", "random-frames" or "split-file".
        subjects_overlap: Whether a subject is in more than one part.
        caution: "subjects overlap: optimistic" when they do, to print beside every result; else "".
        scale: The scale of the labels.
        report: The content of report.json.
    """

    folder: Path
    archive: Path
    face_spec: FaceSpec
    margin: float
    protocol: str
    subjects_overlap: bool
    caution: str
    scale: Scale
    report: Mapping[str, Any]

    @property
    def provenance(self) -> str:
        """Where the data come from; for a folder of an older version, its layout."""
        archive = self.report["archive"]
        return str(
            archive.get("provenance")
            or f"an archive of the layout {archive['title']}; provenance not stated"
        )

    @property
    def distinct_subjects(self) -> bool:
        """Whether subjects whose names differ in zeros, case or spaces were stated to differ."""
        return bool(self.report["archive"].get("distinct_subjects"))

    def rows(self, part: str | None = None) -> Iterator[dict[str, str]]:
        """Yield the manifest's rows by column name: all rows, or those of train, val or test."""
        with (self.folder / MANIFEST).open(encoding="utf-8", newline="") as file:
            for row in spreadsheet_cells.read_dicts(file):
                if part is None or row["split"] == part:
                    yield row


def refuse_as_output(folder: Path) -> None:
    """Raise FileWriteError if results would be written among the files of a prepared folder."""
    if (folder / REPORT_DATA).exists():
        raise FileWriteError(
            f"{folder} is a folder that `wince prepare` wrote, and results there would replace its "
            "files. Choose another --out, such as a new folder beside it."
        )


def open_prepared(folder: Path) -> PreparedFolder:
    """Return a prepared folder.

    Raises:
        DataError: The folder was not prepared, `wince prepare` was interrupted while it replaced
            the files there, or manifest.csv is not the file that `wince prepare` wrote.
    """
    report = _read_report(folder)
    try:
        expected = str(report["files"][MANIFEST]["sha256"])
        split, crops = report["split"], report["crops"]
        prepared = PreparedFolder(
            folder=folder,
            archive=Path(report["archive"]["folder"]),
            face_spec=FaceSpec.from_dict(crops["face_spec"]),
            margin=float(crops["margin"]),
            protocol=split["protocol"],
            subjects_overlap=bool(split["subjects_overlap"]),
            caution=split["caution"],
            scale=Scale.from_dict(report.get("scale")),
            report=report,
        )
    except (ValueError, KeyError, TypeError) as error:
        raise _damaged(folder, error) from error
    _check_manifest(folder / MANIFEST, expected)
    return prepared


def _read_report(folder: Path) -> Mapping[str, Any]:
    path = folder / REPORT_DATA
    try:
        report: Mapping[str, Any] = json.loads(path.read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError) as error:
        if (folder / MANIFEST).exists():
            raise DataError(
                f"{folder} is incomplete: it has {MANIFEST} but no {REPORT_DATA}, because `wince "
                f"prepare` was interrupted. Run `wince prepare ROOT --out {folder}` again; the "
                "files of the run before are in backup/ there."
            ) from error
        raise DataError(
            f"{folder} is not a prepared folder: it has no {REPORT_DATA}. "
            f"Make it with `wince prepare ROOT --out {folder}`."
        ) from error
    except OSError as error:
        raise DataError(
            f"{path} cannot be read ({error.strerror or error}). Check its permissions."
        ) from error
    except ValueError as error:
        raise _damaged(folder, error) from error
    return report


def _damaged(folder: Path, error: Exception) -> DataError:
    return DataError(
        f"{folder / REPORT_DATA} is damaged ({error!r}). "
        f"Run `wince prepare ROOT --out {folder}` again."
    )


def _check_manifest(path: Path, expected: str) -> None:
    try:
        actual = sha256(path)
    except OSError as error:
        raise DataError(
            f"{path} cannot be read ({error.strerror or error}). "
            "Run `wince prepare` again with the same --out."
        ) from error
    if actual != expected:
        raise DataError(
            f"{path} is not the file that `wince prepare` wrote: its labels or splits have changed "
            f"since (SHA-256 {actual[:12]}…, expected {expected[:12]}…). Change the archive or the "
            "split file instead, and run `wince prepare` again."
        )
