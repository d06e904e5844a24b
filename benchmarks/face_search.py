"""How many faces are found, at which sizes and rotations, against the former search.

    python -m benchmarks.face_search --images FOLDER

FOLDER has photographs of one face each. Three tables are printed, with the former search
(benchmarks/former_search.py) beside the present one in the same run:

1. Scenes: heads cut out of the photographs, rotated by multiples of 30 degrees, on a made-up wall.
2. Rotations: whole photographs rotated by every multiple of 15 degrees.
3. Upright: how much the score of the photographs themselves differs between both searches.

Scores are raw scores of the packaged model. In scenes and rotations they are compared with those of
the same face alone, upright and of the same size.
"""

import argparse
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks import former_search
from benchmarks.face_scenes import Head, Place, composed, jpeg, places, wall
from wince import images
from wince.faces.align import align
from wince.faces.detect import detect
from wince.faces.face import Face
from wince.images import UprightImage
from wince.runtime import quality
from wince.runtime.estimator import Estimator

RGB = NDArray[np.uint8]
Search = Callable[[RGB], list[Face]]
SEARCHES: dict[str, Search] = {"former": former_search.detect, "present": detect}

RESOLUTIONS = ((640, 480), (1280, 720), (1920, 1080), (4000, 3000))
SIZES = (200, 100, 60, 40)  # widths of faces in pixels
COUNTS = (1, 2, 5, 12)
FILLED = 0.4  # scenes whose heads would fill more of the image are left out
NEAR = 0.4  # of the width: a box whose centre is further away is no hit
GREY = (110, 110, 110)


@dataclass
class Tally:
    """Counts for one search over several images.

    Attributes:
        faces: Faces shown.
        hits: Faces found.
        false: Boxes without a face.
        refused: Faces found that cannot be judged.
        scores: Score of each judged face alone and upright, and here.
        milliseconds: Processor time of each search.
    """

    faces: int = 0
    hits: int = 0
    false: int = 0
    refused: int = 0
    scores: list[tuple[float, float]] = field(default_factory=list)
    milliseconds: list[float] = field(default_factory=list)

    def cells(self) -> list[str]:
        """Return recall, false boxes an image, refused, correlation and time."""
        judged = np.array(self.scores).reshape(-1, 2).T
        r = f"{np.corrcoef(judged)[0, 1]:.3f}" if judged.shape[1] > 9 else "-"
        return [
            f"{self.hits / self.faces:.3f}",
            f"{self.false / len(self.milliseconds):.2f}",
            f"{self.refused / max(self.hits, 1):.2f}",
            r,
            f"{np.median(self.milliseconds):.0f}",
        ]


CELLS = ("recall", "false", "refused", "r", "ms")


class Scorer:
    """Scores faces with the packaged model."""

    def __init__(self) -> None:
        """Load the model."""
        self._estimator = Estimator()

    def __call__(self, rgb: RGB, face: Face) -> float:
        """Return the raw score of a face."""
        return float(self._estimator(align(rgb, face, self._estimator.spec)[None]).raw[0])

    def is_judged(self, rgb: RGB, face: Face, scale: float = 1.0) -> bool:
        """Return whether a face can be judged."""
        return not quality.judge(quality.measure(rgb, face, scale)).reasons


def match(faces: Sequence[Face], place: Place, size: float) -> Face | None:
    """Return the face whose box is at a place, in pixels of the scene."""
    for face in faces:
        x, y = (face.box[0] + face.box[2]) / 2, (face.box[1] + face.box[3]) / 2
        is_near = math.hypot(x - place.x, y - place.y) < NEAR * size
        if is_near and 0.5 < face.size / size < 2:
            return face
    return None


def timed(search: Search, rgb: RGB, tally: Tally) -> list[Face]:
    """Return the faces found in an image, and note the processor time."""
    started = time.process_time()
    faces = search(rgb)
    tally.milliseconds.append(1000 * (time.process_time() - started))
    return faces


def scene_tallies(
    heads: Sequence[Head], resolution: tuple[int, int], size: int, count: int, scenes: int
) -> dict[str, Tally] | None:
    """Return the tallies of both searches over scenes of one kind; None if they would not fit."""
    width, height = resolution
    if count * (2 * 0.85 * size) ** 2 > FILLED * width * height:
        return None
    rng, scorer = np.random.default_rng((size, count, width)), Scorer()
    tallies = {name: Tally() for name in SEARCHES}
    for _ in range(scenes):
        background = wall(width, height, rng)
        at = places(width, height, size, count, len(heads), rng)
        image = images.read(jpeg(composed(background, heads, at, size)))
        for name, search in SEARCHES.items():
            faces = timed(search, image.rgb, tallies[name])
            tallies[name].faces += len(at)
            tallies[name].false += len(faces)
            for place in at:
                face = match([face.scaled(image.scale) for face in faces], place, size)
                if face is not None:
                    face = face.scaled(1 / image.scale)
                    add_hit(tallies[name], image, face, heads[place.head], size, scorer)
    return tallies


def add_hit(
    tally: Tally, image: UprightImage, face: Face, head: Head, size: float, scorer: Scorer
) -> None:
    """Add a face that was found at its place.

    Args:
        tally: The tally that it is added to.
        image: The scene.
        face: The face in pixels of `image.rgb`.
        head: The head that is shown there.
        size: Width of its face in pixels of the scene.
        scorer: Scores faces.
    """
    tally.hits += 1
    tally.false -= 1
    if not scorer.is_judged(image.rgb, face, image.scale):
        tally.refused += 1
        return
    alone = score_alone(head, size / image.scale, scorer)
    if alone is not None:
        tally.scores.append((alone, scorer(image.rgb, face)))


