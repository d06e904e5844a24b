"""How small, turned, dark, flat, blurred or covered a face may be before its score says nothing.

    python -m benchmarks.quality_thresholds RATED

RATED: a folder of rated photographs with ratings.csv (image, subject, ratings of two passes, box).
Only people are taken that the model has not seen, and photographs that neither rating calls not
usable. Each is spoilt step by step and goes the whole way again: found, aligned, scored. A table
has a row for each step: how many faces were still found where they are, PCC and MAE of the model's
raw score against the mean of the two ratings, with those of the same faces unspoilt beside them,
and the medians of what `wince.runtime.quality` measures. Turned faces are not made: the
photographs' own are taken, by their measured yaw.
"""

import argparse
import csv
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from benchmarks import degraded_images
from benchmarks.degraded_images import RGB, Rng
from wince import images, scale
from wince.errors import ImageError
from wince.faces.align import align
from wince.faces.detect import Face, detect
from wince.runtime import quality
from wince.runtime.estimator import Estimator

SEED = 0
NEAR = 0.5  # of the face's width: a face found further away is another

Spoil = Callable[[RGB, Face, Rng], RGB]


@dataclass(frozen=True)
class Photo:
    """A rated photograph: PSPI is the mean of both ratings, box says where the face is."""

    path: Path
    rating: float
    box: tuple[float, ...]
    picked: str


@dataclass(frozen=True)
class Reading:
    """What became of one photograph under one step; measures is None where no face was found."""

    photo: Photo
    raw: float
    measures: quality.Measures | None


def steps() -> dict[str, dict[str, Spoil]]:
    """Return every way to spoil, by what is spoilt and how far."""
    return {
        "as it is": {"": lambda rgb, face, rng: rgb},
        "width, pixels": {
            f"{width}": lambda rgb, face, rng, width=width: degraded_images.shrunk(rgb, face, width)
            for width in (96, 64, 48, 40, 32, 24, 16)
        },
        "light left, %": {
            f"{share}": lambda rgb, face, rng, share=share: degraded_images.darkened(
                rgb, share / 100, rng
            )
            for share in (50, 25, 12, 8, 6, 4, 3)
        },
        "contrast left, %": {
            f"{share}": lambda rgb, face, rng, share=share: degraded_images.flattened(
                rgb, share / 100, rng
            )
            for share in (25, 12, 8, 6, 4, 3)
        },
        "blur, sigma in % of the width": {
            f"{percent}": lambda rgb, face, rng, percent=percent: degraded_images.blurred(
                rgb, face, percent
            )
            for percent in (1, 2, 3, 4, 6, 8)
        },
        **{
            f"{where} covered": {
                cover: lambda rgb, face, rng, where=where, cover=cover: degraded_images.covered(
                    rgb, face, where, rng, cover
                )[0]
                for cover in covers
            }
            for where, covers in degraded_images.WHERE.items()
        },
    }


