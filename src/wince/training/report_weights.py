"""Weights of the project report's own script: a plain state dict of a ResNet-18 with one output."""

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from wince import scale
from wince.errors import DataError, ModelError
from wince.faces.spec import WHOLE_IMAGE
from wince.runtime.calibration import Calibration, ScoreMap
from wince.training import (
    architectures,
    checkpoints,
    delivery,
    folds,
    model_card,
    network,
    package,
    predictions,
)
from wince.training.delivery import Delivered
from wince.training.export import Precision
from wince.training.folder import Loaded, open_folder
from wince.training.package import Network

NAME = "wince-state-dict"
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What came of it: `delivered`, and what a user must know."""

    delivered: Delivered
    notes: tuple[str, ...]


def take_in(
    file: Path,
    out: Path,
    *,
    data: Path | None = None,
    trained_on: Path | None = None,
    precision: Precision = "fp32",
    progress: Progress = lambda what, done, total: None,
) -> TakenIn:
    """Make a model of a state dict that the project report's script wrote.

    data: a prepared folder, to calibrate and measure on. trained_on: a CSV file with the column
    subject, whom the weights have seen; without it everybody in `data` counts as seen. Without
    `data` nothing is known of the model's errors, and its interval and confidence say so.

    Raises ModelError when the file is no such state dict, and when int8 is wanted without data.
    """
    net = read(file)
    if data is None:
        return _unmeasured(net, file, out, precision, _subjects(trained_on))
    loaded = open_folder(data, WHOLE_IMAGE)
    everybody = sorted(set(loaded.frames.subject.tolist()))
    seen = _subjects(trained_on) if trained_on else everybody
    notes = []
    if not trained_on:
        notes.append(
            "It is not known whom these weights have seen, so everybody in the prepared folder "
            "counts as seen and every figure is marked. Name them with --trained-on FILE."
        )
    chosen = folds.from_split(loaded.prepared, loaded.frames)
    if not len(chosen.validation):
        raise DataError(
            f"{data} has no validation part to calibrate on. Prepare an archive of more subjects."
        )
    made = Network(net.network, net.spec, net.head, {**net.meta, "subjects_seen": seen})
    stuff = delivery.material(loaded, chosen)
    out.mkdir(parents=True, exist_ok=True)
    exported = package.exported(made, out / "model.onnx", stuff, precision)
    run = package.scorer(out / "model.onnx", made.head)
    fitted = package.calibrate(run, made.spec, stuff)
    metrics = None
    if len(chosen.test):
        watch: Callable[[int, int], None] = lambda done, total: progress("Testing", done, total)  # noqa: E731
        tested = package.scored(run, made.spec, stuff, chosen.test, watch)
        table = predictions.columns(tested, loaded.frames, fitted, seen=seen)
        model = {
            "name": NAME,
            "face_spec": made.spec.to_dict(),
            "trained_on": _words(file, loaded, notes),
        }
        tested_on = f"Measured on: the test part of {loaded.prepared.folder.resolve().name}."
        metrics = package.measure(table, out, None, about=[*model_card.about(model), tested_on])
    measured = {"test": package.figures(metrics) if metrics else None, "export": exported}
    _describe(out, made, fitted, _words(file, loaded, notes), measured)
    return TakenIn(Delivered(exported, metrics), tuple(notes))


def read(file: Path) -> Network:
    """Return the network in a state dict; raise ModelError when it is not the report's."""
    found = checkpoints.read_weights(file)
    if found.meta:
        raise ModelError(
            f"{file} is a checkpoint of wince and says what it is. Export its run folder instead: "
            "wince export RUN --out DIR."
        )
    made = network.build(1)
    own = made.state_dict()
    head = {"fc.1.weight": "fc.weight", "fc.1.bias": "fc.bias"}  # behind a dropout layer
    weights = {head.get(name, name): value for name, value in found.weights.items()}
    wrong = sorted(
        name for name in own if name not in weights or weights[name].shape != own[name].shape
    )
    if wrong or set(weights) - set(own):
        name = (wrong or sorted(set(weights) - set(own)))[0]
        shape = tuple(weights[name].shape) if name in weights else "nothing"
        expected = tuple(own[name].shape) if name in own else "nothing"
        raise ModelError(
            f"{file} is not a ResNet-18 with a 512 -> 1 last layer, as the project report's script "
            f"saves it: {name} is expected to be {expected}, found {shape}."
        )
    made.load_state_dict(weights)
    meta = {
        "architecture": architectures.DEFAULT,
        "head": "pspi",
        "face_spec": WHOLE_IMAGE.to_dict(),
        "subjects_seen": [],
    }
    return Network(made.eval(), WHOLE_IMAGE, package.HEADS["pspi"], meta)


def unknown() -> Calibration:
    """Return the calibration of a model of which nothing is known: any error is as likely."""
    top = scale.PSPI_MAXIMUM
    probabilities = tuple(np.linspace(0, 1, 5).tolist())
    residuals = tuple(np.linspace(-top, top, 5).tolist())
    levels = len(scale.LEVELS)
    return Calibration(1.0, 0.0, probabilities, residuals, (1 / levels,) * levels, 0, ScoreMap())


def _unmeasured(
    net: Network, file: Path, out: Path, precision: Precision, seen: list[str]
) -> TakenIn:
    if precision == "int8":
        raise ModelError(
            "int8 takes its ranges from training pictures. Name a prepared folder with --data."
        )
    made = Network(net.network, net.spec, net.head, {**net.meta, "subjects_seen": seen})
    out.mkdir(parents=True, exist_ok=True)
    path = out / "model.onnx"
    difference = package.write_onnx(made, path, precision=precision, typical=None)
    size = round(path.stat().st_size / 1e6, 2)
    export = {"precision": precision, "difference": difference, "megabytes": size}
    note = (
        "Nothing is known of this model's errors: its interval spans nearly the whole scale and "
        "its confidence means next to nothing. Name a prepared folder with --data to calibrate it."
    )
    words = {
        "words": f"Unknown: the weights in {file.name} do not say.",
        "calibration": note,
        "caution": "",
        "notes": [note],
    }
    _describe(out, made, unknown(), words, {"test": None, "export": export})
    return TakenIn(Delivered(export, None), (note,))


def _describe(
    out: Path, made: Network, fitted: Calibration, words: dict[str, Any], measured: dict[str, Any]
) -> None:
    package.describe(
        out,
        made,
        fitted,
        name=NAME,
        title="Weights of the project report's script, whole pictures"
        + ("." if fitted.faces else ", not calibrated."),
        trained_on=words,
        measured=measured,
    )


def _words(file: Path, loaded: Loaded, notes: list[str]) -> dict[str, Any]:
    folder = loaded.prepared
    return {
        "words": (
            f"Unknown beyond the file {file.name}. Calibrated and measured on frames prepared from "
            f"an archive of the layout {folder.report['archive']['title']}, split "
            f"{folder.protocol}."
        ),
        "calibration": (
            "Interval and confidence were fitted on the validation part. Whether the weights have "
            "seen these people is for the person who trained them to say."
        ),
        "protocol": folder.protocol,
        "caution": folder.caution,
        "notes": notes,
    }


def _subjects(path: Path | None) -> list[str]:
    if path is None:
        return []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            if "subject" not in (rows.fieldnames or ()):
                raise DataError(
                    f"{path}, line 1: expected a column subject, found "
                    f"{', '.join(rows.fieldnames or ()) or 'nothing'}."
                )
            return sorted({row["subject"] for row in rows if row["subject"]})
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path} cannot be read ({error}). Check the path.") from error
