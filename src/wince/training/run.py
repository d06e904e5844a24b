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

from wince.archive.manifest import Prepared, open_prepared
from wince.faces.spec import FaceSpec
from wince.training import card, checkpoints, frames, package, parts, pixels, predict, settings
from wince.training.fitting import fit
from wince.training.frames import Frames
from wince.training.package import Material, Network
from wince.training.parts import Parts
from wince.training.settings import Settings

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


@dataclass(frozen=True, slots=True)
class Loaded:
    """A prepared folder that has been checked, and those of its frames that a spec can show.

    without_face: how many frames are left out because no face was found.
    """

    prepared: Prepared
    frames: Frames
    without_face: int


def open_folder(folder: Path, spec: FaceSpec) -> Loaded:
    """Return a prepared folder ready to train on.

    Raises DataError when it is none, was changed, names missing pictures, or holds crops for
    another FaceSpec.
    """
    prepared = open_prepared(folder)
    everything = frames.read(prepared)
    pixels.check_spec(prepared, spec)
    kept = frames.usable(everything, spec)
    frames.check_pictures(prepared, kept, spec)
    frames.check_labels(prepared, everything)
    return Loaded(prepared, kept, len(everything) - len(kept))


def train(folder: Path, out: Path, wanted: Settings, watch: Watch | None = None) -> Run:
    """Train on the split of a prepared folder; return the finished run.

    Interrupted at any point, the same call goes on where it was; finished, it returns at once.

    Raises DataError and ModelError with a sentence that says what to do.
    """
    watch = watch or Watch()
    loaded = open_folder(folder, wanted.spec)
    return train_parts(loaded, parts.from_split(loaded.prepared, loaded.frames), wanted, out, watch)


def train_parts(
    loaded: Loaded, chosen: Parts, wanted: Settings, out: Path, watch: Watch, *, lean: bool = False
) -> Run:
    """Train on some parts of a prepared folder; return the finished run.

    lean: keep no checkpoints once the model is written.
    """
    notes = _notes(loaded, chosen)
    described = settings.config(loaded.prepared, loaded.frames, chosen, wanted, notes)
    settings.claim(out, described)
    if finished(out):
        tested = len(chosen.test) > 0
        labels = loaded.frames.pspi[chosen.train]
        return Run(out, package.evaluated(out, labels)[0] if tested else None)
    for note in notes:
        watch.tell(note)
    kept = pixels.load(
        loaded.prepared, loaded.frames, wanted.spec, watch.of("Decoding pictures, once")
    )
    fitted = fit(kept, loaded.frames, chosen, wanted, out, tell=watch.tell, bar=watch.bar)
    if not fitted.main:
        return Run(out, None, main=False)
    metrics = _deliver(loaded, chosen, out, described, watch)
    if lean:
        shutil.rmtree(out / checkpoints.FOLDER)
    else:
        checkpoints.settle(out / checkpoints.FOLDER)
    return Run(out, metrics)


def finished(out: Path) -> bool:
    """Return whether a run folder holds a whole model: its card is written last."""
    return (out / card.FILE).is_file()


def material(loaded: Loaded, chosen: Parts) -> Material:
    """Return what a model of these parts is exported, calibrated and measured with."""
    return Material(loaded.prepared, loaded.frames, chosen.train, chosen.validation, chosen.test)


def trained_on(described: Mapping[str, Any], network: Network) -> dict[str, Any]:
    """Return what model.json says of a run's data and settings."""
    part, data, recipe = (described[name] for name in ("part", "data", "recipe"))
    counts = {
        name: {"frames": part[name]["frames"], "subjects": len(part[name]["subjects"])}
        for name in ("train", "validation", "test")
    }
    train, held = counts["train"], counts["validation"]
    optimistic = f" ({part['caution']})" if part["caution"] else ""
    return {
        "words": (
            f"{train['frames']:,} frames of {train['subjects']} subjects, prepared from an archive "
            f"of the layout {data['archive']}, split {part['protocol']}{optimistic}. "
            f"{held['frames']:,} frames of {held['subjects']} subjects chose the best epoch."
        ),
        "calibration": (
            f"Interval and confidence were fitted on the {held['frames']:,} frames of the "
            f"{held['subjects']} validation subjects. The same frames chose the best epoch, so "
            "both are a little too sure of themselves."
        ),
        "data": dict(data, folder=Path(data["folder"]).name),
        "parts": counts,
        "protocol": part["protocol"],
        "caution": part["caution"],
        "notes": described["notes"],
        "settings": {
            "recipe": recipe["name"],
            "architecture": described["architecture"],
            "head": described["head"],
            "began from": network.meta["init"],
            "loss": recipe["loss"],
            "optimizer": f"{recipe['optimizer']}, {recipe['rate']:g}, {recipe['schedule']}",
            "batch": recipe["batch"],
            "epochs": f"at most {recipe['epochs']}, best by {recipe['monitor']}",
            "seed": described["seed"],
        },
    }


def _notes(loaded: Loaded, chosen: Parts) -> list[str]:
    notes = parts.check(chosen, loaded.frames)
    if loaded.without_face:
        notes.append(
            f"{loaded.without_face:,} frames in which no face was found are left out, in training "
            "and in the test."
        )
    return notes


def _deliver(
    loaded: Loaded, chosen: Parts, out: Path, described: Mapping[str, Any], watch: Watch
) -> Mapping[str, Any] | None:
    """Export, calibrate, measure and describe the best epoch; return the test's metrics."""
    network = package.load(out)
    stuff = material(loaded, chosen)
    path = out / "model.onnx"
    watch.progress("Exporting", 0, 1)
    difference = package.write_onnx(
        network, path, precision="fp32", typical=package.typical(stuff, network.spec)
    )
    run = package.scorer(path, network.head)
    fitted = package.calibrate(run, network.spec, stuff)
    metrics = None
    if len(chosen.test):
        tested = package.scored(run, network.spec, stuff, chosen.test, watch.of("Testing"))
        fold = None if chosen.name == "split" else chosen.name
        table = predict.columns(
            tested, loaded.frames, fitted, seen=network.meta["subjects_seen"], fold=fold
        )
        metrics = package.measure(table, out, loaded.frames.pspi[chosen.train])
    size = round(path.stat().st_size / 1e6, 2)
    package.describe(
        out,
        network,
        fitted,
        name=f"wince-{described['recipe']['name']}",
        title=title(described),
        trained_on=trained_on(described, network),
        measured={
            "test": package.figures(metrics) if metrics else None,
            "export": {"precision": "fp32", "difference": difference, "size_megabytes": size},
        },
    )
    return metrics


def title(described: Mapping[str, Any]) -> str:
    """Return a model's title, for the page that serves it."""
    part = described["part"]
    caution = f" ({part['caution']})" if part["caution"] else ""
    return (
        f"Trained on {part['train']['frames']:,} frames of {len(part['train']['subjects'])} people "
        f"from {described['data']['archive']} with the recipe "
        f"{described['recipe']['name']}{caution}."
    )
