"""One frame examined from end to end: its checks, its label, its face. Runs in worker processes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from wince.archive import checks, detection, labels
from wince.archive.detection import Detection
from wince.archive.frame_file import FrameFile, Label
from wince.archive.layouts import known_layouts
from wince.errors import ImageError
from wince.faces.spec import FaceSpec


@dataclass(frozen=True, slots=True)
class CheckSettings:
    """What all frames of one run share.

    layout: its name; base: where the archive begins; folder: what its frames' paths are relative
    to; out: the prepared folder; spec: what a model will be shown; strict: whether a doubtful label
    is left out.
    """

    layout: str
    base: Path
    folder: Path
    out: Path
    spec: FaceSpec
    strict: bool = False


@dataclass(frozen=True, slots=True)
class FrameResult:
    """What became of one frame.

    check: reason of the first check it failed, "" when it is kept; detail, line: how and where.
    label: None when it was not or could not be read. look: None when it was not looked at.
    digest: SHA-256 of the file, "" when it was not opened.
    reused: whether the look is an earlier run's.
    """

    file: FrameFile
    check: str = ""
    detail: str = ""
    line: int = 0
    label: Label | None = None
    look: Detection | None = None
    digest: str = ""
    reused: bool = False


def check_frames(
    task: CheckSettings, batch: Sequence[tuple[FrameFile, Detection | None]]
) -> list[FrameResult]:
    """Return `check_frame` of each frame, in order."""
    return [check_frame(task, file, known) for file, known in batch]


def check_frame(task: CheckSettings, file: FrameFile, known: Detection | None) -> FrameResult:
    """Return what became of a frame; the crop of its face, if it has one, is on disk by then.

    known: what an earlier run saw in this file, if anything.
    """
    if not checks.has_image_suffix(file.name):
        return FrameResult(file, checks.NAME.reason, "expected .png, .jpg or .jpeg")
    path = task.folder / file.name
    try:
        state, data = detection.observe(path, known.state if known else None)
    except ImageError as error:
        return FrameResult(file, checks.READABLE.reason, str(error))
    digest = state.digest
    problem = "" if data is None else checks.header_problem(data)
    if problem:
        return FrameResult(file, checks.READABLE.reason, problem, digest=digest)
    if not file.label:
        return FrameResult(file, checks.LABELLED.reason, file.missing, digest=digest)
    try:
        label = known_layouts.named(task.layout).read_label(task.base, file)
    except labels.BadLabelError as error:
        line = error.line or file.line
        return FrameResult(file, checks.SCORE.reason, str(error), line, digest=digest)
    check, detail = _label_verdict(task, file, label)
    if check:
        return FrameResult(file, check, detail, file.line, label, digest=digest)
    if known is not None and known.state.digest == digest and _serves(known, task, label):
        seen, reused = replace(known, state=state), True
    else:
        try:
            if data is None:  # the file stands, but the label, the settings or the crop do not
                state, data = detection.observe(path, None)
        except ImageError as error:
            return FrameResult(file, checks.READABLE.reason, str(error))
        seen = detection.at(data or b"", state, file, label.box, spec=task.spec, out=task.out)
        reused = False
    return FrameResult(file, seen.check, seen.detail, file.line, label, seen, digest, reused)


def _serves(known: Detection, task: CheckSettings, label: Label) -> bool:
    """Return whether an earlier look at the same bytes is still what a new one would be."""
    decided_by = (detection.settings_of(task.spec), detection.box_text(label.box))
    if (known.settings, known.box_given) != decided_by:
        return False
    if not known.crop:
        return True
    try:
        return (task.out / known.crop).stat().st_size == known.crop_bytes
    except OSError:
        return False


def _label_verdict(task: CheckSettings, file: FrameFile, label: Label) -> tuple[str, str]:
    """Return the first of our checks that a sound score's label fails, and how, or two ""."""
    if not file.subject:
        return checks.SUBJECT.reason, "nobody is named; frames could not be split by subject"
    if label.refused:
        return checks.USABLE.reason, label.refused
    if task.strict and label.doubt:
        return checks.AGREES.reason, label.doubt
    return "", ""
