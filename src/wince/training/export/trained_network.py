"""A trained network in torch, loaded from a run folder or a checkpoint."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import nn

from wince.errors import ModelError
from wince.faces.spec import FaceSpec
from wince.scale import PSPI, Scale
from wince.training.export.output_head import Head
from wince.training.networks import architectures, checkpoints, losses

HEADS = {
    "pspi": Head("pspi", (1.0,)),
    "score": Head("score", (1.0,)),
    "action-units": Head("action-units", (1.0, 1.0, 1.0, 1.0, 1.0, 1 / losses.AU43_SCALE)),
}


@dataclass(frozen=True, slots=True)
class TrainedNetwork:
    """A network with all that is needed to export it.

    Attributes:
        network: The network in evaluation mode; its last layer is `fc`.
        spec: What it sees.
        head: What its outputs are.
        scale: What its score is on.
        meta: The description stored in its checkpoint, see `checkpoints`.
    """

    network: nn.Module
    spec: FaceSpec
    head: Head
    meta: Mapping[str, Any]
    scale: Scale = PSPI


def load(path: Path) -> TrainedNetwork:
    """Return the network in a run folder or a checkpoint that wince wrote.

    Raises:
        ModelError: There is no checkpoint, or it does not fit its architecture.
    """
    checkpoint = checkpoints.read_weights(path)
    meta = checkpoint.meta
    if not meta:
        raise ModelError(
            f"{checkpoint.path} is a plain state dict without a description of its network. If the "
            f"project report's script wrote it: wince export --state-dict {checkpoint.path} "
            "--out DIR."
        )
    spec, head = FaceSpec.from_dict(meta["face_spec"]), HEADS.get(str(meta["head"]))
    if head is None:
        raise ModelError(
            f"{checkpoint.path} has the head {meta['head']!r:.80}; expected one of "
            f"{', '.join(HEADS)}. It may be damaged: train again."
        )
    network = architectures.build(str(meta["architecture"]), len(head.scales), spec.size)
    known = network.state_dict()
    try:
        network.load_state_dict(
            {name: tensor for name, tensor in checkpoint.weights.items() if name in known}
        )
    except RuntimeError as error:
        raise ModelError(
            f"{checkpoint.path} does not fit a {meta['architecture']} "
            f"({str(error).splitlines()[-1].strip()}). Train again."
        ) from error
    return TrainedNetwork(network.eval(), spec, head, meta, Scale.from_dict(meta.get("scale")))
