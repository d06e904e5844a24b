"""Lightning modules: what is learned, step by step."""

from typing import Any

import lightning
import torch
from torch import Tensor, nn
from torch.nn import functional

from wince.faces.spec import FaceSpec
from wince.training import augment, losses


class FaceModule(lightning.LightningModule):
    """What both lessons share: pixels to network, and one cycle of the learning rate."""

    mean: Tensor
    std: Tensor

    def __init__(
        self, network: nn.Module, spec: FaceSpec, margin: float, rates: tuple[float, float]
    ) -> None:
        """Take a network, what it is shown, and the highest learning rates of body and head."""
        super().__init__()
        self.network, self.spec, self.margin, self.rates = network, spec, margin, rates
        self.strength = augment.Strength()
        self.register_buffer("mean", torch.tensor(spec.mean).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(spec.std).view(1, 3, 1, 1), persistent=False)

    def forward(self, picture: Tensor) -> Tensor:
        """Take pictures on the 0-1 scale (N, 3, S, S); return the network's outputs."""
        normal = (picture - self.mean) / self.std
        out: Tensor = self.network(normal.contiguous(memory_format=torch.channels_last))
        return out.float()

    def _augmented(
        self, crops: Tensor, strength: augment.Strength, points: Tensor | None = None
    ) -> tuple[Tensor, Tensor | None]:
        # In bfloat16 the sampling grid would be off by up to a quarter of a pixel.
        with torch.autocast("cpu", enabled=False):
            return augment.augment(crops, self.spec.size, self.margin, strength, points)

    def configure_optimizers(self) -> Any:
        """AdamW under one cycle (Smith & Topin 2018): a short warm-up, then down to nothing."""
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
            pct_start=max(0.2, 2 / steps),  # the way up needs a step of its own
        )
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


class MeshModule(FaceModule):
    """Learns landmarks and blendshapes from faces that nobody has rated."""

    def training_step(self, batch: tuple[Tensor, Tensor, Tensor], _: int) -> Tensor:
        """One batch of crops uint8 (N, 3, S, S), points (N, P, 2) and blendshapes (N, B)."""
        crops, points, blendshapes = batch
        # A mirrored face has its landmarks in another order, so no mirror here.
        strength = augment.Strength(flip=False, turn=0.3, zoom=0.2, shift=0.08)
        picture, moved = self._augmented(crops, strength, points)
        assert moved is not None
        loss = losses.mesh(self(picture), moved, blendshapes)
        self.log("train_loss", loss, on_step=False, on_epoch=True, prog_bar=True)
        return loss


class ActionUnitModule(FaceModule):
    """Learns the six action units, with PSPI in the loss, and keeps the blendshapes."""

    pspi_weight, shapes_weight = 0.2, 0.2

    def training_step(self, batch: tuple[Tensor, Tensor, Tensor, Tensor], _: int) -> Tensor:
        """One batch: crops uint8 (N, 3, S, S), action units (N, 6), PSPI (N,), blendshapes (N, B).

        The blendshapes are the same for the mirrored face, and standardised.
        """
        crops, units, score, shapes = batch
        picture, _points = self._augmented(crops, self.strength)
        said = self(picture)
        known = units.shape[1]
        loss = losses.action_units(said[:, :known], units, score, self.pspi_weight)
        loss = loss + self.shapes_weight * functional.mse_loss(said[:, known:], shapes)
        self.log("train_loss", loss, on_step=False, on_epoch=True, prog_bar=True)
        return loss
