"""`wince train`: a prepared folder in, a measured model that can be served out."""

from pathlib import Path
from typing import Annotated

import typer

from wince.cli import training
from wince.cli.training import HeadName, RecipeName


def train(
    data: training.Data,
    out: Annotated[
        Path,
        typer.Option(
            metavar="RUN",
            help="The run's folder. The same command again goes on where it was stopped.",
            show_default=False,
        ),
    ],
    recipe: training.Recipe = RecipeName.STRONG,
    head: training.Head = HeadName.PSPI,
    init: training.Init = "imagenet",
    architecture: training.Architecture = "resnet18",
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
    """Train a model on a prepared folder, measure it on the test part, and make it ready to serve.

    RUN then holds model.onnx, model.json and MODEL_CARD.md for `wince serve --model RUN`,
    predictions.csv, evaluation/report.html, history.csv and .png, config.json and checkpoints/.
    """
    wanted = training.settings(
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
    from wince.training.run import train as run

    with training.watching() as watch:
        done = run(data, out, wanted, watch)
    if not done.main:
        return
    if done.metrics is None:
        typer.echo("There is no test part, so nothing was measured: see `wince evaluate`.")
    else:
        from wince.cli.evaluate import show

        show(done.metrics)
        typer.echo(f"Report: {out / 'evaluation' / 'report.html'}")
    typer.echo(f"Model: {out}. Try it with: wince serve --model {out}")