def score_alone(head: Head, size: float, scorer: Scorer) -> float | None:
    """Return the score of a head alone, upright and of the same size; None if it is not found."""
    side = round(3 * size)
    background = Image.new("RGB", (side, side), GREY)
    rgb = composed(background, [head], [Place(0, side / 2, side / 2, 0.0)], size)
    faces = detect(rgb)
    return scorer(rgb, faces[0]) if faces else None


def print_scenes(heads: Sequence[Head], faces_each: int) -> None:
    """Print a row for each resolution, size and count.

    Args:
        heads: The heads.
        faces_each: About how many faces each row is measured on.
    """
    names = [f"{name}: {cell}" for name in SEARCHES for cell in CELLS]
    print(f"| image | face | faces | {' | '.join(names)} |\n|{'---|' * (3 + len(names))}")
    for width, height in RESOLUTIONS:
        for size in SIZES:
            for count in COUNTS:
                tallies = scene_tallies(
                    heads, (width, height), size, count, max(1, faces_each // count)
                )
                if tallies is None:
                    continue
                cells = [cell for tally in tallies.values() for cell in tally.cells()]
                print(
                    f"| {width} x {height} | {size} | {count} | {' | '.join(cells)} |", flush=True
                )


def rotated(rgb: RGB, degrees: int) -> RGB:
    """Return an image rotated clockwise, in a frame that cuts nothing off."""
    side = math.ceil(math.hypot(*rgb.shape[:2]))
    frame = Image.new("RGB", (side, side), GREY)
    frame.paste(Image.fromarray(rgb), ((side - rgb.shape[1]) // 2, (side - rgb.shape[0]) // 2))
    return np.asarray(frame.rotate(-degrees, Image.Resampling.BICUBIC, fillcolor=GREY))


def print_rotations(paths: Sequence[Path]) -> None:
    """Print a row for each multiple of 15 degrees."""
    scorer = Scorer()
    names = [f"{name}: {cell}" for name in SEARCHES for cell in CELLS]
    print(f"| degrees | {' | '.join(names)} |\n|{'---|' * (1 + len(names))}")
    upright: list[tuple[RGB, float]] = []
    for rgb in read_all(paths):
        frame = rotated(rgb, 0)
        faces = detect(frame)
        if faces and scorer.is_judged(frame, faces[0]):
            upright.append((rgb, scorer(frame, faces[0])))
    for degrees in range(0, 360, 15):
        tallies = {name: Tally() for name in SEARCHES}
        for rgb, alone in upright:
            frame = rotated(rgb, degrees)
            for name, search in SEARCHES.items():
                tally = tallies[name]
                faces = timed(search, frame, tally)
                tally.faces += 1
                tally.hits += bool(faces)
                tally.false += max(0, len(faces) - 1)
                if faces and scorer.is_judged(frame, faces[0]):
                    tally.scores.append((alone, scorer(frame, faces[0])))
                else:
                    tally.refused += bool(faces)
        cells = [cell for tally in tallies.values() for cell in tally.cells()]
        print(f"| {degrees} | {' | '.join(cells)} |", flush=True)


def print_upright(paths: Sequence[Path]) -> None:
    """Print how far the score of the largest face differs between both searches."""
    scorer, differences, counts = Scorer(), [], dict.fromkeys(SEARCHES, 0)
    for rgb in read_all(paths):
        faces = {name: search(rgb) for name, search in SEARCHES.items()}
        for name in SEARCHES:
            counts[name] += bool(faces[name])
        if all(faces.values()):
            former, present = (scorer(rgb, faces[name][0]) for name in SEARCHES)
            differences.append(abs(former - present))
    values = np.array(differences)
    print(f"{len(paths)} photographs; with a face: {counts}.")
    print(
        f"Difference of the score: median {np.median(values):.4f}, 99th percentile "
        f"{np.percentile(values, 99):.3f}, largest {values.max():.3f}; none in "
        f"{(values == 0).mean():.1%}."
    )


def read_all(paths: Sequence[Path]) -> Iterator[RGB]:
    """Yield the pixels of image files."""
    for path in paths:
        yield images.read(path).rgb


def cut_heads(paths: Sequence[Path]) -> list[Head]:
    """Return the heads of the photographs whose face the former search finds and can be judged."""
    scorer, heads = Scorer(), []
    for rgb in read_all(paths):
        faces = former_search.detect(rgb)
        if faces and scorer.is_judged(rgb, faces[0]):
            heads.append(Head.cut(rgb, faces[0]))
    return heads


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--images", type=Path, required=True, help="folder of photographs")
    parser.add_argument("--heads", type=int, default=80, help="heads for the scenes [80]")
    parser.add_argument("--faces", type=int, default=48, help="faces for each row of scenes [48]")
    parser.add_argument("--rotated", type=int, default=110, help="photographs to rotate [110]")
    parser.add_argument("--upright", type=int, default=500, help="photographs compared [500]")
    options = parser.parse_args()
    paths = sorted(path for path in options.images.iterdir() if path.suffix in (".jpg", ".png"))
    if options.upright:
        print_upright(spread(paths, options.upright))
    if options.rotated:
        print_rotations(spread(paths, options.rotated))
    if options.faces:
        print_scenes(cut_heads(spread(paths, options.heads)), options.faces)


def spread(paths: Sequence[Path], count: int) -> list[Path]:
    """Return up to `count` paths, evenly spread."""
    step = max(1, len(paths) // max(count, 1))
    return list(paths[::step])[:count]


if __name__ == "__main__":
    main()
