"""Options of `wince train` for models of time."""

from dataclasses import dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wince.cli.training_options import TrainingOptions

if TYPE_CHECKING:
    from wince.training.over_time.time_settings import TimeSettings


class TimeKind(StrEnum):
    """Values of `--over-time`: the network."""

    GRU = "gru"
    LSTM = "lstm"
    TCN = "tcn"
    TRANSFORMER = "transformer"


SHARED = ("init", "seed", "epochs")
"""Options of training that also apply over time."""


@dataclass(frozen=True, slots=True)
class OverTimeOptions:
    """Which models of time are trained, and on what."""

    over_time: Annotated[
        list[TimeKind] | None,
        typer.Option(
            metavar="gru|lstm|tcn|transformer",
            help="Instead of a network for single frames: a model of time on the features of the "
            "model --init, trained and tested on folds by subject. Can be repeated.",
            show_default=False,
        ),
    ] = None
    folds: Annotated[
        str | None,
        typer.Option(
            metavar="N|loso",
            help="With --over-time: number of folds, or loso: leave one subject out. Default: 5.",
        ),
    ] = None
    window: Annotated[
        int | None,
        typer.Option(
            metavar="FRAMES",
            min=2,
            max=1000,
            help="With --over-time: frames of context. Default: 32.",
        ),
    ] = None
    look_ahead: Annotated[
        int | None,
        typer.Option(
            metavar="FRAMES",
            min=0,
            max=1000,
            help="With --over-time: frames after a frame that are known when it is scored. Only "
            "recordings have them. Default: 0.",
        ),
    ] = None
    fps: Annotated[
        float | None,
        typer.Option(
            metavar="NUMBER",
            min=0.001,
            max=10_000,
            help="With --over-time: frames a second of sequences of images, which have no times. A "
            "model of time is used at the rate it was trained at.",
        ),
    ] = None

    def settings(self, training: TrainingOptions, architecture: str) -> "TimeSettings | None":
        """Return the settings; None without --over-time.

        Raises:
            BadParameter: An option does not fit the others.
            MissingExtraError: The training extra is not installed.
        """
        if not self.over_time:
            for name in ("folds", "window", "look_ahead", "fps"):
                if getattr(self, name) is not None:
                    raise typer.BadParameter(f"{_option(name)} needs --over-time")
            return None
        self._check(training, architecture)
        from wince.cli.training_extra import require_training_extra

        require_training_extra()
        from wince.training.fitting.recipe import INITS
        from wince.training.over_time.time_settings import EPOCHS, WINDOW, TimeSettings

        known = training.init in INITS
        return TimeSettings(
            kinds=tuple(dict.fromkeys(kind.value for kind in self.over_time)),
            init=training.init if known else str(Path(training.init).resolve()),
            folds=self.folds or "5",
            window=self.window or WINDOW,
            look_ahead=self.look_ahead or 0,
            fps=self.fps,
            epochs=training.epochs or EPOCHS,
            seed=training.seed,
        )

    def _check(self, training: TrainingOptions, architecture: str) -> None:
        if training.init in ("imagenet", "none"):
            raise typer.BadParameter(
                "--over-time needs --init MODEL, a run folder, an exported model or starter: its "
                "features are what the model of time learns from"
            )
        others = [
            field.name
            for field in fields(training)
            if field.name not in SHARED and getattr(training, field.name) != field.default
        ]
        if architecture != "resnet18":
            others.append("architecture")
        if others:
            raise typer.BadParameter(
                f"{_option(others[0])} is for networks of single frames; with --over-time the "
                "network of --init is used as it is"
            )


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"
