"""How small, turned, dark, flat, blurred or covered a face may be before its score is useless.

    python -m benchmarks.quality_thresholds RATED

RATED is a folder of rated photographs with ratings.csv (image, subject, ratings of two passes,
box). Used are only people whom the model has not seen, and photographs that no rating calls not
usable. Each is degraded step by step, and each result is detected, aligned and scored again. The
table has a row for each step: how many faces were still found at their place, PCC and MAE of the
model's raw score against the mean of the two ratings, beside those of the same faces not degraded,
and the medians of what `wince.runtime.quality` measures. Turned faces are not made: the photographs
are grouped by their measured yaw.
"""

import argparse
import csv
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track

from benchmarks import degraded_images
from benchmarks.degraded_images import RGB, Rng
from wince import images, scale
from wince.errors import ImageError
from wince.faces.align import align
from wince.faces.detect import detect
from wince.faces.face import Face
from wince.runtime import quality
from wince.runtime.estimator import Estimator

SEED = 0
NEAR = 0.5  # of the face's width: a face found further away is another one
FEWEST = 20  # faces for which metrics are printed
AS_IT_IS = "as it is"

Degrade = Callable[[RGB, Face, Rng], RGB]
"""Returns a degraded photograph."""


@dataclass(frozen=True)
class Photo:
    """A rated photograph.

    Attributes:
        path: The file.
        rating: PSPI, the mean of both ratings.
        box: Where the face is: x0, y0, x1, y1.
        picked: How it was picked.
    """

    path: Path
    rating: float
    box: tuple[float, ...]
    picked: str


@dataclass(frozen=True)
class Result:
    """The result of one photograph in one step.

    Attributes:
        photo: The photograph.
        raw: Raw score; NaN if no face was found.
        measures: Measures of quality; None if no face was found.
    """

    photo: Photo
    raw: float
    measures: quality.Measures | None


def steps() -> dict[str, dict[str, Degrade]]:
    """Return every way to degrade, by what is degraded and how far."""
    return {
        AS_IT_IS: {"": _unchanged},
        "width, pixels": {
            f"{width}": partial(_shrunk, width=width) for width in (96, 64, 48, 40, 32, 24, 16)
        },
        "light left, %": {
            f"{share}": partial(_darkened, share=share / 100) for share in (50, 25, 12, 8, 6, 4, 3)
        },
        "contrast left, %": {
            f"{share}": partial(_flattened, share=share / 100) for share in (25, 12, 8, 6, 4, 3)
        },
        "blur, sigma in % of the width": {
            f"{percent}": partial(_blurred, percent=percent) for percent in (1, 2, 3, 4, 6, 8)
        },
        **{
            f"{where} covered": {
                cover: partial(_covered, where=where, cover=cover) for cover in covers
            }
            for where, covers in degraded_images.WHERE.items()
        },
    }


def _unchanged(rgb: RGB, face: Face, rng: Rng) -> RGB:
    return rgb


def _shrunk(rgb: RGB, face: Face, rng: Rng, *, width: float) -> RGB:
    return degraded_images.shrunk(rgb, face, width)


def _darkened(rgb: RGB, face: Face, rng: Rng, *, share: float) -> RGB:
    return degraded_images.darkened(rgb, share, rng)


def _flattened(rgb: RGB, face: Face, rng: Rng, *, share: float) -> RGB:
    return degraded_images.flattened(rgb, share, rng)


def _blurred(rgb: RGB, face: Face, rng: Rng, *, percent: float) -> RGB:
    return degraded_images.blurred(rgb, face, percent)


def _covered(rgb: RGB, face: Face, rng: Rng, *, where: str, cover: str) -> RGB:
    return degraded_images.covered(rgb, face, where, rng, cover)[0]


