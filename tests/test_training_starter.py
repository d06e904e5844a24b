"""The recipe of the packaged model, end to end on a few rendered faces."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs wince[train]")

import onnx
from onnx import TensorProto, helper, numpy_helper
from tests.conftest import Frame

import wince
from wince import scale
from wince.errors import DataError
from wince.faces.spec import FaceSpec
from wince.training import rated, starter
from wince.training.fit import Lesson, level_weights
from wince.training.starter import PARTS, Recipe

TINY = Recipe(
    shares=(0.4, 0.2, 0.2, 0.2),
    mesh=(Lesson(size=112, epochs=1, batch=4, body_rate=1e-3, head_rate=1e-3),),
    units=Lesson(size=112, epochs=1, batch=4, body_rate=1e-3, head_rate=1e-3),
)


def write_constant_model(path: Path, shape: list[int | str], output: np.ndarray) -> None:
    """Write a model that answers every input of a shape with the same output, plus its mean * 0."""
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
            numpy_helper.from_array(np.float32(0), "zero"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, path)


@pytest.fixture(scope="module")
def mesh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Stand-ins for MediaPipe's two models, of their input and output shapes: a grid of points."""
    folder = tmp_path_factory.mktemp("face-models")
    points = np.random.default_rng(0).uniform(64, 192, (1, 1, 1, 1434))
    write_constant_model(folder / "face_landmarks.onnx", [1, 256, 256, 3], points)
    shapes = np.linspace(0, 1, 52)
    write_constant_model(folder / "face_blendshapes.onnx", [1, 146, 2], shapes)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, frames: list[Frame]) -> Path:
    """A folder of rated faces, two ratings each, from the rendered frames."""
    root = tmp_path_factory.mktemp("rated")
    (root / "images").mkdir()
    names = [name.lower() for name in scale.UNIT_NAMES]
    with (root / "ratings.csv").open("w", newline="") as file:
        columns = ["image", "subject", "expression", "box", "picked"]
        columns += [f"{name}_{r}" for r in "ab" for name in (*names, "quality")]
        table = csv.DictWriter(file, columns)
        table.writeheader()
        for number, frame in enumerate(frames):
            (root / "images" / frame.path.name).write_bytes(frame.path.read_bytes())
            row: dict[str, object] = {
                "image": frame.path.name,
                "subject": frame.subject,
                "expression": "neutral" if frame.pspi == 0 else "anger",
                "box": "0 0 224 224",
                "picked": "by expression",
            }
            for rating in "ab":
                for name, value in frame.action_units.items():
                    top = scale.ACTION_UNITS[name].maximum
                    value = min(top, value + (rating == "b") * (name != "AU43"))
                    row[f"{name.lower()}_{rating}"] = value
                row[f"quality_{rating}"] = 0 if number == 0 and rating == "b" else 2
            table.writerow(row)
    return root


@pytest.fixture(scope="module")
def faces(folder: Path, mesh: Path) -> rated.Faces:
    spec = FaceSpec(size=224).widened(rated.MARGIN, starter.STORED)
    return rated.read_rated(folder, mesh, spec, workers=1)


@pytest.fixture(scope="module")
def packaged(
    tmp_path_factory: pytest.TempPathFactory, folder: Path, mesh: Path, faces: rated.Faces
) -> Iterator[tuple[Path, dict[str, set[str]]]]:
    out = tmp_path_factory.mktemp("run")
    parts = starter.split(faces.subject, TINY)
    network = starter.train(faces, faces[np.array([], np.intp)], parts, TINY, out)
    exact = rated.read_rated(folder, mesh, FaceSpec(size=112), workers=1)
    starter.package(network, FaceSpec(size=112), exact, parts, out / "model")
    yield out / "model", parts


def test_a_face_that_a_rating_calls_not_usable_is_left_out(
    faces: rated.Faces, frames: list[Frame]
) -> None:
    assert frames[0].path.name not in faces.image
    assert 0 < len(faces) < len(frames)


