"""Archives of short videos for tests, made from the rendered faces of tests/data."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tests.support.frames import Frame, read_frames
from tests.support.video_sample import write_video

RATE = 10
"""Frames per second."""
HELD = 4
"""Frames that show the same face."""
SUBJECTS = ("001-aa001", "008-hh008", "009-ii009")
"""Subjects of the sample: each has a neutral face and others."""


def faces(subject: str) -> list[Frame]:
    """Return a subject's faces in the order of PSPI."""
    return sorted((f for f in read_frames() if f.subject == subject), key=lambda f: f.pspi)


def write_faces(path: Path, frames: Sequence[Frame]) -> Path:
    """Write a video that shows each face for HELD frames, at RATE frames a second."""
    images: list[NDArray[np.uint8]] = []
    for frame in frames:
        with Image.open(frame.path) as image:
            images += [np.asarray(image.convert("RGB"))] * HELD
    path.parent.mkdir(parents=True, exist_ok=True)
    return write_video(path, images, rate=RATE, options={"preset": "ultrafast"})


def events(frames: Sequence[Frame]) -> str:
    """Return a table of events, with letters, of a video that shows the faces one after another."""
    rows = ["onset,offset,unit,intensity"]
    for place, frame in enumerate(frames):
        onset, offset = place * HELD / RATE, (place + 1) * HELD / RATE
        rows += (
            f"{onset:g},{offset:g},{unit},{'' if unit == 'AU43' else ' ABCDE'[int(value)]}"
            for unit, value in frame.action_units.items()
            if value
        )
    return "\n".join(rows) + "\n"


def write_table(root: Path, rows: Mapping[str, str], further: str = "") -> Path:
    """Write videos.csv with the columns video and subject, and further ones.

    Args:
        root: The archive's folder.
        rows: For each video its subject, and the cells of the further columns.
        further: Names of these columns, each after a comma.
    """
    lines = [f"video,subject{further}", *(f"{video},{cells}" for video, cells in rows.items())]
    path = root / "videos.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def build(root: Path) -> Path:
    """Write an archive with one video of each of SUBJECTS, annotated by events; return its folder.

    The videos have 8 to 12 frames.
    """
    (root / "annotations").mkdir(parents=True)
    rows = {}
    for number, subject in enumerate(SUBJECTS, start=1):
        name = f"p{number}"
        write_faces(root / "videos" / f"{name}.mp4", faces(subject))
        (root / "annotations" / f"{name}.csv").write_text(events(faces(subject)))
        rows[f"videos/{name}.mp4"] = f"{subject},day1-{name},{number},{2 * number}"
    write_table(root, rows, ",sequence,vas,nrs")
    return root
