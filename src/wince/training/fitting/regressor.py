"""The Lightning module of a run: from images to a score, or to six action units and their PSPI.

The network learns raw scores, see `wince.scale.RAW_MAXIMUM`. What is logged is on the scale.

Every random choice (the order of an epoch, the augmentation of a step) is drawn from the run's seed
and the numbers of epoch and step. An epoch is therefore the same whether or not the run was
interrupted before it.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

import lightning
import torch
from torch import Tensor, nn
from torchmetrics import CatMetric, MeanMetric

from wince.errors import ModelError
from wince.evaluation.metrics import agreement
from wince.faces.spec import FaceSpec
from wince.scale import PSPI, RAW_MAXIMUM, Scale
from wince.training.fitting import augment
from wince.training.fitting.recipe import Recipe
from wince.training.networks import losses
from wince.training.networks.checkpoints import KEY

Batch = tuple[Tensor, Tensor, Tensor, Tensor]
"""Crops uint8 (N, 3, S, S); action units (N, 6), AU43 multiplied by AU43_SCALE; labels as raw
scores (N,); weights (N,)."""


class Regressor(lightning.LightningModule):
    """Learns scores from images by a recipe."""

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
        scale: Scale = PSPI,
    ) -> None:
        """Wrap a network to train it.

        Args:
            network: A network whose last layer is `fc`.
            recipe: How it is trained.
            spec: What it sees.
            head: "pspi", "score" or "action-units".
            margin: How many times as wide as the spec's crop the crops in a batch are.
            seed: Seed of the run.
            meta: The description stored in each checkpoint.
            scale: The scale of the labels.
        """
        super().__init__()
        self.network, self.recipe, self.spec, self.head = network, recipe, spec, head
        self.margin, self.seed, self.meta, self.scale = margin, seed, meta, scale
        self.register_buffer("mean", torch.tensor(spec.mean).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(spec.std).view(1, 3, 1, 1), persistent=False)
        self.train_loss, self.train_mae = MeanMetric(), MeanMetric()
        self.train_correct = MeanMetric()
        self.val_loss, self.val_score, self.val_label = MeanMetric(), CatMetric(), CatMetric()

    def forward(self, images: Tensor) -> Tensor:
        """Return the network's outputs (N, K) for images on the 0-1 scale (N, 3, S, S)."""
        normalised = (images - self.mean) / self.std
        outputs: Tensor = self.network(normalised.contiguous(memory_format=torch.channels_last))
        return outputs.float()

    def score(self, outputs: Tensor) -> Tensor:
        """Return the raw score (N,) of the network's outputs (N, K), clamped to its range."""
        raw = losses.pspi(outputs) if self.head == "action-units" else outputs[:, 0]
        return raw.clamp(0, RAW_MAXIMUM)

    @property
    def points(self) -> float:
        """Units of the scale in one point of the raw score."""
        return self.scale.span / RAW_MAXIMUM

    def level(self, raw: Tensor) -> Tensor:
        """Return the level of raw scores (N,) as a number from 0."""
        cuts = torch.tensor(self.scale.raw_cuts, dtype=raw.dtype, device=raw.device)
        return torch.bucketize(raw, cuts, right=True)

    def loss(self, outputs: Tensor, units: Tensor, label: Tensor, weights: Tensor) -> Tensor:
        """Return the recipe's loss, a mean over faces weighted by `weights` (N,)."""
        distance: Any = losses.LOSSES[self.recipe.loss]
        if self.recipe.loss == "focal":
            distance = partial(losses.focal, cuts=self.scale.raw_cuts)
        if self.head == "action-units":
            by_face = distance(outputs, units).mean(1)
            by_face = by_face + PSPI_WEIGHT * distance(losses.pspi(outputs), label)
        else:
            by_face = distance(outputs[:, 0], label)
        loss: Tensor = (by_face * weights).sum() / weights.sum()
        return loss

    def training_step(self, batch: Batch, number: int) -> Tensor:
        """Return the loss of a batch; raise ModelError when it is not finite."""
        crops, units, label, weights = batch
        # Seeded at each step, because other random draws depend on where a run was resumed.
        torch.manual_seed(step_seed(self.seed, self.current_epoch, number, self.global_rank))
        outputs = self(self._images(crops, self.recipe.strength))
        loss = self.loss(outputs, units, label, weights)
        if not torch.isfinite(loss):
            raise ModelError(
                f"The loss became {loss.item()} in epoch {self.current_epoch + 1}, step "
                f"{number + 1}. Train again into a new folder with a lower --learning-rate (now "
                f"{self.recipe.rate:g}), or with --precision 32-true."
            )
        predicted = self.score(outputs.detach())
        self.train_loss.update(loss.detach(), len(label))
        self.train_mae.update((predicted - label).abs() * self.points)
        self.train_correct.update((self.level(predicted) == self.level(label)).float())
        self.log("loss", loss.detach(), prog_bar=True, on_epoch=False)
        return loss

    def validation_step(self, batch: Batch, _: int) -> None:
        """Collect scores of faces without augmentation."""
        crops, units, label, weights = batch
        outputs = self(self._images(crops, None))
        self.val_loss.update(self.loss(outputs, units, label, weights), len(label))
        self.val_score.update(self.score(outputs))
        self.val_label.update(label)

    def on_validation_epoch_end(self) -> None:
        """Log the metrics of the validation part, and the epoch's means over the training part.

        Correlation is NaN where it is undefined.
        """
        predicted, labels = (metric.compute().double().cpu() for metric in self._validation())
        correct = (self.level(predicted) == self.level(labels)).double().mean()
        values = {
            "val_loss": float(self.val_loss.compute()),
            "val_mae": float((predicted - labels).abs().mean()) * self.points,
            "val_accuracy": float(correct),
            "val_pcc": agreement.pcc(labels.numpy(), predicted.numpy()),
            "val_ccc": agreement.ccc(labels.numpy(), predicted.numpy()),
            "train_loss": float(self.train_loss.compute()),
            "train_mae": float(self.train_mae.compute()),
            "train_accuracy": float(self.train_correct.compute()),
        }
        for name, value in values.items():
            self.log(name, torch.tensor(value, dtype=torch.float32), prog_bar=name in SHOWN)
        for metric in (*self._validation(), self.val_loss, *self._training()):
            metric.reset()

    def _validation(self) -> tuple[CatMetric, CatMetric]:
        return self.val_score, self.val_label

    def _training(self) -> tuple[MeanMetric, ...]:
        return self.train_loss, self.train_mae, self.train_correct

    def _images(self, crops: Tensor, strength: augment.Strength | None) -> Tensor:
        """Return images on the 0-1 scale (N, 3, size, size), augmented when `strength` is given."""
        with torch.device(crops.device):  # augmentation draws on the device of the crops
            if strength is not None:
                return augment.augment(crops, self.spec.size, self.margin, strength)[0]
            if crops.shape[-1] == self.spec.size:
                return crops.float() / 255
            return augment.centre_crop(crops, self.spec.size, self.margin)

    def configure_optimizers(self) -> Any:
        """Return the recipe's optimiser, and its schedule if it has one."""
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
            pct_start=max(0.1, 2 / steps),  # a warm-up of one step would divide by zero
            cycle_momentum=False,
        )
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Store the description of the network in the checkpoint."""
        checkpoint[KEY] = dict(self.meta)


PSPI_WEIGHT = 0.3
"""Weight of PSPI beside the action units: the maximum of two estimates is on average above the
maximum of what they estimate, so PSPI has its own term."""
SHOWN = ("val_mae", "val_pcc")


def epoch_seed(seed: int, epoch: int) -> int:
    """Return the seed of the order of an epoch's faces."""
    return (seed * 1_000_003 + epoch) % 2**63


def step_seed(seed: int, epoch: int, number: int, rank: int) -> int:
    """Return the seed of a step's augmentation; each process `rank` has its own."""
    return ((epoch_seed(seed, epoch) * 1_000_003 + number) * 1_009 + rank) % 2**63
