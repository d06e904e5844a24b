"""`wince compare`: accuracy, latency and size of several architectures."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wince.cli.cluster_option import ClusterAddress
from wince.cli.option_groups import with_option_groups
from wince.cli.tables import plain_table, table_console
from wince.cli.training_options import Data, Folds, MaxFolds, TrainingOptions
from wince.number_format import decimal, whole

if TYPE_CHECKING:
    from wince.training.architecture_results import ArchitectureComparison


@with_option_groups
def compare(
    data: Data,
    out: Annotated[
        Path,
        typer.Option(
            metavar="DIR",
            help="Folder of the results. The same command keeps what is finished and continues.",
            show_default=False,
        ),
    ],
    *,
    architectures: Annotated[
        str | None,
        typer.Option(
            metavar="NAMES",
            help="Architectures, separated by commas. Default: resnet18, resnet50, "
            "efficientnet_b4, inception_v3, vit_small and mobilenet. shallow_cnn is known too.",
            show_default=False,
        ),
    ] = None,
    methods: Annotated[
        str | None,
        typer.Option(
            metavar="NAMES",
            help="Compare published methods instead, separated by commas, or all: landmarks-svr, "
            "shallow-cnn, flow-3d, resnet18-focal, report and wince. "
            "By name only, for a GPU: r3d_18, mc3_18, r2plus1d_18.",
            show_default=False,
        ),
    ] = None,
    folds: Folds = "5",
    max_folds: MaxFolds = None,
    cluster: ClusterAddress = None,
    options: TrainingOptions,
) -> None:
    """Cross-validate architectures or methods on the same folds: accuracy, latency and size.

    DIR then contains comparison.csv, .json and .png, and a cross-validation for each of them. There
    is no winner if none of them beats the trivial predictors. If ImageNet weights are available
    only for some architectures, use --init none for a fair comparison. Methods have the same number
    of epochs, the same size and the same faces; docs/training.md says what each is.
    """
    if architectures and methods:
        raise typer.BadParameter("expected --architectures or --methods, not both")
    settings = options.settings()
    from wince.cli.progress import training_reporter
    from wince.training import architecture_comparison as comparing
    from wince.training.architecture_results import ARCHITECTURE, METHOD
    from wince.training.fitting import launch
    from wince.training.methods.catalogue import METHODS

    if methods:
        names = list(METHODS) if methods == "all" else _names(methods)
        candidates = comparing.method_candidates(settings, names)
    else:
        names = list(comparing.CHOICE) if architectures is None else _names(architectures)
        candidates = comparing.architecture_candidates(settings, names)
    with training_reporter() as reporter, launch.locked(out):
        comparison = comparing.compare(
            data,
            out,
            candidates,
            kind=METHOD if methods else ARCHITECTURE,
            folds=folds,
            first=max_folds,
            seeds=options.seeds,
            cluster=cluster,
            reporter=reporter,
        )
    if comparison.is_main:
        _print_comparison(comparison)
        typer.echo(f"Plot: {out / 'comparison.png'}")


def _names(text: str) -> list[str]:
    """Return the names in a text that separates them by commas."""
    return [name.strip() for name in text.split(",") if name.strip()]


def _print_comparison(comparison: "ArchitectureComparison") -> None:
    from wince.evaluation.metrics.metric_catalogue import TITLES
    from wince.evaluation.trivial_predictors import TRIVIAL_TITLES

    caution = comparison.caution
    table = plain_table()
    table.add_column(f"Held out ({caution})" if caution else "Held out", no_wrap=True)
    costs = ("Parameters", "MB", "ms per image", "Hours")
    for title in (*(TITLES[key] for key in comparison.shown), *costs):
        table.add_column(title, justify="right", no_wrap=True)
    for number, row in enumerate(comparison.rows, start=1):
        table.add_row(
            row.name,
            *(decimal(getattr(row, key)) for key in comparison.shown),
            whole(row.parameters),
            decimal(row.megabytes, 1),
            decimal(row.milliseconds, 1),
            decimal(row.hours, 2),
            end_section=number == len(comparison.rows),
        )
    for name, values in comparison.trivial.items():
        table.add_row(TRIVIAL_TITLES[name], *(decimal(values[key]) for key in comparison.shown))
    table_console().print(table)
    typer.echo(comparison.conclusion)
    if comparison.seeds:
        _print_seeds(comparison)
    for note in comparison.notes:
        typer.echo(note)


def _print_seeds(comparison: "ArchitectureComparison") -> None:
    """Print CCC with each seed, its mean, and its SD over seeds and folds."""
    from wince.evaluation.seed_summary import BETWEEN_FOLDS, BETWEEN_SEEDS

    table = plain_table()
    table.add_column("CCC", no_wrap=True)
    seeds = next(iter(comparison.seeds.values())).folders
    for title in (*(f"Seed {seed}" for seed in seeds), "Mean", "SD between seeds"):
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("SD between folds", justify="right", no_wrap=True)
    for name, metric in comparison.ccc_by_seed.items():
        values = (*metric.pooled.values(), metric.mean, metric.sd_between_seeds)
        table.add_row(name, *map(decimal, (*values, metric.sd_between_folds)))
    table_console().print(table)
    for sentence in (comparison.first_by_seed, BETWEEN_SEEDS, BETWEEN_FOLDS):
        typer.echo(sentence)
