"""Whether the map marks what the score depends on: cover the marked region, and an equal other one.

    python -m benchmarks.map_coverage FOLDER           any folder of photos of faces
    python -m benchmarks.map_coverage --rated FOLDER   one with ratings.csv, which names the people

All faces of the folder are measured. Left out and counted are only faces of people whom the model
has seen, photographs that a rating calls not usable, and those in which no face is found. In a
plain folder each photo counts as a person of its own, and it is not known whom the model has seen.

For each face, the map of PSPI is interpolated smoothly over the crop, as it is drawn. The face is
the ellipse in the detector's box. The marked region is the fifth of the face's area with the
highest values, as far as they are above 0. It is compared with two other regions of the same size:

- elsewhere: as many pixels of the face outside the marked region, those nearest to a random point
  there; the mean over eight such regions is taken;
- another's: the region that the map of a random other person's face marks, on this face. This is
  where maps mark in general, so it shows whether this face's own map knows more than that.

A region is covered with the mean colour of the crop, and in a second measurement with the blurred
crop (Gaussian, sigma a tenth of its side). The fall is the model's raw score before minus after.
Intervals are 95 %, by a bootstrap over people.
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
from wince.faces.detect import detect
from wince.faces.face import Face
from wince.faces.spec import FaceSpec
from wince.runtime.estimator import Estimator
from wince.runtime.heatmap import crop_corners, place_maps, smooth

SHARE = 0.2  # of the face's area
REGIONS = 8  # elsewhere, for each face
RESAMPLES = 2000
SEED = 0
CUTS = (2.0, 4.0)  # of the raw score, between groups of faces

RGB = NDArray[np.uint8]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Photo:
    """One photograph.

    Attributes:
        path: The file.
        subject: Who it is.
        box: Where the face is (x0, y0, x1, y1); None if that is not known.
        picked: How it was picked; empty if that is not known.
    """

    path: Path
    subject: str
    box: tuple[float, float, float, float] | None = None
    picked: str = ""


@dataclass(frozen=True)
class MappedFace:
    """One face as the model sees it.

    Attributes:
        photo: The photograph.
        crop: uint8 (S, S, 3).
        smooth: The map of PSPI, (S, S).
        face: Which pixels are of the face, (S, S).
        score: Raw score.
    """

    photo: Photo
    crop: RGB
    smooth: NDArray[np.float32]
    face: Mask
    score: float


@dataclass(frozen=True)
class Falls:
    """How far one face's score fell.

    Attributes:
        subject: Who it is.
        picked: How the photograph was picked.
        score: Raw score before.
        by_filling: The falls for the marked region, elsewhere (mean) and another's, by filling.
    """

    subject: str
    picked: str
    score: float
    by_filling: dict[str, tuple[float, float, float]]


def mean_colour(crop: RGB) -> RGB:
    """Return the crop's mean colour everywhere."""
    return np.broadcast_to(crop.mean(axis=(0, 1)).round().astype(np.uint8), crop.shape)


def blurred(crop: RGB) -> RGB:
    """Return the crop, blurred so much that no wrinkle remains."""
    return np.asarray(Image.fromarray(crop).filter(ImageFilter.GaussianBlur(len(crop) / 10)))


FILLINGS = {"mean colour": mean_colour, "blurred": blurred}


def marked(smooth: NDArray[np.float32], face: Mask) -> Mask:
    """Return the fifth of the face with the highest values above 0.

    Args:
        smooth: The map, (S, S).
        face: Which pixels are of the face, (S, S).
    """
    count = round(SHARE * face.sum())
    values = np.where(face & (smooth > 0), smooth, -np.inf).ravel()
    best = np.argsort(-values, kind="stable")[:count]
    chosen = np.zeros(smooth.size, bool)
    chosen[best[np.isfinite(values[best])]] = True
    return chosen.reshape(smooth.shape)


def elsewhere(region: Mask, face: Mask, rng: np.random.Generator) -> Mask:
    """Return a region as large as the given one, around a random point of the rest of the face."""
    rows, columns = np.nonzero(face & ~region)
    middle = rng.integers(len(rows))
    far = np.hypot(rows - rows[middle], columns - columns[middle])
    nearest = np.argsort(far, kind="stable")[: region.sum()]
    chosen = np.zeros_like(region)
    chosen[rows[nearest], columns[nearest]] = True
    return chosen


