"""The table of a training with several seeds."""

from typing import TYPE_CHECKING

import typer

from wince.cli.tables import plain_table, table_console
from wince.number_format import decimal

if TYPE_CHECKING:
    from wince.evaluation.seed_summary import SeedSummary


def show(summary: "SeedSummary") -> None:
    """Print each metric with each seed, its mean, and its SD over seeds and folds."""
    from wince.evaluation.metrics.metric_catalogue import TITLES

    has_folds = any(metric.folds for metric in summary.metrics)
    table = plain_table()
    table.add_column("Metric", no_wrap=True)
    titles = [*(f"Seed {seed}" for seed in summary.folders), "Mean", "SD between seeds"]
    if has_folds:
        titles += ["Mean of folds", "Its SD between seeds", "SD between folds"]
    for title in titles:
        table.add_column(title, justify="right", no_wrap=True)
    for metric in summary.metrics:
        values = [*metric.pooled.values(), metric.mean, metric.sd_between_seeds]
        if has_folds:
            values += [
                metric.fold_mean,
                metric.sd_between_seeds_of_fold_means,
                metric.sd_between_folds,
            ]
        table.add_row(TITLES[metric.key], *map(decimal, values))
    table_console().print(table)
    for sentence in summary.about:
        typer.echo(sentence)
