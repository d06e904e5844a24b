"""What a picture file shows: whether it decodes, whether it is blank, its face, its crop.

A `Detection` is cached between runs and reused while the file is the same and nothing that decides
the result has changed.
"""

import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from wince import images
from wince.archive import checks, crops
from wince.archive.frame_file import FrameFile
from wince.errors import ImageError
from wince.faces.boxes import iou
from wince.faces.detect import Face, detect
from wince.faces.spec import FaceSpec

Box = tuple[float, float, float, float]
SAME_FACE = 0.1  # overlap with the labelled box from which a found face is the one meant
SETTLED = 2_000_000_000  # nanoseconds after which a file's time of change tells versions apart


@dataclass(frozen=True, slots=True)
class FileState:
    """A file as it was read: bytes, times of change in nanoseconds, when it was read, SHA-256."""

    size: int
    modified: int
    changed: int
    seen: int
    digest: str


@dataclass(frozen=True, slots=True)
class Detection:
    """What a picture file showed.

    state: the file's at that time; settings, box_given: what else decided the rest.
    check: reason of the check it failed, "" when none; detail: how.
    width, height: of the upright picture in pixels.
    crop: where the face's crop is kept, "" when no face was found; then the rest is 0.
    crop_side: in pixels; crop_bytes: its size; score: the detector's, 0 to 1.
    box: x0, y0, x1, y1 in pixels of the upright picture; yaw in degrees, see `Face.yaw`.
    """

    state: FileState
    settings: str
    box_given: str
    check: str = ""
    detail: str = ""
    width: int = 0
    height: int = 0
    crop: str = ""
    crop_side: int = 0
    crop_bytes: int = 0
    score: float = 0.0
    box: Box = (0.0, 0.0, 0.0, 0.0)
    yaw: float = 0.0

    def to_json(self) -> str:
        """Return the look as one line of JSON."""
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> "Detection | None":
        """Return the look that `to_json` wrote, None when another version of wince wrote it."""
        try:
            data: dict[str, Any] = json.loads(text)
            data["state"] = FileState(**data["state"])
            data["box"] = tuple(data["box"])
            return cls(**data)
        except (ValueError, TypeError, KeyError):
            return None


DETECTION_VERSION = 1
"""Version of all that decides a detection besides its file: checks, face search, alignment, crop.

Raise it whenever a change to that code, to the face detector or to a decoding library can change a
detection; detections cached under another version are made again.
"""


def settings_of(spec: FaceSpec) -> str:
    """Return the key under which detections are cached: the version and the crop's spec."""
    return f"{DETECTION_VERSION} {json.dumps(spec.to_dict(), sort_keys=True)}"


def observe(path: Path, known: FileState | None) -> tuple[FileState, bytes | None]:
    """Return a file's state, and its bytes unless it is still as it was known.

    Size and times alone are trusted only when the file had been left alone for a while before it
    was read then: on many file systems two changes within a tick carry the same time.

    Raises ImageError when the file cannot be read.
    """
    try:
        stat = path.stat()
        if known is not None and _stands(known, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns):
            return known, None
        seen = time.time_ns()
        with path.open("rb") as file:
            data = file.read(images.MAX_BYTES + 1)
    except OSError as error:
        raise ImageError(f"it cannot be opened: {error.strerror or error}") from error
    digest = sha256(data).hexdigest()
    return FileState(stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, seen, digest), data


def _stands(known: FileState, size: int, modified: int, changed: int) -> bool:
    same = (known.size, known.modified, known.changed) == (size, modified, changed)
    return same and max(modified, changed) + SETTLED < known.seen


def at(
    data: bytes,
    state: FileState,
    file: FrameFile,
    box: Box | None,
    *,
    spec: FaceSpec,
    out: Path,
) -> Detection:
    """Return what a picture's bytes show; its face's crop is written below `out` by then.

    box: the labelled face's in pixels of the upright picture, None when the archive gives none.
    """
    settings, given = settings_of(spec), box_text(box)
    try:
        picture = images.read(data)
    except ImageError as error:
        # The first sentence says what is wrong; what to do next is for those who took the picture.
        detail = str(error).partition(". ")[0].replace("the image", "the picture", 1)
        return Detection(state, settings, given, checks.DECODES.reason, detail)
    look = Detection(state, settings, given, width=picture.width, height=picture.height)
    if checks.is_blank(picture.rgb):
        detail = "one grey nearly everywhere"
        return replace(look, check=checks.NOT_BLANK.reason, detail=detail)
    face = meant(detect(picture.rgb), box, picture.scale)
    if face is None:
        return look
    jpeg, side = crops.encode(picture.rgb, face, spec)
    key = crops.key(file.name, state.digest, settings, given)
    crop = crops.name(file.name, file.subject, file.sequence, key)
    crops.write(out, crop, jpeg)
    x0, y0, x1, y1 = (round(value, 1) for value in face.scaled(picture.scale).box)
    return replace(
        look,
        crop=crop,
        crop_side=side,
        crop_bytes=len(jpeg),
        score=round(face.score, 4),
        box=(x0, y0, x1, y1),
        yaw=round(face.yaw, 1),
    )


def box_text(box: Box | None) -> str:
    """Return a box as text, "" for None."""
    return "" if box is None else " ".join(f"{value:g}" for value in box)


def meant(faces: Sequence[Face], box: Box | None, scale: float) -> Face | None:
    """Return the face that a label is about: the largest, or the one that fits the label's box.

    faces: the largest first; box: in pixels of a picture `scale` times as large, or None.
    """
    if box is None or not faces:
        return faces[0] if faces else None
    target = np.array(box) / scale
    overlaps = iou(target, np.array([face.box for face in faces]))
    best = int(overlaps.argmax())
    return faces[best] if overlaps[best] >= SAME_FACE else None
