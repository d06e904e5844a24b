"""The import contracts in pyproject.toml, which state what may import what."""

import pytest

from tests.support.frames import ROOT

importlinter = pytest.importorskip("importlinter.cli", reason="needs import-linter")

FORBIDDEN = """
[importlinter]
root_package = wince

[importlinter:contract:1]
name = Training never imports the archive
type = forbidden
source_modules = wince.training
forbidden_modules = wince.archive
"""


def test_every_import_follows_the_contracts(capsys):
    status = importlinter.lint_imports(str(ROOT / "pyproject.toml"), no_cache=True)
    assert status == importlinter.EXIT_STATUS_SUCCESS, capsys.readouterr().out


def test_an_import_against_a_contract_is_reported(tmp_path, capsys):
    path = tmp_path / "contracts.ini"
    path.write_text(FORBIDDEN)
    assert importlinter.lint_imports(str(path), no_cache=True) != importlinter.EXIT_STATUS_SUCCESS
    assert "wince.training" in capsys.readouterr().out
