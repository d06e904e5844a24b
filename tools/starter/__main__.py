"""Commands that make the packaged model.

python -m tools.starter train --rated DIR --unrated DIR --face-models DIR --out DIR
python -m tools.starter card src/wince/models/starter
python -m tools.starter calibrate src/wince/models/starter benchmarks/results/starter-readings.csv
"""

from pathlib import Path
from typing import Annotated

import typer

from tools.starter import model_card, recalibration, single_ratings, train
from tools.starter.recipe import Recipe
from wince.errors import WinceError

app = typer.Typer(help="Make the packaged model.", no_args_is_help=True)


@app.command("train")
def train_command(
    rated: Annotated[Path, typer.Option(help="Folder with images/ and ratings.csv.")],
    unrated: Annotated[Path, typer.Option(help="Folder with images/ and faces.csv.")],
    face_models: Annotated[Path, typer.Option(help="Folder with MediaPipe's face models as ONNX.")],
    out: Annotated[Path, typer.Option(help="Run folder for crops, checkpoints and the model.")],
    other_archive: Annotated[
        Path | None,
        typer.Option(
            "--synthetic", help="An archive of other faces on which the finished model is tested."
        ),
    ] = None,
    rated_once: Annotated[
        Path,
        typer.Option(
            help="Table of one rating of some of the unrated photographs, and of some of the rated "
            "ones, which give its scale.",
            show_default=f"{single_ratings.TABLE.name} beside this module",
        ),
    ] = single_ratings.TABLE,
    tested_folds: Annotated[
        int,
        typer.Option(
            "--read-folds",
            min=2,
            help="How many of the five folds to train for. Fewer take less time and make the "
            "metrics less certain. The others can follow later.",
        ),
    ] = 5,
) -> None:
    """Train the packaged model again from its data folders. A stopped run resumes."""
    sources = train.Sources(rated, unrated, face_models, rated_once, other_archive)
    try:
        train.train(sources, out, Recipe(), tested_folds)
    except WinceError as error:
        raise SystemExit(f"wince: {error}") from error


@app.command("card")
def card_command(
    model: Annotated[Path, typer.Argument(help="Folder with the model's model.json.")],
) -> None:
    """Write MODEL_CARD.md of the packaged model again from its model.json."""
    model_card.write(model)


@app.command("calibrate")
def calibrate_command(
    model: Annotated[Path, typer.Argument(help="Folder with the model's model.json.")],
    predictions: Annotated[
        Path, typer.Argument(help="readings.csv of the run that made the model.")
    ],
) -> None:
    """Calibrate the packaged model again, and write its MODEL_CARD.md again."""
    try:
        recalibration.recalibrate(model, predictions)
    except WinceError as error:
        raise SystemExit(f"wince: {error}") from error


if __name__ == "__main__":
    app()
