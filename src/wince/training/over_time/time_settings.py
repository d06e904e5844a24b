"""Settings of a training of models of time."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from wince.training.over_time.time_network import KINDS, Kind

WINDOW = 32
EPOCHS = 30


@dataclass(frozen=True, slots=True)
class TimeSettings:
    """Settings of a training of models of time. All of them decide the result.

    Attributes:
        kinds: The networks to train, each on every fold.
        init: Whose features they learn from: a run folder, an exported model, or "starter".
        folds: Number of folds by subject, or "loso".
        window: Frames of context; a network learns from stretches of twice as many.
        look_ahead: Frames after a frame that are known when it is scored.
        fps: Frames a second of sequences without times; None if it is not known.
        epochs: Epochs; that with the highest CCC of the validation subjects is used.
        batch: Stretches per step.
        rate: Highest learning rate.
        weight_decay: Weight decay of AdamW.
        balance: How much more rare levels weigh: 0 not at all, 1 until all levels weigh the same.
        seed: Random seed.
    """

    kinds: tuple[Kind, ...] = KINDS
    init: str = "starter"
    folds: str = "5"
    window: int = WINDOW
    look_ahead: int = 0
    fps: float | None = None
    epochs: int = EPOCHS
    batch: int = 16
    rate: float = 1e-3
    weight_decay: float = 0.05
    balance: float = 0.5
    seed: int = 0

    def to_dict(self) -> Mapping[str, Any]:
        """Return plain data."""
        return {**asdict(self), "kinds": list(self.kinds)}
