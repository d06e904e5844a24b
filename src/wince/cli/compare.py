"""`wince compare`: which architecture reads unseen people best, and what it costs."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wince.cli import training_options
from wince.cli.tables import plain_table
from wince.cli.training_options import HeadName, RecipeName

if TYPE_CHECKING:
    from wince.training.architecture_comparison import Compared


def compare(
    data: training_options.Data,
    out: Annotated[
        Path,
        typer.Option(
            metavar="DIR",
            help="Where it all goes. The same command again keeps what is finished and goes on.",
            show_default=False,
        ),
    ],
    architectures: Annotated[
        str,
        typer.Option(metavar="NAMES", help="Which, with commas between."),
    ] = "resnet18,resnet50,efficientnet_b4,inception_v3,vit_small,mobilenet",
    folds: training_options.Folds = "5",
    max_folds: training_options.MaxFolds = None,
    recipe: training_options.Recipe = RecipeName.STRONG,
    head: training_options.Head = HeadName.PSPI,
    init: training_options.Init = "imagenet",
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
    """Cross-validate architectures on the same folds: accuracy against latency and size.

    DIR then holds comparison.csv, .json and .png, and a cross-validation for each. When ImageNet
    weights can be had for some and not for others, --init none compares like with like.
    """
    names = [name.strip() for name in architectures.split(",") if name.strip()]
    wanted = training_options.settings(
        recipe=recipe,
        head=head,
        init=init,
        architecture="resnet18",
        seed=seed,
        epochs=epochs,
        batch=batch,
        size=size,
        rate=learning_rate,
        precision=precision,
        devices=(accelerator, devices, strategy, num_nodes, workers),
    )
    from wince.training.architecture_comparison import compare as run

    with training_options.watching() as watch:
        done = run(data, out, wanted, names=names, folds=folds, first=max_folds, watch=watch)
    if done.main:
        _show(done)
        typer.echo(f"Plot: {out / 'comparison.png'}")


def _show(done: "Compared") -> None:
    from rich.console import Console

    from wince.evaluation.metric_catalogue import TITLES
    from wince.training.architecture_comparison import SHOWN

    table = plain_table()
    table.add_column(f"Held out ({done.caution})" if done.caution else "Held out", no_wrap=True)
    more = ("Parameters", "MB", "ms a picture", "Hours")
    for name in (*(TITLES[key] for key in SHOWN), *more):
        table.add_column(name, justify="right", no_wrap=True)
    for row in done.rows:
        scores = (getattr(row, key) for key in SHOWN)
        cells = ["undefined" if score != score else f"{score:.3f}" for score in scores]
        cells += [f"{row.parameters:,}", f"{row.megabytes:.1f}", f"{row.milliseconds:.1f}"]
        table.add_row(row.architecture, *cells, f"{row.hours:.2f}")
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 200
    console.print(table)
    typer.echo(done.verdict)
