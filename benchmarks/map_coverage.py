"""Does the map mark what the score rests on? Cover the marked region, and an equal one elsewhere.

    python -m benchmarks.map_coverage FOLDER           any folder of pictures of faces
    python -m benchmarks.map_coverage --rated FOLDER   one with ratings.csv, which names the people

Every face in the folder is measured, none is picked. Left out and counted are only faces of people
the model has seen, photographs that a rating calls not usable, and those in which no face is found.
In a plain folder each picture counts as a person of its own, and nobody knows whom the model has
seen.

For each face, the map of PSPI is spread smoothly over the crop, as it is drawn. The face is the
ellipse in the detector's box. The marked region is the fifth of the face's area with the highest
values, as far as they are above 0. It is compared with two others of the same size:

- elsewhere: as many pixels of the face outside the marked region, those nearest to a random point
  there; eight are drawn and the mean of their falls is taken;
- another's: what the map of another, random person's face marks, laid on this one. It is where maps
  mark in general, so it asks whether this face's own map knows more than that.

A region is covered with the mean colour of the crop, and in a second measurement with the crop
itself, blurred (Gaussian, sigma a tenth of its side). The fall is the model's raw score before
minus after. Intervals are 95 %, by a bootstrap over people.
"""

import argparse
import csv
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter
from rich.console import Console
from rich.progress import track

from wince import images
from wince.errors import ImageError
from wince.evaluation.bootstrap import interval, subject_counts
from wince.faces.align import align, crop_to_image
from wince.faces.detect import Face, detect
from wince.faces.spec import FaceSpec
from wince.runtime.estimator import Estimator
from wince.runtime.heatmap import crop_corners, heatmap, smooth

SHARE = 0.2  # of the face's area
REGIONS = 8  # elsewhere, for each face
RESAMPLES = 2000
SEED = 0
CUTS = (2.0, 4.0)  # of the raw score, between groups of faces

RGB = NDArray[np.uint8]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Photo:
    """One photograph: whose it is, and where the face is (x0, y0, x1, y1), if that is told."""

    path: Path
    subject: str
    box: tuple[float, float, float, float] | None = None
    picked: str = ""


@dataclass(frozen=True)
class Shown:
    """One face as the model sees it: crop (S, S, 3), smooth map and face (S, S), raw score."""

    photo: Photo
    crop: RGB
    smooth: NDArray[np.float32]
    face: Mask
    score: float


@dataclass(frozen=True)
class Falls:
    """How far one face's score fell: by filling, (marked, mean of those elsewhere, another's)."""

    subject: str
    picked: str
    score: float
    by_filling: dict[str, tuple[float, float, float]]


def mean_colour(crop: RGB) -> RGB:
    """Return the crop's mean colour everywhere."""
    return np.broadcast_to(crop.mean(axis=(0, 1)).round().astype(np.uint8), crop.shape)


def blurred(crop: RGB) -> RGB:
    """Return the crop, blurred until nothing is left of a wrinkle."""
    return np.asarray(Image.fromarray(crop).filter(ImageFilter.GaussianBlur(len(crop) / 10)))


FILLINGS = {"mean colour": mean_colour, "blurred": blurred}


def marked(smooth: NDArray[np.float32], face: Mask) -> Mask:
    """Return the fifth of the face with the highest values above 0; all are (S, S)."""
    wanted = round(SHARE * face.sum())
    values = np.where(face & (smooth > 0), smooth, -np.inf).ravel()
    best = np.argsort(-values, kind="stable")[:wanted]
    chosen = np.zeros(smooth.size, bool)
    chosen[best[np.isfinite(values[best])]] = True
    return chosen.reshape(smooth.shape)


def elsewhere(region: Mask, face: Mask, rng: np.random.Generator) -> Mask:
    """Return as many pixels of the rest of the face, those nearest to a random point of it."""
    rows, columns = np.nonzero(face & ~region)
    middle = rng.integers(len(rows))
    far = np.hypot(rows - rows[middle], columns - columns[middle])
    nearest = np.argsort(far, kind="stable")[: region.sum()]
    chosen = np.zeros_like(region)
    chosen[rows[nearest], columns[nearest]] = True
    return chosen