def photos(folder: Path, subjects_seen: set[str]) -> Iterator[Photo]:
    """Yield the usable photographs of people whom the model has not seen."""
    with (folder / "ratings.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["subject"] in subjects_seen or "0" in (row["quality_a"], row["quality_b"]):
                continue
            ratings = [
                scale.pspi_formula(
                    *(float(row[f"{name.lower()}_{rating}"]) for name in scale.UNIT_NAMES)
                )
                for rating in "ab"
            ]
            box = tuple(map(float, row["box"].split()))
            path = folder / "images" / row["image"]
            yield Photo(path, sum(ratings) / 2, box, row["picked"])


def rated_face(photo: Photo, faces: list[Face]) -> Face | None:
    """Return the largest face whose centre is in the rated box."""
    x0, y0, x1, y1 = photo.box
    for face in faces:
        x, y = (face.box[0] + face.box[2]) / 2, (face.box[1] + face.box[3]) / 2
        if x0 <= x <= x1 and y0 <= y <= y1:
            return face
    return None


def same_face(faces: list[Face], face: Face, zoom: float) -> Face | None:
    """Return the face that is where `face` was.

    Args:
        faces: The faces in the degraded photograph.
        face: The face before.
        zoom: Size of the degraded photograph over the size before.
    """
    centre = np.reshape(face.box, (2, 2)).mean(axis=0) * zoom
    for candidate in faces:
        shift = np.reshape(candidate.box, (2, 2)).mean(axis=0) - centre
        if np.hypot(*shift) < NEAR * face.size * zoom:
            return candidate
    return None


def results(photo: Photo, estimator: Estimator, rng: Rng) -> dict[tuple[str, str], Result]:
    """Return the result of a photograph in every step; {} when it shows no face at first."""
    try:
        rgb = images.read(photo.path).rgb
    except ImageError:
        return {}
    face = rated_face(photo, detect(rgb))
    if face is None:
        return {}
    by_step = {}
    for what, ways in steps().items():
        for step, degrade in ways.items():
            degraded = degrade(rgb, face, rng)
            degraded_face = same_face(detect(degraded), face, degraded.shape[0] / rgb.shape[0])
            by_step[what, step] = _measure(photo, degraded, degraded_face, estimator)
    return by_step


def _measure(photo: Photo, rgb: RGB, face: Face | None, estimator: Estimator) -> Result:
    if face is None:
        return Result(photo, np.nan, None)
    raw = float(estimator(align(rgb, face, estimator.spec)[None]).raw[0])
    return Result(photo, raw, quality.measure(rgb, face))


COLUMNS = (
    *("degraded", "step", "faces", "found, %", "PCC", "not degraded", "MAE", "not degraded"),
    *("width", "contrast", "sharpness", "eyes covered", "mouth covered", "refused, %", "warned, %"),
)


def row(what: str, step: str, after: list[Result], before: list[Result]) -> str:
    """Return a row of the table.

    Args:
        what: What is degraded.
        step: How far.
        after: Results of the degraded photographs.
        before: Results of the same photographs as they are.
    """
    pairs = [pair for pair in zip(after, before, strict=True) if pair[0].measures]
    cells = [what, step, str(len(after)), f"{100 * len(pairs) / max(len(after), 1):.1f}"]
    if len(pairs) < FEWEST:
        return " | ".join([*cells, *["too few"] * (len(COLUMNS) - len(cells))])
    rating = np.array([result.photo.rating for result, _ in pairs])
    scores = [np.array([r.raw for r in column]) for column in zip(*pairs, strict=True)]
    pcc = [f"{np.corrcoef(raw, rating)[0, 1]:.3f}" for raw in scores]
    mae = [f"{np.abs(raw - rating).mean():.2f}" for raw in scores]
    measures = [result.measures for result, _ in pairs if result.measures]
    return " | ".join([*cells, pcc[0], pcc[1], mae[0], mae[1], *measure_cells(measures)])


def measure_cells(measures: Sequence[quality.Measures]) -> list[str]:
    """Return medians of the measures, and the shares of faces refused and warned of."""
    columns = [
        ([m.width for m in measures], 0),
        ([m.contrast for m in measures], 0),
        ([m.sharpness for m in measures], 3),
        ([m.covered["eyes"] for m in measures], 2),
        ([m.covered["mouth"] for m in measures], 2),
    ]
    medians = [f"{np.median(values):.{digits}f}" for values, digits in columns]
    judgements = [quality.judge(m) for m in measures]
    refused = np.mean([bool(judgement.reasons) for judgement in judgements])
    warned = np.mean(
        [bool(judgement.warnings) and not judgement.reasons for judgement in judgements]
    )
    return [*medians, f"{100 * refused:.1f}", f"{100 * warned:.1f}"]


def by_yaw(unchanged: list[Result]) -> Iterator[tuple[str, list[Result]]]:
    """Yield the results of the photographs as they are, by how far the face is turned."""
    edges = (0, 10, 20, 30, 35, 40, 45, 90)
    for low, high in pairwise(edges):
        yield (
            f"{low} to {high}",
            [r for r in unchanged if r.measures and low <= abs(r.measures.yaw) < high],
        )


def print_table(all_results: list[dict[tuple[str, str], Result]]) -> None:
    """Print a row for each step, each range of yaw, and each way of picking photographs."""
    unchanged = [by_step[AS_IT_IS, ""] for by_step in all_results]
    print(f"| {' | '.join(COLUMNS)} |")
    print("|---" * len(COLUMNS) + "|")
    for what, step in all_results[0]:
        after = [by_step[what, step] for by_step in all_results]
        print(f"| {row(what, step, after, unchanged)} |")
    for name, group in by_yaw(unchanged):
        print(f"| {row('turned, degrees', name, group, group)} |")
    for picked in sorted({result.photo.picked for result in unchanged}):
        group = [result for result in unchanged if result.photo.picked == picked]
        print(f"| {row('picked', picked, group, group)} |")


def main() -> None:
    """Degrade every photograph of a folder and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("rated", type=Path, help="folder of rated photographs")
    parser.add_argument("--model", type=Path, help="a folder with model.json")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="each Nth photograph")
    options = parser.parse_args()
    estimator = Estimator(options.model)
    manifest = estimator.manifest
    chosen = list(photos(options.rated, set(manifest.get("subjects_seen", ()))))
    chosen = chosen[:: options.every]
    rng = np.random.default_rng(SEED)
    progress = track(chosen, "Degrading", console=Console(file=sys.stderr))
    all_results = [by_step for photo in progress if (by_step := results(photo, estimator, rng))]
    print(
        f"Model {manifest['name']} {manifest['version']}, sha256 {manifest['sha256'][:12]}. ",
        end="",
    )
    print(f"{len(all_results)} of {len(chosen)} photographs.\n")
    print_table(all_results)


if __name__ == "__main__":
    main()
