"""Options of the commands that read CSV files."""

from typing import Annotated

import typer

Columns = Annotated[
    list[str] | None,
    typer.Option(
        "--column",
        metavar="NAME=COLUMN",
        help="What a CSV file calls a column, such as subject=Proband. Can be repeated.",
    ),
]
DistinctSubjects = Annotated[
    bool,
    typer.Option(
        "--distinct-subjects",
        help="Names that differ only in leading zeros, case or spaces are different subjects.",
    ),
]