def photos(folder: Path, seen: set[str]) -> Iterator[Photo]:
    """Yield the usable photographs of people the model has not seen."""
    with (folder / "ratings.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["subject"] in seen or "0" in (row["quality_a"], row["quality_b"]):
                continue
            ratings = [
                scale.pspi_formula(
                    *(float(row[f"{name.lower()}_{one}"]) for name in scale.UNIT_NAMES)
                )
                for one in "ab"
            ]
            box = tuple(map(float, row["box"].split()))
            path = folder / "images" / row["image"]
            yield Photo(path, sum(ratings) / 2, box, row["picked"])


def expected(photo: Photo, found: list[Face]) -> Face | None:
    """Return the largest face whose middle lies in the rated box."""
    x0, y0, x1, y1 = photo.box
    for face in found:
        x, y = (face.box[0] + face.box[2]) / 2, (face.box[1] + face.box[3]) / 2
        if x0 <= x <= x1 and y0 <= y <= y1:
            return face
    return None


def same(found: list[Face], face: Face, zoom: float) -> Face | None:
    """Return the face that is where `face` was before the photograph was made `zoom` as large."""
    middle = np.reshape(face.box, (2, 2)).mean(axis=0) * zoom
    for one in found:
        if np.hypot(*(np.reshape(one.box, (2, 2)).mean(axis=0) - middle)) < NEAR * face.size * zoom:
            return one
    return None


def readings(photo: Photo, estimator: Estimator, rng: Rng) -> dict[tuple[str, str], Reading]:
    """Return what becomes of a photograph under every step; {} when no face is found at first."""
    try:
        rgb = images.read(photo.path).rgb
    except ImageError:
        return {}
    face = expected(photo, detect(rgb))
    if face is None:
        return {}
    found = {}
    for what, ways in steps().items():
        for step, spoil in ways.items():
            spoilt = spoil(rgb, face, rng)
            again = same(detect(spoilt), face, spoilt.shape[0] / rgb.shape[0])
            if again is None:
                found[what, step] = Reading(photo, np.nan, None)
                continue
            raw = float(estimator(align(spoilt, again, estimator.spec)[None]).raw[0])
            found[what, step] = Reading(photo, raw, quality.measure(spoilt, again))
    return found


COLUMNS = (
    *("spoilt", "step", "faces", "found, %", "PCC", "unspoilt", "MAE", "unspoilt"),
    *("width", "contrast", "sharpness", "eyes covered", "mouth covered", "refused, %", "warned, %"),
)


def row(what: str, step: str, now: list[Reading], before: list[Reading]) -> str:
    """Return a row of the table."""
    pairs = [(a, b) for a, b in zip(now, before, strict=True) if a.measures]
    cells = [what, step, str(len(now)), f"{100 * len(pairs) / max(len(now), 1):.1f}"]
    if len(pairs) < 20:
        return " | ".join([*cells, *["too few"] * (len(COLUMNS) - len(cells))])
    rating = np.array([a.photo.rating for a, _ in pairs])
    scores = [np.array([one.raw for one in column]) for column in zip(*pairs, strict=True)]
    pcc = [f"{np.corrcoef(raw, rating)[0, 1]:.3f}" for raw in scores]
    mae = [f"{np.abs(raw - rating).mean():.2f}" for raw in scores]
    return " | ".join([*cells, pcc[0], pcc[1], mae[0], mae[1], *medians([a for a, _ in pairs])])


def medians(found: list[Reading]) -> list[str]:
    """Return medians of what was measured, and the shares refused and warned of."""
    many = [one.measures for one in found if one.measures]
    columns: list[NDArray[np.float64]] = [
        np.array(values)
        for values in zip(
            *(
                (m.width, m.contrast, m.sharpness, m.covered["eyes"], m.covered["mouth"])
                for m in many
            ),
            strict=True,
        )
    ]
    texts = [
        f"{np.median(values):.{digits}f}"
        for values, digits in zip(columns, (0, 0, 3, 2, 2), strict=True)
    ]
    judged = [quality.judge(m) for m in many]
    refused = np.mean([bool(one.reasons) for one in judged])
    warned = np.mean([bool(one.warnings) and not one.reasons for one in judged])
    return [*texts, f"{100 * refused:.1f}", f"{100 * warned:.1f}"]


def turned(clean: list[Reading]) -> Iterator[tuple[str, list[Reading]]]:
    """Yield the unspoilt readings by how far the face is turned."""
    edges = (0, 10, 20, 30, 35, 40, 45, 90)
    for low, high in pairwise(edges):
        yield (
            f"{low} to {high}",
            [one for one in clean if one.measures and low <= abs(one.measures.yaw) < high],
        )


def main() -> None:
    """Spoil every photograph of a folder and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rated", type=Path)
    parser.add_argument("--model", type=Path, help="a folder with model.json")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="each Nth photograph")
    asked = parser.parse_args()
    estimator = Estimator(asked.model)
    chosen = list(photos(asked.rated, set(estimator.manifest.get("subjects_seen", ()))))
    chosen = chosen[:: asked.every]
    rng = np.random.default_rng(SEED)
    progress = track(chosen, "Spoiling", console=Console(file=sys.stderr))
    all_readings = [found for photo in progress if (found := readings(photo, estimator, rng))]
    print(f"Model {estimator.manifest['name']} {estimator.manifest['version']}, sha256 ", end="")
    print(
        f"{estimator.manifest['sha256'][:12]}. {len(all_readings)} of {len(chosen)} photographs.\n"
    )
    clean = [found["as it is", ""] for found in all_readings]
    print(f"| {' | '.join(COLUMNS)} |")
    print("|---" * len(COLUMNS) + "|")
    for what, step in all_readings[0]:
        now = [found[what, step] for found in all_readings]
        print(f"| {row(what, step, now, clean)} |")
    for name, group in turned(clean):
        print(f"| {row('turned, degrees', name, group, group)} |")
    for picked in sorted({one.photo.picked for one in clean}):
        group = [one for one in clean if one.photo.picked == picked]
        print(f"| {row('picked', picked, group, group)} |")


if __name__ == "__main__":
    main()
