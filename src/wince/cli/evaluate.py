"""`wince evaluate`: how good a set of predictions is."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wince.cli.scale_options import Cuts, LevelNames, ScaleRange, Target, stated
from wince.cli.table_options import Columns, DistinctSubjects

if TYPE_CHECKING:
    from wince.evaluation.predictions import Predictions
    from wince.scale import Scale
    from wince.training.evaluate_model import ModelPredictions

Out = Annotated[
    Path,
    typer.Option(
        metavar="DIR",
        help="Folder for metrics.json, report.html and the plots; with several --data a folder for "
        "each data set, across.html and across.csv.",
    ),
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
    list[Path] | None,
    typer.Option(
        metavar="DATA",
        help="With MODEL: a folder that `wince prepare` wrote. The default for a run folder is the "
        "folder it was trained on. Can be repeated: a table then shows what changes from the first "
        "data set.",
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
    if data and model is None:
        raise typer.BadParameter("--data needs MODEL")
    several = len(data or ()) > 1
    if several and (against or dataset):
        option = "--against" if against else "--dataset"
        raise typer.BadParameter(f"{option} belongs to one data set; found several --data")
    from wince.cli.training_extra import require_plots

    require_plots("wince evaluate")
    from wince import csv_reader, file_names
    from wince.archive.prepared_folder import refuse_as_output
    from wince.cli import data_set_table, evaluation_tables
    from wince.evaluation import data_sets, run_record
    from wince.evaluation.prediction_files import read_predictions, read_training_labels
    from wince.evaluation.report import data_sets_files
    from wince.output_lock import locked_folder

    places = data_set_table.result_folders(out, data or ())
    for place in {out, *places}:
        refuse_as_output(place)
    renames = csv_reader.parse_renames(column or ())
    csv_reader.check_renames(renames, [path for path in (predictions, against, training) if path])
    scale = stated(target, score_range, cuts, levels)
    read = partial(
        read_predictions, renames=renames, distinct_subjects=distinct_subjects, scale=scale
    )
    results: dict[str, Mapping[str, Any]] = {}
    tables: dict[str, Predictions] = {}
    notes: list[str] = []
    with locked_folder(out), _spinner("Reading") as show_step:
        data_sets_files.remove_old(out)
        if model is not None:
            _refuse_other_scale(model, scale)
            _refuse_other_data(model, data or ())
        for place, folder in places.items():
            start = run_record.begin(place / file_names.EVALUATION_RECORD)
            scored = None
            if model is not None:
                scored = _score(
                    model, folder, place, part, allow_overlap, distinct_subjects, show_step
                )
                table = scored.table
                notes += scored.notes
            elif predictions is not None:
                table = read(predictions)
            labels = scored.training if scored else None
            if training:
                labels = read_training_labels(training, renames=renames, scale=table.scale)
            metrics, report = _measure(
                table,
                place,
                (rating or ()) if sequences else None,
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
                about=scored.about if scored else (),
                flow=scored.flow if scored else (),
                progress=show_step,
            )
            hashes = dict(scored.hashes) if scored else {}
            hashes["predictions"] = metrics["data"]["sha256"]
            hashes |= run_record.file_hashes(against=against, training=training)
            run_record.finish(
                start,
                {"bootstrap": seed},
                hashes,
                data=scored.data if scored else None,
                part=several,
            )
            tables[place.name], results[place.name] = table, metrics
        if several:
            show_step("Differences between data sets")
            comparison = data_sets.compare(
                tables, resamples=resamples, seed=seed, distinct_subjects=distinct_subjects
            )
            report = data_sets_files.write(comparison, out)
    for name, metrics in results.items():
        if several:
            typer.echo(f"{name}:")
        evaluation_tables.show_all(metrics, ratings=sequences)
    if several:
        data_set_table.show(comparison)
    for note in notes:
        typer.echo(note)
    typer.echo(f"Report: {report}")


def _measure(
    table: "Predictions",
    place: Path,
    rating: Sequence[str] | None,
    *,
    progress: Callable[[str], None],
    **settings: Any,
) -> tuple[Mapping[str, Any], Path]:
    """Evaluate predictions and write the results.

    Args:
        table: The predictions.
        place: The folder of the results.
        rating: Further ratings of sequences to predict, None to predict no ratings.
        progress: Called with the name of each step.
        **settings: Passed to `evaluation.evaluate.evaluate`.

    Returns:
        The metrics and the path of the report.
    """
    from wince.evaluation import sequence_ratings
    from wince.evaluation.evaluate import evaluate as measure
    from wince.evaluation.report.result_files import write_results

    ratings = None
    if rating is not None:
        progress("Ratings of sequences")
        ratings = sequence_ratings.predict(table, rating)
    metrics = measure(table, sequences=ratings or (), progress=progress, **settings)
    progress("Plots and report")
    report = write_results(metrics, table, place)
    if ratings is not None:
        label = metrics["overlap"]["label"] or ""
        sequence_ratings.write(table, ratings, place / "sequences.csv", label)
    return metrics, report


def _refuse_other_scale(model: Path, scale: "Scale | None") -> None:
    """Raise ScaleError, before anything is scored, if a model is not of a stated scale."""
    if scale is not None:
        from wince.named_scales import refuse_other
        from wince.runtime.estimator import Estimator

        refuse_other(scale, Estimator(model).scale, model)


def _refuse_other_data(model: Path, folders: Sequence[Path]) -> None:
    """Raise DataError, before anything is scored, if a data set is not of the model's scale."""
    from wince.archive.prepared_folder import open_prepared
    from wince.runtime.estimator import Estimator
    from wince.training.evaluate_model import refuse_other_scale

    if len(folders) > 1:
        scale = Estimator(model).scale
        for folder in folders:
            refuse_other_scale(open_prepared(folder), scale)


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
