"""Options that train, cross-validate and compare share, and how they show their progress."""

import contextlib
import sys
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from wince.training.run import Watch
    from wince.training.run_settings import Settings


class RecipeName(StrEnum):
    """The recipes; the values of `--recipe`."""

    STRONG = "strong"
    REPORT = "report"


class HeadName(StrEnum):
    """What the last layer gives; the values of `--head`."""

    PSPI = "pspi"
    ACTION_UNITS = "action-units"


class Precision(StrEnum):
    """Numbers to train with; the values of `--precision`."""

    AUTO = "auto"
    FLOAT32 = "32-true"
    BFLOAT16 = "bf16-mixed"
    FLOAT16 = "16-mixed"


Data = Annotated[
    Path,
    typer.Argument(metavar="DATA", help="A folder that `wince prepare` wrote.", show_default=False),
]
Folds = Annotated[
    str,
    typer.Option(metavar="N|loso", help="How many folds, or loso: leave one subject out."),
]
MaxFolds = Annotated[
    int | None,
    typer.Option(metavar="N", min=1, help="Only the first N folds, for a quick look."),
]
Recipe = Annotated[
    RecipeName,
    typer.Option(help="strong: ours. report: the project report's, to reproduce it."),
]
Head = Annotated[
    HeadName,
    typer.Option(help="Learn PSPI, or the six action units and PSPI by the formula."),
]
Init = Annotated[
    str,
    typer.Option(
        metavar="WHAT",
        help="Where it begins: imagenet, starter (the packaged model), none, or a file of weights "
        "or run folder.",
    ),
]
Architecture = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        help="resnet18, resnet50, efficientnet_b4, inception_v3, vit_small or mobilenet.",
    ),
]
Seed = Annotated[int, typer.Option(metavar="N", min=0, help="What every random choice hangs on.")]
Epochs = Annotated[int | None, typer.Option(metavar="N", min=1, help="In place of the recipe's.")]
Batch = Annotated[int | None, typer.Option(metavar="N", min=2, help="In place of the recipe's.")]
Size = Annotated[
    int | None, typer.Option(metavar="PIXELS", min=32, help="Side of the picture; recipe: 224.")
]
Rate = Annotated[
    float | None,
    typer.Option("--learning-rate", metavar="X", help="The highest; in place of the recipe's."),
]
Numbers = Annotated[
    Precision | None,
    typer.Option(
        "--precision",
        help="In place of the recipe's. auto: bfloat16 where the processor has it.",
        show_default=False,
    ),
]
Accelerator = Annotated[
    str, typer.Option(metavar="NAME", help="Lightning's: auto, cpu, gpu, mps, tpu.")
]
DeviceCount = Annotated[
    str, typer.Option("--devices", metavar="N", help="Lightning's: how many, or auto.")
]
Strategy = Annotated[str, typer.Option(metavar="NAME", help="Lightning's: auto, ddp and the like.")]
Nodes = Annotated[int, typer.Option("--num-nodes", min=1, help="Lightning's: machines.")]
Workers = Annotated[
    int, typer.Option(min=0, max=256, help="Processes that read batches beside the training.")
]


def settings(
    *,
    recipe: RecipeName,
    head: HeadName,
    init: str,
    architecture: str,
    seed: int,
    epochs: int | None,
    batch: int | None,
    size: int | None,
    rate: float | None,
    precision: Precision | None,
    devices: tuple[str, str, str, int, int],
) -> "Settings":
    """Return what was asked for. devices: accelerator, devices, strategy, nodes, workers."""
    need_extra()
    from wince.training import recipe as recipes
    from wince.training.run_settings import Devices, Settings

    made = Settings(
        recipe=recipes.named(
            recipe.value,
            epochs=epochs,
            batch=batch,
            size=size,
            rate=rate,
            precision=precision.value if precision else None,
        ),
        head="pspi" if head is HeadName.PSPI else "action-units",
        init=init if init in recipes.INITS else str(Path(init).resolve()),
        architecture=architecture,
        seed=seed,
        devices=Devices(*devices),
    )
    _ = made.spec  # an architecture that cannot be had is better said now than later
    return made


def need_extra() -> None:
    """Raise MissingExtraError unless training is installed."""
    from importlib.util import find_spec

    from wince.errors import MissingExtraError

    missing = [name for name in ("torch", "lightning", "matplotlib") if find_spec(name) is None]
    if missing:
        raise MissingExtraError(
            f"This command needs {', '.join(missing)}, which the small install leaves out. Install "
            "it with: pip install 'wince[train]'"
        )


@contextlib.contextmanager
def watching() -> Iterator["Watch"]:
    """Yield a Watch that shows progress bars on a terminal, and lines of text elsewhere."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    from wince.training.run import Watch

    console = Console(stderr=True, highlight=False)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    bars: dict[str, tuple[Any, Any]] = {}

    def progress(what: str, done: int, total: int) -> None:
        if not console.is_terminal or total < 2:
            return
        if what not in bars:
            bar = Progress(*columns, console=console, transient=True)
            bar.start()
            bars[what] = (bar, bar.add_task(what, total=total))
        bar, task = bars[what]
        bar.update(task, completed=done)
        if done == total:
            bars.pop(what)[0].stop()

    def tell(words: str) -> None:
        typer.echo(words, err=True)

    try:
        yield Watch(tell, progress, bar=sys.stdout.isatty() and console.is_terminal)
    finally:
        for bar, _ in bars.values():
            bar.stop()
