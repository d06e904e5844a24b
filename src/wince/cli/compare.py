"""`wince compare`: which architecture reads unseen people best, and what it costs."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wince.cli import training
from wince.cli.training import HeadName, RecipeName

if TYPE_CHECKING:
    from wince.training.architecture_comparison import Compared


def compare(
    data: training.Data,
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
    folds: training.Folds = "5",
    max_folds: training.MaxFolds = None,
    recipe: training.Recipe = RecipeName.STRONG,
    head: training.Head = HeadName.PSPI,
    init: training.Init = "imagenet",
    seed: training.Seed = 0,
    epochs: training.Epochs = None,
    batch: training.Batch = None,
    size: training.Size = None,
    learning_rate: training.Rate = None,
    precision: training.Numbers = None,
    accelerator: training.Accelerator = "auto",
    devices: training.DeviceCount = "auto",
    strategy: training.Strategy = "auto",
    num_nodes: training.Nodes = 1,
    workers: training.Workers = 0,
) -> None:
    """Cross-validate architectures on the same folds: accuracy against latency and size.

    DIR then holds comparison.csv, .json and .png, and a cross-validation for each. When ImageNet
    weights can be had for some and not for others, --init none compares like with like.
    """
    names = [name.strip() for name in architectures.split(",") if name.strip()]
    wanted = training.settings(
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

    with training.watching() as watch:
        done = run(data, out, wanted, names=names, folds=folds, first=max_folds, watch=watch)
    if done.main:
        _show(done)
        typer.echo(f"Plot: {out / 'comparison.png'}")


def _show(done: "Compared") -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    from wince.evaluation.metric_catalogue import TITLES
    from wince.training.architecture_comparison import SHOWN

    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False, pad_edge=False)
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
