"""A valid archive and its prepared folder."""

import shutil
from pathlib import Path

import pytest

from tests.support import archive_builder as builder
from wince.archive.prepare import PrepareOptions, prepare


@pytest.fixture(scope="session")
def valid_archive(tmp_path_factory) -> Path:
    """A valid archive."""
    root = tmp_path_factory.mktemp("valid")
    builder.valid(root)
    return root


@pytest.fixture(scope="session")
def valid_out(valid_archive: Path, tmp_path_factory) -> Path:
    """The valid archive prepared by one process; tests only read it."""
    out = tmp_path_factory.mktemp("valid-out")
    prepare(valid_archive, out, PrepareOptions(workers=1))
    return out


@pytest.fixture
def prepared_before(valid_out: Path, tmp_path: Path) -> Path:
    """A copy of `valid_out`: preparing the archive again into it needs no search for faces."""
    return Path(shutil.copytree(valid_out, tmp_path / "prepared-before"))
