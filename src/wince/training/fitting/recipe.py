"""Recipes: everything that decides how a network is trained, as plain data.

`report` is the recipe of the project's report, to reproduce it. `strong` is wince's default.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal, get_args, get_origin, get_type_hints

from wince.errors import ModelError
from wince.faces.spec import WHOLE_IMAGE, FaceSpec
from wince.training.fitting.augment import Strength

LARGEST_SIZE = 512  # pixels; a larger size is more likely a mistake
INITS = ("imagenet", "starter", "none")
"""Initial weights that have a name; others are files."""
WEIGHTED = "weighted"
"""Name of a loss in which every level counts as much: each face is weighted by the inverse
frequency of its level, as is usual for labels of unequal frequency (King & Zeng 2001, Political
Analysis 9:137-163)."""
PRECISIONS = ("auto", "32-true", "bf16-mixed", "16-mixed")


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a network is trained. The fields are the keys of config.json."""

    name: str

    # What the network sees.
    spec: FaceSpec
    # How far images are changed in training, None for not at all.
    strength: Strength | None

    # Loss of a face, a name of `losses.LOSSES`.
    loss: Literal["l1", "huber", "focal", "ordinal"]
    # Faces a step, of all devices together.
    batch: int
    # How strongly rare levels are favoured when faces are drawn: 0 as they come, 1 every level as
    # often.
    balance: float
    # The same for the weight of a face's loss.
    weighting: float

    # Optimiser; `weight_decay` is AdamW's.
    optimizer: Literal["adam", "adamw"]
    weight_decay: float
    # Highest learning rates of the body and of the last layer.
    rate: float
    head_rate: float
    # "constant", or "cosine" with a warm-up over the first tenth of the steps.
    schedule: Literal["constant", "cosine"]
    # Decay of the running mean of the weights, 0 for none.
    averaging: float

    # At most so many epochs; `patience` epochs without improvement end the training, 0 for never.
    epochs: int
    patience: int
    # The metric of the validation part that decides which epoch is best.
    monitor: Literal["val_mae", "val_ccc"]
    # Lightning's name of the numbers; "auto" is bfloat16 where the processor has it.
    precision: str = field(default="auto")

    def to_dict(self) -> dict[str, Any]:
        """Return the recipe as plain data for config.json and checkpoints."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Any) -> "Recipe":
        """Return the recipe that `to_dict` wrote; raise ModelError if the values are not one."""
        fields = _checked_fields(cls, values)
        if fields["name"] not in RECIPES:
            raise ModelError(
                f"A recipe is one of {', '.join(RECIPES)}; found {fields['name']!r:.80}."
            )
        strength = fields["strength"]
        if strength is not None:
            strength = Strength(**_checked_fields(Strength, strength))
        spec = FaceSpec.from_dict(fields["spec"])
        return checked(cls(**{**fields, "spec": spec, "strength": strength}))


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
    """Return a recipe by its name, with some fields changed.

    Args:
        name: A name of RECIPES.
        **changes: Fields of Recipe by name; None leaves a field as it is. `size` is that of its
            FaceSpec. `rate` without `head_rate` changes both in proportion. The loss WEIGHTED is
            "huber" with full `weighting`, and without `balance` unless that is given too.

    Raises:
        ModelError: The name is unknown, or a value cannot be used.
    """
    if name not in RECIPES:
        raise ModelError(f"There is no recipe {name!r}; expected {' or '.join(RECIPES)}.")
    recipe = RECIPES[name]
    fields: dict[str, Any] = {key: value for key, value in changes.items() if value is not None}
    size = fields.pop("size", None)
    if size is not None:
        fields["spec"] = replace(recipe.spec, size=size)
    if "rate" in fields and "head_rate" not in fields:
        fields["head_rate"] = fields["rate"] * recipe.head_rate / recipe.rate
    if fields.get("loss") == WEIGHTED:
        fields = {"balance": 0.0, **fields, "loss": "huber", "weighting": 1.0}
    return checked(replace(recipe, **fields))


def checked(recipe: Recipe) -> Recipe:
    """Return the recipe; raise ModelError when one of its values cannot be used."""
    limits: dict[str, tuple[float, float, float]] = {
        "size": (recipe.spec.size, 32, LARGEST_SIZE),
        "epochs": (recipe.epochs, 1, 10_000),
        "batch": (recipe.batch, 2, 8192),
        "rate": (recipe.rate, 1e-9, 10.0),
        "balance": (recipe.balance, 0.0, 1.0),
        "weighting": (recipe.weighting, 0.0, 1.0),
        "averaging": (recipe.averaging, 0.0, 0.99999),
        "head_rate": (recipe.head_rate, 1e-12, 1000.0),
        "weight_decay": (recipe.weight_decay, 0.0, 10.0),
    }
    for name, (value, low, high) in limits.items():
        if not low <= value <= high:
            raise ModelError(f"Expected a {name} from {low:g} to {high:g}, found {value:g}.")
    if recipe.precision not in PRECISIONS:
        raise ModelError(
            f"Expected a precision of {', '.join(PRECISIONS)}; found {recipe.precision!r}."
        )
    return recipe


def _checked_fields(cls: type, values: Any) -> dict[str, Any]:
    """Return plain data with the names and types of a dataclass's fields.

    Nested dataclasses are not looked at.

    Raises:
        ModelError: A name is missing or unknown, or a value is of another type or not finite.
    """
    hints = get_type_hints(cls)
    title = cls.__name__.lower()
    if not isinstance(values, Mapping) or set(values) != set(hints):
        raise ModelError(
            f"A {title} has the keys {', '.join(hints)}; found {values!r:.80}. The file may be of "
            "another version of wince."
        )
    for name, value in values.items():
        if not _fits(value, hints[name]):
            raise ModelError(f"A {title} cannot have {value!r:.80} as its {name}.")
    return dict(values)


def _fits(value: Any, hint: Any) -> bool:
    """Return whether plain data is of the type of a field; True for types that are not plain."""
    if get_origin(hint) is Literal:
        return type(value) is str and value in get_args(hint)
    if hint is float:
        return type(value) in (int, float) and math.isfinite(value)
    return type(value) is hint if hint in (int, str, bool) else True
