"""Labelled frames of a prepared folder that a model cannot score, such as images without a face."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wince import file_names, spreadsheet_cells
from wince.archive import checks
from wince.archive.balanced_split import PARTS
from wince.archive.manifest import excluded_columns
from wince.archive.prepared_folder import PreparedFolder
from wince.faces.spec import FaceSpec
from wince.scale import UNIT_NAMES
from wince.training.data.frames import TEXT_COLUMNS, Frames

NO_FACE = "no face found"
NOT_COUNTED = (checks.ONCE.reason, checks.AGREES.reason)
"""Reasons of excluded.csv that make a frame no frame of the archive: its image is listed twice, or
its label is doubtful and `--strict` leaves such labels out."""


@dataclass(frozen=True, slots=True)
class Unscorable:
    """Labelled frames that a model cannot score.

    Attributes:
        frames: The frames (M).
        reason: Why each cannot be scored (M,).
    """

    frames: Frames
    reason: NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.reason)

    def take(self, rows: NDArray[np.bool_]) -> "Unscorable":
        """Return some of the frames, by mask."""
        return Unscorable(self.frames.take(rows), self.reason[rows])

    def of_part(self, part: str) -> "Unscorable":
        """Return the frames of a part of the prepared split."""
        return self.take(self.frames.split == part)

    def of_subjects(self, subjects: Collection[str]) -> "Unscorable":
        """Return the frames of some subjects."""
        return self.take(np.isin(self.frames.subject, list(subjects)))


def find(prepared: PreparedFolder, every_frame: Frames, spec: FaceSpec) -> Unscorable:
    """Return the labelled frames of a prepared folder that a model with this spec cannot score.

    These are the frames of the manifest that have no image for the spec, and the frames with a
    valid label that `wince prepare` left out.

    Args:
        prepared: The prepared folder.
        every_frame: The frames of its manifest.
        spec: What the model sees.
    """
    without_face = every_frame.take(every_frame.image_names(spec) == "")
    excluded, reasons = _excluded(prepared, every_frame)
    faces = np.full(len(without_face), NO_FACE)
    return Unscorable(without_face.join(excluded), np.concatenate([faces, reasons]))


def sentences(unscorable: Unscorable, frames: Frames) -> list[str]:
    """Return how many frames of each part cannot be scored, as sentences.

    Args:
        unscorable: These frames.
        frames: The frames that can be scored.
    """
    counts = []
    for part in (*PARTS, ""):
        missing = int((unscorable.frames.split == part).sum())
        if missing:
            labelled = missing + int((frames.split == part).sum())
            name = f"{part} part" if part else "in no part"
            counts.append(f"{name} {missing:,} of {labelled:,}")
    if not counts:
        return []
    return [
        "Labelled frames without a face or a usable image are left out of training, and counted in "
        f"the evaluation as frames without a score: {', '.join(counts)}."
    ]


def _excluded(prepared: PreparedFolder, every_frame: Frames) -> tuple[Frames, NDArray[np.str_]]:
    """Return the labelled frames in excluded.csv and the reasons.

    There are none if an earlier version of wince wrote the file, which lacked their labels.
    """
    rows: list[dict[str, str]] = []
    path, label = prepared.folder / file_names.EXCLUDED, prepared.scale.column
    needed = set(excluded_columns(prepared.scale))
    if path.is_file():
        with path.open(encoding="utf-8", newline="") as file:
            rows = _labelled(
                (row for row in spreadsheet_cells.read_dicts(file) if needed <= row.keys()),
                _keys(every_frame),
                label,
            )
    columns = {
        name: np.array([row.get(name, "") for row in rows], np.str_) for name in TEXT_COLUMNS
    }
    groups = {
        name: np.array([row.get(name, "") for row in rows], np.str_) for name in every_frame.groups
    }
    frames = Frames(
        **columns,
        score=np.array([row[label] for row in rows], np.float32),
        units=np.full((len(rows), len(UNIT_NAMES)), np.nan, np.float32),
        groups=groups,
        scale=prepared.scale,
    )
    return frames, np.array([row["reason"] for row in rows], np.str_)


def _labelled(
    rows: Iterable[dict[str, str]], kept: set[tuple[str, ...]], label: str
) -> list[dict[str, str]]:
    """Return the rows of labelled frames, each frame once, without those that are kept.

    A frame may be there as two files, one of them damaged: then it is not missing.
    """
    labelled: dict[tuple[str, ...], dict[str, str]] = {}
    for row in rows:
        key = (row["subject"], row["sequence"], row["frame"])
        if all((*key, row[label])) and key not in kept and row["reason"] not in NOT_COUNTED:
            labelled.setdefault(key, row)
    return list(labelled.values())


def _keys(frames: Frames) -> set[tuple[str, ...]]:
    names = (frames.subject.tolist(), frames.sequence.tolist(), frames.frame.tolist())
    return set(zip(*names, strict=True))
