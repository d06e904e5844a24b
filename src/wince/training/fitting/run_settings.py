"""Settings of a run: what is trained, from which weights, and on which devices."""

from dataclasses import dataclass, field, replace
from typing import Literal

from wince.errors import ModelError
from wince.faces.spec import FaceSpec
from wince.scale import UNIT_NAMES, Scale
from wince.training.fitting.recipe import STRONG, Recipe
from wince.training.networks import architectures, initial_weights, losses


@dataclass(frozen=True, slots=True)
class Devices:
    """Where training runs.

    Attributes:
        accelerator: Lightning's setting of this name.
        devices: Lightning's setting of this name, a number as text or "auto".
        strategy: Lightning's setting of this name.
        nodes: Number of machines, Lightning's `num_nodes`.
        workers: Number of processes that read batches, 0 for none beside the training.
    """

    accelerator: str = "auto"
    devices: str = "auto"
    strategy: str = "auto"
    nodes: int = 1
    workers: int = 0


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of a run. All but `devices` decide the result."""

    # How the network is trained.
    recipe: Recipe = STRONG
    # What it learns: PSPI, the six action units that PSPI is computed from, or another score.
    head: Literal["pspi", "score", "action-units"] = "pspi"
    # The weights it starts from: a name of `recipe.INITS`, or a file or run folder.
    init: str = "imagenet"
    # The network: a name of `architectures.ARCHITECTURES`.
    architecture: str = architectures.DEFAULT
    # Seed of every random choice.
    seed: int = 0
    # Where it runs.
    devices: Devices = field(default_factory=Devices)
    # What the initial weights were trained to see, if they are gone; see `run_config.resumed`.
    view: FaceSpec | None = None

    def __post_init__(self) -> None:
        if self.head == "action-units" and self.recipe.loss not in losses.UNIT_LOSSES:
            raise ModelError(
                f"The loss {self.recipe.loss} learns PSPI itself, not action units. Use it with "
                f"--head pspi, or learn action units with {' or '.join(losses.UNIT_LOSSES)}."
            )

    def for_scale(self, scale: Scale) -> "Settings":
        """Return the settings of a run on labels of a scale.

        Raises:
            ModelError: They are for PSPI, or for levels that the scale does not have.
        """
        if scale.is_pspi:
            return self
        if self.head == "action-units":
            raise ModelError(
                f"The data have {scale.name} as labels, which no action units give. Leave out "
                "--head action-units, or prepare the archive for PSPI."
            )
        if self.recipe.loss == "focal" and not scale.levels:
            raise ModelError(
                f"The loss focal learns levels, and {scale.name} has none. Prepare with --cuts and "
                "--levels, or choose another loss."
            )
        return replace(self, head="score")

    @property
    def spec(self) -> FaceSpec:
        """What the network sees, normalised as its architecture expects.

        A run that starts from trained weights sees faces as these did, at the recipe's size. Crops
        and whole images are not exchanged: training refuses them.

        Raises:
            ModelError: The architecture is unknown or cannot take the size, or the initial weights
                cannot be used.
        """
        spec = architectures.face_spec(self.architecture, self.recipe.spec)
        trained = self.view or initial_weights.trained_view(self.init)
        if trained is None or trained.kind != spec.kind:
            return spec
        return replace(trained, size=spec.size)

    @property
    def outputs(self) -> int:
        """Number of outputs of the network."""
        return len(UNIT_NAMES) if self.head == "action-units" else 1
