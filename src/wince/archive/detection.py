"""Find the face in one image file and store its crop.

The result, a `Detection`, is cached between runs. It is reused while the file is the same and
nothing else that decides the result has changed.
"""

import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wince import images
from wince.archive import checks, crops
from wince.archive.frame_file import Box, FrameFile
from wince.errors import ImageError
from wince.faces.boxes import iou
from wince.faces.detect import detect
from wince.faces.face import Face
from wince.faces.spec import FaceSpec
from wince.files import refuse_irregular
from wince.files import sha256 as file_sha256

DETECTION_VERSION = 3
"""Version of all that decides a detection besides its file: checks, face search, alignment, crop.

Raise it whenever a change to that code, to the face detector or to a decoding library can change a
detection; detections cached under another version are made again.
"""
MINIMUM_IOU = 0.1
"""A detected face is the labelled one if its overlap with the labelled box is at least this."""
SETTLED_NS = 2_000_000_000
"""Age in nanoseconds that a file must have when it is read for its times to identify its content.
On many file systems two changes within a clock tick have the same time."""


@dataclass(frozen=True, slots=True)
class FileState:
    """Size, times and content of a file when it was read.

    Attributes:
        size: In bytes.
        modified: Time of the last change of the content, in nanoseconds.
        changed: Time of the last change of the inode, in nanoseconds.
        read_at: When the file was read, in nanoseconds.
        digest: SHA-256 as hexadecimal digits.
    """

    size: int
    modified: int
    changed: int
    read_at: int
    digest: str


@dataclass(frozen=True, slots=True)
class Detection:
    """What was found in an image file.

    Attributes:
        state: State of the file.
        settings: `settings_key` of the run.
        box_given: `box_text` of the labelled box.
        check: Reason of the check that the image failed, "" if none.
        detail: How it failed.
        width: Width of the upright image in pixels.
        height: Height of the upright image in pixels.
        warnings: What of the image could not be read as it was meant, such as further frames.
        crop: Path of the crop below the prepared folder. If "", there is no face, and the
            attributes below are 0.
        crop_side: Side of the crop in pixels.
        crop_bytes: Size of the crop's file.
        score: The detector's score, 0 to 1.
        box: The face in the upright image.
        yaw: In degrees, see `Face.yaw`.
    """

    state: FileState
    settings: str
    box_given: str
    check: str = ""
    detail: str = ""
    width: int = 0
    height: int = 0
    warnings: tuple[str, ...] = ()
    crop: str = ""
    crop_side: int = 0
    crop_bytes: int = 0
    score: float = 0.0
    box: Box = (0.0, 0.0, 0.0, 0.0)
    yaw: float = 0.0

    def to_json(self) -> str:
        """Return the detection as one line of JSON."""
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> "Detection | None":
        """Return the detection that `to_json` wrote, None if another version of wince wrote it."""
        try:
            data: dict[str, Any] = json.loads(text)
            data["state"] = FileState(**data["state"])
            data["box"], data["warnings"] = tuple(data["box"]), tuple(data["warnings"])
            return cls(**data)
        except (ValueError, TypeError, KeyError):
            return None


def settings_key(spec: FaceSpec, min_score: float) -> str:
    """Return the key under which detections are cached: version, minimum score and crop's spec."""
    return f"{DETECTION_VERSION} {min_score:g} {json.dumps(spec.to_dict(), sort_keys=True)}"


def box_text(box: Box | None) -> str:
    """Return a box as text, "" for None."""
    return "" if box is None else " ".join(f"{value:g}" for value in box)


def read_if_changed(path: Path, known: FileState | None) -> tuple[FileState, bytes | None]:
    """Return a file's state and bytes; None for the bytes if its state is still `known`.

    Args:
        path: The file.
        known: The state of an earlier run. It is trusted only if the file was older than
            `SETTLED_NS` when it was read.

    Raises:
        ImageError: The file cannot be read.
    """
    try:
        refuse_irregular(path)
        stat = path.stat()
        times = (stat.st_mtime_ns, stat.st_ctime_ns)
        if known is not None and _is_same(known, stat.st_size, times):
            return known, None
        read_at = time.time_ns()
        with path.open("rb") as file:
            data = file.read(images.MAX_BYTES + 1)
    except OSError as error:
        raise ImageError(f"it cannot be opened: {error.strerror or error}") from error
    return FileState(stat.st_size, *times, read_at, sha256(data).hexdigest()), data


