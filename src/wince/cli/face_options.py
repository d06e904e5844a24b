"""Options of the commands that look for faces."""

from typing import Annotated

import typer

MinScore = Annotated[
    float,
    typer.Option(
        "--min-score",
        metavar="SCORE",
        min=0.05,
        max=0.99,
        help="Minimum score of the face detector. A lower one finds more faces, and more that are "
        "none.",
    ),
]
