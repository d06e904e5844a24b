"""Writes tests/data/track.csv: what the packaged model predicts in a video of faces, by frame.

    python -m tools.record_track

The video has three parts of eight seconds at 15 frames a second: the portrait of the page's tests,
which sways, a rendered neutral face, and the same person in pain with closed eyes. Between the last
two is one second without a face. Run it again when the packaged model changes.
"""

import csv
import math
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from skimage import data

from tests.support.video_sample import write_video
from wince import Assessor
from wince.errors import NoFaceError
from wince.scale import UNIT_NAMES
from wince.video import Video

DATA = Path(__file__).parents[1] / "tests" / "data"
RATE = 15  # frames a second
PORTRAIT, NO_FACE = "portrait", "nobody"
PARTS = {
    PORTRAIT: 8,
    "calm": 8,
    NO_FACE: 1,
    "pain": 8,
}
"""Seconds of each part, by its name in the table."""
FILES = {"calm": "aa001t1abunaff031.jpg", "pain": "aa001t2aaaff019.jpg"}


def main() -> None:
    """Write the video, assess its frames and write the table."""
    assessor = Assessor()
    part_names = [name for name, seconds in PARTS.items() for _ in range(seconds * RATE)]
    with (
        tempfile.TemporaryDirectory() as folder,
        (DATA / "track.csv").open("w", newline="") as file,
    ):
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["part", "seconds", "raw_score", "PSPI", *UNIT_NAMES])
        path = write_video(Path(folder, "faces.mp4"), frames(), rate=RATE)
        with Video(path) as video:
            for frame, name in zip(video.frames(), part_names, strict=True):
                table.writerow(
                    [name, round(frame.seconds, 3), *assessed_cells(assessor, frame.rgb)]
                )


def frames() -> Iterator[NDArray[np.uint8]]:
    """Yield the frames of the video, RGB uint8 (480, 640, 3), each shifted sideways."""
    for name, seconds in PARTS.items():
        image = still_image(name)
        for step in range(seconds * RATE):
            shift = round(90 * math.sin(2 * math.pi * step / 30))
            moved = image.transform(image.size, Image.Transform.AFFINE, (1, 0, shift, 0, 1, 0))
            yield np.asarray(moved)


def still_image(part: str) -> Image.Image:
    """Return the image of a part, 640 x 480."""
    if part == PORTRAIT:
        portrait = Image.fromarray(data.astronaut())  # type: ignore[no-untyped-call]  # no types
        return portrait.crop((100, 0, 420, 240)).resize((640, 480))
    image = Image.new("RGB", (640, 480), "grey")
    if part != NO_FACE:
        image.paste(Image.open(DATA / "frames" / FILES[part]).resize((448, 448)), (96, 16))
    return image


def assessed_cells(assessor: Assessor, rgb: NDArray[np.uint8]) -> list[float | None]:
    """Return raw score, PSPI and action units of a frame; nothing if it shows no face."""
    try:
        assessment = assessor.assess(rgb)
    except NoFaceError:
        return []
    assert assessment.action_units
    return [assessment.raw_score, assessment.pspi, *assessment.action_units.values()]


if __name__ == "__main__":
    main()
