"""The frames of a prepared folder as arrays, and whether they are still what was prepared."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wince.archive.labels import BadLabelError
from wince.archive.layouts import known_layouts
from wince.archive.manifest import AFTER_GROUPS, BEFORE_GROUPS, UNITS, PreparedFolder
from wince.errors import ArchiveError, DataError
from wince.faces.spec import FaceSpec
from wince.files import sha256

TEXT = ("path", "subject", "sequence", "frame", "vas", "opr", "crop", "split", "fold", "loso")


@dataclass(frozen=True, slots=True)
class Frames:
    """Frames row by row.

    path: below the archive. subject, sequence, frame: names. vas, opr: the sequence's ratings as
    text, "" where there is none. crop: the face's crop below the prepared folder, "" without a
    face. split: "train", "val", "test" or "". fold, loso: names of folds. All (N,). pspi: 0 to 16,
    (N,). units: the six action units, NaN where unknown, (N, 6). groups: further columns by name.
    """

    path: NDArray[np.str_]
    subject: NDArray[np.str_]
    sequence: NDArray[np.str_]
    frame: NDArray[np.str_]
    vas: NDArray[np.str_]
    opr: NDArray[np.str_]
    crop: NDArray[np.str_]
    split: NDArray[np.str_]
    fold: NDArray[np.str_]
    loso: NDArray[np.str_]
    pspi: NDArray[np.float32]
    units: NDArray[np.float32]
    groups: Mapping[str, NDArray[np.str_]]

    def __len__(self) -> int:
        return len(self.pspi)

    def take(self, rows: NDArray[np.intp] | NDArray[np.bool_]) -> "Frames":
        """Return some of the rows, by number or by mask."""
        parts = {name: getattr(self, name)[rows] for name in (*TEXT, "pspi", "units")}
        return Frames(**parts, groups={name: one[rows] for name, one in self.groups.items()})

    def pictures(self, spec: FaceSpec) -> NDArray[np.str_]:
        """Return the file of each frame that a model with this spec is shown, "" for none."""
        return self.path if spec.kind == "whole" else self.crop


def read(prepared: PreparedFolder) -> Frames:
    """Return every frame of a prepared folder's manifest.

    Raises DataError when the manifest lacks a column, holds no frame, or is not the one that
    `wince prepare` wrote: then somebody has changed it since.
    """
    path = prepared.folder / "manifest.csv"
    _check_unchanged(prepared, path)
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        names = next(reader, [])
        missing = sorted({*BEFORE_GROUPS, *AFTER_GROUPS} - set(names))
        if missing:
            raise DataError(
                f"{path}, line 1: the column {missing[0]} is missing. "
                "It is of another version of wince: run `wince prepare` again."
            )
        columns = dict(zip(names, zip(*reader, strict=True), strict=False))
    if not columns:
        raise DataError(f"{path} holds no frame. Prepare an archive that has some.")
    units = np.array([[_number(cell) for cell in columns[name]] for name in UNITS], np.float32)
    known = {*BEFORE_GROUPS, *AFTER_GROUPS}
    return Frames(
        **{name: np.array(columns[name]) for name in TEXT},
        pspi=np.array(columns["pspi"], np.float32),
        units=units.T.copy(),
        groups={name: np.array(cells) for name, cells in columns.items() if name not in known},
    )


def usable(frames: Frames, spec: FaceSpec) -> Frames:
    """Return the frames that a model with this spec can be shown: those with a face, or all."""
    return frames.take(frames.pictures(spec) != "")


def check_pictures(prepared: PreparedFolder, frames: Frames, spec: FaceSpec) -> None:
    """Raise DataError, with the first of them and the remedy, when pictures are missing."""
    folder = picture_folder(prepared, spec)
    names = frames.pictures(spec).tolist()
    gone = [name for name in names if name and not (folder / name).is_file()]
    if not gone:
        return
    if spec.kind == "whole":
        remedy = (
            "This recipe is shown whole pictures: bring the archive back to this place, or run "
            "`wince prepare` on the place where it is now."
        )
    else:
        remedy = "Run `wince prepare` again with the same --out: it makes what is missing."
    raise DataError(
        f"{len(gone):,} of the {len(names):,} pictures that the manifest names are missing, the "
        f"first is {folder / gone[0]}. {remedy}"
    )


def check_labels(prepared: PreparedFolder, frames: Frames) -> None:
    """Raise DataError when labels in the archive no longer are what the manifest says.

    Only label files that are newer than the manifest are read again. An archive that is not there,
    or no longer has its layout, is no reason to refuse: the prepared folder stands by itself.
    """
    base = _base(prepared)
    if base is None:
        return
    written = (prepared.folder / "manifest.csv").stat().st_mtime
    layout = known_layouts.named(str(prepared.report["archive"]["layout"]))
    by_path = dict(zip(frames.path.tolist(), frames.pspi.tolist(), strict=True))
    folder = base if base.is_dir() else base.parent
    changed: list[str] = []
    newer: dict[str, bool] = {}  # one table may hold the labels of all frames
    for file in layout.files(base):
        if file.name not in by_path or not file.label:
            continue
        if file.label not in newer:
            newer[file.label] = (folder / file.label).stat().st_mtime > written
        if not newer[file.label]:
            continue
        try:
            now = f"{layout.read_label(base, file).pspi:g}"
        except BadLabelError as error:
            now = str(error)
        before = f"{by_path[file.name]:g}"
        if now != before:
            changed.append(f"{file.name} had PSPI {before}, now {now}")
    if changed:
        raise DataError(
            f"Labels of the archive have changed since it was prepared ({len(changed):,} of "
            f"{len(by_path):,}; the first: {changed[0]}). Run `wince prepare` again."
        )


def picture_folder(prepared: PreparedFolder, spec: FaceSpec) -> Path:
    """Return the folder that `Frames.pictures` are relative to."""
    return prepared.archive if spec.kind == "whole" else prepared.folder


def digest(prepared: PreparedFolder) -> str:
    """Return the sha256 of the manifest as it was written."""
    return str(prepared.report["files"]["manifest.csv"]["sha256"])


def listed(names: Iterable[str], most: int = 3) -> str:
    """Return some names as words: the first few, and how many more there are."""
    ordered: Sequence[str] = sorted(names)
    shown = ", ".join(ordered[:most])
    return f"{shown} and {len(ordered) - most} more" if len(ordered) > most else shown


def _check_unchanged(prepared: PreparedFolder, path: Path) -> None:
    try:
        found = sha256(path)
        expected = digest(prepared)
    except (OSError, KeyError, TypeError) as error:
        raise DataError(
            f"{path} cannot be read ({error}). Run `wince prepare` again with the same --out."
        ) from error
    if found != expected:
        raise DataError(
            f"{path} is not what `wince prepare` wrote: labels or splits have changed since "
            f"(sha256 {found[:12]}…, expected {expected[:12]}…). Change the archive or the split "
            "file instead, and run `wince prepare` again."
        )


def _base(prepared: PreparedFolder) -> Path | None:
    try:
        return known_layouts.recognise(prepared.archive, str(prepared.report["archive"]["layout"]))[
            1
        ]
    except ArchiveError:
        return None


def _number(cell: str) -> float:
    return float(cell) if cell else float("nan")
