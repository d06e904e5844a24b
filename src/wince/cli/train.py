"""`wince train`: train a model on a prepared folder, measure it and make it ready to serve."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wince.cli.option_groups import with_option_groups
from wince.cli.over_time_options import OverTimeOptions
from wince.cli.tables import plain_table, table_console
from wince.cli.training_options import Architecture, Data, TrainingOptions

if TYPE_CHECKING:
    from wince.training.over_time.time_settings import TimeSettings


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
    over_time: OverTimeOptions,
) -> None:
    """Train a model on a prepared folder, measure it on the test part, and make it ready to serve.

    RUN then contains model.onnx, model.json and MODEL_CARD.md for `wince serve --model RUN`,
    predictions.csv, evaluation/report.html, history.csv and .png, config.json and checkpoints/.
    With --over-time RUN contains over_time.csv and the predictions of each model on held-out
    subjects.
    """
    time_settings = over_time.settings(options, architecture)
    if time_settings is not None:
        _train_over_time(data, out, time_settings)
        return
    settings = options.settings(architecture)
    from wince.cli.progress import training_reporter
    from wince.training.fitting import launch
    from wince.training.seed_runs import train_seeds

    with training_reporter() as reporter, launch.locked(out):
        run, summary = train_seeds(data, out, settings, options.seeds, reporter)
    if not run.is_main:
        return
    if run.metrics is None:
        typer.echo("There is no test part, so nothing was measured: see `wince evaluate`.")
    else:
        from wince.cli.evaluation_tables import show

        show(run.metrics)
        if summary is not None:
            from wince.cli import seed_table

            seed_table.show(summary)
        typer.echo(f"Report: {out / 'evaluation' / 'report.html'}")
    typer.echo(f"Model: {out}. Try it with: wince serve --model {out}")


def _train_over_time(data: Path, out: Path, settings: "TimeSettings") -> None:
    """Train models of time, and print the table and the conclusion."""
    from wince.archive.prepared_folder import refuse_as_output
    from wince.cli.progress import training_reporter
    from wince.evaluation.metrics.metric_catalogue import TITLES
    from wince.number_format import decimal
    from wince.output_lock import locked_folder
    from wince.training.over_time import time_table
    from wince.training.over_time.time_run import train_over_time

    refuse_as_output(out)
    with training_reporter() as reporter, locked_folder(out):
        result = train_over_time(data, out, settings, reporter)
    table = plain_table()
    table.add_column("Model", no_wrap=True)
    keys = (*time_table.SHOWN, time_table.PAIRED[0])
    titles = [TITLES[key] for key in time_table.SHOWN]
    for title in (*titles, f"{TITLES[keys[-1]]} against {result.reference}"):
        table.add_column(title, justify="right", no_wrap=True)
    for row in result.rows:
        cells = [decimal(row.metrics[key]) for key in time_table.SHOWN]
        cells.append(time_table.difference_text(row.differences.get(keys[-1])))
        table.add_row(row.name, *cells)
    console = table_console()
    console.print(table)
    console.print(result.conclusion, soft_wrap=True)
    typer.echo(f"Table: {out / time_table.TABLE}")
    keep = "" if result.winner else " --keep-time-model"
    typer.echo(f"Export {result.best.name} with: wince export {out} --out MODEL{keep}")
