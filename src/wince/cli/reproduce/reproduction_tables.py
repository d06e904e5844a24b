"""The tables of `wince reproduce`."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from wince.cli.tables import plain_table, table_console
from wince.number_format import UNDEFINED, decimal, interval

if TYPE_CHECKING:
    from wince.evaluation.reproduction.environment import Difference
    from wince.evaluation.reproduction.result_comparison import Comparison, MetricDifference

MOST_ROWS = 12
"""Metrics in the table; the others are in reproduction.json."""


def show_differences(differences: Sequence["Difference"]) -> None:
    """Print what differs from the record in software and machine."""
    if not differences:
        typer.echo("wince, libraries and machine are those of the record.")
        return
    table = plain_table()
    for title in ("Not as then", "Record", "Now"):
        table.add_column(title)
    for row in differences:
        table.add_row(row.name, row.recorded, row.now)
    table_console().print(table)


def show(comparison: "Comparison") -> None:
    """Print the differences of predictions and metrics, and the outcome."""
    console = table_console()
    if comparison.predictions:
        table = plain_table()
        for title in ("Predictions", "Frames", "Largest difference", "PCC"):
            table.add_column(title, justify="left" if title == "Predictions" else "right")
        for pair in comparison.predictions:
            table.add_row(pair.file, f"{pair.frames:,}", _small(pair.largest), decimal(pair.pcc, 6))
        console.print(table)
    rows = _main_rows(comparison)
    if rows:
        table = plain_table()
        table.add_column("Metric", no_wrap=True)
        for title in ("Record", "95 % interval", "Now", "Difference", "Share of interval"):
            table.add_column(title, justify="right", no_wrap=True)
        for name, row in rows:
            table.add_row(
                name,
                decimal(row.recorded),
                interval(row.low, row.high),
                decimal(row.now),
                _small(row.difference),
                _percent(row.share_of_interval),
            )
        console.print(table)
        others = len(comparison.metrics) - len(rows)
        if others:
            typer.echo(f"{others:,} more metrics are in reproduction.json.")
    typer.echo(comparison.sentence)


def _main_rows(comparison: "Comparison") -> list[tuple[str, "MetricDifference"]]:
    """Return the main metrics of each evaluation with their names."""
    from wince.evaluation.metrics.metric_catalogue import TITLES

    keys = ("mae", "rmse", "pcc", "icc", "ccc", "auc_1", "auc_2", "auc_3", "coverage")
    chosen = [row for row in comparison.metrics if row.key in keys]
    several = len({row.file for row in chosen}) > 1
    folders = {row.file: row.file.rpartition("evaluation/")[0] or row.file for row in chosen}
    return [
        (f"{folders[row.file]} {TITLES[row.key]}" if several else TITLES[row.key], row)
        for row in chosen
    ][: MOST_ROWS * (1 + several)]


def _small(value: float) -> str:
    return UNDEFINED if value != value else f"{value:.2g}"


def _percent(share: float) -> str:
    return "–" if share != share else f"{100 * share:.1f} %"
