"""`wince evaluate`: how good a set of predictions is."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from wince.cli.scale_options import Cuts, LevelNames, ScaleRange, Target, stated
from wince.cli.table_options import Columns, DistinctSubjects

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
    _check_options(model, predictions, data or (), against, dataset, rating, sequences)
    from wince.cli.training_extra import require_plots

    require_plots("wince evaluate")
    from wince import csv_reader
    from wince.archive.prepared_folder import refuse_as_output
    from wince.cli import data_set_table, evaluation_tables
    from wince.cli.evaluation_run import EvaluationRun
    from wince.evaluation import data_sets
    from wince.evaluation.report import data_sets_files
    from wince.output_lock import locked_folder

    places = data_set_table.result_folders(out, data or ())
    for place in {out, *places}:
        refuse_as_output(place)
    renames = csv_reader.parse_renames(column or ())
    csv_reader.check_renames(renames, [path for path in (predictions, against, training) if path])
    run = EvaluationRun(
        *(model, predictions, part, against, training, renames),
        scale=stated(target, score_range, cuts, levels),
        ratings=(rating or ()) if sequences else None,
        distinct_subjects=distinct_subjects,
        allow_overlap=allow_overlap,
        resamples=resamples,
        seed=seed,
        several=len(places) > 1,
        settings={
            "group_by": group_by or (),
            "smallest_group": smallest_group,
            "dataset": dataset,
            "frame_rate": fps,
        },
    )
    comparison = None
    with locked_folder(out), _spinner("Reading") as show_step:
        data_sets_files.remove_old(out)
        run.refuse_other_scale(data or ())
        results = {
            place.name: run.evaluate(folder, place, show_step) for place, folder in places.items()
        }
        report = next(iter(results.values())).report
        if len(results) > 1:
            show_step("Differences between data sets")
            tables = {name: result.table for name, result in results.items()}
            comparison = data_sets.compare(
                tables, resamples=resamples, seed=seed, distinct_subjects=distinct_subjects
            )
            report = data_sets_files.write(comparison, out)
    for name, result in results.items():
        if comparison:
            typer.echo(f"{name}:")
        evaluation_tables.show_all(result.metrics, ratings=sequences)
    if comparison:
        data_set_table.show(comparison)
    for note in [note for result in results.values() for note in result.notes]:
        typer.echo(note)
    typer.echo(f"Report: {report}")


def _check_options(
    model: Path | None,
    predictions: Path | None,
    data: Sequence[Path],
    against: Path | None,
    dataset: str | None,
    rating: Sequence[str] | None,
    sequences: bool,
) -> None:
    """Raise typer.BadParameter if options do not go together."""
    if (model is None) == (predictions is None):
        raise typer.BadParameter("expected either MODEL or --predictions FILE")
    if rating and not sequences:
        raise typer.BadParameter("--rating needs --sequences")
    if data and model is None:
        raise typer.BadParameter("--data needs MODEL")
    if len(data) > 1 and (against or dataset):
        option = "--against" if against else "--dataset"
        raise typer.BadParameter(f"{option} belongs to one data set; found several --data")


@contextmanager
def _spinner(step: str) -> Iterator[Callable[[str], None]]:
    """Show the current step on stderr while the block runs; yield what shows the next step."""
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(step, total=None)
        yield lambda text: progress.update(task, description=text)
