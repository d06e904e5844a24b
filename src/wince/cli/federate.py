"""`wince federate`: train across sites that may not share faces, by exchanging files."""

from pathlib import Path
from typing import Annotated

import typer

from wince.cli.local_paths import with_local_paths
from wince.cli.option_groups import with_option_groups
from wince.cli.scale_options import Cuts, LevelNames, ScaleRange, Target, stated
from wince.cli.training_options import Architecture, Data, RecipeOptions
from wince.number_format import decimal, whole

app = typer.Typer(rich_markup_mode=None)
RoundFile = Annotated[
    Path,
    typer.Argument(
        metavar="ROUND", help="The file of a round, such as round-000.pt.", show_default=False
    ),
]


@app.callback(invoke_without_command=True)
def _federate(context: typer.Context) -> None:
    """Train across sites that may not share faces: they exchange files of weights.

    start, then in each round train-site at every site and average; evaluate at any time.
    """
    if context.invoked_subcommand is None:
        typer.echo(context.get_help(), err=True)
        raise typer.Exit(2)


@app.command()
@with_local_paths
@with_option_groups
def start(
    out: Annotated[
        Path, typer.Option(metavar="STUDY", help="Folder of the study.", show_default=False)
    ],
    rounds: Annotated[
        int, typer.Option(metavar="N", min=1, max=999, help="Number of rounds.")
    ] = 20,
    local_epochs: Annotated[
        int,
        typer.Option(metavar="N", min=1, help="Epochs that each site trains in a round."),
    ] = 1,
    target: Target = None,
    score_range: ScaleRange = None,
    cuts: Cuts = None,
    levels: LevelNames = None,
    *,
    architecture: Architecture = "resnet18",
    options: RecipeOptions,
) -> None:
    """Begin a study: write the settings and the first weights into STUDY/round-000.pt.

    Send this file to every site.
    """
    settings = options.recipe_settings(architecture, local_epochs)
    from wince.archive.prepared_folder import refuse_as_output
    from wince.output_lock import locked_folder
    from wince.training.federation import exchange_files, study

    scale = stated(target, score_range, cuts, levels)
    refuse_as_output(out)
    with locked_folder(out):
        for note in study.start(out, settings, rounds, scale):
            typer.echo(note, err=True)
    typer.echo(
        f"Send {out / exchange_files.round_name(0)} to every site. There: wince federate "
        "train-site ROUND DATA --site NAME --out SITE"
    )


@app.command(name="train-site")
@with_local_paths
def train_site(
    round_file: RoundFile,
    data: Data,
    site: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="Name of this site in the study, which the update contains: small letters, "
            "digits and hyphens.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(
            metavar="SITE",
            help="This site's folder for the study. The same command continues a training that "
            "was stopped.",
            show_default=False,
        ),
    ],
    accelerator: Annotated[
        str, typer.Option(metavar="NAME", help="Lightning's accelerator: auto, cpu, gpu, mps.")
    ] = "auto",
    workers: Annotated[
        int, typer.Option(min=0, max=256, help="Processes that load batches during training.")
    ] = 0,
) -> None:
    """Train a round's weights on this site's faces, and write the update: the only file to send.

    The update has weights, the number of subjects and frames, SHA-256 of the settings and weights
    it began from, and versions. It has no image, score, path or name of a person.
    """
    from wince.cli.training_extra import require_training_extra

    require_training_extra()
    import json

    from wince.cli.progress import training_reporter
    from wince.training.federation import site_training
    from wince.training.fitting import launch
    from wince.training.fitting.run_settings import Devices

    devices = Devices(accelerator, "1", workers=workers)
    with training_reporter() as reporter, launch.locked(out):
        update = site_training.train_site(round_file, data, site, out, devices, reporter)
    size = update.path.stat().st_size / 1e6
    numbers = sum(tensor.numel() for tensor in update.weights.values())
    typer.echo(f"The update has {whole(numbers)} weights ({decimal(size, 2)} MB), and this:")
    typer.echo(json.dumps(dict(update.header), indent=1))
    typer.echo(
        f"Send only {update.path}. Everything else in {out} stays here. Weights can reveal "
        "something of the faces they were trained on: send the file as you would send such data."
    )


@app.command()
@with_local_paths
def average(
    study_folder: Annotated[
        Path,
        typer.Argument(
            metavar="STUDY", help="Folder of the study, with all its rounds.", show_default=False
        ),
    ],
    updates: Annotated[
        list[Path],
        typer.Argument(metavar="UPDATE...", help="The update of each site.", show_default=False),
    ],
) -> None:
    """Average the updates of a round by number of subjects, and write the next round's file."""
    from wince.cli.tables import plain_table, table_console
    from wince.cli.training_extra import require_training_extra
    from wince.output_lock import locked_folder

    require_training_extra()
    from wince.training.federation import averaging

    with locked_folder(study_folder):
        following, sites = averaging.average(study_folder, updates)
    table = plain_table()
    table.add_column("Site", no_wrap=True)
    for title in ("Subjects", "Frames", "Change of the weights"):
        table.add_column(title, justify="right", no_wrap=True)
    for share in sites:
        table.add_row(
            share.site, whole(share.subjects), whole(share.frames), decimal(share.change, 3)
        )
    table_console().print(table)
    typer.echo(f"Round {following.number} of {following.study.rounds}: {following.path}")
    if following.is_last:
        typer.echo(
            f"The study is finished. wince federate evaluate {following.path} DATA --out DIR"
        )
    else:
        typer.echo("Send it to every site for the next round.")


@app.command()
@with_local_paths
def evaluate(
    round_file: RoundFile,
    data: Data,
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="Folder of the model.", show_default=False)
    ],
) -> None:
    """Make a model of a round's weights, calibrated and measured on a prepared folder.

    The validation part calibrates the interval and the confidence, and the test part is measured.
    DIR then contains model.onnx, model.json and MODEL_CARD.md for `wince serve --model DIR`,
    predictions.csv and evaluation/report.html. It names subjects of DATA: it is not for sending.
    """
    from wince.archive.prepared_folder import refuse_as_output
    from wince.cli.training_extra import require_training_extra

    require_training_extra()
    refuse_as_output(out)
    from wince.cli.evaluation_tables import show
    from wince.cli.progress import training_reporter
    from wince.output_lock import locked_folder
    from wince.training.export import model_manifest
    from wince.training.federation import site_evaluation

    with training_reporter() as reporter, locked_folder(out):
        model = site_evaluation.evaluate_round(round_file, data, out, reporter.progress)
    assert model.metrics is not None
    show(model.metrics)
    trained_on = model_manifest.read(out)["trained_on"]
    for sentence in (trained_on["calibration"], *trained_on["notes"]):
        typer.echo(sentence)
    typer.echo(f"Report: {out / 'evaluation' / 'report.html'}")
    typer.echo(f"Model: {out}. Try it with: wince serve --model {out}")
