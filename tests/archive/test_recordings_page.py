"""The worked example of docs/recordings.md: its files, and what its commands print."""

import re
from pathlib import Path

import pytest

from tests.support import recording_archive as sample
from tests.support.frames import ROOT
from tools.docs import run_examples

PAGE = (ROOT / "docs" / "recordings.md").read_text("utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    sample.build(tmp_path / "study")
    return tmp_path


def test_the_files_that_the_page_shows_are_those_that_are_prepared(folder: Path) -> None:
    table, annotation = re.findall(r"```csv\n(.*?)```", PAGE, re.S)
    assert table == (folder / "study/videos.csv").read_text()
    assert annotation == (folder / "study/annotations/p1.csv").read_text()


def test_the_example_prints_what_the_page_shows(folder: Path) -> None:
    assert run_examples.run(PAGE, folder, run_examples.DOCUMENTED_ADDRESS) == PAGE