def video_state(path: Path, known: FileState | None) -> FileState:
    """Return a video's state; `known` while the file is the same, as for `read_if_changed`.

    Raises:
        ImageError: The file cannot be read.
    """
    try:
        refuse_irregular(path)
        stat = path.stat()
        times = (stat.st_mtime_ns, stat.st_ctime_ns)
        if known is not None and _is_same(known, stat.st_size, times):
            return known
        return _video_state(path, stat.st_size, *times)
    except OSError as error:
        raise ImageError(f"it cannot be opened: {error.strerror or error}") from error


@lru_cache(maxsize=4)
def _video_state(path: Path, size: int, modified: int, changed: int) -> FileState:
    return FileState(size, modified, changed, time.time_ns(), file_sha256(path))


def _is_same(known: FileState, size: int, times: tuple[int, int]) -> bool:
    """Return whether a file's size and times identify the content that was read before."""
    is_settled = max(times) + SETTLED_NS < known.read_at
    return is_settled and (known.size, known.modified, known.changed) == (size, *times)


def detect_and_crop(
    source: bytes | NDArray[np.uint8],
    state: FileState,
    file: FrameFile,
    box: Box | None,
    *,
    spec: FaceSpec,
    min_score: float,
    out: Path,
) -> Detection:
    """Return what is found in an image, and write the crop of its face.

    Args:
        source: The file's bytes, or the RGB uint8 (H, W, 3) of a frame of a video.
        state: The file's state.
        file: The frame.
        box: The labelled face, None if the archive does not give it.
        spec: What a model is shown.
        min_score: Minimum score of the face detector.
        out: The prepared folder.

    Raises:
        FileWriteError: The crop cannot be written.
    """
    settings, box_given = settings_key(spec, min_score), box_text(box)
    try:
        image = images.read(source)
    except ImageError as error:
        # The first sentence is the reason. The rest is advice for whoever took the image.
        detail = str(error).partition(". ")[0]
        return Detection(state, settings, box_given, checks.DECODES.reason, detail)
    detection = Detection(
        state,
        settings,
        box_given,
        width=image.width,
        height=image.height,
        warnings=image.warnings,
    )
    if checks.is_blank(image.rgb):
        detail = "almost the same grey value everywhere"
        return replace(detection, check=checks.NOT_BLANK.reason, detail=detail)
    face = labelled_face(detect(image.rgb, min_score), box, image.scale)
    if face is None:
        return detection
    jpeg, side = crops.encode(image.rgb, face, spec)
    key = crops.key(file.name, state.digest, settings, box_given)
    crop = crops.name(file.name, file.subject, file.sequence, key)
    crops.write(out, crop, jpeg)
    x0, y0, x1, y1 = (round(value, 1) for value in face.scaled(image.scale).box)
    return replace(
        detection,
        crop=crop,
        crop_side=side,
        crop_bytes=len(jpeg),
        score=round(face.score, 4),
        box=(x0, y0, x1, y1),
        yaw=round(face.yaw, 1),
    )


def labelled_face(faces: Sequence[Face], box: Box | None, scale: float) -> Face | None:
    """Return the face that a label is about: the best match of the box, or the largest face.

    Args:
        faces: Faces in one image, the largest first.
        box: The labelled face in pixels of an image `scale` times as large, or None.
        scale: Size of the image of `box` divided by the size of the image of `faces`.
    """
    if box is None or not faces:
        return faces[0] if faces else None
    target = np.array(box) / scale
    overlaps = iou(target, np.array([face.box for face in faces]))
    best = int(overlaps.argmax())
    return faces[best] if overlaps[best] >= MINIMUM_IOU else None
