"""`wince cross-validate`: how well a recipe reads people it has not seen."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from wince.cli import training_options
from wince.cli.tables import plain_table
from wince.cli.training_options import HeadName, RecipeName

SHOWN = ("mae", "rmse", "pcc", "icc", "ccc", "auc_1", "auc_2", "auc_3")


def cross_validate(
    data: training_options.Data,
    out: Annotated[
        Path,
        typer.Option(
            metavar="DIR",
            help="Where it all goes. The same command again keeps finished folds and goes on.",
            show_default=False,
        ),
    ],
    folds: training_options.Folds = "5",
    max_folds: training_options.MaxFolds = None,
    recipe: training_options.Recipe = RecipeName.STRONG,
    head: training_options.Head = HeadName.PSPI,
    init: training_options.Init = "imagenet",
    architecture: training_options.Architecture = "resnet18",
    seed: training_options.Seed = 0,
    epochs: training_options.Epochs = None,
    batch: training_options.Batch = None,
    size: training_options.Size = None,
    learning_rate: training_options.Rate = None,
    precision: training_options.Numbers = None,
    accelerator: training_options.Accelerator = "auto",
    devices: training_options.DeviceCount = "auto",
    strategy: training_options.Strategy = "auto",
    num_nodes: training_options.Nodes = 1,
    workers: training_options.Workers = 0,
) -> None:
    """Train and test on each fold of a prepared folder, by subject and stratified by level.

    DIR then holds a run for each fold, folds.csv, the merged predictions.csv and evaluation/.
    """
    wanted = training_options.settings(
        recipe=recipe,
        head=head,
        init=init,
        architecture=architecture,
        seed=seed,
        epochs=epochs,
        batch=batch,
        size=size,
        rate=learning_rate,
        precision=precision,
        devices=(accelerator, devices, strategy, num_nodes, workers),
    )
    from wince.training.cross_validation import cross_validate as validate

    with training_options.watching() as watch:
        done = validate(data, out, wanted, folds=folds, first=max_folds, watch=watch)
    if not done.main:
        return
    show(done.rows, done.metrics)
    typer.echo(f"Report: {out / 'evaluation' / 'report.html'}")


def show(rows: Sequence[Mapping[str, Any]], metrics: Mapping[str, Any]) -> None:
    """Print the table of folds, and what must be known of it."""
    from rich.console import Console
    from rich.text import Text

    from wince.evaluation.metric_catalogue import TITLES

    table = plain_table()
    table.add_column("Fold", no_wrap=True)
    for name in ("Frames", *(TITLES[key] for key in SHOWN)):
        table.add_column(name, justify="right", no_wrap=True)
    folds = sum(row["subjects"] is not None for row in rows) - 1
    for place, row in enumerate(rows, start=1):
        frames = "" if row["frames"] is None else f"{row['frames']:,}"
        cells = ("undefined" if row[key] != row[key] else f"{row[key]:.3f}" for key in SHOWN)
        table.add_row(str(row["fold"]), frames, *cells, end_section=place == folds)
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 200
    console.print(table)
    zero, mean = (metrics["baselines"][name]["pooled"]["mae"] for name in ("zero", "mean"))
    console.print(f"Always zero has MAE {zero:.3f}, the mean of the other folds {mean:.3f}.")
    for words in (*metrics["about"][1:2], *metrics["caveats"]):
        console.print(Text(words), soft_wrap=True)
