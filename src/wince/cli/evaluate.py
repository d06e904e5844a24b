"""`wince evaluate`: how good a set of predictions is."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wince.cli.scale_options import Cuts, LevelNames, ScaleRange, Target, stated
from wince.cli.table_options import Columns, DistinctSubjects
from wince.cli.tables import plain_table, table_console
from wince.number_format import decimal

if TYPE_CHECKING:
    from wince.scale import Scale
    from wince.training.evaluate_model import ModelPredictions

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

Out = Annotated[
    Path, typer.Option(metavar="DIR", help="Folder for metrics.json, report.html and the plots.")
]
Model = Annotated[
    Path | None,
    typer.Argument(
        metavar="MODEL",
        help="What scores a prepared folder: a run folder, a model.onnx or its folder, or starter, "
        "the packaged model.",
        show_default=False,
    ),
]
PredictionFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Instead of MODEL: a CSV file with the columns subject, sequence, frame, pspi and "
        "predicted (empty: no score). Optional columns: p_none, p_mild, p_moderate, p_severe; low, "
        "high; vas, opr; milliseconds; seconds; fold; overlap; not_scored; columns to group by.",
    ),
]
Data = Annotated[
    Path | None,
    typer.Option(
        metavar="DATA",
        help="With MODEL: a folder that `wince prepare` wrote. The default for a run folder is the "
        "folder it was trained on.",
    ),
]
Part = Annotated[str, typer.Option(metavar="PART", help="With MODEL: test, val, train or all.")]
Against = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="Predictions of another model for the same frames, to compare with."
    ),
]
GroupBy = Annotated[
    list[str] | None,
    typer.Option(
        metavar="COLUMN", help="Repeat every metric for each value of a column. Can be repeated."
    ),
]
SmallestGroup = Annotated[
    int,
    typer.Option(
        metavar="N",
        min=1,
        help="On the page of fairness a group of fewer subjects has no metrics.",
    ),
]
TrainingFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="CSV file of the training frames (pspi, subject). The trivial predictors use its "
        "labels, and its subjects are refused in the predictions.",
    ),
]
AllowOverlap = Annotated[
    bool,
    typer.Option(
        "--allow-overlap",
        help="Accept subjects that the model was trained on; every output is marked.",
    ),
]
Dataset = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="unbc: list published results on this data set as well."),
]
Resamples = Annotated[
    int,
    typer.Option(
        metavar="N", min=0, help="Bootstrap resamples of the subjects; 0 for no intervals."
    ),
]
Seed = Annotated[int, typer.Option(metavar="N", min=0, help="Seed of the bootstrap.")]
Sequences = Annotated[
    bool,
    typer.Option(
        "--sequences",
        help="Also predict VAS, OPR and other ratings from features of each sequence's scores, "
        "leaving one subject out, and write sequences.csv.",
    ),
]
Ratings = Annotated[
    list[str] | None,
    typer.Option(
        "--rating",
        metavar="COLUMN",
        help="With --sequences: another column with a rating of each sequence. Can be repeated.",
    ),
]
FrameRate = Annotated[
    float | None,
    typer.Option(
        "--fps",
        metavar="NUMBER",
        min=0.001,
        max=10_000,
        help="Frames a second where the predictions have no column seconds: the delays of episodes "
        "are then in seconds and not in frames.",
    ),
]


def evaluate(
    out: Out,
    model: Model = None,
    predictions: PredictionFile = None,
    data: Data = None,
    part: Part = "test",
    against: Against = None,
    group_by: GroupBy = None,
    smallest_group: SmallestGroup = 6,
    training: TrainingFile = None,
    allow_overlap: AllowOverlap = False,
    distinct_subjects: DistinctSubjects = False,
    column: Columns = None,
    dataset: Dataset = None,
    resamples: Resamples = 1000,
    seed: Seed = 0,
    sequences: Sequences = False,
    rating: Ratings = None,
    fps: FrameRate = None,
    target: Target = None,
    score_range: ScaleRange = None,
    cuts: Cuts = None,
    levels: LevelNames = None,
) -> None:
    """Compare predictions of a model with labels: metrics, trivial predictors, a report."""
    if (model is None) == (predictions is None):
        raise typer.BadParameter("expected either MODEL or --predictions FILE")
    if rating and not sequences:
        raise typer.BadParameter("--rating needs --sequences")
    from wince.cli.training_extra import require_plots

    require_plots("wince evaluate")
    from wince import csv_reader
    from wince.archive.prepared_folder import refuse_as_output
    from wince.evaluation import evaluate as evaluation
    from wince.evaluation import sequence_ratings
    from wince.evaluation.prediction_files import read_predictions, read_training_labels
    from wince.evaluation.report.result_files import write_results
    from wince.output_lock import locked_folder

    refuse_as_output(out)
    renames = csv_reader.parse_renames(column or ())
    csv_reader.check_renames(renames, [path for path in (predictions, against, training) if path])
    scale = stated(target, score_range, cuts, levels)
    read = partial(
        read_predictions, renames=renames, distinct_subjects=distinct_subjects, scale=scale
    )
    scored = None
    with locked_folder(out), _spinner("Reading") as show_step:
        if model is not None:
            _refuse_other_scale(model, scale)
            scored = _score(model, data, out, part, allow_overlap, distinct_subjects, show_step)
            table = scored.table
        elif predictions is not None:
            table = read(predictions)
        labels = scored.training if scored else None
        if training:
            labels = read_training_labels(training, renames=renames, scale=table.scale)
        ratings = None
        if sequences:
            show_step("Ratings of sequences")
            ratings = sequence_ratings.predict(table, rating or ())
        metrics = evaluation.evaluate(
            table,
            against=read(against) if against else None,
            group_by=group_by or (),
            smallest_group=smallest_group,
            training=labels,
            allow_overlap=allow_overlap,
            distinct_subjects=distinct_subjects,
            dataset=dataset,
            resamples=resamples,
            seed=seed,
            frame_rate=fps,
            sequences=ratings or (),
            about=scored.about if scored else (),
            flow=scored.flow if scored else (),
            progress=show_step,
        )
        show_step("Plots and report")
        report = write_results(metrics, table, out)
        if ratings is not None:
            label = metrics["overlap"]["label"] or ""
            sequence_ratings.write(table, ratings, out / "sequences.csv", label)
    show(metrics)
    _show_episodes(metrics["episodes"])
    if sequences:
        _show_sequences(metrics["sequence_ratings"])
    for note in scored.notes if scored else ():
        typer.echo(note)
    typer.echo(f"Report: {report}")


def _refuse_other_scale(model: Path, scale: "Scale | None") -> None:
    """Raise ScaleError, before anything is scored, if a model is not of a stated scale."""
    if scale is not None:
        from wince.named_scales import refuse_other
        from wince.runtime.estimator import Estimator

        refuse_other(scale, Estimator(model).scale, model)


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


def _score(
    model: Path,
    data: Path | None,
    out: Path,
    part: str,
    allow_overlap: bool,
    distinct_subjects: bool,
    show_step: Callable[[str], None],
) -> "ModelPredictions":
    """Score a part of a prepared folder; `show_step` is called with how far it is."""
    from wince.training.evaluate_model import predict

    return predict(
        model,
        data,
        out,
        part=part,
        allow_overlap=allow_overlap,
        distinct_subjects=distinct_subjects,
        progress=lambda done, total: show_step(f"Scoring {done:,} of {total:,}"),
    )


@contextmanager
def _spinner(step: str) -> Iterator[Callable[[str], None]]:
    """Show the current step on stderr while the block runs; yield what shows the next step."""
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(step, total=None)
        yield lambda text: progress.update(task, description=text)


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
