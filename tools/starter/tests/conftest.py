"""Fixtures of the starter's tests: rated faces, and one finished run that the tests share."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from tests.support import starter_sample
from tests.support.frames import Frame
from tests.support.starter_sample import NEIGHBOUR, RECIPE, FinishedRun
from tools.starter.rated_faces import MARGIN, Faces, face_spec


@pytest.fixture(autouse=True)
def _narrow_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Train narrow networks, as `finished_run` does."""
    if importlib.util.find_spec("torch"):
        from tests.support import narrow_network

        narrow_network.use(monkeypatch)


@pytest.fixture(scope="session")
def face_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with stand-ins for MediaPipe's two face models."""
    pytest.importorskip("onnx", reason="needs wince[train]")
    return starter_sample.write_face_models(tmp_path_factory.mktemp("face-models"))


@pytest.fixture(scope="session")
def rated_folder(tmp_path_factory: pytest.TempPathFactory, frames: list[Frame]) -> Path:
    """A folder of rated faces, two ratings each, from the rendered frames."""
    return starter_sample.write_rated_folder(tmp_path_factory.mktemp("rated"), frames)


@pytest.fixture(scope="session")
def faces(rated_folder: Path, face_models: Path) -> Faces:
    """The rated faces with the margin that training needs."""
    from tools.starter import face_folders, train

    spec = face_spec(RECIPE.units.size).widened(MARGIN, train.STORED)
    return face_folders.read_rated(rated_folder, face_models, spec, workers=1)


@pytest.fixture(scope="session")
def finished_run(
    tmp_path_factory: pytest.TempPathFactory, rated_folder: Path, face_models: Path, faces: Faces
) -> FinishedRun:
    """A run of all stages on two folds, trained, exported and measured once for all tests."""
    pytest.importorskip("torch", reason="needs wince[train]")
    from tests.support import narrow_network, training_sample
    from tools.starter import face_folders, folds, network_training, package
    from wince.training.export import onnx_export

    run = tmp_path_factory.mktemp("run")
    spec = face_spec(RECIPE.units.size)
    as_in_use = face_folders.read_rated(rated_folder, face_models, spec, workers=1)
    others = starter_sample.of_another_person(faces[np.arange(4)])
    fold = folds.folds(faces.subject, RECIPE)
    # The folds have no single ratings, so their networks skip that stage; the final one has it.
    data = folds.TrainingData(faces, others, as_in_use, {})
    ratings = starter_sample.single_ratings(faces)
    with pytest.MonkeyPatch.context() as monkeypatch:
        narrow_network.use(monkeypatch)
        # That of the folds' models; the final one has the usual exporter.
        monkeypatch.setattr(onnx_export, "_trace", training_sample.trace_quickly)
        scores_of_folds = [
            folds.score_fold(data, fold == number, None, RECIPE, run / folds.fold_name(number))
            for number in range(RECIPE.folds)
        ]
        network = network_training.train_network(faces, others, ratings, None, RECIPE, run / "all")
    scores = {
        precision: folds.in_order_of_faces([part[precision] for part in scores_of_folds], fold)
        for precision in folds.PRECISIONS
    }
    result = package.TrainedRun(
        run=run,
        network=network,
        faces=as_in_use,
        fold=fold,
        scores=scores,
        ratings=dict(zip(as_in_use.image[::2], as_in_use.ratings[::2, 0], strict=True)),
        rated_once=np.array([NEIGHBOUR, NEIGHBOUR]),
        hours=0.1,
    )
    package.package(result, RECIPE.units.size)
    return FinishedRun(run, as_in_use, fold)
