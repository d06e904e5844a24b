"""The frames of a prepared folder as arrays, read from its manifest."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wince import file_names, spreadsheet_cells
from wince.archive.frame_file import RATINGS
from wince.archive.manifest import AFTER_GROUPS, LATER_COLUMNS, UNITS, before_groups
from wince.archive.prepared_folder import PreparedFolder
from wince.errors import DataError
from wince.faces.spec import FaceSpec
from wince.scale import PSPI, Scale

TEXT_COLUMNS = (
    *("path", "subject", "sequence", "frame", "seconds", "vas", "opr"),
    *("crop", "split", "fold", "loso"),
)


@dataclass(frozen=True, slots=True)
class Frames:
    """Frames of a prepared folder, one row each.

    Attributes:
        path: Image file relative to the archive (N,).
        subject: Name of the subject (N,).
        sequence: Name of the sequence (N,).
        frame: Name of the frame (N,).
        seconds: Time of the frame in its sequence as text, "" where it is not known (N,).
        vas: VAS rating of the sequence as text, "" where there is none (N,).
        opr: OPR rating of the sequence as text, "" where there is none (N,).
        crop: Face crop relative to the prepared folder, "" without a face (N,).
        split: "train", "val", "test" or "" (N,).
        fold: Name of the fold (N,).
        loso: Name of the fold when one subject is left out (N,).
        score: Label, on `scale` (N,).
        units: The six action units, AU43 0 or 1, the others 0 to 5, NaN where unknown (N, 6).
        groups: Further columns of the manifest by name, with other ratings of sequences if there
            are any, each (N,).
        scale: The scale of the labels.
    """

    path: NDArray[np.str_]
    subject: NDArray[np.str_]
    sequence: NDArray[np.str_]
    frame: NDArray[np.str_]
    seconds: NDArray[np.str_]
    vas: NDArray[np.str_]
    opr: NDArray[np.str_]
    crop: NDArray[np.str_]
    split: NDArray[np.str_]
    fold: NDArray[np.str_]
    loso: NDArray[np.str_]
    score: NDArray[np.float64]
    units: NDArray[np.float32]
    groups: Mapping[str, NDArray[np.str_]]
    scale: Scale = PSPI

    def __len__(self) -> int:
        return len(self.score)

    @property
    def units_known(self) -> NDArray[np.bool_]:
        """Whether all six action units of each frame are known (N,)."""
        return np.asarray(~np.isnan(self.units).any(axis=1))

    def take(self, rows: NDArray[np.intp] | NDArray[np.bool_]) -> "Frames":
        """Return some of the rows, by number or by mask."""
        columns = {name: getattr(self, name)[rows] for name in (*TEXT_COLUMNS, "score", "units")}
        return Frames(
            **columns,
            groups={name: values[rows] for name, values in self.groups.items()},
            scale=self.scale,
        )

    def image_names(self, spec: FaceSpec) -> NDArray[np.str_]:
        """Return the image file of each frame that a model with this spec sees, "" for none."""
        return self.path if spec.kind == "whole" else self.crop

    def join(self, other: "Frames") -> "Frames":
        """Return these frames and others below them. Both have the same groups."""

        def joined(first: NDArray[Any], second: NDArray[Any]) -> NDArray[Any]:
            return np.concatenate([first, second])

        names = (*TEXT_COLUMNS, "score", "units")
        return Frames(
            **{name: joined(getattr(self, name), getattr(other, name)) for name in names},
            groups={name: joined(cells, other.groups[name]) for name, cells in self.groups.items()},
            scale=self.scale,
        )


def read_frames(prepared: PreparedFolder) -> Frames:
    """Return every frame of a prepared folder's manifest.

    Raises:
        DataError: The manifest lacks a column or has no frame.
    """
    path = prepared.folder / file_names.MANIFEST
    known = {*before_groups(prepared.scale), *AFTER_GROUPS}
    further = [name for name in RATINGS if name not in TEXT_COLUMNS]
    with path.open(encoding="utf-8", newline="") as file:
        reader = spreadsheet_cells.read_lists(file)
        names = next(reader, [])
        missing = sorted(known - {*LATER_COLUMNS, *names})
        if missing:
            raise DataError(
                f"{path}, line 1: the column {missing[0]} is missing. Another version of wince "
                "wrote the file: run `wince prepare` again."
            )
        columns = dict(zip(names, zip(*reader, strict=True), strict=False))
    if not columns:
        raise DataError(f"{path} has no frame. Prepare an archive that has some.")
    unknown = ("",) * len(columns["path"])
    units = [[float(cell or "nan") for cell in columns[name]] for name in UNITS]
    return Frames(
        **{name: np.array(columns.get(name, unknown)) for name in TEXT_COLUMNS},
        score=np.array(columns[prepared.scale.column], np.float64),
        units=np.array(units, np.float32).T.copy(),
        groups={
            name: np.array(cells)
            for name, cells in columns.items()
            if name not in known or (name in further and any(cells))
        },
        scale=prepared.scale,
    )
