"""Options of the commands that assess faces."""

from pathlib import Path
from typing import Annotated

import typer

from wince.faces import MIN_SCORE_RANGE

MinScore = Annotated[
    float,
    typer.Option(
        "--min-score",
        metavar="SCORE",
        min=MIN_SCORE_RANGE[0],
        max=MIN_SCORE_RANGE[1],
        help="Minimum score of the face detector. A lower one finds more faces, and more that are "
        "none.",
    ),
]
ModelPath = Annotated[
    Path | None,
    typer.Option(
        "--model",
        metavar="PATH",
        help="A model.onnx or its folder. Default: starter, the packaged model.",
    ),
]