def test_the_label_is_the_mean_of_both_ratings(faces: rated.Faces, frames: list[Frame]) -> None:
    by_name = {frame.path.name: frame for frame in frames}
    units = np.array([[*by_name[name].action_units.values()] for name in faces.image])
    higher = np.minimum(units + np.array([1, 1, 1, 1, 1, 0]), [5, 5, 5, 5, 5, 1])
    np.testing.assert_allclose(faces.units, (units + higher) / 2)
    np.testing.assert_allclose(faces.ratings[:, 0], units)
    pspi = [
        (scale.combine(*one) + scale.combine(*two)) / 2
        for one, two in zip(units, higher, strict=True)
    ]
    np.testing.assert_allclose(faces.pspi, pspi, rtol=1e-6)


def test_faces_survive_being_saved(faces: rated.Faces, tmp_path: Path) -> None:
    faces.save(tmp_path / "faces.npz")
    again = rated.Faces.load(tmp_path / "faces.npz")
    assert all(np.array_equal(getattr(faces, n), getattr(again, n)) for n in rated.Faces.__slots__)
    assert [path.name for path in tmp_path.iterdir()] == ["faces.npz"]


def test_a_folder_without_its_table_is_named(tmp_path: Path, mesh: Path) -> None:
    with pytest.raises(DataError, match=r"ratings\.csv, found none"):
        rated.read_rated(tmp_path, mesh, FaceSpec())


def test_a_table_without_a_column_names_it(tmp_path: Path, mesh: Path) -> None:
    (tmp_path / "faces.csv").write_text("image\nx.jpg\n")
    with pytest.raises(DataError, match="line 1: expected the columns subject"):
        rated.read_unrated(tmp_path, mesh, FaceSpec())


def test_parts_share_no_subject_and_leave_none_out(faces: rated.Faces) -> None:
    parts = starter.split(faces.subject, TINY)
    everybody = [subject for part in PARTS for subject in parts[part]]
    assert sorted(everybody) == sorted(set(faces.subject))


def test_the_split_of_a_seed_is_always_the_same(faces: rated.Faces) -> None:
    assert starter.split(faces.subject, TINY) == starter.split(faces.subject[::-1], TINY)


def test_rare_scores_are_drawn_more_often_but_not_as_often_as_common_ones() -> None:
    weights = level_weights(np.array([0] * 100 + [6] * 4, np.float32))
    assert weights[-1] / weights[0] == pytest.approx(5)
    assert weights[:100].sum() > weights[100:].sum()


def test_what_comes_out_is_used_at_once(
    packaged: tuple[Path, dict[str, set[str]]], frames: list[Frame]
) -> None:
    assessment = wince.Assessor(packaged[0]).assess(frames[0].path)
    assert assessment.model["name"] == starter.NAME


def test_the_model_names_whom_it_has_seen_and_only_them(
    packaged: tuple[Path, dict[str, set[str]]],
) -> None:
    folder, parts = packaged
    card = json.loads((folder / "model.json").read_text())
    assert set(card["subjects_seen"]) == parts["train"]


def test_the_card_states_what_model_json_measured(
    packaged: tuple[Path, dict[str, set[str]]],
) -> None:
    folder, _ = packaged
    figures = json.loads((folder / "model.json").read_text())["figures"]
    text = (folder / "MODEL_CARD.md").read_text()
    assert f"{figures['all']['mae']:.2f}" in text
    assert "not a medical device" in text
    assert sorted(path.name for path in folder.iterdir()) == [
        "MODEL_CARD.md",
        "model.json",
        "model.onnx",
    ]


def test_training_again_resumes_instead_of_starting_over(
    packaged: tuple[Path, dict[str, set[str]]], faces: rated.Faces
) -> None:
    out = packaged[0].parent
    before = {path: path.stat().st_mtime_ns for path in out.rglob("last.ckpt")}
    network = starter.train(faces, faces[np.array([], np.intp)], packaged[1], TINY, out)
    checkpoint = torch.load(out / "units112" / "last.ckpt", weights_only=False)
    assert checkpoint["epoch"] == 0
    assert {path: path.stat().st_mtime_ns for path in out.rglob("last.ckpt")} == before
    kept = checkpoint["state_dict"]["network.conv1.weight"]
    assert torch.equal(network.state_dict()["conv1.weight"], kept)
