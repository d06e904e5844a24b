"""A finished training of models of time, shared by the tests of this folder."""

from pathlib import Path

import pytest

from wince.training.over_time.time_run import train_over_time
from wince.training.over_time.time_settings import TimeSettings
from wince.training.over_time.time_table import TimeTable

SETTINGS = TimeSettings(kinds=("gru", "tcn"), folds="3", window=2, epochs=2)


@pytest.fixture(scope="session")
def time_settings() -> TimeSettings:
    """The settings of `trained_over_time`."""
    return SETTINGS


@pytest.fixture(scope="session")
def trained_over_time(
    prepared_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, TimeTable]:
    """A finished training with the packaged model, which has not seen the rendered faces."""
    out = tmp_path_factory.mktemp("over-time") / "run"
    return out, train_over_time(prepared_folder, out, SETTINGS)
