"""`wince train`: train a model on a prepared folder, measure it and make it ready to serve."""

from pathlib import Path
from typing import Annotated

import typer

from wince.cli.option_groups import with_option_groups
from wince.cli.training_options import Architecture, Data, TrainingOptions


@with_option_groups
def train(
    data: Data,
    out: Annotated[
        Path,
        typer.Option(
            metavar="RUN",
            help="Folder of the run. The same command continues a run that was stopped.",
            show_default=False,
        ),
    ],
    *,
    architecture: Architecture = "resnet18",
    options: TrainingOptions,
) -> None:
    """Train a model on a prepared folder, measure it on the test part, and make it ready to serve.

    RUN then contains model.onnx, model.json and MODEL_CARD.md for `wince serve --model RUN`,
    predictions.csv, evaluation/report.html, history.csv and .png, config.json and checkpoints/.
    """
    settings = options.settings(architecture)
    from wince.cli.progress import training_reporter
    from wince.training.fitting import launch
    from wince.training.run import train as train_run

    with training_reporter() as reporter, launch.locked(out):
        run = train_run(data, out, settings, reporter)
    if not run.is_main:
        return
    if run.metrics is None:
        typer.echo("There is no test part, so nothing was measured: see `wince evaluate`.")
    else:
        from wince.cli.evaluate import show

        show(run.metrics)
        typer.echo(f"Report: {out / 'evaluation' / 'report.html'}")
    typer.echo(f"Model: {out}. Try it with: wince serve --model {out}")
