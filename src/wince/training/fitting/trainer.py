"""Lightning's trainer, set up as a run's settings ask for."""

import contextlib
import logging
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import lightning
import torch
from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch.callbacks import (
    Callback,
    EarlyStopping,
    ModelCheckpoint,
    RichProgressBar,
    WeightAveraging,
)
from lightning.pytorch.strategies import DDPStrategy
from torch import Tensor

from wince.errors import ModelError
from wince.training.fitting import launch
from wince.training.fitting.history import History
from wince.training.fitting.recipe import Recipe
from wince.training.fitting.run_settings import Devices, Settings
from wince.training.networks.checkpoints import BEST, FOLDER, LAST, AtomicCheckpointIO

LOGGERS = ("lightning.pytorch", "lightning.pytorch.utilities.rank_zero", "lightning.fabric")


def make_trainer(
    settings: Settings, run: Path, history: History, *, bar: bool
) -> lightning.Trainer:
    """Return a trainer that keeps the last and the best checkpoint of a run.

    Args:
        settings: Settings of the run.
        run: The run folder.
        history: Records each epoch; its `monitor` decides which epoch is best.
        bar: Whether Lightning draws its progress bar.

    Raises:
        ModelError: The devices are not available.
    """
    recipe, devices = settings.recipe, settings.devices
    try:
        return lightning.Trainer(
            # Where
            accelerator=devices.accelerator,
            devices=int(devices.devices) if devices.devices.isdigit() else devices.devices,
            strategy=_strategy(devices),
            num_nodes=devices.nodes,
            # How long, and with which numbers
            max_epochs=recipe.epochs,
            precision=precision_name(recipe),
            deterministic="warn",
            # What is written
            default_root_dir=run,
            callbacks=_callbacks(recipe, run, history, bar=bar),
            plugins=[AtomicCheckpointIO()],
            logger=False,
            enable_progress_bar=bar,
            enable_model_summary=False,
            # Batches are shared out among processes by `batches.EpochSampler`.
            use_distributed_sampler=False,
            num_sanity_val_steps=0,
        )
    except (MisconfigurationException, ValueError, TypeError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0].partition(". ")[0]
        raise ModelError(
            f"Lightning cannot train with --accelerator {devices.accelerator}, --devices "
            f"{devices.devices} and --strategy {devices.strategy} here ({reason.rstrip('.')}). "
            "Choose others, or leave them out: auto takes what is available."
        ) from error


def _strategy(devices: Devices) -> str | DDPStrategy:
    """Return Lightning's strategy, whose waiting for other machines ends."""
    if devices.nodes > 1 and devices.strategy in ("auto", "ddp"):
        return DDPStrategy(timeout=launch.LONGEST_WAIT)
    return devices.strategy


def precision_name(recipe: Recipe) -> Any:
    """Return Lightning's name of a precision; "auto" is bfloat16 where it is not emulated."""
    if recipe.precision != "auto":
        return recipe.precision
    if torch.cuda.is_available():
        return "bf16-mixed" if torch.cuda.is_bf16_supported(False) else "16-mixed"
    return "bf16-mixed" if has_fast_bfloat16() else "32-true"


def has_fast_bfloat16() -> bool:
    """Return whether the CPU computes in bfloat16; others emulate it, slower than float32."""
    capabilities = torch.cpu.get_capabilities()
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))


@contextlib.contextmanager
def quiet_lightning() -> Iterator[None]:
    """Keep Lightning's advice and advertising off the screen; errors are still shown."""
    loggers = [logging.getLogger(name) for name in LOGGERS]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"(lightning|torch)\.")
        try:
            yield
        finally:
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)


def _callbacks(recipe: Recipe, run: Path, history: History, *, bar: bool) -> list[Callback]:
    monitor = history.monitor
    mode = "min" if monitor == "val_mae" else "max"
    callbacks: list[Callback] = [history]
    if recipe.patience:
        callbacks.append(EarlyStopping(monitor, patience=recipe.patience, mode=mode, min_delta=0.0))
    if recipe.averaging:
        callbacks.append(WeightAveraging(avg_fn=_running_mean(recipe.averaging)))
    if bar:
        callbacks.append(RichProgressBar(refresh_rate=5, leave=False))
    for name, metric in ((BEST, monitor), (LAST, None)):
        callbacks.append(
            ModelCheckpoint(
                run / FOLDER,
                filename=Path(name).stem,
                monitor=metric,
                mode=mode,
                save_on_train_epoch_end=True,
                enable_version_counter=False,
            )
        )
    return callbacks


def _running_mean(decay: float) -> Callable[[Tensor, Tensor, Tensor | int], Tensor]:
    """Return the update of the running mean of the weights.

    Args:
        decay: Decay of the mean after many steps. After n steps the decay is
            min(decay, (1 + n) / (10 + n)), so that early weights do not dominate a short training.
    """

    def average(mean: Tensor, weights: Tensor, steps: Tensor | int) -> Tensor:
        share = min(decay, float(1 + steps) / float(10 + steps))
        return mean * share + weights * (1 - share)

    return average
