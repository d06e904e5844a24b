"""Prepared data opened for a model: its frames as arrays, checked against the files on disk."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wince import file_names
from wince.archive import crops, target_label
from wince.archive.frame_file import FRAME_MARK
from wince.archive.labels import BadLabelError
from wince.archive.layouts import known_layouts, recordings
from wince.archive.prepared_folder import PreparedFolder, open_prepared
from wince.archive.table_options import TableOptions
from wince.errors import ArchiveError, DataError
from wince.faces.spec import FaceSpec
from wince.training.data import unscorable
from wince.training.data.frames import Frames, read_frames
from wince.training.data.unscorable import Unscorable


@dataclass(frozen=True, slots=True)
class ModelData:
    """The frames of a prepared folder that a model with one FaceSpec can see, checked.

    Attributes:
        prepared: The prepared folder.
        frames: Its frames that have an image for the spec (N).
        image_states: Size in bytes and modification time in ns of each frame's image, (N, 2).
        unscorable: Labelled frames that such a model cannot score.
    """

    prepared: PreparedFolder
    frames: Frames
    image_states: NDArray[np.int64]
    unscorable: Unscorable


def open_data(folder: Path, spec: FaceSpec) -> ModelData:
    """Return the frames of a prepared folder that a model can see.

    Each image file is looked at once.

    Args:
        folder: A folder that `wince prepare` wrote.
        spec: What the model sees.

    Raises:
        DataError: The folder is not a prepared one, was changed, lacks images that its manifest
            names, has crops for another FaceSpec, or labels of the archive have changed.
    """
    prepared = open_prepared(folder)
    every_frame = read_frames(prepared)
    check_crop_spec(prepared, spec)
    frames = every_frame.take(every_frame.image_names(spec) != "")
    states = _image_states(prepared, frames, spec)
    _check_labels(prepared, every_frame)
    return ModelData(prepared, frames, states, unscorable.find(prepared, every_frame, spec))


def check_crop_spec(prepared: PreparedFolder, spec: FaceSpec) -> None:
    """Raise DataError when a prepared folder's crops do not show what a spec asks for.

    A spec may show less around the face than the folder was prepared for, never more.
    """
    if spec.kind == "whole":
        return
    stored = prepared.face_spec
    if spec.side > stored.side or stored.centre != spec.centre:
        raise DataError(
            f"{prepared.folder} has crops for a FaceSpec of side {stored.side:g} and centre "
            f"{stored.centre:g}; this model needs side {spec.side:g} and centre {spec.centre:g}. "
            "Prepare the archive again with the version of wince that trained the model, or train "
            "a model on this folder."
        )
    largest = int(crops.SIDES[-1] / stored_margin(prepared, spec))
    if spec.size > largest:
        raise DataError(
            f"The stored crops suffice for models of up to {largest} pixels; found {spec.size}. "
            f"Use --size {largest} or less."
        )


def stored_margin(prepared: PreparedFolder, spec: FaceSpec) -> float:
    """Return how many times as wide as a spec's crop the stored crops are."""
    return prepared.margin * prepared.face_spec.side / spec.side if spec.side else prepared.margin


def image_folder(prepared: PreparedFolder, spec: FaceSpec) -> Path:
    """Return the folder that `Frames.image_names` are relative to."""
    return prepared.archive if spec.kind == "whole" else prepared.folder


def manifest_sha256(prepared: PreparedFolder) -> str:
    """Return the SHA-256 of the manifest as `wince prepare` wrote it."""
    return str(prepared.report["files"][file_names.MANIFEST]["sha256"])


def _image_states(prepared: PreparedFolder, frames: Frames, spec: FaceSpec) -> NDArray[np.int64]:
    """Return size and modification time of each frame's image, (N, 2).

    Raises:
        DataError: Images are missing; names how many, the first one, and the remedy.
    """
    folder = image_folder(prepared, spec)
    states = np.zeros((len(frames), 2), np.int64)
    missing = []
    for row, name in enumerate(frames.image_names(spec).tolist()):
        if spec.kind == "whole" and FRAME_MARK in name:
            raise DataError(
                f"This recipe uses whole images, but {prepared.folder} was prepared from videos, "
                "of which only face crops are stored. Choose a recipe that uses aligned faces."
            )
        try:
            status = (folder / name).stat()
        except OSError:
            missing.append(name)
        else:
            states[row] = status.st_size, status.st_mtime_ns
    if not missing:
        return states
    if spec.kind == "whole":
        remedy = (
            "This recipe uses whole images: bring the archive back to this place, or run "
            "`wince prepare` where the archive is now."
        )
    else:
        remedy = "Run `wince prepare` again with the same --out: it makes what is missing."
    raise DataError(
        f"{len(missing):,} of the {len(frames):,} images that the manifest names are missing, the "
        f"first is {folder / missing[0]}. {remedy}"
    )


def _check_labels(prepared: PreparedFolder, frames: Frames) -> None:
    """Raise DataError when labels in the archive differ from the manifest.

    Only label files newer than the manifest are read. An archive that is gone or has lost its
    layout is accepted, because training on crops does not need it.
    """
    base = _archive_base(prepared)
    if base is None:
        return
    written = (prepared.folder / file_names.MANIFEST).stat().st_mtime
    layout = known_layouts.named(str(prepared.report["archive"]["layout"]))
    options = _options_of_table(prepared)
    if layout is recordings and not recordings.labels_changed(base, options, written):
        return  # reading the times of all videos takes long
    labels = dict(zip(frames.path.tolist(), frames.score.tolist(), strict=True))
    folder = base if base.is_dir() else base.parent
    changed: list[str] = []
    is_newer: dict[str, bool] = {}  # by label file: one table may have the labels of all frames
    for file in layout.files(base, options):
        if file.name not in labels or not target_label.exists(file, prepared.scale):
            continue
        if file.label not in is_newer:
            is_newer[file.label] = (folder / file.label).stat().st_mtime > written
        if not is_newer[file.label]:
            continue
        try:
            label = target_label.read_label(layout, base, file, prepared.scale)
            current = f"{label.score:g}"
        except BadLabelError as error:
            current = str(error)
        previous = f"{labels[file.name]:g}"
        if current != previous:
            changed.append(f"{file.name} had {prepared.scale.name} {previous}, now {current}")
    if changed:
        raise DataError(
            f"Labels of the archive have changed since it was prepared ({len(changed):,} of "
            f"{len(labels):,}; the first: {changed[0]}). Run `wince prepare` again."
        )


def _archive_base(prepared: PreparedFolder) -> Path | None:
    layout = str(prepared.report["archive"]["layout"])
    try:
        return known_layouts.recognise(prepared.archive, layout, _options_of_table(prepared))[1]
    except ArchiveError:
        return None


def _options_of_table(prepared: PreparedFolder) -> TableOptions:
    return TableOptions.from_dict(prepared.report["archive"].get("table", {}))
