"""`wince reproduce`: run a recorded command again, and compare the results."""

from pathlib import Path
from typing import Annotated

import typer

DIFFERENT = 3
"""Exit status when the results differ."""


def reproduce(
    run: Annotated[
        Path,
        typer.Argument(
            metavar="RUN",
            help="A folder that wince train, cross-validate, compare or evaluate has finished.",
            show_default=False,
        ),
    ],
    *,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="New folder for the results. The same command continues one that was stopped. "
            "Default: RUN-reproduced.",
            show_default=False,
        ),
    ] = None,
    data: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="PATH",
            help="Where the data are now, if they were moved: the prepared folder, or the file of "
            "predictions. Can be repeated, in the order of the recorded command.",
        ),
    ] = None,
    model: Annotated[
        Path | None,
        typer.Option(
            metavar="MODEL",
            help="Where the model or the initial weights are now, if they were moved.",
        ),
    ] = None,
    tolerance: Annotated[
        float,
        typer.Option(
            metavar="X",
            min=0,
            help="Largest difference of a prediction, in points, and of a metric that counts as "
            "the same.",
        ),
    ] = 0.001,
    anyway: Annotated[
        bool,
        typer.Option("--anyway", help="Run also with data that differ from those of the record."),
    ] = False,
) -> None:
    """Run a recorded command again in a new folder, and compare predictions and metrics.

    Before anything is run, it says what differs from the record, and refuses other data. RUN is
    only read. DIR then also contains reproduction.json. The exit status is 0 if the results are
    the same to the byte or within the tolerance, and 3 if they differ.
    """
    from wince.cli.reproduce import reproduction, reproduction_tables
    from wince.evaluation.reproduction import result_comparison

    plan = reproduction.prepare(run, out, data or (), model, tolerance)
    reproduction_tables.show_differences(plan.differences)
    for problem in plan.problems:
        typer.echo(problem)
    if plan.problems and not anyway:
        typer.echo(f"Nothing was run. {reproduction.REMEDY}", err=True)
        raise typer.Exit(1)
    typer.echo(f"Running in {plan.out}: {plan.command_line}")
    status = reproduction.run(plan)
    if status:
        typer.echo("The recorded command failed, so there is nothing to compare.", err=True)
        raise typer.Exit(1)
    comparison = reproduction.finish(plan)
    reproduction_tables.show(comparison)
    typer.echo(f"Comparison: {plan.out / reproduction.RESULT}")
    if comparison.outcome == result_comparison.DIFFERENT:
        raise typer.Exit(DIFFERENT)
