"""Models on disk: which are loaded, and which are refused."""

import json
import shutil
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.frames import Frame
from wince import cli, files, scale
from wince.errors import ModelError
from wince.faces.align import align
from wince.faces.detect import detect
from wince.runtime.estimator import Estimator, interpret, starter_folder


@pytest.fixture(scope="module")
def estimator() -> Estimator:
    return Estimator()


@pytest.fixture(scope="module")
def crop(astronaut: NDArray[np.uint8], estimator: Estimator) -> NDArray[np.uint8]:
    return align(astronaut, detect(astronaut)[0], estimator.spec)


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """Return a copy of the packaged model's folder."""
    return Path(shutil.copytree(starter_folder(), tmp_path / "model"))


def change_manifest(folder: Path, **values: object) -> None:
    """Set members of model.json."""
    path = folder / "model.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def test_the_packaged_model_gives_six_units_within_their_ranges(
    estimator: Estimator, crop: NDArray[np.uint8]
) -> None:
    units = estimator(crop[None]).action_units
    assert units is not None
    assert units.shape == (1, 6)
    assert (units >= 0).all()
    assert (units <= [unit.maximum for unit in scale.ACTION_UNITS.values()]).all()


def test_the_raw_score_is_the_formula_of_the_units(
    estimator: Estimator, crop: NDArray[np.uint8]
) -> None:
    estimate = estimator(crop[None])
    assert estimate.action_units is not None
    units = dict(zip(scale.UNIT_NAMES, estimate.action_units[0].tolist(), strict=True))
    assert estimate.raw[0] == pytest.approx(scale.pspi(units), abs=1e-5)


def test_a_batch_gives_the_same_scores_as_single_crops(
    estimator: Estimator, crop: NDArray[np.uint8]
) -> None:
    crops = np.stack([crop, crop[:, ::-1], np.roll(crop, 9, 0)])
    batched = estimator(crops).raw
    single = [float(estimator(crop[None]).raw[0]) for crop in crops]
    np.testing.assert_allclose(batched, single, atol=1e-3)


def test_different_faces_get_different_maps_and_scores(
    estimator: Estimator, crop: NDArray[np.uint8]
) -> None:
    estimate, inverted = estimator(crop[None]), estimator(255 - crop[None])
    assert estimate.maps.shape[:2] == (1, 6)
    assert np.abs(estimate.maps - inverted.maps).max() > 1e-3


def test_a_map_and_the_bias_add_up_to_the_raw_output(estimator: Estimator) -> None:
    # The bias is the remainder, so it must be the same for every image.
    rng = np.random.default_rng(0)
    crops = rng.integers(0, 256, (6, estimator.spec.size, estimator.spec.size, 3), np.uint8)
    scores, maps = estimator._session.run(None, {"pixels": crops})
    bias = scores - maps.sum(axis=(2, 3))
    np.testing.assert_allclose(bias, np.broadcast_to(bias[:1], bias.shape), atol=2e-3)


def test_outputs_beyond_the_scale_are_clipped() -> None:
    scores = np.array([[9, -1, 2, 0, 7, 3]], np.float32)
    estimate = interpret(scores, np.zeros((1, 6, 1, 1), np.float32), "action-units")
    assert estimate.action_units is not None
    assert estimate.action_units[0].tolist() == [5, 0, 2, 0, 5, 1]
    assert estimate.raw[0] == 5 + 2 + 5 + 1


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan])
@pytest.mark.parametrize("output", [0, 1])
def test_outputs_that_are_not_finite_give_no_score(output: int, value: float) -> None:
    outputs = np.zeros((1, 6), np.float32), np.zeros((1, 6, 2, 2), np.float32)
    outputs[output].flat[3] = value
    with pytest.raises(ModelError, match="not finite"):
        interpret(*outputs, "action-units")


def test_outputs_of_other_shapes_than_the_head_s_are_refused() -> None:
    with pytest.raises(ModelError, match=r"\(1, 6\)"):
        interpret(np.zeros((1, 1), np.float32), np.zeros((1, 1, 2, 2), np.float32), "action-units")


def test_a_model_whose_outputs_are_not_finite_is_refused_when_it_is_loaded(copied: Path) -> None:
    onnx = pytest.importorskip("onnx", reason="needs wince[train]")
    path = copied / "model.onnx"
    model = onnx.load(path)
    scores = model.graph.output[0].name
    producer = next(node for node in model.graph.node if scores in node.output)
    producer.output[list(producer.output).index(scores)] = "finite"
    infinite = onnx.numpy_helper.from_array(np.array(np.inf, np.float32), "infinite")
    model.graph.initializer.append(infinite)
    model.graph.node.append(onnx.helper.make_node("Add", ["finite", "infinite"], [scores]))
    onnx.save(model, path)
    change_manifest(copied, sha256=files.sha256(path))
    with pytest.raises(ModelError, match="not finite"):
        Estimator(copied)


def test_a_model_is_loaded_from_its_folder_or_its_file(copied: Path) -> None:
    assert Estimator(copied).manifest == Estimator(copied / "model.onnx").manifest


