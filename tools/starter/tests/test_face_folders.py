"""Faces from folders of photographs."""

import shutil
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("onnx", reason="needs wince[train]")

from PIL import Image

from tests.support.frames import Frame
from tools.starter import face_folders
from tools.starter.face_mesh import OTHER_SIDE
from tools.starter.rated_faces import Faces
from wince import scale
from wince.errors import DataError
from wince.faces.spec import FaceSpec


def test_a_face_that_a_rating_calls_not_usable_is_left_out(
    faces: Faces, frames: list[Frame]
) -> None:
    assert frames[0].path.name not in faces.image
    assert 0 < len(faces) < len(frames)


def test_the_label_is_the_mean_of_both_ratings(faces: Faces, frames: list[Frame]) -> None:
    by_name = {frame.path.name: frame for frame in frames}
    units = np.array([[*by_name[name].action_units.values()] for name in faces.image])
    higher = np.minimum(units + np.array([1, 1, 1, 1, 1, 0]), [5, 5, 5, 5, 5, 1])
    np.testing.assert_allclose(faces.units, (units + higher) / 2)
    np.testing.assert_allclose(faces.ratings[:, 0], units)
    pspi = [
        (scale.pspi_formula(*first) + scale.pspi_formula(*second)) / 2
        for first, second in zip(units, higher, strict=True)
    ]
    np.testing.assert_allclose(faces.pspi, pspi, rtol=1e-6)


def test_faces_are_equal_after_saving_and_loading(faces: Faces, tmp_path: Path) -> None:
    faces.save(tmp_path / "faces.npz")
    loaded = Faces.load(tmp_path / "faces.npz")
    assert all(np.array_equal(getattr(faces, n), getattr(loaded, n)) for n in Faces.__slots__)
    assert [path.name for path in tmp_path.iterdir()] == ["faces.npz"]


def test_a_missing_table_is_named(tmp_path: Path, face_models: Path) -> None:
    with pytest.raises(DataError, match=r"ratings\.csv, found none"):
        face_folders.read_rated(tmp_path, face_models, FaceSpec())


def test_a_missing_column_is_named(tmp_path: Path, face_models: Path) -> None:
    (tmp_path / "faces.csv").write_text("image\nx.jpg\n")
    with pytest.raises(DataError, match="line 1: expected the columns subject"):
        face_folders.read_unrated(tmp_path, face_models, FaceSpec())


def test_photographs_without_any_face_are_an_error(tmp_path: Path, face_models: Path) -> None:
    (tmp_path / "images").mkdir()
    Image.new("RGB", (64, 64)).save(tmp_path / "images" / "wall.png")
    (tmp_path / "faces.csv").write_text("image,subject\nwall.png,nobody\n")
    with pytest.raises(DataError, match="expected faces, found none in 1 photographs"):
        face_folders.read_unrated(tmp_path, face_models, FaceSpec(), workers=1)


def test_photographs_without_a_face_are_left_out_and_counted(
    tmp_path: Path, face_models: Path, frames: list[Frame], capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "images").mkdir()
    Image.new("RGB", (64, 64)).save(tmp_path / "images" / "wall.png")
    shutil.copy(frames[0].path, tmp_path / "images" / "face.jpg")
    (tmp_path / "faces.csv").write_text("image,subject\nwall.png,nobody\nface.jpg,somebody\n")
    faces = face_folders.read_unrated(tmp_path, face_models, FaceSpec(), workers=1)
    assert faces.subject.tolist() == ["somebody"]
    assert "1 of 2 photographs left out" in capsys.readouterr().out


def test_each_blendshape_is_paired_with_the_one_of_the_other_side() -> None:
    assert np.array_equal(OTHER_SIDE[OTHER_SIDE], np.arange(52))
    assert (np.arange(52) != OTHER_SIDE).sum() == 40
    assert OTHER_SIDE[[9, 24, 25, 39]].tolist() == [10, 26, 25, 33]  # blink, jaw, open, mouth
