"""Recipes: everything that decides how a network is trained, as plain data.

`report` is the recipe of the project's report, to reproduce it. `strong` is ours and the default.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Literal

from wince.errors import ModelError
from wince.faces.spec import WHOLE_IMAGE, FaceSpec
from wince.training.augment import Strength

MOST_PIXELS = 512  # a crop's side; above it a mistake is likelier than a wish
INITS = ("imagenet", "starter", "none")
"""Where training can begin, besides from a file."""
PRECISIONS = ("auto", "32-true", "bf16-mixed", "16-mixed")


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a network is trained.

    spec: what it is shown. batch: faces a step, of all devices together. loss: "l1", or "huber"
    with its knee at one point. balance: how strongly rare levels are favoured when faces are drawn,
    0 (as they come) to 1 (every level as often). weighting: the same for the weight of a face's
    loss. optimizer: "adam" or "adamw" (with `weight_decay`). rate, head_rate: highest learning
    rates of the body and of the last layer. schedule: "constant", or "cosine" with a warm-up over
    its first tenth. averaging: decay of the weights' running mean, 0 for none. strength: how far
    pictures are changed, None for not at all. monitor: what of the validation part decides which
    epoch is best. patience: epochs without improvement until training stops, 0 for never.
    precision: as Lightning names it; "auto" is bfloat16 where the processor has it.
    """

    name: str
    spec: FaceSpec
    epochs: int
    batch: int
    loss: Literal["l1", "huber"]
    balance: float
    weighting: float
    optimizer: Literal["adam", "adamw"]
    rate: float
    head_rate: float
    weight_decay: float
    schedule: Literal["constant", "cosine"]
    averaging: float
    strength: Strength | None
    monitor: Literal["val_mae", "val_ccc"]
    patience: int
    precision: str = field(default="auto")

    def to_dict(self) -> dict[str, Any]:
        """Return the recipe as plain data for config.json and checkpoints."""
        return asdict(self)


REPORT = Recipe(
    name="report",
    spec=WHOLE_IMAGE,
    epochs=50,
    batch=32,
    loss="l1",
    balance=0.0,
    weighting=0.0,
    optimizer="adam",
    rate=1e-4,
    head_rate=1e-4,
    weight_decay=0.0,
    schedule="constant",
    averaging=0.0,
    strength=None,
    monitor="val_mae",
    patience=5,
    precision="32-true",
)
"""The project's report: its text says at most 50 epochs, its listing 15; the text is followed."""

STRONG = Recipe(
    name="strong",
    spec=FaceSpec(size=224),
    epochs=15,
    batch=32,
    loss="huber",
    balance=0.5,
    weighting=0.0,
    optimizer="adamw",
    rate=5e-4,
    head_rate=2e-3,
    weight_decay=0.05,
    schedule="cosine",
    averaging=0.99,
    strength=Strength(),
    monitor="val_ccc",
    patience=0,
)

RECIPES: dict[str, Recipe] = {recipe.name: recipe for recipe in (REPORT, STRONG)}


def named(name: str, **changes: Any) -> Recipe:
    """Return a recipe by its name, with what is not None in `changes` in place of its own.

    changes: fields of Recipe by name; `size` is that of its FaceSpec, and `rate` alone moves
    `head_rate` along in proportion.

    Raises ModelError for an unknown name or a value that cannot be used.
    """
    if name not in RECIPES:
        raise ModelError(f"There is no recipe {name!r}; expected {' or '.join(RECIPES)}.")
    recipe = RECIPES[name]
    wanted: dict[str, Any] = {key: value for key, value in changes.items() if value is not None}
    size = wanted.pop("size", None)
    if size is not None:
        wanted["spec"] = replace(recipe.spec, size=size)
    if "rate" in wanted and "head_rate" not in wanted:
        wanted["head_rate"] = wanted["rate"] * recipe.head_rate / recipe.rate
    return checked(replace(recipe, **wanted))


def checked(recipe: Recipe) -> Recipe:
    """Return the recipe; raise ModelError when one of its numbers cannot be used."""
    limits: dict[str, tuple[float, float, float]] = {
        "size": (recipe.spec.size, 32, MOST_PIXELS),
        "epochs": (recipe.epochs, 1, 10_000),
        "batch": (recipe.batch, 2, 8192),
        "rate": (recipe.rate, 1e-9, 10.0),
        "balance": (recipe.balance, 0.0, 1.0),
        "weighting": (recipe.weighting, 0.0, 1.0),
        "averaging": (recipe.averaging, 0.0, 0.99999),
    }
    for name, (value, low, high) in limits.items():
        if not low <= value <= high:
            raise ModelError(f"Expected a {name} from {low:g} to {high:g}, found {value:g}.")
    if recipe.precision not in PRECISIONS:
        raise ModelError(
            f"Expected a precision of {', '.join(PRECISIONS)}; found {recipe.precision!r}."
        )
    return recipe


def from_dict(data: Mapping[str, Any]) -> Recipe:
    """Return the recipe that `to_dict` wrote; raise ModelError when it is none."""
    names = {one.name for one in fields(Recipe)}
    if not isinstance(data, Mapping) or set(data) != names:
        raise ModelError(
            "The recipe in config.json is of another version of wince. Train again into a new "
            "folder, or use the version that wrote it."
        )
    strength = data["strength"]
    return checked(
        Recipe(
            **{
                **data,
                "spec": FaceSpec.from_dict(data["spec"]),
                "strength": None if strength is None else Strength(**strength),
            }
        )
    )
