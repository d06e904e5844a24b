"""Run commands and verify that they reach no other machine and write only where they are told."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.support import network_watch
from tests.support.frames import ROOT
from wince.cli import library_caches

END = "end of the command"
"""A line of stdout and stderr after each command of several."""
EACH = f"""
import json, sys
from wince.cli import library_caches, main
sys.path.append({str(ROOT)!r})
drawn = int(sys.argv[2])
if not drawn:
    library_caches.use_temporary_folder()  # as `main` does, before matplotlib is imported here
for number, arguments in enumerate(json.loads(sys.argv[1])):
    if number == drawn:
        import pytest
        from tests.support import undrawn_plots
        undrawn_plots.use(pytest.MonkeyPatch())
    if status := main(arguments):
        sys.exit(f"wince {{' '.join(arguments)}} ended with {{status}}")
    for stream in (sys.stdout, sys.stderr):
        print({END!r}, file=stream, flush=True)
"""


def run(arguments: Sequence[str | Path], folder: Path) -> "subprocess.CompletedProcess[str]":
    """Return a finished `wince` command that kept what SECURITY.md promises.

    It reached no other machine, and wrote only into `folder`, or into a temporary folder that it
    removed. The user's home folder does not exist, so that whatever is written there makes it.

    Args:
        arguments: The command line after "wince".
        folder: The working directory, where everything is written.
    """
    return _run(["-m", "wince", *map(str, arguments)], folder)


def run_each(
    commands: Sequence[Sequence[str | Path]], folder: Path, *, drawn: int
) -> "subprocess.CompletedProcess[str]":
    """Run commands in one process, which imports torch once, and verify the same of all together.

    Args:
        commands: The command lines after "wince".
        folder: The working directory, where everything is written.
        drawn: How many of the commands draw their plots; those of the others stay empty.

    Returns:
        The process; its stdout and stderr have the line END after each command.
    """
    texts = [[str(argument) for argument in arguments] for arguments in commands]
    return _run(["-c", EACH, json.dumps(texts), str(drawn)], folder)


def _run(arguments: Sequence[str], folder: Path) -> "subprocess.CompletedProcess[str]":
    log, temporary = folder / "events.jsonl", folder / "temporary"
    temporary.mkdir(exist_ok=True)
    environment = network_watch.environment(log, HOME=str(folder / "home"), TMPDIR=str(temporary))
    for name in library_caches.VARIABLES:
        environment.pop(name, None)
    process = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        env=environment,
    )
    assert process.returncode == 0, process.stderr
    assert network_watch.foreign(log) == []
    written = [folder / path for path in network_watch.written(log)]
    assert [path for path in written if not path.is_relative_to(folder)] == []
    assert not (folder / "home").exists()
    assert list(temporary.iterdir()) == []
    temporary.rmdir()
    return process
