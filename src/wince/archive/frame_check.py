"""Check one frame: its file, its label and its face. This runs in worker processes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wince.archive import checks, detection, labels, target_label, video_frames
from wince.archive.detection import Detection, FileState
from wince.archive.frame_file import FrameFile, Label
from wince.archive.layouts import known_layouts
from wince.errors import ImageError
from wince.faces import MIN_SCORE
from wince.faces.spec import FaceSpec
from wince.scale import PSPI, Scale


@dataclass(frozen=True, slots=True)
class CheckSettings:
    """What all frames of one run have in common.

    Attributes:
        layout: Name of the archive's layout.
        base: Where the archive begins: a folder or a CSV file.
        folder: The folder that the frames' paths are relative to.
        out: The prepared folder.
        spec: What a model is shown.
        strict: Whether frames with a doubtful label are left out.
        min_score: Minimum score of the face detector.
        scale: The scale of the labels.
    """

    layout: str
    base: Path
    folder: Path
    out: Path
    spec: FaceSpec
    strict: bool = False
    min_score: float = MIN_SCORE
    scale: Scale = PSPI


@dataclass(frozen=True, slots=True)
class FrameResult:
    """Result of checking one frame.

    Attributes:
        file: The frame.
        check: Reason of the first check that it failed, "" if it is kept.
        detail: How it failed.
        line: Line of the label file that is about it, 0 if unknown.
        label: None if there is none or it is invalid.
        detection: None if the image was not decoded.
        digest: SHA-256 of the file, "" if it was not opened.
        reused: Whether the detection is an earlier run's.
    """

    file: FrameFile
    check: str = ""
    detail: str = ""
    line: int = 0
    label: Label | None = None
    detection: Detection | None = None
    digest: str = ""
    reused: bool = False


def check_frames(
    settings: CheckSettings, batch: Sequence[tuple[FrameFile, Detection | None]]
) -> list[FrameResult]:
    """Return the result of each frame, in order; see `check_frame`."""
    return [check_frame(settings, file, cached) for file, cached in batch]


def check_frame(settings: CheckSettings, file: FrameFile, cached: Detection | None) -> FrameResult:
    """Return the result of checking a frame, and write the crop of its face.

    Args:
        settings: The run's settings.
        file: The frame.
        cached: Detection of an earlier run in a file of this name, if any.
    """
    if not file.video and not checks.has_image_suffix(file.name):
        detail, label = "expected .png, .jpg or .jpeg", _label_if_valid(settings, file)
        return FrameResult(file, checks.NAME.reason, detail, label=label)
    if file.video and file.seconds is None:
        failed = checks.READABLE if file.label else checks.LABELLED
        return FrameResult(file, failed.reason, file.missing, file.line)
    known = cached.state if cached else None
    data = None
    try:
        if file.video:
            state = detection.video_state(settings.folder / file.video, known)
        else:
            state, data = detection.read_if_changed(settings.folder / file.name, known)
    except ImageError as error:
        label = _label_if_valid(settings, file)
        return FrameResult(file, checks.READABLE.reason, str(error), label=label)
    digest = f"{state.digest} {file.frame}" if file.video else state.digest
    problem = "" if data is None else checks.header_problem(data)
    if problem:
        label = _label_if_valid(settings, file)
        return FrameResult(file, checks.READABLE.reason, problem, label=label, digest=digest)
    if not target_label.exists(file, settings.scale):
        reason = target_label.missing(file, settings.scale)
        return FrameResult(file, checks.LABELLED.reason, reason, digest=digest)
    try:
        label = _read_label(settings, file)
    except labels.BadLabelError as error:
        line = error.line or file.line
        return FrameResult(file, checks.SCORE.reason, str(error), line, digest=digest)
    check, detail = _check_label(settings, file, label)
    if check:
        return FrameResult(file, check, detail, file.line, label, digest=digest)
    unchanged = cached is not None and cached.state.digest == state.digest
    if cached is not None and unchanged and _is_valid(cached, settings, label):
        result, reused = replace(cached, state=state), True
    else:
        try:
            result, reused = _detect(settings, file, label, state, data), False
        except ImageError as error:
            failed = checks.DECODES if file.video else checks.READABLE
            return FrameResult(file, failed.reason, str(error), label=label)
    return FrameResult(file, result.check, result.detail, file.line, label, result, digest, reused)


def _read_label(settings: CheckSettings, file: FrameFile) -> Label:
    layout = known_layouts.named(settings.layout)
    return target_label.read_label(layout, settings.base, file, settings.scale)


def _label_if_valid(settings: CheckSettings, file: FrameFile) -> Label | None:
    """Return the label of a frame whose image fails a check, so that the frame can be counted."""
    if not target_label.exists(file, settings.scale):
        return None
    try:
        return _read_label(settings, file)
    except labels.BadLabelError:
        return None


def _detect(
    settings: CheckSettings, file: FrameFile, label: Label, state: FileState, data: bytes | None
) -> Detection:
    """Return a new detection.

    `data` is None for a video, and for a file that is unchanged and was not read.
    """
    source: bytes | NDArray[np.uint8]
    if file.video:
        assert file.seconds is not None  # the layout has read the times of all frames
        source = video_frames.read_frame(settings.folder / file.video, file.seconds)
    elif data is None:
        state, data = detection.read_if_changed(settings.folder / file.name, None)
        source = data or b""
    else:
        source = data
    return detection.detect_and_crop(
        source,
        state,
        file,
        label.box,
        spec=settings.spec,
        min_score=settings.min_score,
        out=settings.out,
    )


def _is_valid(cached: Detection, settings: CheckSettings, label: Label) -> bool:
    """Return whether a new detection in the same bytes would give the same result."""
    if cached.settings != detection.settings_key(settings.spec, settings.min_score):
        return False
    if cached.box_given != detection.box_text(label.box):
        return False
    if not cached.crop:
        return True
    try:
        return (settings.out / cached.crop).stat().st_size == cached.crop_bytes
    except OSError:
        return False


def _check_label(settings: CheckSettings, file: FrameFile, label: Label) -> tuple[str, str]:
    """Return reason and detail of the first of our checks that a valid label fails, or two ""."""
    if not file.subject:
        return checks.SUBJECT.reason, "no subject is given, so the frame cannot be split by subject"
    if label.refused:
        return checks.USABLE.reason, label.refused
    if settings.strict and label.doubt:
        return checks.AGREES.reason, label.doubt
    return "", ""
