"""Options of the commands that read CSV files."""

from typing import Annotated, Literal

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
UnitRange = Annotated[
    Literal["0-5", "0-1"] | None,
    typer.Option(
        "--unit-range",
        help="What the numbers of FaceReader or LibreFace are: FACS intensities from 0 to 5, or "
        "values from 0 to 1. Tables of letters, A to E, need none.",
    ),
]
