"""`wince demo-archive`: a small synthetic archive to try the other commands on."""

from pathlib import Path
from typing import Annotated

import typer


def demo_archive(
    folder: Annotated[
        Path,
        typer.Argument(metavar="DIR", help="A new or empty folder.", show_default=False),
    ],
) -> None:
    """Write a small synthetic archive, so that prepare, train and evaluate can be tried at once.

    Its faces are rendered and show nobody: figures measured on them say nothing about people.
    """
    from wince.archive import demo_archive as demo

    frames = demo.write(folder)
    typer.echo(
        f"{frames} synthetic frames of 12 subjects are in {folder}, laid out like UNBC-McMaster."
    )
    typer.echo(f"Next: wince prepare {folder} --out {folder}-prepared")
