"""The starter model's data: rated and unrated photographs, cut out once and kept as arrays.

A folder of rated faces holds `images/` and `ratings.csv` (two ratings of each face); one of unrated
faces holds `images/` and `faces.csv`. Faces are split by `subject`, always.
"""

import csv
import multiprocessing
from collections.abc import Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich import get_console
from rich.progress import track

from tools.starter.face_mesh import FaceMesh
from wince import images, scale
from wince.errors import DataError
from wince.faces.align import align, crop_to_image
from wince.faces.detect import Face, detect
from wince.faces.spec import FaceSpec
from wince.files import sha256

SIDE = 2.25  # of the model's crop: from above the brows to the chin
RATED_ONCE = "rated once"
Ratings = Mapping[str, NDArray[np.float32]]  # six action units (6,) by image
TWO_RATINGS, UNRATED = "ratings.csv", "faces.csv"
ONE_RATING = Path(__file__).with_name("rated_once.csv")
MARGIN = 1.5  # how much more than the model's crop is kept, for turning and shifting


def shown(size: int) -> FaceSpec:
    """Return what the starter model is shown, at a size in pixels."""
    return FaceSpec(size=size, side=SIDE)


@dataclass(frozen=True, slots=True)
class Faces:
    """Faces cut out of photographs, row by row.

    crops: uint8 (N, S, S, 3) RGB, MARGIN times as wide as the model's crop. points: float32
    (N, 478, 2), landmarks in units of the crop's side. blendshapes: float32 (N, 52). ratings:
    float32 (N, 2, 6), two ratings of six action units, NaN for unrated faces. subject, expression,
    picked, image: text (N,).
    """

    crops: NDArray[np.uint8]
    points: NDArray[np.float32]
    blendshapes: NDArray[np.float32]
    ratings: NDArray[np.float32]
    subject: NDArray[np.str_]
    expression: NDArray[np.str_]
    picked: NDArray[np.str_]
    image: NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.crops)

    def __getitem__(self, rows: NDArray[np.intp] | NDArray[np.bool_]) -> "Faces":
        return Faces(*(getattr(self, name)[rows] for name in self.__slots__))

    def save(self, path: Path) -> None:
        """Write the arrays to an .npz file, aside first and then renamed."""
        aside = path.with_suffix(".part.npz")
        np.savez(aside, **{name: getattr(self, name) for name in self.__slots__})
        aside.rename(path)

    @classmethod
    def load(cls, path: Path) -> "Faces":
        """Read what `save` wrote."""
        with np.load(path) as arrays:
            return cls(*(arrays[name] for name in cls.__slots__))

    @property
    def rated(self) -> NDArray[np.bool_]:
        """Which faces (N,) were rated."""
        return np.asarray(~np.isnan(self.ratings).any(axis=(1, 2)))

    @property
    def once(self) -> NDArray[np.bool_]:
        """Which faces (N,) were rated but once, by `with_one_rating`."""
        return np.asarray(self.picked == RATED_ONCE)

    @property
    def units(self) -> NDArray[np.float32]:
        """The mean of the two ratings, float32 (N, 6)."""
        return np.asarray(self.ratings.mean(axis=1))

    @property
    def pspi_by_rating(self) -> NDArray[np.float32]:
        """The PSPI of each rating, float32 (N, 2)."""
        return np.asarray(scale.pspi_formula(*np.moveaxis(self.ratings, -1, 0), maximum=np.maximum))

    @property
    def pspi(self) -> NDArray[np.float32]:
        """The mean of the two ratings' PSPI, float32 (N,): not the PSPI of the mean rating."""
        return np.asarray(self.pspi_by_rating.mean(axis=1))


def read_rated(folder: Path, mesh: Path, spec: FaceSpec, *, workers: int = 2) -> Faces:
    """Cut out every usable face of a folder of rated faces.

    Left out are photographs that a rating calls not usable, and those in which no face is found
    where the rated one is. Raises DataError when ratings.csv is missing or lacks a column, and when
    no face is found at all.
    """
    rows = _table(folder / TWO_RATINGS, _RATED_COLUMNS)
    usable = [row for row in rows if row["quality_a"] != "0" and row["quality_b"] != "0"]
    return _cut(folder / "images", usable, mesh, spec, workers)


def read_unrated(folder: Path, mesh: Path, spec: FaceSpec, *, workers: int = 2) -> Faces:
    """Cut out the largest face of every photograph in a folder of unrated faces that shows one.

    Raises DataError when faces.csv is missing or lacks a column, and when no face is found.
    """
    rows = _table(folder / UNRATED, ("image", "subject"))
    return _cut(folder / "images", rows, mesh, spec, workers)


def read_ratings(path: Path) -> Ratings:
    """Return the six action units (6,) by image of a table of one rating each.

    Left out are faces that the rating calls not usable. Raises DataError when the table is missing
    or lacks a column.
    """
    rows = _table(path, ("image", *_UNITS, "quality"))
    return {
        row["image"]: np.array([float(row[name]) for name in _UNITS], np.float32)
        for row in rows
        if row["quality"] != "0"
    }


