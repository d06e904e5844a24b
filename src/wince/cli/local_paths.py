"""Refuse URLs where a command reads and writes local files only."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import typer

from wince.remote_errors import without_parameters
from wince.remote_path import is_url


def with_local_paths(command: Callable[..., None]) -> Callable[..., None]:
    """Return a command that refuses a URL for an option or argument whose type is a local path.

    Options that take URLs have `parse_path` as their parser.
    """

    @functools.wraps(command)
    def run(**values: Any) -> None:
        for name, value in values.items():
            for path in value if isinstance(value, list) else [value]:
                if isinstance(path, Path):
                    _refuse_url(name, path)
        command(**values)

    return run


def _refuse_url(name: str, path: Path) -> None:
    text = path.as_posix().replace(":/", "://", 1)  # a Path has one slash for each two
    if is_url(text) and not path.drive:
        scheme, _, rest = without_parameters(text).partition("://")
        raise typer.BadParameter(
            f"{name.replace('_', '-')}: expected a local path, found the URL "
            f"{scheme}://{rest.rpartition('@')[2]}. Copy the files to this machine first; only the "
            "inputs of `wince prepare`, and the inputs and outputs of `wince assess`, may be URLs"
        )
