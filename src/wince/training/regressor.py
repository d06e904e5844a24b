"""The Lightning module of a run: pictures to PSPI, or to six action units and PSPI by the formula.

Every random choice (the order of an epoch, the augmentation of a step) is drawn from the run's seed
and the numbers of epoch and step, so that an epoch is the same whether a run got there in one go or
after a kill.
"""

from collections.abc import Mapping
from typing import Any

import lightning
import torch
from torch import Tensor, nn
from torch.nn import functional
from torchmetrics import CatMetric, MeanMetric

from wince import scale
from wince.errors import ModelError
from wince.evaluation import agreement
from wince.faces.spec import FaceSpec
from wince.training import augment, losses
from wince.training.checkpoints import KEY
from wince.training.recipe import Recipe

Batch = tuple[Tensor, Tensor, Tensor, Tensor]
"""Crops uint8 (N, 3, S, S); action units (N, 6), AU43 stretched by EYES; PSPI (N,); weights (N,)"""


class Regressor(lightning.LightningModule):
    """Learns scores from pictures as a recipe says."""

    mean: Tensor
    std: Tensor

    def __init__(
        self,
        network: nn.Module,
        recipe: Recipe,
        spec: FaceSpec,
        head: str,
        margin: float,
        seed: int,
        meta: Mapping[str, Any],
    ) -> None:
        """Take a network whose last layer is `fc`.

        spec: what it is shown. head: "pspi" or "action-units". margin: how many times as wide as
        that the crops are. meta: what each checkpoint says of itself.
        """
        super().__init__()
        self.network, self.recipe, self.spec, self.head = network, recipe, spec, head
        self.margin, self.seed, self.meta = margin, seed, meta
        self.register_buffer("mean", torch.tensor(spec.mean).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(spec.std).view(1, 3, 1, 1), persistent=False)
        self.train_loss, self.train_mae, self.train_right = MeanMetric(), MeanMetric(), MeanMetric()
        self.val_loss, self.val_score, self.val_label = MeanMetric(), CatMetric(), CatMetric()

    def forward(self, picture: Tensor) -> Tensor:
        """Take pictures on the 0-1 scale (N, 3, S, S); return the network's outputs (N, K)."""
        normal = (picture - self.mean) / self.std
        out: Tensor = self.network(normal.contiguous(memory_format=torch.channels_last))
        return out.float()

    def score(self, out: Tensor) -> Tensor:
        """Return PSPI (N,) of the network's outputs, held within the scale."""
        raw = losses.pspi(out) if self.head == "action-units" else out[:, 0]
        return raw.clamp(0, scale.PSPI_MAXIMUM)

    def loss(self, out: Tensor, units: Tensor, score: Tensor, weight: Tensor) -> Tensor:
        """Return the recipe's loss, a mean over faces weighted by `weight` (N,)."""
        if self.head == "action-units":
            each = self._distance(out, units).mean(1)
            each = each + PSPI_WEIGHT * self._distance(losses.pspi(out), score)
        else:
            each = self._distance(out[:, 0], score)
        return (each * weight).sum() / weight.sum()

    def _distance(self, found: Tensor, wanted: Tensor) -> Tensor:
        if self.recipe.loss == "l1":
            return functional.l1_loss(found, wanted, reduction="none")
        return functional.smooth_l1_loss(found, wanted, reduction="none", beta=1.0)

    def training_step(self, batch: Batch, number: int) -> Tensor:
        """One batch; raise ModelError when the loss is no number."""
        crops, units, score, weight = batch
        # Seeded at each step: what else draws in between depends on where a run was resumed.
        torch.manual_seed(step_seed(self.seed, self.current_epoch, number, self.global_rank))
        out = self(self._pictures(crops, self.recipe.strength))
        loss = self.loss(out, units, score, weight)
        if not torch.isfinite(loss):
            raise ModelError(
                f"The loss became {loss.item()} in epoch {self.current_epoch + 1}, step "
                f"{number + 1}. Train again into a new folder with a lower --learning-rate (now "
                f"{self.recipe.rate:g}), or with --precision 32-true."
            )
        found = self.score(out.detach())
        self.train_loss.update(loss.detach(), len(score))
        self.train_mae.update((found - score).abs())
        self.train_right.update((level_number(found) == level_number(score)).float())
        self.log("loss", loss.detach(), prog_bar=True, on_epoch=False)
        return loss

    def validation_step(self, batch: Batch, _: int) -> None:
        """Collect scores of faces as they are."""
        crops, units, score, weight = batch
        out = self(self._pictures(crops, None))
        self.val_loss.update(self.loss(out, units, score, weight), len(score))
        self.val_score.update(self.score(out))
        self.val_label.update(score)

    def on_validation_epoch_end(self) -> None:
        """Log what the validation part says, and the epoch's means over the training part.

        Correlation is NaN where it is undefined.
        """
        found, wanted = (metric.compute().double().cpu() for metric in self._collected())
        right = (level_number(found) == level_number(wanted)).double().mean()
        values = {
            "val_loss": float(self.val_loss.compute()),
            "val_mae": float((found - wanted).abs().mean()),
            "val_accuracy": float(right),
            "val_pcc": agreement.pcc(wanted.numpy(), found.numpy()),
            "val_ccc": agreement.ccc(wanted.numpy(), found.numpy()),
            "train_loss": float(self.train_loss.compute()),
            "train_mae": float(self.train_mae.compute()),
            "train_accuracy": float(self.train_right.compute()),
        }
        for name, value in values.items():
            self.log(name, torch.tensor(value, dtype=torch.float32), prog_bar=name in SHOWN)
        for metric in (*self._collected(), self.val_loss, *self._of_training()):
            metric.reset()

    def _collected(self) -> tuple[CatMetric, CatMetric]:
        return self.val_score, self.val_label

    def _of_training(self) -> tuple[MeanMetric, ...]:
        return self.train_loss, self.train_mae, self.train_right

    def _pictures(self, crops: Tensor, strength: augment.Strength | None) -> Tensor:
        """Return pictures on the 0-1 scale (N, 3, size, size), changed by `strength` or not."""
        with torch.device(crops.device):  # what augmentation draws is drawn where the crops are
            if strength is not None:
                return augment.augment(crops, self.spec.size, self.margin, strength)[0]
            if crops.shape[-1] == self.spec.size:
                return crops.float() / 255
            return augment.centre(crops, self.spec.size, self.margin)

    def configure_optimizers(self) -> Any:
        """Return the recipe's optimizer, and its schedule if it has one."""
        recipe = self.recipe
        head = [p for name, p in self.network.named_parameters() if name.startswith("fc.")]
        body = [p for name, p in self.network.named_parameters() if not name.startswith("fc.")]
        groups = [{"params": body, "lr": recipe.rate}, {"params": head, "lr": recipe.head_rate}]
        if recipe.optimizer == "adam":
            optimizer: torch.optim.Optimizer = torch.optim.Adam(groups)
        else:
            optimizer = torch.optim.AdamW(groups, weight_decay=recipe.weight_decay)
        if recipe.schedule == "constant":
            return optimizer
        steps = max(3, int(self.trainer.estimated_stepping_batches))
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer,
            [recipe.rate, recipe.head_rate],
            total_steps=steps,
            pct_start=max(0.1, 2 / steps),  # a warm-up of a single step would divide by zero
            cycle_momentum=False,
        )
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Let the checkpoint say what it is and whom it has seen."""
        checkpoint[KEY] = dict(self.meta)


PSPI_WEIGHT = 0.3
"""Of PSPI beside the action units: the maximum of two estimates is on average above the maximum of
what they estimate, so PSPI has its own term."""
SHOWN = ("val_mae", "val_pcc")
_CUTS = torch.tensor(scale.LEVEL_CUTS)


def level_number(score: Tensor) -> Tensor:
    """Return the number of the level, 0 to 3, of scores (N,)."""
    return torch.bucketize(score, _CUTS.to(score), right=True)


def epoch_seed(seed: int, epoch: int) -> int:
    """Return what the order of an epoch's faces is drawn from."""
    return (seed * 1_000_003 + epoch) % 2**63


def step_seed(seed: int, epoch: int, number: int, rank: int) -> int:
    """Return what a step's augmentation is drawn from; different for each process."""
    return ((epoch_seed(seed, epoch) * 1_000_003 + number) * 1_009 + rank) % 2**63
