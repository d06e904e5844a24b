"""What the outputs of an exported network are. This module needs no torch."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Head:
    """The network's outputs, and the linear maps that bring them to their scales.

    Attributes:
        kind: "pspi", "action-units", or "score" for a score on another scale.
        scales: One factor for each output.
        offsets: Added after the factors; empty for none.
    """

    kind: Literal["pspi", "score", "action-units"]
    scales: tuple[float, ...]
    offsets: tuple[float, ...] = ()
