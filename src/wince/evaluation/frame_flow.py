"""How many frames there were at each step from an archive to the metrics."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from wince.evaluation.predictions import Predictions


@dataclass(frozen=True, slots=True)
class FlowStep:
    """One step.

    Attributes:
        step: What the frames are, in words.
        frames: How many there are.
        left_out: How many of them are not in the next step, by reason.
    """

    step: str
    frames: int
    left_out: Mapping[str, int] = field(default_factory=dict)


def describe(table: Predictions, earlier: Sequence[FlowStep] = ()) -> list[dict[str, Any]]:
    """Return the entry `flow` of metrics.json.

    Args:
        table: The predictions, with their frames without a score.
        earlier: Steps before the labelled frames of the table, where they are known.
    """
    reasons = Counter(table.unscored.reason.tolist())
    labelled = len(table) + len(table.unscored)
    steps = [
        *earlier,
        FlowStep("Labelled frames evaluated", labelled, dict(reasons.most_common())),
        FlowStep("Frames with a score", len(table)),
    ]
    return [asdict(step) for step in steps]
