"""The weights that training starts from."""

import os
import shutil
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs wince[train]")

from wince.errors import ModelError
from wince.faces.spec import WHOLE_IMAGE, FaceSpec
from wince.runtime.estimator import Estimator, starter_folder
from wince.training.fitting import recipe
from wince.training.fitting.run_settings import Settings
from wince.training.networks import checkpoints, initial_weights, network

SPEC = FaceSpec(size=64)
NO_IMAGES = np.empty((0, 64, 64, 3), np.uint8)


def save(path: Path, trained: torch.nn.Module, **changes: object) -> Path:
    """Write a checkpoint as a run does."""
    meta = {
        "format": checkpoints.FORMAT,
        "architecture": "resnet18",
        "head": "pspi",
        "face_spec": SPEC.to_dict(),
        "subjects_seen": ["a", "b"],
        "recipe": recipe.STRONG.to_dict(),
        "init": "random weights",
        **changes,
    }
    state = {f"network.{name}": tensor for name, tensor in trained.state_dict().items()}
    torch.save({"state_dict": state, checkpoints.KEY: meta}, path)
    return path


@pytest.fixture(scope="module")
def six_outputs() -> torch.nn.Module:
    torch.manual_seed(1)
    return network.build(6)


def test_training_from_the_packaged_model_keeps_its_list_of_subjects() -> None:
    packaged = Estimator()
    spec = packaged.spec
    faces = np.random.default_rng(0).integers(0, 256, (8, spec.size, spec.size, 3), np.uint8)
    initial = initial_weights.load("starter", "resnet18", 1, spec, faces)
    assert set(initial.subjects) == set(packaged.manifest.get("subjects_seen", ()))
    assert packaged.manifest["name"] in initial.origin
    with torch.no_grad():
        outputs = initial.network(initial_weights.normalised(faces, spec))
    assert torch.isfinite(outputs).all()


def test_a_run_from_the_packaged_model_shows_faces_as_that_model_saw_them() -> None:
    wider = recipe.named("strong", size=96)
    wider = replace(wider, spec=replace(wider.spec, side=3.3))
    assert Settings(recipe=wider, init="none").spec == wider.spec
    assert Settings(recipe=wider, init="starter").spec == replace(Estimator().spec, size=96)
    whole = Settings(recipe=recipe.REPORT, init="starter")
    assert whole.spec == WHOLE_IMAGE  # which training refuses


def test_the_packaged_model_fits_only_its_own_architecture_and_view() -> None:
    with pytest.raises(ModelError, match=r"weights do not fit mobilenet"):
        initial_weights.load("starter", "mobilenet", 1, SPEC, NO_IMAGES)
    with pytest.raises(ModelError, match=r"another view of faces.*whole images"):
        initial_weights.load("starter", "resnet18", 1, WHOLE_IMAGE, NO_IMAGES)


