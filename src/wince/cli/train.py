"""`wince train`: a prepared folder in, a measured model that can be served out."""

from pathlib import Path
from typing import Annotated

import typer

from wince.cli import training_options
from wince.cli.training_options import HeadName, RecipeName


def train(
    data: training_options.Data,
    out: Annotated[
        Path,
        typer.Option(
            metavar="RUN",
            help="The run's folder. The same command again goes on where it was stopped.",
            show_default=False,
        ),
    ],
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
    """Train a model on a prepared folder, measure it on the test part, and make it ready to serve.

    RUN then holds model.onnx, model.json and MODEL_CARD.md for `wince serve --model RUN`,
    predictions.csv, evaluation/report.html, history.csv and .png, config.json and checkpoints/.
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
    from wince.training.run import train as run

    with training_options.watching() as watch:
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