def test_starter_names_the_packaged_model_unless_a_folder_has_that_name(
    copied: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert Estimator(Path("starter")).folder == starter_folder()
    copied.rename("starter")
    assert Estimator(Path("starter")).folder == Path("starter")


def test_a_damaged_model_file_is_refused(copied: Path) -> None:
    path = copied / "model.onnx"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(ModelError, match="sha256"):
        Estimator(copied)


def test_a_file_that_is_not_a_model_is_refused_even_with_the_right_digest(copied: Path) -> None:
    import hashlib

    (copied / "model.onnx").write_bytes(b"not a model")
    change_manifest(copied, sha256=hashlib.sha256(b"not a model").hexdigest())
    with pytest.raises(ModelError, match="not an ONNX model"):
        Estimator(copied)


def test_a_face_spec_of_another_size_than_the_model_is_refused(copied: Path) -> None:
    spec = json.loads((copied / "model.json").read_text())["face_spec"]
    change_manifest(copied, face_spec=spec | {"size": spec["size"] + 16})
    with pytest.raises(ModelError, match="promises crops of"):
        Estimator(copied)


def test_a_model_of_a_later_format_is_refused(copied: Path) -> None:
    change_manifest(copied, format=99)
    with pytest.raises(ModelError, match="format 99"):
        Estimator(copied)


def test_the_error_names_a_missing_key_of_the_manifest(copied: Path) -> None:
    path = copied / "model.json"
    manifest = json.loads(path.read_text())
    del manifest["calibration"]
    path.write_text(json.dumps(manifest))
    with pytest.raises(ModelError, match="lacks calibration"):
        Estimator(copied)


@pytest.mark.parametrize("text", ["", "{", "[]", "7", "[" * 100_000, '{"a":' * 100_000])
def test_a_manifest_that_is_not_an_object_is_refused(copied: Path, text: str) -> None:
    (copied / "model.json").write_text(text)
    with pytest.raises(ModelError, match=r"model\.json"):
        Estimator(copied)


def test_a_folder_without_a_manifest_is_refused_with_what_it_should_contain(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"model\.json and its"):
        Estimator(tmp_path)


def test_the_manifest_lists_each_subject_of_the_training_once(estimator: Estimator) -> None:
    subjects = estimator.manifest["subjects_seen"]
    assert len(subjects) == len(set(subjects)) > 1000


def test_the_packaged_model_is_small_enough_to_ship(estimator: Estimator) -> None:
    assert sum(path.stat().st_size for path in starter_folder().iterdir()) < 25e6


@pytest.mark.parametrize(
    ("keys", "value"),
    [
        (("calibration", "score_map", "pspi"), None),
        (("calibration", "score_map", "pspi", 0), -1),
        (("calibration", "spread_base"), 10**400),
        (("face_spec", "side"), 10**400),
        (("trained_on",), ["x"]),
        (("figures", "test"), float("inf")),
        (("title",), "\ud800"),
        (("file",), "a" * 5000),
    ],
)
def test_a_manifest_with_a_value_of_another_kind_is_refused(
    copied: Path, keys: tuple[str | int, ...], value: object
) -> None:
    manifest = json.loads((copied / "model.json").read_text())
    target = manifest
    for key in keys[:-1]:
        target = target[key]
    target[keys[-1]] = value
    (copied / "model.json").write_text(json.dumps(manifest))
    with pytest.raises(ModelError, match=r"\.$"):
        Estimator(copied)


@pytest.mark.parametrize(
    "name", ["../model.onnx", "/etc/passwd", "a/b.onnx", "", ".", "..", 7, None]
)
def test_a_manifest_that_names_a_file_elsewhere_is_refused(copied: Path, name: object) -> None:
    change_manifest(copied, file=name)
    with pytest.raises(ModelError, match=r"model\.json (names|has)|no model file"):
        Estimator(copied)


# From the command line.


def damage(folder: Path, how: str) -> None:
    """Damage the model file of a folder in one of four ways."""
    path = folder / "model.onnx"
    data = path.read_bytes()
    if how == "one bit":
        data = data[:5_000_000] + bytes([data[5_000_000] ^ 1]) + data[5_000_001:]
    elif how == "cut off":
        data = data[:-1000]
    elif how == "empty":
        data = b""
    path.write_bytes(data)
    if how == "another model":
        change_manifest(folder, sha256="0" * 64)


@pytest.mark.parametrize("how", ["one bit", "cut off", "empty", "another model"])
@pytest.mark.parametrize("command", ["serve", "assess"])
def test_a_damaged_model_stops_the_command_before_any_output(
    copied: Path, command: str, how: str, frames: list[Frame], capsys: pytest.CaptureFixture[str]
) -> None:
    damage(copied, how)
    arguments = [command, "--model", str(copied)]
    arguments += [str(frames[0].path)] if command == "assess" else []
    assert cli.main(arguments) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("wince: ")
    assert err.count("\n") == 1
    assert "sha256" in err
    assert str(copied / "model.onnx") in err


def test_a_damaged_face_detector_is_refused_before_the_first_image(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from wince.faces import network as detector

    data = bytearray(
        (Path(str(resources.files("wince.models"))) / "face/face_detector.onnx").read_bytes()
    )
    data[100_000] ^= 1
    (tmp_path / "face").mkdir()
    (tmp_path / "face" / "face_detector.onnx").write_bytes(data)
    monkeypatch.setattr(detector.resources, "files", lambda _: tmp_path)
    detector._session.cache_clear()
    try:
        with pytest.raises(ModelError, match="sha256"):
            detector.load_detector()
    finally:
        detector._session.cache_clear()