def with_one_rating(unrated: Faces, known: Faces, ratings: Ratings) -> Faces:
    """Return unrated faces with the one rating that some were given, on the scale of `known`'s two.

    Some of the ratings are of `known`'s images. Those show what each level means: it becomes the
    mean of the levels that the two ratings give at the same ranks (equipercentile equating: Kolen
    & Brennan 2014, chapter 2). So rated faces have two equal rows of ratings and are `picked` as
    RATED_ONCE; the others stay as they are.
    """
    both = np.isin(known.image, list(ratings))
    given = np.isin(unrated.image, list(ratings))
    if not both.any() or not given.any():
        return unrated
    fresh = np.array([ratings[image] for image in known.image[both]])
    asked = np.array([ratings[image] for image in unrated.image[given]])
    equal = np.empty_like(asked)
    for unit in range(len(_UNITS)):
        equal[:, unit] = _equated(asked[:, unit], fresh[:, unit], known.ratings[both, :, unit])
    filled = unrated.ratings.copy()
    filled[given] = equal[:, None]
    return replace(unrated, ratings=filled, picked=np.where(given, RATED_ONCE, unrated.picked))


def _equated(
    levels: NDArray[np.float32], seen: NDArray[np.float32], known: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return what each level (N,) is on the scale of `known`, by the ranks of `seen` there."""
    in_order = np.sort(known, axis=None)
    ranks = np.linspace(0, len(in_order), len(seen) + 1)
    sums = np.concatenate([[0.0], np.cumsum(in_order)])
    below = np.interp(ranks, np.arange(len(sums)), sums)  # the sum of all under a rank
    ordered = np.sort(seen)
    first = np.minimum(np.searchsorted(ordered, levels), len(ordered) - 1)
    # A level that no known face was given is taken for the next one.
    last = np.maximum(np.searchsorted(ordered, levels, "right"), first + 1)
    return np.asarray((below[last] - below[first]) / (ranks[last] - ranks[first]), np.float32)


_UNITS = tuple(name.lower() for name in scale.UNIT_NAMES)
_RATED_COLUMNS = (
    *("image", "subject", "expression", "picked", "box"),
    *(f"{name}_{rating}" for rating in "ab" for name in (*_UNITS, "quality")),
)


def fingerprint(table: Path) -> str:
    """Return the SHA-256 of a table's bytes, in hexadecimal; raise DataError when it is missing."""
    return sha256(_existing(table))


def _existing(table: Path) -> Path:
    if not table.is_file():
        raise DataError(f"Expected a table at {table}, found none. Is this the right folder?")
    return table


def _table(path: Path, columns: Iterable[str]) -> list[dict[str, str]]:
    with _existing(path).open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        rows = list(reader)
    missing = sorted(set(columns) - set(reader.fieldnames or ()))
    if missing:
        raise DataError(f"{path}, line 1: expected the columns {', '.join(missing)}, found none.")
    return rows


def _cut(
    images_folder: Path, rows: list[dict[str, str]], mesh: Path, spec: FaceSpec, workers: int
) -> Faces:
    with ProcessPoolExecutor(
        workers, multiprocessing.get_context("spawn"), _prepare_worker, (images_folder, mesh, spec)
    ) as pool:
        cut = list(track(pool.map(_cut_one, rows, chunksize=32), "Faces", total=len(rows)))
    found = [(row, *one) for row, one in zip(rows, cut, strict=True) if one is not None]
    if not found:
        raise DataError(
            f"{images_folder}: expected faces, found none in {len(rows):,} photographs where one "
            "should be. Are these the photographs of the table?"
        )
    if left := len(rows) - len(found):
        get_console().print(
            f"{left:,} of {len(rows):,} photographs left out: no face found where one should be."
        )
    kept, crops, points, blendshapes = zip(*found, strict=True)
    ratings = [[[float(row.get(f"{u}_{r}", "nan")) for u in _UNITS] for r in "ab"] for row in kept]
    text = {
        name: np.array([row.get(name, "") for row in kept])
        for name in ("subject", "expression", "picked", "image")
    }
    return Faces(
        crops=np.stack(crops),
        points=np.stack(points),
        blendshapes=np.stack(blendshapes),
        ratings=np.array(ratings, np.float32),
        **text,
    )


_Cut = tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.float32]]
_worker: tuple[Path, FaceMesh, FaceSpec]  # each process of the pool loads the models once


def _prepare_worker(images_folder: Path, mesh: Path, spec: FaceSpec) -> None:
    global _worker
    _worker = (images_folder, FaceMesh(mesh), spec)


def _cut_one(row: dict[str, str]) -> _Cut | None:
    images_folder, mesh, spec = _worker
    rgb = images.read(images_folder / row["image"]).rgb
    face = _meant(detect(rgb), row.get("box"))
    if face is None:
        return None
    points, blendshapes = mesh(rgb, face)
    matrix = crop_to_image(face, spec)
    inside = np.linalg.solve(matrix[:, :2], (points - matrix[:, 2]).T).T / spec.size
    return align(rgb, face, spec), inside.astype(np.float32), blendshapes


def _meant(faces: list[Face], box: str | None) -> Face | None:
    """Return the largest face whose middle lies in the rated box; without a box, the largest."""
    if box is None:
        return faces[0] if faces else None
    x0, y0, x1, y1 = (float(part) for part in box.split())
    # The rated box is generous; the face meant has its middle in the box's own middle half.
    dx, dy = (x1 - x0) / 4, (y1 - y0) / 4
    for face in faces:
        x, y = (face.box[0] + face.box[2]) / 2, (face.box[1] + face.box[3]) / 2
        if x0 + dx <= x <= x1 - dx and y0 + dy <= y <= y1 - dy:
            return face
    return None
