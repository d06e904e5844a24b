"""`wince export`: make a model to serve from a run or from the project report's weights."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wince.cli.option_groups import with_option_groups
from wince.cli.table_options import Columns
from wince.number_format import decimal, whole

if TYPE_CHECKING:
    from wince.training.export.model_folder import ModelFolder


class ModelPrecision(StrEnum):
    """Values of `--precision`: the number format in model.onnx."""

    FP32 = "fp32"
    FP16 = "fp16"
    INT8 = "int8"


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """What is exported, from which data, and at which precision."""

    state_dict: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Instead of RUN: model.pt of the project report's script, the state dict of a "
            "ResNet-18 with one output.",
        ),
    ] = None
    precision: Annotated[
        ModelPrecision,
        typer.Option(
            help="int8 is fastest, fp16 is half the size of fp32; the loss of accuracy is measured."
        ),
    ] = ModelPrecision.FP32
    data: Annotated[
        Path | None,
        typer.Option(
            metavar="DATA",
            help="The prepared folder to calibrate and measure on. Default: the data of RUN.",
        ),
    ] = None
    cross_validation: Annotated[
        Path | None,
        typer.Option(
            metavar="CV",
            help="A folder that `wince cross-validate` wrote with the data and options of RUN: "
            "calibrate on its scores, which are of more people than the validation part.",
        ),
    ] = None
    trained_on: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="With --state-dict: CSV with the column subject, the subjects it was trained on.",
        ),
    ] = None
    column: Columns = None
    keep_time_model: Annotated[
        bool,
        typer.Option(
            "--keep-time-model",
            help="RUN is of `wince train --over-time`: export its best model of time although it "
            "does not win over single frames.",
        ),
    ] = False

    def check(self, run: Path | None) -> None:
        """Raise BadParameter for options that do not fit together.

        Args:
            run: The run folder that is exported; None for other weights.
        """
        if (run is None) == (self.state_dict is None):
            raise typer.BadParameter("expected either RUN or --state-dict FILE")
        if self.column and self.trained_on is None:
            raise typer.BadParameter("--column needs --trained-on FILE, whose columns it names")
        if self.cross_validation is not None and run is None:
            raise typer.BadParameter("--cross-validation needs RUN")

    def check_over_time(self) -> None:
        """Raise BadParameter for options that do not apply to a training of models of time."""
        for field in fields(self):
            applies = field.name == "keep_time_model"
            if not applies and getattr(self, field.name) != field.default:
                option = f"--{field.name.replace('_', '-')}"
                raise typer.BadParameter(f"{option} does not apply to a training of models of time")


@with_option_groups
def export(
    out: Annotated[
        Path,
        typer.Option(metavar="DIR", help="Folder of the exported model.", show_default=False),
    ],
    run: Annotated[
        Path | None,
        typer.Argument(
            metavar="RUN", help="A folder that `wince train` wrote.", show_default=False
        ),
    ] = None,
    *,
    options: ExportOptions,
) -> None:
    """Export a trained network to model.onnx with activation maps, model.json and MODEL_CARD.md.

    Nothing is written unless ONNX agrees with torch to 1e-4. `wince serve --model DIR` uses it.
    """
    options.check(run)
    from wince.archive.prepared_folder import refuse_as_output
    from wince.cli.training_extra import require_training_extra

    require_training_extra()
    refuse_as_output(out)
    if run is not None and _export_over_time(run, out, options):
        return
    if run is not None:
        model, notes = _export_run(run, out, options)
    elif options.state_dict is not None:
        model, notes = _export_state_dict(options.state_dict, out, options)
    _print_export(model.export)
    for note in notes:
        typer.echo(note)
    if model.metrics is not None:
        for caveat in model.metrics["caveats"][: model.metrics["caveats_first"]]:
            typer.echo(caveat)
        typer.echo(f"Report: {out / 'evaluation' / 'report.html'}")
    typer.echo(f"Model: {out}. Try it with: wince serve --model {out}")


def _export_over_time(run: Path, out: Path, options: ExportOptions) -> bool:
    """Export a training of models of time; return False if the run is none."""
    from wince.output_lock import locked_folder
    from wince.training.over_time import time_export

    if not time_export.is_training_over_time(run):
        if options.keep_time_model:
            raise typer.BadParameter("--keep-time-model needs a RUN of `wince train --over-time`")
        return False
    options.check_over_time()
    with locked_folder(out):
        exported = time_export.export(run, out, keep=options.keep_time_model)
    typer.echo(exported.conclusion)
    if exported.kind is None:
        typer.echo(
            "So only the network for single frames is exported. --keep-time-model exports the "
            "model of time too."
        )
    else:
        typer.echo(
            f"The {exported.kind} frame by frame differs from the whole sequence in torch by at "
            f"most {exported.difference:.1e}."
        )
    use = f"watch VIDEO --model {out}" if exported.look_ahead else f"serve --model {out}"
    typer.echo(f"Model: {out}. Try it with: wince {use}")
    return True


def _export_run(
    run: Path, out: Path, options: ExportOptions
) -> "tuple[ModelFolder, tuple[str, ...]]":
    from wince.cli.progress import training_reporter
    from wince.output_lock import locked_folder
    from wince.training.export.model_folder import export_run

    with training_reporter() as reporter, locked_folder(out):
        model = export_run(
            run,
            out,
            options.precision.value,
            options.data,
            options.cross_validation,
            reporter.progress,
        )
    return model, ()


def _export_state_dict(
    file: Path, out: Path, options: ExportOptions
) -> "tuple[ModelFolder, tuple[str, ...]]":
    """Return the exported model and what the user has to know about it."""
    from wince import csv_reader
    from wince.cli.progress import training_reporter
    from wince.output_lock import locked_folder
    from wince.training.export.report_weights import import_weights

    with training_reporter() as reporter, locked_folder(out):
        imported = import_weights(
            file,
            out,
            prepared_folder=options.data,
            trained_on=options.trained_on,
            renames=csv_reader.parse_renames(options.column or ()),
            precision=options.precision.value,
            progress=reporter.progress,
        )
    return imported.model, imported.notes


def _print_export(export: Mapping[str, Any]) -> None:
    """Print the size of the exported model and what its precision costs."""
    precision = export["precision"]
    typer.echo(
        f"{precision}, {decimal(export['megabytes'], 2)} MB; fp32 ONNX differs from torch by at "
        f"most {export['difference']:.1e}."
    )
    if "costs" not in export:
        return
    typer.echo(f"On the {whole(export['frames'])} frames of the {export['held_out']} part:")
    for name, cost in export["costs"].items():
        typer.echo(
            f"  {name}  MAE {decimal(cost['mae'], 4)}  PCC {decimal(cost['pcc'], 4)}  "
            f"{decimal(cost['milliseconds'], 1)} ms per image  {decimal(cost['megabytes'], 2)} MB"
        )
    fp32, chosen = export["costs"]["fp32"], export["costs"][precision]
    typer.echo(
        f"  {precision} changes MAE by {decimal(chosen['mae'] - fp32['mae'], 4, sign=True)} and "
        f"PCC by {decimal(chosen['pcc'] - fp32['pcc'], 4, sign=True)}."
    )