def ellipse(face: Face, spec: FaceSpec) -> Mask:
    """Return which pixels of the crop lie in the ellipse within the face's box, (size, size)."""
    y, x = np.mgrid[: spec.size, : spec.size] + 0.5
    matrix = crop_to_image(face, spec)
    across, down = np.tensordot(matrix, np.stack([x, y, np.ones_like(x)]), axes=1)
    x0, y0, x1, y1 = face.box
    return np.hypot((across - (x0 + x1) / 2) / (x1 - x0), (down - (y0 + y1) / 2) / (y1 - y0)) < 0.5


def falls(
    shown: Shown,
    foreign: NDArray[np.float32],
    score: Callable[[RGB], Sequence[float]],
    rng: np.random.Generator,
) -> dict[str, tuple[float, float, float]]:
    """Return how far the score falls, by filling; the map has to mark something on the face.

    foreign: another face's map. score: crops (N, S, S, 3) -> their scores.
    """
    region, crop = marked(shown.smooth, shown.face), shown.crop
    drawn = (elsewhere(region, shown.face, rng) for _ in range(REGIONS))
    regions = [region, marked(foreign, shown.face), *drawn]
    covered = [
        np.where(one[:, :, None], fill(crop), crop) for fill in FILLINGS.values() for one in regions
    ]
    before, *after = score(np.stack([crop, *covered]))
    fallen = before - np.reshape(after, (len(FILLINGS), len(regions)))
    return {
        name: (float(row[0]), float(row[2:].mean()), float(row[1]))
        for name, row in zip(FILLINGS, fallen, strict=True)
    }


