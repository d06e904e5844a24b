"""Faces from folders of photographs with a table.

A folder of rated faces has `images/` and `ratings.csv` with two ratings of each face. A folder of
unrated faces has `images/` and `faces.csv`.
"""

import csv
import multiprocessing
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich import get_console
from rich.progress import track

from tools.starter.face_mesh import FaceMesh
from tools.starter.rated_faces import Faces
from wince import images, scale
from wince.errors import DataError
from wince.faces.align import align, crop_to_image
from wince.faces.detect import detect
from wince.faces.face import Face
from wince.faces.spec import FaceSpec
from wince.files import sha256

TWO_RATINGS, UNRATED = "ratings.csv", "faces.csv"
UNITS = tuple(name.lower() for name in scale.UNIT_NAMES)
_RATED_COLUMNS = (
    *("image", "subject", "expression", "picked", "box"),
    *(f"{unit}_{rating}" for rating in "ab" for unit in (*UNITS, "quality")),
)

Row = dict[str, str]
Crop = tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.float32]]
"""A crop (S, S, 3), its landmarks (478, 2) as shares of its side, and the blendshapes (52,)."""


def read_rated(folder: Path, face_models: Path, spec: FaceSpec, *, workers: int = 2) -> Faces:
    """Return every usable face of a folder of rated faces.

    Left out are photographs that a rating calls not usable, and those without a face where the
    rated one is; their number is printed.

    Args:
        folder: With `images/` and `ratings.csv`.
        face_models: With MediaPipe's landmark and blendshape models as ONNX.
        spec: How faces are cut out.
        workers: Processes.

    Raises:
        DataError: ratings.csv is missing or lacks a column, or no photograph shows a face.
    """
    rows = read_table(folder / TWO_RATINGS, _RATED_COLUMNS)
    usable = [row for row in rows if row["quality_a"] != "0" and row["quality_b"] != "0"]
    return _cut_out(folder / "images", usable, face_models, spec, workers)


def read_unrated(folder: Path, face_models: Path, spec: FaceSpec, *, workers: int = 2) -> Faces:
    """Return the largest face of every photograph of a folder of unrated faces.

    Photographs without a face are left out; their number is printed. See `read_rated` for the
    arguments.

    Raises:
        DataError: faces.csv is missing or lacks a column, or no photograph shows a face.
    """
    rows = read_table(folder / UNRATED, ("image", "subject"))
    return _cut_out(folder / "images", rows, face_models, spec, workers)


def read_table(path: Path, columns: Iterable[str]) -> list[Row]:
    """Return the rows of a CSV table.

    Raises:
        DataError: The table is missing or lacks one of the columns.
    """
    with _existing(path).open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        rows = list(reader)
    missing = sorted(set(columns) - set(reader.fieldnames or ()))
    if missing:
        raise DataError(f"{path}, line 1: expected the columns {', '.join(missing)}, found none.")
    return rows


def table_sha256(path: Path) -> str:
    """Return the SHA-256 of a table, 64 hexadecimal digits; raise DataError when it is missing."""
    return sha256(_existing(path))


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise DataError(f"Expected a table at {path}, found none. Is this the right folder?")
    return path


def _cut_out(
    images_folder: Path, rows: list[Row], face_models: Path, spec: FaceSpec, workers: int
) -> Faces:
    arguments = images_folder, face_models, spec
    with ProcessPoolExecutor(
        workers, multiprocessing.get_context("spawn"), _prepare_worker, arguments
    ) as pool:
        results = track(pool.map(_cropped_face, rows, chunksize=32), "Faces", total=len(rows))
        pairs = [(row, crop) for row, crop in zip(rows, results, strict=True) if crop is not None]
    if not pairs:
        raise DataError(
            f"{images_folder}: expected faces, found none in {len(rows):,} photographs. Are these "
            "the photographs of the table?"
        )
    if skipped := len(rows) - len(pairs):
        get_console().print(
            f"{skipped:,} of {len(rows):,} photographs left out: no face where one should be."
        )
    return _as_faces(pairs)


def _as_faces(pairs: list[tuple[Row, Crop]]) -> Faces:
    rows = [row for row, _ in pairs]
    crops, points, blendshapes = zip(*(crop for _, crop in pairs), strict=True)
    ratings = [
        [[float(row.get(f"{unit}_{rating}", "nan")) for unit in UNITS] for rating in "ab"]
        for row in rows
    ]
    text = {
        name: np.array([row.get(name, "") for row in rows])
        for name in ("subject", "expression", "picked", "image")
    }
    return Faces(
        crops=np.stack(crops),
        points=np.stack(points),
        blendshapes=np.stack(blendshapes),
        ratings=np.array(ratings, np.float32),
        **text,
    )


_worker: tuple[Path, FaceMesh, FaceSpec]  # each process of the pool loads the models once


def _prepare_worker(images_folder: Path, face_models: Path, spec: FaceSpec) -> None:
    global _worker
    _worker = (images_folder, FaceMesh(face_models), spec)


def _cropped_face(row: Row) -> Crop | None:
    images_folder, mesh, spec = _worker
    rgb = images.read(images_folder / row["image"]).rgb
    face = _rated_face(detect(rgb), row.get("box"))
    if face is None:
        return None
    points, blendshapes = mesh(rgb, face)
    matrix = crop_to_image(face, spec)
    in_crop = np.linalg.solve(matrix[:, :2], (points - matrix[:, 2]).T).T / spec.size
    return align(rgb, face, spec), in_crop.astype(np.float32), blendshapes


def _rated_face(faces: list[Face], box: str | None) -> Face | None:
    """Return the largest face whose centre is in the rated box; without a box, the largest.

    The rated box is generous, so the centre must be in the box's own central half.
    """
    if box is None:
        return faces[0] if faces else None
    x0, y0, x1, y1 = (float(edge) for edge in box.split())
    dx, dy = (x1 - x0) / 4, (y1 - y0) / 4
    for face in faces:
        x, y = (face.box[0] + face.box[2]) / 2, (face.box[1] + face.box[3]) / 2
        if x0 + dx <= x <= x1 - dx and y0 + dy <= y <= y1 - dy:
            return face
    return None