@pytest.fixture
def unreachable_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty cache of weights, and no way to the network."""
    folder = torch.hub.get_dir()
    torch.hub.set_dir(str(tmp_path))
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # nothing listens there
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    # urllib keeps the proxies of the first request for all that follow.
    monkeypatch.setattr(urllib.request, "_opener", None)
    yield
    torch.hub.set_dir(folder)


@pytest.mark.usefixtures("unreachable_hub")
def test_without_a_network_random_weights_are_used_with_a_warning() -> None:
    initial = initial_weights.load("imagenet", "resnet18", 1, SPEC, NO_IMAGES)
    assert "begins from random weights instead" in initial.warning
    assert initial_weights.HUB_FILE in initial.warning
    assert initial.origin.startswith("random weights")


def test_weights_of_a_run_are_loaded_with_their_subjects(
    six_outputs: torch.nn.Module, tmp_path: Path
) -> None:
    path = save(tmp_path / "best.ckpt", six_outputs, head="action-units")
    initial = initial_weights.load(str(path), "resnet18", 1, SPEC, NO_IMAGES)
    assert initial.subjects == ("a", "b")
    expected = six_outputs.layer4[1].conv2.weight
    assert torch.equal(initial.network.layer4[1].conv2.weight, expected)
    assert initial.network.fc.weight.shape == (1, 512)
    larger = initial_weights.load(str(path), "resnet18", 6, FaceSpec(size=112), NO_IMAGES)
    assert torch.equal(larger.network.fc.weight, six_outputs.fc.weight)


NARROW = replace(SPEC, side=1.1, centre=0.2)


def test_a_run_sees_faces_as_the_weights_it_begins_from(
    six_outputs: torch.nn.Module, tmp_path: Path
) -> None:
    narrow = save(tmp_path / "narrow.ckpt", six_outputs, face_spec=NARROW.to_dict())
    settings = Settings(recipe=recipe.named("strong", size=96), init=str(narrow))
    assert settings.spec == replace(NARROW, size=96)
    initial = initial_weights.load(str(narrow), "resnet18", 1, settings.spec, NO_IMAGES)
    assert initial.subjects == ("a", "b")
    save(narrow, six_outputs, face_spec=SPEC.to_dict())
    os.utime(narrow, ns=(1, 1))
    assert settings.spec == replace(SPEC, size=96), "the file was written again"
    torch.save(six_outputs.state_dict(), tmp_path / "plain.pt")
    plain = Settings(recipe=recipe.STRONG, init=str(tmp_path / "plain.pt"))
    assert plain.spec == recipe.STRONG.spec
    whole = Settings(recipe=recipe.REPORT, init=str(narrow))
    assert whole.spec == WHOLE_IMAGE  # which training refuses


@pytest.mark.parametrize("name", ["", "model.onnx"])
def test_an_exported_model_starts_a_training(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "exported"
    shutil.copytree(starter_folder(), folder)
    manifest = Estimator(folder).manifest
    init = str(folder / str(manifest["file"]) if name else folder)
    settings = Settings(recipe=recipe.named("strong", size=64), init=init)
    assert settings.spec == replace(Estimator().spec, size=64)
    faces = np.random.default_rng(0).integers(0, 256, (8, 64, 64, 3), np.uint8)
    initial = initial_weights.load(init, "resnet18", 1, settings.spec, faces)
    packaged = initial_weights.load("starter", "resnet18", 1, settings.spec, faces)
    assert initial.subjects == packaged.subjects
    assert initial.origin.endswith("an exported model")
    first, second = initial.network.conv1.weight, packaged.network.conv1.weight
    assert torch.equal(first, second)
    with pytest.raises(ModelError, match=r"exported.* can only start a resnet18"):
        initial_weights.load(init, "mobilenet", 1, settings.spec, faces)


def test_a_checkpoint_of_another_view_of_faces_is_refused(tmp_path: Path) -> None:
    path = save(tmp_path / "x.ckpt", torch.nn.Linear(1, 1), face_spec=WHOLE_IMAGE.to_dict())
    with pytest.raises(ModelError, match=r"whole images.*Use the recipe it was trained with"):
        initial_weights.load(str(path), "resnet18", 1, SPEC, NO_IMAGES)


def test_a_plain_state_dict_is_loaded_with_a_warning(
    six_outputs: torch.nn.Module, tmp_path: Path
) -> None:
    path = tmp_path / "model.pt"
    torch.save(six_outputs.state_dict(), path)
    initial = initial_weights.load(str(path), "resnet18", 1, WHOLE_IMAGE, NO_IMAGES)
    assert "does not list the subjects it was trained on" in initial.warning
    assert initial.origin == "the weights in model.pt, which do not list their subjects"


def test_weights_of_another_architecture_are_refused(tmp_path: Path) -> None:
    path = save(tmp_path / "x.ckpt", torch.nn.Linear(1, 1), architecture="resnet50")
    with pytest.raises(ModelError, match=r"of a resnet50, not of a resnet18"):
        initial_weights.load(str(path), "resnet18", 1, SPEC, NO_IMAGES)
    torch.save({"conv.weight": torch.zeros(3)}, tmp_path / "other.pt")
    with pytest.raises(ModelError, match=r"does not fit the network: .* missing"):
        initial_weights.load(str(tmp_path / "other.pt"), "resnet18", 1, SPEC, NO_IMAGES)
