"""A run's network handed over: exported, calibrated, measured on the test part, described."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wince.errors import ModelError
from wince.training import folds, model_card, package, predictions, run_settings
from wince.training.export import Precision
from wince.training.folder import Loaded, open_folder
from wince.training.folds import Parts
from wince.training.package import Material, Network
from wince.training.prepared import digest

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Delivered:
    """What the export found (see `package.exported`), and the test part's metrics or None."""

    export: Mapping[str, Any]
    metrics: Mapping[str, Any] | None


def deliver(
    network: Network,
    stuff: Material,
    out: Path,
    described: Mapping[str, Any],
    *,
    precision: Precision = "fp32",
    fold: str = "",
    report: bool = True,
    progress: Progress = lambda what, done, total: None,
) -> Delivered:
    """Write model.onnx, predictions.csv, evaluation/, model.json and, last, MODEL_CARD.md.

    described: the run's config.json. fold: of a cross-validation, for the column of that name.
    report: whether evaluation/ is wanted.
    """
    progress("Exporting", 0, 1)
    found = package.exported(network, out / "model.onnx", stuff, precision)
    progress("Exporting", 1, 1)
    run = package.scorer(out / "model.onnx", network.head)
    fitted = package.calibrate(run, network.spec, stuff)
    metrics = None
    if len(stuff.test):
        tested = package.scored(
            run,
            network.spec,
            stuff,
            stuff.test,
            lambda done, total: progress("Testing", done, total),
        )
        seen = network.meta["subjects_seen"]
        table = predictions.columns(tested, stuff.frames, fitted, seen=seen, fold=fold or None)
        metrics = package.measure(
            table,
            out,
            stuff.frames.pspi[stuff.train],
            report=report,
            about=_about(described, network, stuff),
        )
        if metrics["overlap"]["label"]:  # of the weights that it began with
            part = dict(described["part"], caution=metrics["overlap"]["label"])
            described = dict(described, part=part)
    package.describe(
        out,
        network,
        fitted,
        name=name(described),
        title=title(described),
        trained_on=trained_on(described, network),
        measured={"test": package.figures(metrics) if metrics else None, "export": found},
    )
    return Delivered(found, metrics)


def again(
    run: Path,
    out: Path,
    precision: Precision,
    data: Path | None = None,
    progress: Progress = lambda what, done, total: None,
) -> Delivered:
    """Export a run's best checkpoint once more, at another precision or to another place.

    data: its prepared folder, None for where it was. Raises ModelError when the run has no
    checkpoint any more, or the folder has been prepared anew since.
    """
    described = run_settings.read_config(run)
    network = package.load(run)
    loaded = open_folder(data or Path(described["data"]["folder"]), network.spec)
    if digest(loaded.prepared) != described["data"]["manifest_sha256"]:
        raise ModelError(
            f"{loaded.prepared.folder} is not what {run} was trained on: it has been prepared anew "
            "since, or is another. Name the folder with --data, or train again."
        )
    chosen = folds.from_config(loaded.prepared, loaded.frames, described["part"])
    fold = "" if chosen.name == folds.SPLIT else chosen.name
    return deliver(
        network,
        material(loaded, chosen),
        out,
        described,
        precision=precision,
        fold=fold,
        progress=progress,
    )


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


def name(described: Mapping[str, Any]) -> str:
    """Return a model's name."""
    return f"wince-{described['recipe']['name']}"


def _about(described: Mapping[str, Any], network: Network, stuff: Material) -> list[str]:
    model = {
        "name": name(described),
        "face_spec": network.spec.to_dict(),
        "trained_on": trained_on(described, network),
    }
    folder = stuff.prepared.folder.resolve().name
    return [*model_card.about(model), f"Measured on: the test part of {folder}."]


def title(described: Mapping[str, Any]) -> str:
    """Return a model's title, for the page that serves it."""
    part = described["part"]
    caution = f" ({part['caution']})" if part["caution"] else ""
    return (
        f"Trained on {part['train']['frames']:,} frames of {len(part['train']['subjects'])} people "
        f"from {described['data']['archive']} with the recipe "
        f"{described['recipe']['name']}{caution}."
    )
