"""What `wince evaluate` prints: metrics, episodes, and ratings of sequences."""

from collections.abc import Mapping
from typing import Any

import typer

from wince.cli.tables import plain_table, table_console
from wince.number_format import decimal

SHOWN = (
    "pcc",
    "icc",
    "wmae",
    "auc_1",
    "auc_2",
    "auc_3",
    "four_levels_balanced_accuracy",
    "mae",
    "rmse",
    "four_levels_accuracy",
)
SHOWN_OF_LEVELS = ("levels_balanced_accuracy", "levels_accuracy")
"""On other scales than PSPI."""


def show_all(metrics: Mapping[str, Any], *, ratings: bool) -> None:
    """Print the tables of one evaluation; `ratings`: whether those of sequences are among them."""
    show(metrics)
    _show_episodes(metrics["episodes"])
    if ratings:
        _show_sequences(metrics["sequence_ratings"])


def show(metrics: Mapping[str, Any]) -> None:
    """Print the main metrics beside those of the trivial predictors, and the caveats.

    Caveats on an interval that does not hold and on frames without a score come first, because the
    metrics mislead without them.
    """
    from rich.text import Text

    from wince.evaluation.metrics.metric_catalogue import titles
    from wince.evaluation.report.interval_text import interval_text
    from wince.evaluation.trivial_predictors import TRIVIAL_PREDICTORS
    from wince.scale import Scale

    label = metrics["overlap"]["label"]
    table = plain_table()
    table.add_column(f"Pooled ({label})" if label else "Pooled")
    for title in ("Model", "95 % interval", *TRIVIAL_PREDICTORS, "Mean of subjects"):
        table.add_column(title, justify="right", no_wrap=True)
    model, baselines = metrics["model"], metrics["baselines"]
    scale = Scale.from_dict(metrics["data"]["scale"])
    names = titles(scale)
    for key in (key for key in (*SHOWN, *SHOWN_OF_LEVELS) if key in model["pooled"]):
        undefined = model["subjects_undefined"][key]
        note = f" ({undefined} undefined)" if undefined else ""
        table.add_row(
            names[key],
            decimal(model["pooled"][key]),
            interval_text(model, "pooled", key),
            *(decimal(baselines[name]["pooled"][key]) for name in TRIVIAL_PREDICTORS),
            decimal(model["subject_mean"][key]) + note,
        )
    console = table_console()
    first = metrics["caveats_first"]
    for caveat in metrics["caveats"][:first]:
        console.print(Text(caveat), soft_wrap=True)
    console.print(table)
    for caveat in metrics["caveats"][first:]:
        console.print(Text(caveat), soft_wrap=True)


def _show_episodes(episodes: Mapping[str, Any] | None) -> None:
    """Print how the predicted episodes match the labelled ones, at each cut that has some."""
    from wince.evaluation.report.interval_text import interval_text

    shown = {} if episodes is None else episodes["cuts"]
    shown = {name: cut for name, cut in shown.items() if cut["labelled"]}
    if episodes is None or not shown:
        return
    rows = plain_table()
    rows.add_column("Episodes at or above", no_wrap=True)
    titles = ("Labelled", "Predicted", "Precision", "Recall", "95 % interval", "Always: recall")
    for title in (*titles, f"Onset, {episodes['unit']} late (95 % below)"):
        rows.add_column(title, justify="right", no_wrap=True)
    for name, cut in shown.items():
        pooled = cut["model"]["pooled"]
        late = (pooled["onset_delay_median"], pooled["onset_delay_p95"])
        rows.add_row(
            name,
            f"{cut['labelled']:,}",
            f"{cut['predicted']:,}",
            decimal(pooled["precision"]),
            decimal(pooled["recall"]),
            interval_text(cut["model"], "pooled", "recall"),
            decimal(cut["always"]["pooled"]["recall"]),
            f"{decimal(late[0], 2)} ({decimal(late[1], 2)})" if cut["matched"] else "–",
        )
    table_console().print(rows)


def _show_sequences(ratings: Mapping[str, Any]) -> None:
    """Print how well each method predicts the ratings of sequences."""
    from wince.evaluation import sequence_ratings
    from wince.evaluation.metrics.metric_catalogue import TITLES
    from wince.evaluation.report.interval_text import interval_text

    if not ratings:
        typer.echo(
            "No rating of sequences: expected vas, opr or another column (--rating) of three "
            "subjects or more."
        )
        return
    rows = plain_table()
    rows.add_column("Rating of sequences, from the other subjects", no_wrap=True)
    for key in sequence_ratings.METRICS:
        for title in (TITLES[key], "95 % interval"):
            rows.add_column(title, justify="right", no_wrap=True)
    for rating, result in ratings.items():
        for method, title in sequence_ratings.METHODS.items():
            values = result["methods"][method]
            cells = [
                cell
                for key in sequence_ratings.METRICS
                for cell in (decimal(values["pooled"][key]), interval_text(values, "pooled", key))
            ]
            rows.add_row(f"{rating.upper()}: {title}", *cells)
    table_console().print(rows)
