"""`--help` of every command, and the reference in the documentation that is made from it."""

import re
import runpy
import subprocess
import sys

import pytest
import typer

from tests.support.command_line import Run
from tests.support.frames import ROOT
from wince import cli
from wince.cli.assess import csv_rows

REFERENCE = ROOT / "docs" / "cli.md"
COMMANDS = sorted(command.__name__.replace("_", "-") for command in cli.COMMANDS)


def test_help_is_quick_and_imports_no_large_package() -> None:
    script = (
        "import sys; from wince.cli import main; main(['--help'])\n"
        "large = {'numpy', 'onnxruntime', 'PIL', 'rich', 'fastapi', 'torch', 'pandas'}\n"
        "import time; print(time.process_time(), *large & set(sys.modules), file=sys.stderr)"
    )
    runs = [
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
        for _ in range(3)
    ]
    assert all("Usage: wince" in run.stdout for run in runs)
    (seconds, *imported), *_ = sorted(run.stderr.split() for run in runs)
    assert imported == []
    assert float(seconds) < 0.3  # CPU time, including the start of the interpreter


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_for_itself_and_each_option(run: Run, command: str) -> None:
    status, out, _ = run(command, "--help")
    assert status == 0
    assert f"Usage: wince {command}" in out
    for parameter in typer.main.get_command(cli.app).commands[command].params:
        assert parameter.help, parameter.name


def test_the_reference_in_the_documentation_is_the_output_of_help() -> None:
    module = runpy.run_module("tools.docs.write_cli")
    reference = REFERENCE.read_text("utf-8")
    assert reference == module["reference"](), "run: python -m tools.docs.write_cli"
    for command in COMMANDS:
        assert f"\n## wince {command}\n" in reference


def test_the_reference_names_every_column_of_the_csv() -> None:
    text = REFERENCE.read_text("utf-8")
    columns = text[text.index("`--csv` writes a row") : text.index("`--out` is for many files")]
    assert set(csv_rows.COLUMNS) <= set(re.findall(r"`(\w+)`", columns))
