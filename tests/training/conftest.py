"""Data and runs that the tests of training share: each is made once."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support import prepared_copy
from tests.support.frames import Frame

if TYPE_CHECKING:
    from wince.training.cross_validation import CrossValidation


@pytest.fixture(scope="session")
def prepared_folder(tmp_path_factory: pytest.TempPathFactory, frames: list[Frame]) -> Path:
    """All rendered faces, prepared; not to be changed."""
    from tests.support import training_sample

    return training_sample.prepared(tmp_path_factory.mktemp("data"), frames)


@pytest.fixture(scope="session")
def random_frames_folder(tmp_path_factory: pytest.TempPathFactory, frames: list[Frame]) -> Path:
    """The same faces with subjects in several parts; not to be changed."""
    from tests.support import training_sample

    folder = tmp_path_factory.mktemp("random-frames")
    return training_sample.prepared(folder, frames, split="random-frames")


@pytest.fixture(scope="session")
def trained_run(tmp_path_factory: pytest.TempPathFactory, prepared_folder: Path) -> Path:
    """A finished run that learned action units from `prepared_folder`; not to be changed."""
    from tests.support import training_sample, undrawn_plots
    from wince.training import run
    from wince.training.export import onnx_export

    out = tmp_path_factory.mktemp("runs") / "units"
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(onnx_export, "_trace", training_sample.trace_quickly)
        undrawn_plots.use_in_evaluations(monkeypatch)
        run.train(prepared_folder, out, training_sample.settings(head="action-units"))
    return out


@pytest.fixture(scope="session")
def _eight_frames(tmp_path_factory: pytest.TempPathFactory, frames: list[Frame]) -> Path:
    from tests.support import training_sample

    return training_sample.prepared(tmp_path_factory.mktemp("eight"), frames[:8])


@pytest.fixture
def folder_to_change(_eight_frames: Path, tmp_path: Path) -> Path:
    """A prepared folder of eight frames that a test may change, its archive beside it."""
    return prepared_copy.copy(_eight_frames, tmp_path)


@pytest.fixture(scope="session")
def cross_validated(
    tmp_path_factory: pytest.TempPathFactory, prepared_folder: Path
) -> "CrossValidation":
    """The first two of three folds of `prepared_folder`; not to be changed."""
    from tests.support import training_sample, undrawn_plots
    from wince.training.cross_validation import cross_validate
    from wince.training.export import onnx_export

    out = tmp_path_factory.mktemp("cross-validation") / "resnet18"
    settings = training_sample.settings(epochs=1)
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(onnx_export, "_trace", training_sample.trace_quickly)
        undrawn_plots.use(monkeypatch)
        return cross_validate(prepared_folder, out, settings, folds="3", first=2)


@pytest.fixture
def quick_export(monkeypatch: pytest.MonkeyPatch) -> None:
    """Export with torch's older exporter, which is much faster."""
    from tests.support import training_sample
    from wince.training.export import onnx_export

    monkeypatch.setattr(onnx_export, "_trace", training_sample.trace_quickly)


@pytest.fixture
def narrow_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Train a narrow network where the test does not continue a run or another model."""
    from tests.support import narrow_network

    narrow_network.use(monkeypatch)


@pytest.fixture(scope="session")
def folder_with_missing(
    tmp_path_factory: pytest.TempPathFactory, frames: list[Frame]
) -> tuple[Path, dict[str, str]]:
    """The rendered faces and images that cannot be scored; not to be changed.

    Returns:
        The prepared folder, and the reason by name of each image that a model of aligned faces
        cannot score. All of these have PSPI 9 and the sex "female"; `nobody` has no other frames.
    """
    from tests.support import missing_frames

    return missing_frames.prepared(tmp_path_factory.mktemp("missing"), frames)
