"""One run in one folder: trained, resumed after a kill, and left as a model that can be served.

config.json          what was trained on what; the same command in the same folder goes on
history.csv, .png    loss, MAE and accuracy by epoch
checkpoints/         last.ckpt to go on from, best.ckpt by the recipe's measure
predictions.csv      scores of the test part; evaluation/ says what they are worth
model.onnx, model.json, MODEL_CARD.md
"""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wince.training import (
    checkpoints,
    delivery,
    folds,
    model_card,
    package,
    pixel_cache,
    run_settings,
)
from wince.training.fit import fit
from wince.training.folder import Loaded, open_folder
from wince.training.folds import Parts
from wince.training.run_settings import Settings

Tell = Callable[[str], None]
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Watch:
    """Who is told what.

    tell: is given sentences and epochs. progress: (what, done, in all). bar: whether Lightning
    draws its own progress bar.
    """

    tell: Tell = lambda words: None
    progress: Progress = lambda what, done, total: None
    bar: bool = False

    def of(self, what: str) -> Callable[[int, int], None]:
        """Return the progress of one thing."""
        return lambda done, total: self.progress(what, done, total)


@dataclass(frozen=True, slots=True)
class Run:
    """A finished run: its folder, and the metrics of its test part (None without one).

    main: False in the helper processes of a training on several devices, which have nothing.
    """

    folder: Path
    metrics: Mapping[str, Any] | None
    main: bool = True


def train(folder: Path, out: Path, wanted: Settings, watch: Watch | None = None) -> Run:
    """Train on the split of a prepared folder; return the finished run.

    Interrupted at any point, the same call goes on where it was; finished, it returns at once.

    Raises DataError and ModelError with a sentence that says what to do.
    """
    watch = watch or Watch()
    loaded = open_folder(folder, wanted.spec)
    return train_parts(loaded, folds.from_split(loaded.prepared, loaded.frames), wanted, out, watch)


def train_parts(
    loaded: Loaded, chosen: Parts, wanted: Settings, out: Path, watch: Watch, *, lean: bool = False
) -> Run:
    """Train on some parts of a prepared folder; return the finished run.

    lean: a fold among others, which keeps no checkpoints and has no evaluation of its own.
    """
    notes = _notes(loaded, chosen)
    described = run_settings.config(loaded.prepared, loaded.frames, chosen, wanted, notes)
    run_settings.claim(out, described)
    if finished(out):
        tested = len(chosen.test) > 0
        labels = loaded.frames.pspi[chosen.train]
        return Run(out, package.evaluated(out, labels)[0] if tested else None)
    for note in notes:
        watch.tell(note)
    kept = pixel_cache.load(
        loaded.prepared, loaded.frames, wanted.spec, watch.of("Decoding pictures, once")
    )
    fitted = fit(kept, loaded.frames, chosen, wanted, out, tell=watch.tell, bar=watch.bar)
    if not fitted.main:
        return Run(out, None, main=False)
    network = package.load(out)
    delivered = delivery.deliver(
        network,
        delivery.material(loaded, chosen),
        out,
        described,
        fold="" if chosen.name == folds.SPLIT else chosen.name,
        report=not lean,
        progress=watch.progress,
    )
    if lean:
        shutil.rmtree(out / checkpoints.FOLDER)
    else:
        checkpoints.settle(out / checkpoints.FOLDER)
    return Run(out, delivered.metrics)


def finished(out: Path) -> bool:
    """Return whether a run folder holds a whole model: its card is written last."""
    return (out / model_card.FILE).is_file()


def _notes(loaded: Loaded, chosen: Parts) -> list[str]:
    notes = folds.check(chosen, loaded.frames)
    if loaded.without_face:
        notes.append(
            f"{loaded.without_face:,} frames in which no face was found are left out, in training "
            "and in the test."
        )
    return notes