def ellipse(face: Face, spec: FaceSpec) -> Mask:
    """Return which pixels of the crop are in the ellipse of the face's box, (size, size)."""
    y, x = np.mgrid[: spec.size, : spec.size] + 0.5
    matrix = crop_to_image(face, spec)
    across, down = np.tensordot(matrix, np.stack([x, y, np.ones_like(x)]), axes=1)
    x0, y0, x1, y1 = face.box
    radius = np.hypot((across - (x0 + x1) / 2) / (x1 - x0), (down - (y0 + y1) / 2) / (y1 - y0))
    return np.asarray(radius < 0.5)


def measure_falls(
    mapped: MappedFace,
    foreign: NDArray[np.float32],
    score: Callable[[RGB], Sequence[float]],
    rng: np.random.Generator,
) -> dict[str, tuple[float, float, float]]:
    """Return how far the score falls, by filling.

    Args:
        mapped: The face. Its map must mark something on it.
        foreign: Another face's map.
        score: Returns the scores of crops (N, S, S, 3).
        rng: Source of the random regions.
    """
    region, crop = marked(mapped.smooth, mapped.face), mapped.crop
    drawn = (elsewhere(region, mapped.face, rng) for _ in range(REGIONS))
    regions = [region, marked(foreign, mapped.face), *drawn]
    covered = [
        np.where(mask[:, :, None], fill(crop), crop)
        for fill in FILLINGS.values()
        for mask in regions
    ]
    before, *after = score(np.stack([crop, *covered]))
    fallen = before - np.reshape(after, (len(FILLINGS), len(regions)))
    return {
        name: (float(row[0]), float(row[2:].mean()), float(row[1]))
        for name, row in zip(FILLINGS, fallen, strict=True)
    }


