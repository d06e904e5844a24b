"""Fixtures of the speech tests."""

from pathlib import Path

import pytest


@pytest.fixture
def without_espeak(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Set a PATH without any program, so that espeak-ng is not found."""
    monkeypatch.setenv("PATH", str(tmp_path))
