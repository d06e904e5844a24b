"""`--help` of every command, and the reference in the documentation that is made from it."""

import re
import subprocess
import sys

import pytest
import typer

from tests.support.command_line import Run
from tests.support.frames import ROOT
from tools.docs import write_cli
from wince import cli
from wince.cli.assess import csv_rows

REFERENCE = ROOT / "docs" / "cli.md"
COMMANDS = write_cli.command_paths()


def test_help_imports_little_and_no_large_package() -> None:
    """The number of modules stands for the time to start, which depends on the machine."""
    script = (
        "import sys; from wince.cli import main; main(['--help'])\n"
        "large = {'numpy', 'onnxruntime', 'PIL', 'rich', 'fastapi', 'torch', 'pandas'}\n"
        "print(len(sys.modules), *large & set(sys.modules), file=sys.stderr)"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert "Usage: wince" in run.stdout
    count, *imported = run.stderr.split()
    assert imported == []
    assert int(count) < 250  # Python and typer alone import about 140


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_has_help_for_itself_and_each_option(run: Run, path: tuple[str, ...]) -> None:
    status, out, _ = run(*path, "--help")
    assert status == 0
    assert f"Usage: wince {' '.join(path)}" in out
    command = typer.main.get_command(cli.app)
    for name in path:
        command = command.commands[name]
    for parameter in command.params:
        assert parameter.help, parameter.name


def test_the_reference_in_the_documentation_is_the_output_of_help() -> None:
    reference = REFERENCE.read_text("utf-8")
    assert reference == write_cli.reference(), "run: python -m tools.docs.write_cli"
    for path in COMMANDS:
        assert f"\n## wince {' '.join(path)}\n" in reference


def test_the_reference_names_every_column_of_the_csv() -> None:
    text = REFERENCE.read_text("utf-8")
    columns = text[text.index("`--csv` writes a row") : text.index("`--out` is for many files")]
    assert set(csv_rows.COLUMNS) <= set(re.findall(r"`(\w+)`", columns))
