"""The Lightning modules of the stages: one for landmarks, one for action units."""

from typing import Any

import lightning
import torch
from torch import Tensor, nn
from torch.nn import functional

from wince.faces.spec import FaceSpec
from wince.training.fitting import augment
from wince.training.networks import losses


class FaceModule(lightning.LightningModule):
    """What both stages share: normalisation, augmentation, and one cycle of the learning rate."""

    mean: Tensor
    std: Tensor

    def __init__(
        self, network: nn.Module, spec: FaceSpec, margin: float, rates: tuple[float, float]
    ) -> None:
        """Take a network and how it is trained.

        Args:
            network: A ResNet-18.
            spec: How the network sees a face.
            margin: Side of the stored crops over that of the network's crop.
            rates: Highest learning rates of the body and of the head.
        """
        super().__init__()
        self.network, self.spec, self.margin, self.rates = network, spec, margin, rates
        self.strength = augment.Strength()
        self.register_buffer("mean", torch.tensor(spec.mean).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(spec.std).view(1, 3, 1, 1), persistent=False)

    def forward(self, crops: Tensor) -> Tensor:
        """Return the network's outputs (N, K) for crops from 0 to 1, (N, 3, S, S)."""
        normal = (crops - self.mean) / self.std
        out: Tensor = self.network(normal.contiguous(memory_format=torch.channels_last))
        return out.float()

    def _augmented(
        self, crops: Tensor, strength: augment.Strength, points: Tensor | None = None
    ) -> tuple[Tensor, Tensor | None]:
        # In bfloat16 the sampling grid would be off by up to a quarter of a pixel.
        with torch.autocast("cpu", enabled=False):
            return augment.augment(crops, self.spec.size, self.margin, strength, points)

    def configure_optimizers(self) -> Any:
        """Return AdamW with one cycle (Smith & Topin 2018): a short warm-up, then down to zero."""
        head = [p for name, p in self.network.named_parameters() if name.startswith("fc.")]
        body = [p for name, p in self.network.named_parameters() if not name.startswith("fc.")]
        optimizer = torch.optim.AdamW(
            [{"params": body}, {"params": head}], weight_decay=0.05, fused=True
        )
        steps = max(4, int(self.trainer.estimated_stepping_batches))
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer,
            list(self.rates),
            total_steps=steps,
            pct_start=max(0.2, 2 / steps),  # the warm-up needs a step of its own
        )
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


class MeshModule(FaceModule):
    """Learns landmarks and blendshapes, which need no rating."""

    def training_step(self, batch: tuple[Tensor, Tensor, Tensor], _: int) -> Tensor:
        """Return the loss of one batch.

        Args:
            batch: Crops uint8 (N, 3, S, S), landmarks (N, P, 2) and blendshapes (N, B).
        """
        crops, points, blendshapes = batch
        # The landmarks of a mirrored face are in another order, so crops are not mirrored.
        strength = augment.Strength(flip=False, turn=0.3, zoom=0.2, shift=0.08)
        augmented, moved = self._augmented(crops, strength, points)
        assert moved is not None
        loss = mesh_loss(self(augmented), moved, blendshapes)
        self.log("train_loss", loss, on_step=False, on_epoch=True, prog_bar=True)
        return loss


class ActionUnitModule(FaceModule):
    """Learns the six action units, with PSPI in the loss, and keeps the blendshapes."""

    pspi_weight, shapes_weight = 0.2, 0.2

    def training_step(self, batch: tuple[Tensor, Tensor, Tensor, Tensor], _: int) -> Tensor:
        """Return the loss of one batch.

        Args:
            batch: Crops uint8 (N, 3, S, S); action units (N, 6), AU43 multiplied by
                `losses.AU43_SCALE`; PSPI (N,); blendshapes (N, B), standardised and equal for the
                mirrored face.
        """
        crops, units, score, shapes = batch
        augmented, _points = self._augmented(crops, self.strength)
        outputs = self(augmented)
        count = units.shape[1]
        loss = losses.action_units(outputs[:, :count], units, score, self.pspi_weight)
        loss = loss + self.shapes_weight * functional.mse_loss(outputs[:, count:], shapes)
        self.log("train_loss", loss, on_step=False, on_epoch=True, prog_bar=True)
        return loss


def mesh_loss(outputs: Tensor, points: Tensor, blendshapes: Tensor) -> Tensor:
    """Return the smooth absolute error of landmarks and blendshapes.

    Args:
        outputs: (N, 2P + B), the network's outputs: landmarks, then blendshapes.
        points: (N, P, 2), landmarks as shares of the crop's side.
        blendshapes: (N, B), standardised.
    """
    target = (points.flatten(1) - 0.5) * 8
    by_point = functional.smooth_l1_loss(outputs[:, : target.shape[1]], target, beta=0.1)
    by_shape = functional.smooth_l1_loss(outputs[:, target.shape[1] :], blendshapes)
    return 4 * by_point + by_shape
