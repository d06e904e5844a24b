"""Writes tests/data/track.csv: what the packaged model reads in a video of faces, frame by frame.

Three parts of eight seconds at 15 frames a second: the portrait that sways (as in the page's
tests), a rendered face that is calm, and the same person in pain, eyes closed; between the last two
a second without a face. Run it again when the packaged model changes:
python -m tools.record_track
"""

import csv
import math
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from skimage.data import astronaut

from tests.support.video_sample import record
from wince import Assessor
from wince.errors import NoFaceError
from wince.scale import UNIT_NAMES
from wince.video import Video

DATA = Path(__file__).parents[1] / "tests" / "data"
RATE = 15
PARTS = (
    ("portrait", None, 8),
    ("calm", "aa001t1abunaff031.jpg", 8),
    ("nobody", "", 1),
    ("pain", "aa001t2aaaff019.jpg", 8),
)


def pictures() -> Iterator[NDArray[np.uint8]]:
    portrait = Image.fromarray(astronaut()).crop((100, 0, 420, 240)).resize((640, 480))
    for _, name, seconds in PARTS:
        near = portrait
        if name:
            near = Image.new("RGB", (640, 480), "grey")
            near.paste(Image.open(DATA / "frames" / name).resize((448, 448)), (96, 16))
        elif name == "":
            near = Image.new("RGB", (640, 480), "grey")
        for step in range(seconds * RATE):
            shift = round(90 * math.sin(2 * math.pi * step / 30))
            moved = near.transform(near.size, Image.Transform.AFFINE, (1, 0, shift, 0, 1, 0))
            yield np.asarray(moved)


def main() -> None:
    assessor = Assessor()
    names = [name for name, _, seconds in PARTS for _ in range(seconds * RATE)]
    with (
        tempfile.TemporaryDirectory() as folder,
        (DATA / "track.csv").open("w", newline="") as file,
    ):
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["part", "seconds", "raw_score", "PSPI", *UNIT_NAMES])
        path = record(Path(folder, "faces.mp4"), pictures(), rate=RATE)
        with Video(path) as video:
            for frame, part in zip(video.frames(), names, strict=True):
                row = [part, round(frame.seconds, 3)]
                try:
                    found = assessor.assess(frame.rgb)
                except NoFaceError:
                    rows.writerow(row)
                    continue
                units = found.action_units
                assert units
                rows.writerow([*row, found.raw_score, found.pspi, *units.values()])


if __name__ == "__main__":
    main()
