"""A small recipe and small data, made from rendered faces, for the tests of tools/starter."""

import csv
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.support.frames import Frame
from tools.starter.rated_faces import BY_EXPRESSION, Faces
from tools.starter.recipe import Recipe, Stage
from tools.starter.single_ratings import Ratings
from wince import file_names, scale

STAGE = Stage(size=32, epochs=1, batch=4, body_rate=1e-3, head_rate=1e-3)
RECIPE = Recipe(
    folds=2, strangers=(STAGE,), mesh=(STAGE,), units=STAGE, further=STAGE, answers=STAGE
)
NEIGHBOUR = "somebody rated once"


@dataclass(frozen=True)
class FinishedRun:
    """A finished run: its folder, the faces as the model sees them, and their folds."""

    run: Path
    faces: Faces
    fold: NDArray[np.intp]

    @property
    def model(self) -> Path:
        return self.run / "model"

    @property
    def manifest(self) -> dict[str, Any]:
        manifest: dict[str, Any] = json.loads((self.model / file_names.MODEL_MANIFEST).read_text())
        return manifest

    @property
    def fold_precision(self) -> str:
        """The precision of the folds' models from which the metrics are."""
        return "int8" if self.manifest["figures"]["export"]["precision"] == "int8" else "fp32"


def no_faces(faces: Faces) -> Faces:
    """Return no face."""
    return faces[np.array([], np.intp)]


def unrated(faces: Faces) -> Faces:
    """Return the same faces as a folder of unrated ones gives them."""
    no_ratings = np.full_like(faces.ratings, np.nan)
    return replace(faces, ratings=no_ratings, picked=np.full(len(faces), ""))


def of_another_person(faces: Faces) -> Faces:
    """Return the faces without ratings, as images other_0, other_1 and so on of another person."""
    return replace(
        unrated(faces),
        subject=np.full(len(faces), "another"),
        image=np.array([f"other_{number}" for number in range(len(faces))]),
    )


def single_ratings(faces: Faces) -> Ratings:
    """Return one rating of each face, and of other_0 and other_2."""
    ratings = dict(zip(faces.image.tolist(), faces.ratings[:, 0], strict=True))
    return {**ratings, "other_0": faces.ratings[0, 0], "other_2": faces.ratings[2, 0]}


def write_rated_folder(root: Path, frames: list[Frame]) -> Path:
    """Write a folder of rated faces, two ratings each; the first face is rated not usable."""
    (root / "images").mkdir()
    names = [name.lower() for name in scale.UNIT_NAMES]
    with (root / "ratings.csv").open("w", newline="") as file:
        columns = ["image", "subject", "expression", "box", "picked"]
        columns += [f"{name}_{rating}" for rating in "ab" for name in (*names, "quality")]
        table = csv.DictWriter(file, columns)
        table.writeheader()
        for number, frame in enumerate(frames):
            (root / "images" / frame.path.name).write_bytes(frame.path.read_bytes())
            table.writerow(_rated_row(frame, usable=number > 0))
    return root


def _rated_row(frame: Frame, *, usable: bool) -> dict[str, object]:
    row: dict[str, object] = {
        "image": frame.path.name,
        "subject": frame.subject,
        "expression": "neutral" if frame.pspi == 0 else "anger",
        "box": "0 0 224 224",
        "picked": BY_EXPRESSION,
        "quality_a": 2,
        "quality_b": 2 if usable else 0,
    }
    for rating in "ab":
        for name, value in frame.action_units.items():
            maximum = scale.ACTION_UNITS[name].maximum
            higher = rating == "b" and name != "AU43"
            row[f"{name.lower()}_{rating}"] = min(maximum, value + higher)
    return row


def write_face_models(folder: Path) -> Path:
    """Write stand-ins for MediaPipe's two models, with their input and output shapes."""
    points = np.random.default_rng(0).uniform(64, 192, (1, 1, 1, 1434))
    _write_constant_model(folder / "face_landmarks.onnx", [1, 256, 256, 3], points)
    shapes = np.linspace(0, 1, 52)
    _write_constant_model(folder / "face_blendshapes.onnx", [1, 146, 2], shapes)
    return folder


def _write_constant_model(path: Path, shape: list[int | str], output: NDArray[np.float64]) -> None:
    """Write a model that gives the same output for every input of a shape."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    nodes = [
        helper.make_node("ReduceMean", ["x"], ["mean"], keepdims=0),
        helper.make_node("Mul", ["mean", "zero"], ["nothing"]),
        helper.make_node("Add", ["constant", "nothing"], ["y"]),
    ]
    graph = helper.make_graph(
        nodes,
        "constant",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, list(output.shape))],
        [
            numpy_helper.from_array(output.astype(np.float32), "constant"),
            numpy_helper.from_array(np.array(0, np.float32), "zero"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, path)
