"""Fitting with Lightning: from pixels to the best checkpoint, resumable after any kill."""

import contextlib
import logging
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightning
import numpy as np
import torch
from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch.callbacks import (
    Callback,
    EarlyStopping,
    ModelCheckpoint,
    RichProgressBar,
    WeightAveraging,
)
from numpy.typing import NDArray
from torch import Tensor

from wince.errors import ModelError
from wince.faces.spec import FaceSpec
from wince.protocol_names import OPTIMISTIC
from wince.training import architectures, batches, checkpoints, initial_weights, pixel_cache
from wince.training.checkpoints import BEST, FOLDER, LAST
from wince.training.folds import Parts, Rows
from wince.training.history import History
from wince.training.pixel_cache import Pixels
from wince.training.prepared import Frames, listed
from wince.training.recipe import Recipe
from wince.training.regressor import Regressor
from wince.training.run_settings import Settings

TYPICAL = 256  # training faces that stand for all where only their statistics are needed
CONSTANT = 1e-6  # a spread of labels below this leaves correlation undefined
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Fitted:
    """The end of a fit: its best checkpoint, and whether this process goes on to write the model.

    With several processes only one does.
    """

    best: Path
    main: bool


def fit(
    kept: Pixels,
    frames: Frames,
    parts: Parts,
    settings: Settings,
    out: Path,
    *,
    tell: Tell,
    bar: bool = False,
) -> Fitted:
    """Train, or go on after the last finished epoch; return the best checkpoint.

    kept: pixels of all frames, see `pixels.load`. parts: rows of frames. tell: is given what a user
    must know, and a line for each epoch unless `bar` shows one.

    Raises ModelError for weights that do not fit, a loss that is no number and a full disk, and
    DataError when there is no label to learn.
    """
    train, held = _rows(frames, parts.train, settings), _rows(frames, parts.validation, settings)
    last, best = out / FOLDER / LAST, out / FOLDER / BEST
    before = checkpoints.read(last) if last.exists() else {}
    if before and _finished(before):
        return Fitted(best, True)
    lightning.seed_everything(settings.seed, verbose=False)
    module = _module(settings, kept, train, parts.seen(frames), before, tell)
    if before:
        tell(f"Going on after epoch {before['epoch'] + 1}.")
    caution = _caution(module, frames, parts, tell)
    known = float(frames.pspi[held].std()) > CONSTANT
    monitor = settings.recipe.monitor if known else "val_mae"
    history = History(out, monitor, caution, None if bar else tell)
    with _quiet():
        trainer = _trainer(settings, out, monitor, history, bar=bar)
        trainer.fit(
            module,
            *_batches(trainer, settings, kept, frames, (train, held)),
            ckpt_path=str(last) if before else None,
            weights_only=True,
        )
    if trainer.interrupted:
        raise KeyboardInterrupt
    return Fitted(best, trainer.is_global_zero)


def typical(kept: Pixels, rows: Rows, spec: FaceSpec) -> NDArray[np.uint8]:
    """Return some training faces as the model sees them: uint8 (M, size, size, 3)."""
    chosen = np.sort(np.random.default_rng(0).permutation(rows)[:TYPICAL])
    edge = (kept.shape[1] - spec.size) // 2
    return np.ascontiguousarray(kept[chosen][:, edge : edge + spec.size, edge : edge + spec.size])


def _rows(frames: Frames, rows: Rows, settings: Settings) -> Rows:
    return batches.with_units(frames, rows) if settings.head == "action-units" else rows


def _module(
    settings: Settings,
    kept: Pixels,
    train: Rows,
    seen: list[str],
    before: dict[str, Any],
    tell: Tell,
) -> Regressor:
    """Return the module to fit; what it is and whom it has seen goes into each checkpoint."""
    spec = settings.spec
    if before:  # its weights are in the checkpoint
        network = architectures.build(settings.architecture, settings.outputs, spec.size)
        meta = before[checkpoints.KEY]
    else:
        faces = typical(kept, train, spec) if settings.init == "starter" else kept[:0]
        start = initial_weights.begin(
            settings.init, settings.architecture, settings.outputs, spec, faces
        )
        if start.warning:
            tell(start.warning)
        network = start.network
        meta = {
            "format": checkpoints.FORMAT,
            "architecture": settings.architecture,
            "head": settings.head,
            "face_spec": spec.to_dict(),
            "subjects_seen": sorted({*seen, *start.subjects}),
            "recipe": settings.recipe.to_dict(),
            "init": start.words,
        }
    margin = pixel_cache.margin(spec)
    return Regressor(network, settings.recipe, spec, settings.head, margin, settings.seed, meta)


