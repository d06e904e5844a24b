"""`wince evaluate`: how good a set of predictions is."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from wince.cli.tables import plain_table

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


def evaluate(
    out: Annotated[
        Path,
        typer.Option(metavar="DIR", help="Folder for metrics.json, report.html and the plots."),
    ],
    model: Annotated[
        Path | None,
        typer.Argument(
            metavar="MODEL",
            help="A run folder, or a model.onnx or its folder, to score a prepared folder with.",
            show_default=False,
        ),
    ] = None,
    predictions: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="In place of MODEL: CSV with the columns subject, sequence, frame, pspi, "
            "predicted, and what else is known: p_none, p_mild, p_moderate, p_severe; low, high; "
            "vas, opr; milliseconds; fold; overlap; columns to group by.",
        ),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            metavar="DATA",
            help="With MODEL: a folder that `wince prepare` wrote; for a run, its own by default.",
        ),
    ] = None,
    part: Annotated[
        str, typer.Option(metavar="PART", help="With MODEL: test, val, train or all.")
    ] = "test",
    against: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Predictions of another model for the same frames, to compare."
        ),
    ] = None,
    group_by: Annotated[
        list[str] | None,
        typer.Option(metavar="COLUMN", help="Repeat every figure by group. Can be repeated."),
    ] = None,
    training: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="CSV of the frames trained on (pspi, subject): for the trivial baselines, and to "
            "refuse subjects that were trained on.",
        ),
    ] = None,
    allow_overlap: Annotated[
        bool,
        typer.Option(
            "--allow-overlap",
            help="Accept that the model has seen these subjects; every output is marked.",
        ),
    ] = False,
    dataset: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="unbc: print published results on it beside these."),
    ] = None,
    resamples: Annotated[
        int,
        typer.Option(
            metavar="N", min=0, help="Bootstrap resamples of the subjects, 0 for no intervals."
        ),
    ] = 1000,
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="Seed of the bootstrap.")] = 0,
) -> None:
    """Measure a model, or anybody's predictions, against labels: figures, baselines, a report."""
    if (model is None) == (predictions is None):
        raise typer.BadParameter("expected either MODEL or --predictions FILE")
    _need_extra()
    from wince.evaluation.evaluate import evaluate as measure
    from wince.evaluation.prediction_files import read_predictions, read_training_labels
    from wince.evaluation.result_files import write_results

    with _progress() as progress:
        step = progress.add_task("Reading", total=None)

        def tell(words: str) -> None:
            progress.update(step, description=words)

        known = read_training_labels(training) if training else None
        notes: tuple[str, ...] = ()
        about: tuple[str, ...] = ()
        if model is not None:
            from wince.training.evaluate_model import test

            tested = test(
                model,
                data,
                out,
                part=part,
                allow_overlap=allow_overlap,
                progress=lambda done, total: tell(f"Scoring {done:,} of {total:,}"),
            )
            predictions, notes, about = tested.predictions, tested.notes, tested.about
            known = known or tested.training
        assert predictions is not None  # one of the two was given
        table = read_predictions(predictions)
        other = read_predictions(against) if against else None
        metrics = measure(
            table,
            against=other,
            group_by=group_by or (),
            training=known,
            allow_overlap=allow_overlap,
            dataset=dataset,
            resamples=resamples,
            seed=seed,
            about=about,
            progress=tell,
        )
        tell("Plots and report")
        report = write_results(metrics, table, out)
    show(metrics)
    for words in notes:
        typer.echo(words)
    typer.echo(f"Report: {report}")


def _need_extra() -> None:
    """Raise MissingExtraError unless the plots can be drawn."""
    from importlib.util import find_spec

    from wince.errors import MissingExtraError

    if find_spec("matplotlib") is None:
        raise MissingExtraError(
            "wince evaluate draws with matplotlib, which is not installed. Install the training "
            "extra: pip install 'wince[train]'"
        )


def _progress() -> Any:
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    return Progress(*columns, console=Console(stderr=True), transient=True)


def show(metrics: Mapping[str, Any]) -> None:
    """Print the chief figures beside the trivial predictors, and what must be known of them."""
    from rich.console import Console
    from rich.text import Text

    from wince.evaluation.metric_catalogue import TITLES
    from wince.evaluation.trivial_predictors import TRIVIAL_PREDICTORS

    label = metrics["overlap"]["label"]
    table = plain_table()
    table.add_column(f"Pooled ({label})" if label else "Pooled")
    for title in ("Model", "95 % interval", *TRIVIAL_PREDICTORS, "Mean of subjects"):
        table.add_column(title, justify="right", no_wrap=True)
    model = metrics["model"]
    for key in SHOWN:
        low, high = model["pooled_interval"][key]
        undefined = model["subjects_undefined"][key]
        table.add_row(
            TITLES[key],
            _number(model["pooled"][key]),
            f"{_number(low)} to {_number(high)}",
            *(_number(metrics["baselines"][name]["pooled"][key]) for name in TRIVIAL_PREDICTORS),
            _number(model["subject_mean"][key])
            + (f" ({undefined} undefined)" if undefined else ""),
        )
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 200
    console.print(table)
    for words in metrics["caveats"]:
        console.print(Text(words), soft_wrap=True)


def _number(value: float) -> str:
    return "undefined" if value != value else f"{value:.3f}"
