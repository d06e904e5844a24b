"""Options shared by train, cross-validate and compare."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from wince.training.fitting.run_settings import Devices, Settings


class RecipeName(StrEnum):
    """Values of `--recipe`."""

    STRONG = "strong"
    REPORT = "report"


class HeadName(StrEnum):
    """Values of `--head`: what the last layer predicts."""

    PSPI = "pspi"
    ACTION_UNITS = "action-units"


class LossName(StrEnum):
    """Values of `--loss`."""

    L1 = "l1"
    HUBER = "huber"
    WEIGHTED = "weighted"
    FOCAL = "focal"
    ORDINAL = "ordinal"


class TrainingPrecision(StrEnum):
    """Values of `--precision`: the number format during training."""

    AUTO = "auto"
    FLOAT32 = "32-true"
    BFLOAT16 = "bf16-mixed"
    FLOAT16 = "16-mixed"


Data = Annotated[
    Path,
    typer.Argument(metavar="DATA", help="A folder that `wince prepare` wrote.", show_default=False),
]
Architecture = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        help="resnet18, shallow_cnn, resnet50, efficientnet_b4, inception_v3, vit_small or "
        "mobilenet.",
    ),
]
Folds = Annotated[
    str,
    typer.Option(metavar="N|loso", help="Number of folds, or loso: leave one subject out."),
]
MaxFolds = Annotated[
    int | None,
    typer.Option(metavar="N", min=1, help="Run only the first N folds, for a quick look."),
]


@dataclass(frozen=True, slots=True)
class RecipeOptions:
    """What is trained, and how."""

    recipe: Annotated[
        RecipeName,
        typer.Option(help="strong: wince's own recipe. report: the recipe of the project report."),
    ] = RecipeName.STRONG
    head: Annotated[
        HeadName,
        typer.Option(help="Learn PSPI, or the six action units and compute PSPI from them."),
    ] = HeadName.PSPI
    loss: Annotated[
        LossName | None,
        typer.Option(
            help="What the error of a face is. weighted: huber, every level counts as much. focal: "
            "of the four levels. ordinal: of above or below each point. Default: the recipe's.",
            show_default=False,
        ),
    ] = None
    balance: Annotated[
        float | None,
        typer.Option(
            metavar="X",
            min=0,
            max=1,
            help="How strongly rare levels are favoured when faces are drawn: 0 not at all, 1 "
            "every level as often. Default: the recipe's.",
        ),
    ] = None
    init: Annotated[
        str,
        typer.Option(
            metavar="WEIGHTS",
            help="Initial weights: imagenet, starter (the packaged model), none, a weights file, a "
            "run folder or an exported model.",
        ),
    ] = "imagenet"
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="Random seed.")] = 0
    batch: Annotated[
        int | None, typer.Option(metavar="N", min=2, help="Batch size. Default: the recipe's.")
    ] = None
    size: Annotated[
        int | None,
        typer.Option(metavar="PIXELS", min=32, help="Side of the input image. Default: 224."),
    ] = None
    learning_rate: Annotated[
        float | None,
        typer.Option(metavar="X", help="Highest learning rate. Default: the recipe's."),
    ] = None
    precision: Annotated[
        TrainingPrecision | None,
        typer.Option(
            help="Number format. Default: the recipe's. auto: bfloat16 if supported.",
            show_default=False,
        ),
    ] = None

    def recipe_settings(
        self, architecture: str, epochs: int | None, devices: "Devices | None" = None
    ) -> "Settings":
        """Return the settings of a run.

        Args:
            architecture: Name of the architecture.
            epochs: Number of epochs, None for the recipe's.
            devices: Where it runs, None for the default.

        Raises:
            MissingExtraError: The training extra is not installed.
            ModelError: The architecture is unknown or not available.
        """
        from wince.cli.training_extra import require_training_extra

        require_training_extra()
        from wince.training.fitting import recipe as recipes
        from wince.training.fitting.run_settings import Devices, Settings

        settings = Settings(
            recipe=recipes.named(
                self.recipe.value,
                loss=self.loss.value if self.loss else None,
                balance=self.balance,
                epochs=epochs,
                batch=self.batch,
                size=self.size,
                rate=self.learning_rate,
                precision=self.precision.value if self.precision else None,
            ),
            head="pspi" if self.head is HeadName.PSPI else "action-units",
            init=self.init if self.init in recipes.INITS else str(Path(self.init).resolve()),
            architecture=architecture,
            seed=self.seed,
            devices=devices or Devices(),
        )
        _ = settings.spec  # raises for an architecture that is not available
        return settings


@dataclass(frozen=True, slots=True)
class TrainingOptions(RecipeOptions):
    """What is trained, how, and on which devices."""

    seeds: Annotated[
        int,
        typer.Option(
            metavar="N",
            min=1,
            max=100,
            help="Train with N seeds, from --seed on. The results in the folder are those of the "
            "first; each other one has a folder seed-K there. seeds.json has means and SDs.",
        ),
    ] = 1
    epochs: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="Number of epochs. Default: the recipe's."),
    ] = None
    accelerator: Annotated[
        str, typer.Option(metavar="NAME", help="Lightning's accelerator: auto, cpu, gpu, mps, tpu.")
    ] = "auto"
    devices: Annotated[
        str, typer.Option(metavar="N", help="Lightning's number of devices, or auto.")
    ] = "auto"
    strategy: Annotated[
        str, typer.Option(metavar="NAME", help="Lightning's strategy: auto, ddp and others.")
    ] = "auto"
    num_nodes: Annotated[int, typer.Option(min=1, help="Lightning's number of machines.")] = 1
    workers: Annotated[
        int, typer.Option(min=0, max=256, help="Processes that load batches during training.")
    ] = 0

    def settings(self, architecture: str = "resnet18") -> "Settings":
        """Return the settings of the run; raises as `recipe_settings` does."""
        from wince.cli.training_extra import require_training_extra

        require_training_extra()
        from wince.training.fitting.run_settings import Devices

        devices = Devices(
            self.accelerator, self.devices, self.strategy, self.num_nodes, self.workers
        )
        return self.recipe_settings(architecture, self.epochs, devices)
