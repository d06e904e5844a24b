"""`wince export`: a run, or the project report's weights, made into a model to serve."""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from wince.cli import training_options


class ModelPrecision(StrEnum):
    """Numbers that a model.onnx holds; the values of `--precision`."""

    FP32 = "fp32"
    FP16 = "fp16"
    INT8 = "int8"


def export(
    out: Annotated[
        Path,
        typer.Option(metavar="DIR", help="Where the model goes.", show_default=False),
    ],
    run: Annotated[
        Path | None,
        typer.Argument(
            metavar="RUN", help="A folder that `wince train` wrote.", show_default=False
        ),
    ] = None,
    state_dict: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="In place of RUN: model.pt of the project report's script, the state dict of a "
            "ResNet-18 with one output.",
        ),
    ] = None,
    precision: Annotated[
        ModelPrecision,
        typer.Option(
            help="int8 is fastest, fp16 half the size of fp32; what they cost is measured."
        ),
    ] = ModelPrecision.FP32,
    data: Annotated[
        Path | None,
        typer.Option(
            metavar="DATA",
            help="The prepared folder to calibrate and measure on; for RUN, its own by default.",
        ),
    ] = None,
    trained_on: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="With --state-dict: CSV with the column subject, whom it has seen."
        ),
    ] = None,
) -> None:
    """Export a trained network to model.onnx with activation maps, model.json and MODEL_CARD.md.

    Nothing is written unless ONNX agrees with torch to 1e-4. `wince serve --model DIR` uses it.
    """
    if (run is None) == (state_dict is None):
        raise typer.BadParameter("expected either RUN or --state-dict FILE")
    training_options.need_extra()
    notes: tuple[str, ...] = ()
    with training_options.watching() as watch:
        if run is not None:
            from wince.training.delivery import again

            delivered = again(run, out, precision.value, data, watch.progress)
        else:
            from wince.training.report_weights import take_in

            assert state_dict is not None  # one of the two was given
            taken = take_in(
                state_dict,
                out,
                data=data,
                trained_on=trained_on,
                precision=precision.value,
                progress=watch.progress,
            )
            delivered, notes = taken.delivered, taken.notes
    _show(delivered.export)
    for words in notes:
        typer.echo(words)
    if delivered.metrics is not None:
        typer.echo(f"Report: {out / 'evaluation' / 'report.html'}")
    typer.echo(f"Model: {out}. Try it with: wince serve --model {out}")


def _show(found: Mapping[str, Any]) -> None:
    typer.echo(
        f"{found['precision']}, {found['megabytes']:g} MB; fp32 ONNX differs from torch by at most "
        f"{found['difference']:.1e}."
    )
    if "costs" not in found:
        return
    typer.echo(f"On the {found['frames']:,} frames of the {found['held_out']} part:")
    for name, one in found["costs"].items():
        typer.echo(
            f"  {name}  MAE {one['mae']:.4f}  PCC {_number(one['pcc'])}  "
            f"{one['milliseconds']:.1f} ms a picture  {one['megabytes']:g} MB"
        )
    plain, chosen = found["costs"]["fp32"], found["costs"][found["precision"]]
    typer.echo(
        f"  {found['precision']} costs {chosen['mae'] - plain['mae']:+.4f} of MAE; PCC changes by "
        f"{_number(chosen['pcc'] - plain['pcc'], '+')}."
    )


def _number(value: float, sign: str = "") -> str:
    return "undefined" if value != value else f"{value:{sign}.4f}"
