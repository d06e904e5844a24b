"""What following persons costs, and whether memory stays constant.

    python -m benchmarks.persons
    python -m benchmarks.persons --frames 20000   # memory over many frames, about ten minutes

The frames are rendered faces that sway in a room. Times are processor time of this process, with
one thread per library, and elapsed time. The ways take turns, so that other load affects all;
elapsed times need a machine that does nothing else. The baseline of a followed person is
`Assessor.assess` on a frame of 640 x 480 with a face of the same size: it searches every frame in
full. That of five followed persons is the model alone, on five crops in one call.
"""

import argparse
import itertools
import math
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.support.scene import Actor, Place, render
from wince.cli.watcher import Watcher, WatchSettings
from wince.runtime.assessor import Assessor
from wince.runtime.face_crop import crop_faces
from wince.runtime.person_assessor import PersonAssessor
from wince.runtime.track import TrackSettings
from wince.video import VideoFrame
from wince.workers import core_count

RATE = 15  # frames a second
AWAY = 6.0  # seconds
FILES = (
    "aa001t1abunaff031.jpg",
    "bb002t2aaaff008.jpg",
    "ff006t1aaaff018.jpg",
    "kk011t1aaaff034.jpg",
    "jj010t1aaaff017.jpg",
)
MOST_RATIO = 1.0
LEAST_RATE = 15.0
MOST_GROWTH = 0.05


def swaying(x: float, y: float, side: float, phase: float) -> Callable[[float], Place | None]:
    """Return a place around a point."""
    return lambda time: (x + 6 * math.sin(2 * time + phase), y + 3 * math.sin(3 * time), side)


def scene(width: int, height: int, count: int, side: float) -> list[NDArray[np.uint8]]:
    """Return two seconds of persons side by side."""
    actors = [
        Actor(file, swaying((index + 0.5) * width / count, height / 2, side, index))
        for index, file in enumerate(FILES[:count])
    ]
    return list(render(actors, 2, (width, height), RATE))


def followed(
    assessor: Assessor,
    frames: list[NDArray[np.uint8]],
    count: int,
    *,
    everybody: bool = False,
) -> Iterator[int]:
    """Assess frames one after another, without end; yield how many faces were assessed in each.

    Raises:
        RuntimeError: Fewer persons than expected are in view after a second.
    """
    persons = PersonAssessor(assessor, AWAY, everybody=everybody)
    back_and_forth = itertools.cycle([*frames, *frames[::-1]])
    for number, rgb in enumerate(back_and_forth):
        frame = persons.assess(rgb, number / RATE)
        if number > RATE and len(frame.faces) != count:
            raise RuntimeError(f"expected {count} persons, found {len(frame.faces)}")
        yield len(frame.assessments)


def searched(assessor: Assessor, frames: list[NDArray[np.uint8]]) -> Iterator[int]:
    """Assess the largest face of each frame after a full search, without end."""
    for rgb in itertools.cycle(frames):
        assessor.assess(rgb)
        yield 1


def scored(assessor: Assessor, rgb: NDArray[np.uint8]) -> Iterator[int]:
    """Score the crops of all faces of a frame, without end: the model alone."""
    crops = crop_faces(rgb, None, assessor.estimator.spec)
    pixels = np.stack([crop.pixels for crop in crops])
    while True:
        assessor.estimator(pixels)
        yield len(crops)


def milliseconds(ways: dict[str, Iterator[int]], rounds: int) -> dict[str, tuple[float, float]]:
    """Return the processor time and the elapsed time of a frame of each way.

    The ways take turns after each second.
    """
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for way in ways.values():
        next(way)
    for _ in range(rounds):
        for name, way in ways.items():
            started = time.process_time(), time.perf_counter()
            for _ in range(RATE):
                next(way)
            ended = time.process_time(), time.perf_counter()
            processor, elapsed = (
                after - before for before, after in zip(started, ended, strict=True)
            )
            times[name].append((processor, elapsed))
    return {
        name: (1000 / RATE * statistics.median(p), 1000 / RATE * statistics.median(e))
        for name, (p, e) in ((name, zip(*pairs, strict=True)) for name, pairs in times.items())
    }


def resident_megabytes() -> float:
    """Return the resident memory of this process."""
    line = next(s for s in Path("/proc/self/status").read_text().splitlines() if "VmRSS" in s)
    return int(line.split()[1]) / 1024


def memory_growth(assessor: Assessor, count: int) -> float:
    """Return by which share memory grows from the tenth part of the frames to the last.

    Everybody is followed, with track and sums, as `wince watch --all-persons` does. One of two
    persons leaves and comes back as another one after each 200 frames.
    """
    together, alone = scene(480, 360, 2, 200), scene(480, 360, 1, 200)
    watcher = Watcher(
        "memory", assessor, WatchSettings(TrackSettings(), everybody=True), None, None
    )
    sizes = []
    for number in range(1, count + 1):
        images = together if number % 200 < 100 else alone
        frame = VideoFrame(number, number / RATE, images[number % len(images)])
        for _ in watcher.process(frame, frame.seconds, time.monotonic()):
            pass
        if number % (count // 10) == 0:
            sizes.append(resident_megabytes())
            persons = len(watcher.sessions)
            print(f"After {number} frames {sizes[-1]:.1f} MB, {persons} persons", flush=True)
    return sizes[-1] / sizes[0] - 1


def main() -> int:
    """Measure, print, and return the exit status: 1 if a budget is missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=10, help="seconds of video for each way")
    parser.add_argument("--frames", type=int, default=0, help="frames for the memory; 0 to skip it")
    options = parser.parse_args()
    assessor = Assessor()
    five = scene(1920, 1080, 5, 350)
    times = milliseconds(
        {
            "full": searched(assessor, scene(640, 480, 1, 300)),
            "one": followed(assessor, scene(1280, 720, 1, 300), 1),
            "one of five": followed(assessor, five, 5),
            "five": followed(assessor, five, 5, everybody=True),
            "model": scored(assessor, five[0]),
        },
        options.rounds,
    )
    texts = {
        "full": "640 x 480, one face, full search of each frame",
        "one": "1280 x 720, one followed person",
        "one of five": "1920 x 1080, one followed person of five",
        "five": "1920 x 1080, five followed persons",
        "model": "The model alone, five faces",
    }
    for name, (processor, elapsed) in times.items():
        print(f"{texts[name]:48}  processor {processor:6.1f} ms  elapsed {elapsed:6.1f} ms")
    ratio = times["one"][0] / times["full"][0]
    rate = 1000 / times["five"][1]
    print(f"One followed person, against the full search: {ratio:.2f} of the processor time")
    to_model = times["five"][0] / times["model"][0]
    print(f"Five followed persons, against the model alone: {to_model:.2f} of the processor time")
    print(
        f"Five followed persons: {rate:.1f} frames/s on {core_count()} cores by elapsed time; "
        f"{1000 / times['five'][0]:.1f} frames for each second of processor time"
    )
    growth = memory_growth(assessor, options.frames) if options.frames else 0.0
    missed = ratio > MOST_RATIO or rate < LEAST_RATE or growth > MOST_GROWTH
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
