"""`wince demo-archive`: write a small synthetic archive to try the other commands on."""

from pathlib import Path
from typing import Annotated

import typer


def demo_archive(
    folder: Annotated[
        Path,
        typer.Argument(metavar="DIR", help="A new or empty folder.", show_default=False),
    ],
) -> None:
    """Write a small synthetic archive to try prepare, train and evaluate on.

    Its faces are rendered and show no real person: metrics measured on them tell nothing about
    people.
    """
    from wince.archive import demo_archive as demo

    frames = demo.write(folder)
    typer.echo(
        f"{folder} has {frames} synthetic frames of 12 subjects in the UNBC-McMaster layout."
    )
    typer.echo(f"Next: wince prepare {folder} --out {folder}-prepared")
