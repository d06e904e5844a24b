"""The command line in tests: in this process, or as a child process."""

import io
import sys
from collections.abc import Callable

WINCE = (sys.executable, "-m", "wince")

Run = Callable[..., tuple[int, str, str]]
"""Runs a command in this process and returns its exit status, stdout and stderr."""


class Terminal(io.StringIO):
    """Text output that claims to be a terminal."""

    def isatty(self) -> bool:
        return True
