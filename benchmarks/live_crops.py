"""What a crop of a large frame costs on the live socket, against a whole frame of 640 x 480.

    python -m benchmarks.live_crops

The frames are rendered faces that sway in a room, as JPEG. A camera of 1920 x 1080 shows a face of
about 75 pixels: as crops of three times the face's box, as the page sends them with a reduced whole
frame once a second, and as whole frames at full size. The baseline is a camera of 640 x 480 with a
face that fills a crop as much. Times are processor time of this process, with one thread per
library, from the JPEG to the assessment. The ways take turns, so that other load affects all.
"""

import argparse
import itertools
import sys
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from benchmarks.persons import AWAY, RATE, milliseconds, scene
from tests.support.crop_client import LONGEST_SIDE, crop_region, encode_part
from wince.faces.frame_view import FramePart
from wince.runtime.assessor import Assessor
from wince.runtime.person_assessor import PersonAssessor

PICTURE = 140.0
"""Side of an actor's picture whose face is about 75 pixels wide."""
Frame = tuple[bytes, FramePart | None]


def whole(frames: list[NDArray[np.uint8]], longest: int) -> list[Frame]:
    """Return frames as JPEG, reduced to a longest side."""
    messages: list[Frame] = []
    for rgb in frames:
        height, width = rgb.shape[:2]
        data = encode_part(rgb, [0, 0, width, height], longest)
        messages.append((data, FramePart(None, (width, height))))
    return messages


def crops(assessor: Assessor, frames: list[NDArray[np.uint8]]) -> list[Frame]:
    """Return the parts of frames around the face, as JPEG."""
    height, width = frames[0].shape[:2]
    messages: list[Frame] = []
    for rgb in frames:
        x0, y0, x1, y1 = crop_region(list(assessor.assess(rgb).face.box), rgb)
        part = FramePart((x0, y0, x1, y1), (width, height))
        messages.append((encode_part(rgb, [x0, y0, x1, y1]), part))
    return messages


def followed(assessor: Assessor, frames: list[Frame]) -> Iterator[int]:
    """Assess frames forwards and backwards without end; yield how many faces were assessed in each.

    Raises:
        RuntimeError: The person is not in a frame.
    """
    persons = PersonAssessor(assessor, AWAY)
    for number, (data, part) in enumerate(itertools.cycle([*frames, *frames[::-1]])):
        frame = persons.assess(data, number / RATE, part=part)
        if not frame.assessments and not frame.is_inconclusive:
            raise RuntimeError(f"expected a person in frame {number}")
        yield len(frame.assessments)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=10, help="seconds of video for each way")
    options = parser.parse_args()
    assessor = Assessor()
    small, large = scene(640, 480, 1, PICTURE), scene(1920, 1080, 1, PICTURE)
    parts = crops(assessor, large)
    mixed = [
        frame if number % RATE else reduced
        for number, (frame, reduced) in enumerate(
            zip(parts, whole(large, LONGEST_SIDE), strict=True)
        )
    ]
    times = milliseconds(
        {
            "640 x 480, whole": followed(assessor, whole(small, 640)),
            "1920 x 1080, crops": followed(assessor, parts),
            "1920 x 1080, crops and a reduced frame a second": followed(assessor, mixed),
            "1920 x 1080, whole": followed(assessor, whole(large, 1920)),
        },
        options.rounds,
    )
    baseline = times["640 x 480, whole"][0]
    for name, (processor, _) in times.items():
        ratio = processor / baseline
        print(f"{name:48}  processor {processor:6.1f} ms  ratio {ratio:.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
