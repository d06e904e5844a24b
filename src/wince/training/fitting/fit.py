"""Fitting with Lightning: from cached pixels to the best checkpoint, resumable after any kill."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import lightning
import numpy as np
from torch.distributed import DistError

from wince import subject_ids
from wince.errors import ModelError
from wince.protocol_names import OPTIMISTIC
from wince.training.data import pixel_cache
from wince.training.data.calibration_images import calibration_rows
from wince.training.data.folds import Rows, Split, subject_list
from wince.training.data.frames import Frames
from wince.training.data.pixel_cache import Pixels
from wince.training.fitting import batches, launch
from wince.training.fitting.history import History
from wince.training.fitting.regressor import Regressor
from wince.training.fitting.run_settings import Settings
from wince.training.fitting.trainer import make_trainer, quiet_lightning
from wince.training.networks import architectures, checkpoints, initial_weights
from wince.training.networks.checkpoints import FOLDER, LAST

CONSTANT = 1e-6  # labels that spread less than this leave correlation undefined
Message = Callable[[str], None]


def fit(
    pixels: Pixels,
    frames: Frames,
    split: Split,
    settings: Settings,
    run: Path,
    *,
    message: Message,
    bar: bool = False,
) -> bool:
    """Train a network, or continue after the last finished epoch.

    Args:
        pixels: Images of all frames, see `pixel_cache.load`.
        frames: The frames.
        split: Rows of them to train and validate on.
        settings: Settings of the run.
        run: The run folder.
        message: Called with what a user must know and, without `bar`, a line for each epoch.
        bar: Whether Lightning draws its progress bar.

    Returns:
        Whether this process goes on to write the model. Of several processes only one does.

    Raises:
        ModelError: The initial weights do not fit, the loss is not finite, or a device is missing.
        DataError: There is no label to learn.
        FileWriteError: A checkpoint or the history cannot be written.
    """
    last = run / FOLDER / LAST
    checkpoint = checkpoints.read(last) if last.exists() else {}
    if _is_finished(checkpoint):
        return True

    lightning.seed_everything(settings.seed, verbose=False)
    train, validation = split.train, split.validation
    if settings.head == "action-units":
        train, validation = (batches.with_units(frames, rows) for rows in (train, validation))
    module = _module(settings, pixels, train, frames, split, checkpoint, message)
    if checkpoint:
        message(f"Continuing after epoch {checkpoint['epoch'] + 1}.")
    caution = _caution(module, frames, split, message)
    varied = float(frames.score[validation].std()) > CONSTANT
    monitor = settings.recipe.monitor if varied else "val_mae"
    history = History(run, monitor, caution, None if bar else message, frames.scale)

    waiting = launch.waiting(settings.devices)
    if waiting:
        message(waiting)
    with quiet_lightning(), _joining():
        trainer = make_trainer(settings, run, history, bar=bar)
        trainer.fit(
            module,
            *_loaders(trainer, settings, pixels, frames, train, validation),
            ckpt_path=str(last) if checkpoint else None,
            weights_only=True,
        )
    if trainer.interrupted:
        raise KeyboardInterrupt
    return bool(trainer.is_global_zero)


@contextmanager
def _joining() -> Iterator[None]:
    """Raise ModelError for processes that did not join, or were lost during training."""
    try:
        yield
    except DistError as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0][:200]
        raise ModelError(
            f"Not all machines or devices joined the training, or one was lost ({reason}). Check "
            "MASTER_ADDR, MASTER_PORT and the command on each, then give the same command again."
        ) from error


def _module(
    settings: Settings,
    pixels: Pixels,
    train: Rows,
    frames: Frames,
    split: Split,
    checkpoint: dict[str, Any],
    message: Message,
) -> Regressor:
    """Return the module to fit.

    Its `meta` is stored in each checkpoint: what the network is, and the subjects it has seen.
    """
    spec = settings.spec
    if checkpoint:  # Lightning loads the weights from it
        network = architectures.build(settings.architecture, settings.outputs, spec.size)
        meta = checkpoint[checkpoints.KEY]
    else:
        is_exported = initial_weights.exported_model(settings.init) is not None
        rows = calibration_rows(train) if is_exported else train[:0]
        initial = initial_weights.load(
            settings.init,
            settings.architecture,
            settings.outputs,
            spec,
            pixel_cache.model_view(pixels[rows], spec),
        )
        if initial.warning:
            message(initial.warning)
        network = initial.network
        meta = {
            "format": checkpoints.FORMAT,
            "architecture": settings.architecture,
            "head": settings.head,
            "scale": frames.scale.to_dict(),
            "face_spec": spec.to_dict(),
            "subjects_seen": sorted(
                # An initial subject counts as seen under the name that it has in this data too.
                {
                    *split.seen_subjects(frames),
                    *initial.subjects,
                    *subject_ids.common(set(frames.subject.tolist()), initial.subjects),
                }
            ),
            "recipe": settings.recipe.to_dict(),
            "init": initial.origin,
        }
    margin = pixel_cache.crop_margin(spec)
    return Regressor(
        network,
        settings.recipe,
        spec,
        settings.head,
        margin,
        settings.seed,
        meta,
        frames.scale,
    )


def _caution(module: Regressor, frames: Frames, split: Split, message: Message) -> str:
    """Return the mark of the run's results; report when the initial weights are its cause."""
    tested = set(frames.subject[split.test].tolist())
    overlap = tested & set(module.meta["subjects_seen"])
    if overlap and not split.caution:
        message(
            f"The initial weights have seen {len(overlap)} of the {len(tested)} subjects of the "
            f"test part ({subject_list(overlap)}), so every result will be marked: "
            f"{OPTIMISTIC}. For results on new people start with --init imagenet or none."
        )
    return OPTIMISTIC if overlap else split.caution


def _loaders(
    trainer: lightning.Trainer,
    settings: Settings,
    pixels: Pixels,
    frames: Frames,
    train: Rows,
    validation: Rows,
) -> tuple[Any, Any]:
    """Return the batches of the training and the validation part for this process."""
    recipe = settings.recipe
    share = {"rank": trainer.global_rank, "world": trainer.world_size}
    draw = (
        batches.level_weights(frames.score[train], recipe.balance, frames.scale)
        if recipe.balance
        else None
    )
    sampler = batches.EpochSampler(len(train), settings.seed, draw, **share)
    size = max(1, recipe.batch // trainer.world_size)
    weights = batches.level_weights(frames.score[train], recipe.weighting, frames.scale)
    to_train = batches.FaceDataset(pixels, frames, train, weights)
    to_validate = batches.FaceDataset(pixels, frames, validation, np.ones(len(validation)))
    return (
        batches.training_batches(to_train, size, sampler, settings.devices.workers),
        batches.validation_batches(to_validate, max(size, 32), **share),
    )


def _is_finished(checkpoint: dict[str, Any]) -> bool:
    states: dict[str, Any] = checkpoint.get("callbacks", {})
    return any(name.startswith("History") and state["finished"] for name, state in states.items())