def rated(folder: Path, seen: set[str], left_out: dict[str, int]) -> Iterator[Photo]:
    """Yield the photographs of people the model has not seen."""
    with (folder / "ratings.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["subject"] in seen:
                left_out["of people the model has seen"] += 1
            elif "0" in (row["quality_a"], row["quality_b"]):
                left_out["rated not usable"] += 1
            else:
                x0, y0, x1, y1 = map(float, row["box"].split())
                path = folder / "images" / row["image"]
                yield Photo(path, row["subject"], (x0, y0, x1, y1), row.get("picked", ""))


def plain(folder: Path) -> Iterator[Photo]:
    """Yield every picture below a folder, each as a person of its own."""
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in images.SUFFIXES:
            yield Photo(path, str(path))


def the_face(photo: Photo, found: list[Face]) -> Face | None:
    """Return the largest face, in a rated photograph the largest whose middle is in its box."""
    for face in found:
        x, y = (face.box[0] + face.box[2]) / 2, (face.box[1] + face.box[3]) / 2
        if photo.box is None:
            return face
        x0, y0, x1, y1 = photo.box
        if x0 <= x <= x1 and y0 <= y <= y1:
            return face
    return None


def look(photo: Photo, estimator: Estimator, left_out: dict[str, int]) -> Shown | None:
    """Return the face in a photograph, or None and a count of why not."""
    try:
        picture = images.read(photo.path)
    except ImageError:
        left_out["that cannot be read"] += 1
        return None
    face = the_face(photo, detect(picture.rgb))
    if face is None:
        left_out["without a face where one is expected"] += 1
        return None
    spec = estimator.spec
    crop = align(picture.rgb, face, spec)
    estimate = estimator(crop[None])
    smoothed = smooth(heatmap(estimate, crop_corners(face, spec, picture)).pspi, spec.size)
    shown = Shown(photo, crop, smoothed, ellipse(face, spec), float(estimate.raw[0]))
    if not marked(shown.smooth, shown.face).any():
        left_out["whose map marks nothing on the face"] += 1
        return None
    return shown


def cover(shown: list[Shown], estimator: Estimator) -> Iterator[Falls]:
    """Yield how far each face's score falls."""
    rng = np.random.default_rng(SEED)
    people = np.array([one.photo.subject for one in shown])
    for one in track(shown, "Covering", console=Console(file=sys.stderr)):
        other = shown[rng.choice(np.flatnonzero(people != one.photo.subject))]
        fallen = falls(one, other.smooth, lambda crops: estimator(crops).raw.tolist(), rng)
        yield Falls(one.photo.subject, one.photo.picked, one.score, fallen)


def figures(found: list[Falls], filling: str) -> str:
    """Return a row of the table: three mean falls, then what follows from them with intervals."""
    people, index = np.unique([one.subject for one in found], return_inverse=True)
    fallen = np.array([one.by_filling[filling] for one in found])
    wins = fallen[:, 0] > fallen[:, 1]
    sums = np.zeros((len(people), 5))
    np.add.at(sums, index, np.column_stack([fallen, wins, np.ones(len(found))]))
    drawn = subject_counts(len(people), RESAMPLES, SEED) @ sums

    def derived(totals: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
        region, other, foreign, won, faces = totals.T
        ratio = np.divide(region, other, out=np.full_like(region, np.nan), where=other > 0)
        return (region - other) / faces, ratio, 100 * won / faces, (region - foreign) / faces

    values, resampled = derived(sums.sum(axis=0)[None]), derived(drawn)
    texts = [
        f"{value[0]:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"
        if np.isfinite(value[0])
        else "undefined"
        for value, many, digits in zip(values, resampled, (2, 2, 0, 2), strict=True)
        for low, high in [interval(many)]
    ]
    return " | ".join([*(f"{mean:.2f}" for mean in fallen.mean(axis=0)), *texts])


COLUMNS = (
    *("faces", "number", "people", "covered with"),
    *("fall: marked", "elsewhere", "another's"),
    *("marked - elsewhere", "marked / elsewhere", "marked > elsewhere, % of faces"),
    "marked - another's",
)


def report(found: list[Falls]) -> Iterator[str]:
    """Yield the table, a row for each group of faces and filling."""
    low, high = CUTS
    groups = {
        "all": found,
        f"score below {low:g}": [one for one in found if one.score < low],
        f"score {low:g} to {high:g}": [one for one in found if low <= one.score < high],
        f"score {high:g} or more": [one for one in found if one.score >= high],
    }
    by_expression = [one for one in found if one.picked == "by expression"]
    if by_expression:
        groups["picked by expression"] = by_expression
    yield f"| {' | '.join(COLUMNS)} |"
    yield "|---" * len(COLUMNS) + "|"
    for name, group in groups.items():
        people = len({one.subject for one in group})
        for filling in FILLINGS if people > 1 else ():
            row = figures(group, filling)
            yield f"| {name} | {len(group)} | {people} | {filling} | {row} |"


def main() -> None:
    """Measure every face of a folder and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rated", action="store_true", help="the folder has ratings.csv")
    parser.add_argument(
        "--model", type=Path, help="a folder with model.json; else the packaged one"
    )
    asked = parser.parse_args()
    estimator = Estimator(asked.model)
    left_out = dict.fromkeys(
        (
            "of people the model has seen",
            "rated not usable",
            "that cannot be read",
            "without a face where one is expected",
            "whose map marks nothing on the face",
        ),
        0,
    )
    seen = set(estimator.manifest.get("subjects_seen", ()))
    photos = list(rated(asked.folder, seen, left_out) if asked.rated else plain(asked.folder))
    progress = track(photos, "Looking", console=Console(file=sys.stderr))
    looked = (look(photo, estimator, left_out) for photo in progress)
    shown = [one for one in looked if one is not None]
    print(f"Model {estimator.manifest['name']} {estimator.manifest['version']}, sha256 ", end="")
    print(f"{estimator.manifest['sha256'][:12]}, crops of {estimator.spec.size} pixels.")
    for reason, count in left_out.items():
        print(f"Left out: {count} {reason}.")
    if len({one.photo.subject for one in shown}) < 2:
        raise SystemExit("Faces of two people at least are needed: is this the right folder?")
    inside = [one.smooth[one.face].clip(0).sum() / one.smooth.clip(0).sum() for one in shown]
    print(f"Of what the maps raise, {100 * np.mean(inside):.0f} % lies on the face.\n")
    for line in report(list(cover(shown, estimator))):
        print(line)


if __name__ == "__main__":
    main()
