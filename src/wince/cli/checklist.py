"""`wince checklist`: the reporting checklist of a journal, filled in from a run."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Form(StrEnum):
    """Values of `--form`."""

    TRIPOD_AI = "tripod-ai"
    CLAIM = "claim"
    STARD_AI = "stard-ai"


def checklist(
    run: Annotated[
        Path,
        typer.Argument(
            metavar="RUN",
            help="A folder that wince train, cross-validate or evaluate wrote.",
            show_default=False,
        ),
    ],
    *,
    form: Annotated[
        Form,
        typer.Option(
            help="TRIPOD+AI (prediction models), CLAIM 2024 (medical imaging) or STARD-AI "
            "(diagnostic accuracy).",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="New file for the Markdown. Without it, it goes to stdout."
        ),
    ] = None,
) -> None:
    """Write a reporting checklist as Markdown: what the run states, and what is yours to add.

    It repeats the records and metrics of RUN, item by item, and measures nothing itself.
    """
    from wince import files
    from wince.evaluation import checklist as checklists

    if out is not None:
        files.refuse_existing(out, "It may have your additions. Choose another --out.")
    text = checklists.markdown(checklists.read_form(form.value), checklists.read_run(run))
    if out is None:
        typer.echo(text, nl=False)
    else:
        files.write_text(out, text)
        typer.echo(f"Checklist: {out}")