def _caution(module: Regressor, frames: Frames, parts: Parts, tell: Tell) -> str:
    """Return what its figures must be marked with; say so when that is for where it begins."""
    tested = set(frames.subject[parts.test].tolist())
    known = tested & set(module.meta["subjects_seen"])
    if known and not parts.caution:
        tell(
            f"The weights it begins with have seen {len(known)} of the {len(tested)} subjects of "
            f"the test part ({listed(known)}), so every figure will be marked: {OPTIMISTIC}. For "
            "figures about new people begin with --init imagenet or none."
        )
    return OPTIMISTIC if known else parts.caution


def _batches(
    trainer: lightning.Trainer,
    settings: Settings,
    kept: Pixels,
    frames: Frames,
    rows: tuple[Rows, Rows],
) -> tuple[Any, Any]:
    """Return the batches of the training and the validation part for this process."""
    recipe, (train, held) = settings.recipe, rows
    share = {"rank": trainer.global_rank, "world": trainer.world_size}
    drawn = batches.level_weights(frames.pspi[train], recipe.balance) if recipe.balance else None
    sampler = batches.EpochSampler(len(train), settings.seed, drawn, **share)
    batch = max(1, recipe.batch // trainer.world_size)
    weights = batches.level_weights(frames.pspi[train], recipe.weighting)
    faces = batches.Faces(kept, frames, train, weights)
    others = batches.Faces(kept, frames, held, np.ones(len(held)))
    return (
        batches.training_batches(faces, batch, sampler, settings.devices.workers),
        batches.validation_batches(others, max(batch, 32), **share),
    )


def _finished(before: dict[str, Any]) -> bool:
    states: dict[str, Any] = before.get("callbacks", {})
    return any(name.startswith("History") and one["finished"] for name, one in states.items())


def _trainer(
    settings: Settings, out: Path, monitor: str, history: History, *, bar: bool
) -> lightning.Trainer:
    recipe, where = settings.recipe, settings.devices
    mode = "min" if monitor == "val_mae" else "max"
    extra: list[Callback] = [history]
    if recipe.patience:
        extra.append(EarlyStopping(monitor, patience=recipe.patience, mode=mode, min_delta=0.0))
    if recipe.averaging:
        extra.append(WeightAveraging(avg_fn=_averaging(recipe.averaging)))
    if bar:
        extra.append(RichProgressBar(refresh_rate=5, leave=False))
    for name, measure in ((BEST, monitor), (LAST, None)):
        extra.append(
            ModelCheckpoint(
                out / FOLDER,
                filename=Path(name).stem,
                monitor=measure,
                mode=mode,
                save_on_train_epoch_end=True,
                enable_version_counter=False,
            )
        )
    try:
        return lightning.Trainer(
            accelerator=where.accelerator,
            devices=int(where.devices) if where.devices.isdigit() else where.devices,
            strategy=where.strategy,
            num_nodes=where.nodes,
            precision=_precision(recipe),
            max_epochs=recipe.epochs,
            default_root_dir=out,
            logger=False,
            callbacks=extra,
            plugins=[checkpoints.WholeFiles()],
            enable_model_summary=False,
            enable_progress_bar=bar,
            num_sanity_val_steps=0,
            use_distributed_sampler=False,
            deterministic="warn",
        )
    except (MisconfigurationException, ValueError, TypeError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0].partition(". ")[0]
        raise ModelError(
            f"Lightning cannot train with --accelerator {where.accelerator}, --devices "
            f"{where.devices} and --strategy {where.strategy} here ({reason.rstrip('.')}). Choose "
            "others, or leave them out: auto takes what there is."
        ) from error


def _averaging(decay: float) -> Callable[[Tensor, Tensor, Tensor | int], Tensor]:
    """Return the running mean of weights; it forgets faster at first, when there is little to keep.

    decay: of the mean, once it has run for long: min(decay, (1 + n) / (10 + n)) after n steps.
    """

    def average(mean: Tensor, now: Tensor, steps: Tensor | int) -> Tensor:
        kept = min(decay, float(1 + steps) / float(10 + steps))
        return mean * kept + now * (1 - kept)

    return average


def _precision(recipe: Recipe) -> Any:
    """Return Lightning's name of a precision; "auto" is bfloat16 where it is not emulated."""
    if recipe.precision != "auto":
        return recipe.precision
    if torch.cuda.is_available():
        return "bf16-mixed" if torch.cuda.is_bf16_supported(False) else "16-mixed"
    known = torch.cpu.get_capabilities()
    return "bf16-mixed" if known.get("avx512_bf16") or known.get("amx_bf16") else "32-true"


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep Lightning's advice and advertising off the screen; errors still show."""
    loggers = [
        logging.getLogger(name)
        for name in (
            "lightning.pytorch",
            "lightning.pytorch.utilities.rank_zero",
            "lightning.fabric",
        )
    ]
    levels = [one.level for one in loggers]
    for one in loggers:
        one.setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"(lightning|torch)\.")
        try:
            yield
        finally:
            for one, level in zip(loggers, levels, strict=True):
                one.setLevel(level)
