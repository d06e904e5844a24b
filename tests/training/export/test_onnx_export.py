"""A network exported to model.onnx."""

from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs wince[train]")

from tests.support.frames import ROOT
from wince.errors import ModelError
from wince.faces.spec import FaceSpec
from wince.training.data import calibration_images
from wince.training.export import onnx_export
from wince.training.export.output_head import Head

SPEC = FaceSpec(size=32)


def small_network() -> torch.nn.Module:
    """A network of the form that is exported: a grid of features, its average, one linear layer."""
    layers = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3, stride=8), torch.nn.ReLU())
    network = torch.nn.Sequential()
    network.add_module("body", layers)
    network.add_module("pool", torch.nn.AdaptiveAvgPool2d(1))
    network.add_module("fc", torch.nn.Linear(4, 1))
    return network


def write(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Write a model as `to_onnx` does, with a stand-in for the slow trace."""

    def trace(network: torch.nn.Module, sample: torch.Tensor, file: Path) -> None:
        file.write_bytes(b"a new model")

    monkeypatch.setattr(onnx_export, "_trace", trace)
    monkeypatch.setattr(onnx_export, "_difference", lambda *_: 0.0)
    onnx_export.to_onnx(small_network(), SPEC, Head("pspi", (1.0,)), path)


def test_an_older_model_is_replaced_on_every_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def rename(path: Path, target: Path) -> NoReturn:
        raise FileExistsError(17, "renaming over a file fails on Windows", str(target))

    monkeypatch.setattr(Path, "rename", rename)
    path = tmp_path / "model.onnx"
    path.write_bytes(b"an older model")
    write(path, monkeypatch)
    assert path.read_bytes() == b"a new model"
    assert [file.name for file in tmp_path.iterdir()] == ["model.onnx"]


def test_no_file_of_training_is_renamed_over_another() -> None:
    """`Path.replace` is to be used: `Path.rename` fails on Windows when the target exists."""
    sources = (ROOT / "src" / "wince" / "training").rglob("*.py")
    assert [path.name for path in sources if ".rename(" in path.read_text("utf-8")] == []


def test_int8_without_calibration_images_is_refused_before_anything_is_traced(
    tmp_path: Path,
) -> None:
    with pytest.raises(ModelError, match="--data"):
        onnx_export.to_onnx(
            small_network(), SPEC, Head("pspi", (1.0,)), tmp_path / "x.onnx", precision="int8"
        )
    assert not list(tmp_path.iterdir())


def test_calibration_rows_are_some_of_the_rows_in_order() -> None:
    rows = np.arange(100, 1000, 2)
    chosen = calibration_images.calibration_rows(rows)
    assert len(set(chosen.tolist())) == calibration_images.CALIBRATION_IMAGES
    assert set(chosen.tolist()) <= set(rows.tolist())
    assert (np.diff(chosen) > 0).all()
    np.testing.assert_array_equal(chosen, calibration_images.calibration_rows(rows))
