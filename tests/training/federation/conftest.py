"""A study, and updates of it that need no training."""

from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="needs wince[train]")

from tests.support import training_sample as sample
from wince.training.federation import exchange_files, study


@pytest.fixture(scope="session")
def _study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("federation") / "study"
    study.start(out, sample.settings(architecture="shallow_cnn", epochs=1), rounds=2)
    return out


@pytest.fixture
def study_folder(_study: Path, tmp_path: Path) -> Path:
    """A study of two rounds at its beginning, which a test may change."""
    folder = tmp_path / "study"
    folder.mkdir()
    first = exchange_files.round_name(0)
    (folder / first).write_bytes((_study / first).read_bytes())
    return folder
