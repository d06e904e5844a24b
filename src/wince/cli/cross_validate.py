"""`wince cross-validate`: how well a recipe scores subjects it has not seen."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from wince.cli.cluster_option import ClusterAddress
from wince.cli.option_groups import with_option_groups
from wince.cli.tables import plain_table, table_console
from wince.cli.training_options import Architecture, Data, Folds, MaxFolds, TrainingOptions
from wince.number_format import decimal, whole

METRICS = ("mae", "rmse", "pcc", "icc", "ccc", "auc_1", "auc_2", "auc_3")


@with_option_groups
def cross_validate(
    data: Data,
    out: Annotated[
        Path,
        typer.Option(
            metavar="DIR",
            help="Folder of the results. The same command keeps finished folds and continues.",
            show_default=False,
        ),
    ],
    *,
    folds: Folds = "5",
    max_folds: MaxFolds = None,
    architecture: Architecture = "resnet18",
    cluster: ClusterAddress = None,
    options: TrainingOptions,
) -> None:
    """Train and test on each fold of a prepared folder, by subject and stratified by level.

    DIR then contains one run per fold, folds.csv, the merged predictions.csv and evaluation/.
    """
    settings = options.settings(architecture)
    from wince.cli.progress import training_reporter
    from wince.training.cross_validation import cross_validate as validate
    from wince.training.fitting import launch

    with training_reporter() as reporter, launch.locked(out):
        validated = validate(
            data,
            out,
            settings,
            folds=folds,
            first=max_folds,
            seeds=options.seeds,
            cluster=cluster,
            reporter=reporter,
        )
    if not validated.is_main:
        return
    _print_folds(validated.rows, validated.metrics)
    if validated.seeds is not None:
        from wince.cli import seed_table

        seed_table.show(validated.seeds)
    typer.echo(f"Report: {out / 'evaluation' / 'report.html'}")


def _print_folds(rows: Sequence[Mapping[str, Any]], metrics: Mapping[str, Any]) -> None:
    """Print the table of folds, the baselines and the caveats."""
    from rich.text import Text

    from wince.evaluation.metrics.metric_catalogue import TITLES

    table = plain_table()
    table.add_column("Fold", no_wrap=True)
    keys = [key for key in METRICS if key in rows[0]]
    for title in ("Frames", "No score", *(TITLES[key] for key in keys)):
        table.add_column(title, justify="right", no_wrap=True)
    folds = sum(row["subjects"] is not None for row in rows) - 1
    for number, row in enumerate(rows, start=1):
        frames, missing = (
            "" if row[name] is None else whole(row[name]) for name in ("frames", "not_scored")
        )
        cells = (decimal(row[key]) for key in keys)
        table.add_row(str(row["fold"]), frames, missing, *cells, end_section=number == folds)
    console = table_console()
    first = metrics["caveats_first"]
    for caveat in metrics["caveats"][:first]:
        console.print(Text(caveat), soft_wrap=True)
    console.print(table)
    zero, mean = (metrics["baselines"][name]["pooled"]["mae"] for name in ("zero", "mean"))
    console.print(
        f"Always zero has MAE {decimal(zero)}, the mean of each fold's training labels "
        f"{decimal(mean)}."
    )
    for note in (*metrics["about"][1:2], *metrics["caveats"][first:]):
        console.print(Text(note), soft_wrap=True)