def rated(folder: Path, subjects_seen: set[str], left_out: dict[str, int]) -> Iterator[Photo]:
    """Yield the photographs of people whom the model has not seen, and count the others."""
    with (folder / "ratings.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["subject"] in subjects_seen:
                left_out["of people the model has seen"] += 1
            elif "0" in (row["quality_a"], row["quality_b"]):
                left_out["rated not usable"] += 1
            else:
                x0, y0, x1, y1 = map(float, row["box"].split())
                path = folder / "images" / row["image"]
                yield Photo(path, row["subject"], (x0, y0, x1, y1), row.get("picked", ""))


def plain(folder: Path) -> Iterator[Photo]:
    """Yield every photo below a folder, each as a person of its own."""
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in images.SUFFIXES:
            yield Photo(path, str(path))


def face_of(photo: Photo, faces: list[Face]) -> Face | None:
    """Return the largest face; in a rated photograph, the largest whose centre is in its box."""
    for face in faces:
        x, y = (face.box[0] + face.box[2]) / 2, (face.box[1] + face.box[3]) / 2
        if photo.box is None:
            return face
        x0, y0, x1, y1 = photo.box
        if x0 <= x <= x1 and y0 <= y <= y1:
            return face
    return None


def map_face(photo: Photo, estimator: Estimator, left_out: dict[str, int]) -> MappedFace | None:
    """Return the face of a photograph with its map.

    Args:
        photo: The photograph.
        estimator: The model.
        left_out: Numbers of photographs by the reason why they are left out; the result is None
            then and one of them is increased.
    """
    try:
        image = images.read(photo.path)
    except ImageError:
        left_out["that cannot be read"] += 1
        return None
    face = face_of(photo, detect(image.rgb))
    if face is None:
        left_out["without a face where one is expected"] += 1
        return None
    spec = estimator.spec
    crop = align(image.rgb, face, spec)
    estimate = estimator(crop[None])
    smoothed = smooth(
        place_maps(
            estimate,
            crop_corners(face.scaled(image.scale), spec, (image.width, image.height)),
            estimator.scale,
        ).score,
        spec.size,
    )
    mapped = MappedFace(photo, crop, smoothed, ellipse(face, spec), float(estimate.raw[0]))
    if not marked(mapped.smooth, mapped.face).any():
        left_out["whose map marks nothing on the face"] += 1
        return None
    return mapped


def cover(mapped_faces: list[MappedFace], estimator: Estimator) -> Iterator[Falls]:
    """Yield how far each face's score falls."""
    rng = np.random.default_rng(SEED)
    people = np.array([mapped.photo.subject for mapped in mapped_faces])
    for mapped in track(mapped_faces, "Covering", console=Console(file=sys.stderr)):
        other = mapped_faces[rng.choice(np.flatnonzero(people != mapped.photo.subject))]
        fallen = measure_falls(
            mapped, other.smooth, lambda crops: estimator(crops).raw.tolist(), rng
        )
        yield Falls(mapped.photo.subject, mapped.photo.picked, mapped.score, fallen)


def metric_cells(faces: list[Falls], filling: str) -> str:
    """Return cells of the table: three mean falls, then comparisons with intervals."""
    people, index = np.unique([face.subject for face in faces], return_inverse=True)
    fallen = np.array([face.by_filling[filling] for face in faces])
    wins = fallen[:, 0] > fallen[:, 1]
    sums = np.zeros((len(people), 5))
    np.add.at(sums, index, np.column_stack([fallen, wins, np.ones(len(faces))]))
    drawn = subject_counts(len(people), RESAMPLES, SEED) @ sums

    def derived(totals: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
        region, other, foreign, won, count = totals.T
        ratio = np.divide(region, other, out=np.full_like(region, np.nan), where=other > 0)
        return (region - other) / count, ratio, 100 * won / count, (region - foreign) / count

    values, resampled = derived(sums.sum(axis=0)[None]), derived(drawn)
    texts = [
        f"{value[0]:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"
        if np.isfinite(value[0])
        else "undefined"
        for value, samples, digits in zip(values, resampled, (2, 2, 0, 2), strict=True)
        for low, high in [interval(samples)]
    ]
    return " | ".join([*(f"{mean:.2f}" for mean in fallen.mean(axis=0)), *texts])


COLUMNS = (
    *("faces", "number", "people", "covered with"),
    *("fall: marked", "elsewhere", "another's"),
    *("marked - elsewhere", "marked / elsewhere", "marked > elsewhere, % of faces"),
    "marked - another's",
)


def report(faces: list[Falls]) -> Iterator[str]:
    """Yield the table, a row for each group of faces and filling."""
    low, high = CUTS
    groups = {
        "all": faces,
        f"score below {low:g}": [face for face in faces if face.score < low],
        f"score {low:g} to {high:g}": [face for face in faces if low <= face.score < high],
        f"score {high:g} or more": [face for face in faces if face.score >= high],
    }
    by_expression = [face for face in faces if face.picked == "by expression"]
    if by_expression:
        groups["picked by expression"] = by_expression
    yield f"| {' | '.join(COLUMNS)} |"
    yield "|---" * len(COLUMNS) + "|"
    for name, group in groups.items():
        people = len({face.subject for face in group})
        for filling in FILLINGS if people > 1 else ():
            row = metric_cells(group, filling)
            yield f"| {name} | {len(group)} | {people} | {filling} | {row} |"


def main() -> None:
    """Measure every face of a folder and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path, help="folder of photos")
    parser.add_argument("--rated", action="store_true", help="the folder has ratings.csv")
    parser.add_argument(
        "--model", type=Path, help="a folder with model.json; else the packaged one"
    )
    options = parser.parse_args()
    estimator = Estimator(options.model)
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
    subjects_seen = set(estimator.manifest.get("subjects_seen", ()))
    photos = list(
        rated(options.folder, subjects_seen, left_out) if options.rated else plain(options.folder)
    )
    progress = track(photos, "Mapping", console=Console(file=sys.stderr))
    results = (map_face(photo, estimator, left_out) for photo in progress)
    mapped_faces = [mapped for mapped in results if mapped is not None]
    print(f"Model {estimator.manifest['name']} {estimator.manifest['version']}, sha256 ", end="")
    print(f"{estimator.manifest['sha256'][:12]}, crops of {estimator.spec.size} pixels.")
    for reason, count in left_out.items():
        print(f"Left out: {count} {reason}.")
    if len({mapped.photo.subject for mapped in mapped_faces}) < 2:
        raise SystemExit(
            "Expected faces of at least two people, found fewer. Is this the right folder?"
        )
    inside = [
        mapped.smooth[mapped.face].clip(0).sum() / mapped.smooth.clip(0).sum()
        for mapped in mapped_faces
    ]
    print(f"Of the positive part of the maps, {100 * np.mean(inside):.0f} % is on the face.\n")
    for line in report(list(cover(mapped_faces, estimator))):
        print(line)


if __name__ == "__main__":
    main()
