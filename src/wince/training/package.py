"""A trained network made into a model: exported, checked, calibrated, measured and described."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

import wince
from wince import onnx_session
from wince.archive.manifest import PreparedFolder
from wince.errors import DataError, ModelError
from wince.evaluation import agreement, regression
from wince.evaluation.evaluate import evaluate
from wince.evaluation.prediction_files import TrainingLabels, read_predictions
from wince.evaluation.predictions import Predictions
from wince.evaluation.result_files import without_nan, write_results
from wince.faces.spec import FaceSpec
from wince.runtime import calibration
from wince.runtime.calibration import Calibration, ScoreMap
from wince.runtime.estimator import interpret
from wince.training import (
    architectures,
    checkpoints,
    export,
    losses,
    model_card,
    pixel_cache,
    predictions,
)
from wince.training.export import Precision
from wince.training.folds import Rows
from wince.training.predictions import Scorer
from wince.training.prepared import Frames

PREDICTIONS, EVALUATION = "predictions.csv", "evaluation"
TYPICAL = 256  # training faces from which int8 takes its ranges
FIGURES = (
    *("mae", "rmse", "bias", "wmae", "pcc", "icc", "ccc", "auc_1", "auc_2", "auc_3"),
    *("four_levels_accuracy", "four_levels_balanced_accuracy", "four_levels_kappa"),
    *("coverage", "interval_width", "calibration_error", "brier", "brier_prior"),
)
"""What of an evaluation is repeated in model.json and the card."""
HEADS = {
    "pspi": export.Head("pspi", (1.0,)),
    "action-units": export.Head("action-units", (1.0, 1.0, 1.0, 1.0, 1.0, 1 / losses.EYES)),
}
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Network:
    """A trained network and what it says of itself: see `checkpoints`."""

    network: nn.Module
    spec: FaceSpec
    head: export.Head
    meta: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Material:
    """A prepared folder, its frames that can be shown, and rows of them for each purpose.

    train: int8 takes its ranges here. held_out: calibrates. test: is measured, may be empty.
    """

    prepared: PreparedFolder
    frames: Frames
    train: Rows
    held_out: Rows
    test: Rows


def load(path: Path) -> Network:
    """Return the network in a run folder or a checkpoint of ours.

    Raises ModelError when there is none, or when it does not fit its architecture.
    """
    found = checkpoints.read_weights(path)
    if not found.meta:
        raise ModelError(
            f"{found.path} is a plain state dict and does not say what it is. If the project "
            f"report's script wrote it: wince export --state-dict {found.path} --out DIR."
        )
    spec, head = FaceSpec.from_dict(found.meta["face_spec"]), HEADS[found.meta["head"]]
    made = architectures.build(found.meta["architecture"], len(head.scales), spec.size)
    try:
        made.load_state_dict(
            {name: value for name, value in found.weights.items() if name in made.state_dict()}
        )
    except RuntimeError as error:
        raise ModelError(
            f"{found.path} does not fit a {found.meta['architecture']} "
            f"({str(error).splitlines()[-1].strip()}). Train again."
        ) from error
    return Network(made.eval(), spec, head, found.meta)


def scorer(path: Path, head: export.Head) -> Scorer:
    """Return the function from crops uint8 (B, S, S, 3) to raw scores (B,) of a model.onnx."""
    session = onnx_session.open_session(path)

    def run(crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        scores, maps = session.run(None, {"pixels": crops})
        return interpret(scores, maps, head.kind).raw

    return run


def typical(material: Material, spec: FaceSpec) -> NDArray[np.uint8]:
    """Return some training faces as the model sees them, uint8 (M, size, size, 3)."""
    rows = np.sort(np.random.default_rng(0).permutation(material.train)[:TYPICAL])
    look = pixel_cache.shown(material.prepared, spec)
    return np.stack([look(name) for name in material.frames.pictures(spec)[rows].tolist()])


def calibrate(run: Scorer, spec: FaceSpec, material: Material) -> Calibration:
    """Return the calibration of a model, from the held-out faces of subjects not trained on."""
    found = scored(run, spec, material, material.held_out)
    return calibration.fit(found.raw, material.frames.pspi[material.held_out], ScoreMap())


def scored(
    run: Scorer,
    spec: FaceSpec,
    material: Material,
    rows: Rows,
    progress: Progress | None = None,
) -> predictions.Scored:
    """Return what an exported model says of rows of its material."""
    look = pixel_cache.shown(material.prepared, spec)
    names = material.frames.pictures(spec)[rows].tolist()
    return predictions.Scored(rows, *predictions.score(run, look, names, progress))


def exported(
    network: Network, path: Path, material: Material, precision: Precision
) -> dict[str, Any]:
    """Write model.onnx; return the check against torch and, beside fp32, what a precision costs.

    The result: `precision`, `difference` (of fp32 from torch), `megabytes`; for another precision
    also `held_out` (which faces), `frames`, and `costs` by precision: `mae`, `pcc`, `milliseconds`
    and `megabytes`.

    Raises ModelError when ONNX and torch differ by more than 1e-4; nothing is written then.
    """
    faces = typical(material, network.spec)
    rows, part = material.test, "test"
    if not len(rows):
        rows, part = material.held_out, "validation"
    result: dict[str, Any] = {"precision": precision}
    costs: dict[str, Any] = {}
    wanted: tuple[Precision, ...] = ("fp32",) if precision == "fp32" else ("fp32", precision)
    for one in wanted:
        result["difference"] = write_onnx(network, path, precision=one, typical=faces)
        result["megabytes"] = round(path.stat().st_size / 1e6, 2)
        if precision == "fp32":
            return result
        found = scored(scorer(path, network.head), network.spec, material, rows)
        labels = material.frames.pspi[rows]
        costs[one] = {
            "mae": regression.mae(labels, found.raw),
            "pcc": agreement.pcc(labels, found.raw),
            "milliseconds": float(np.median(found.milliseconds)),
            "megabytes": result["megabytes"],
        }
    return {**result, "held_out": part, "frames": len(rows), "costs": costs}


def write_onnx(
    network: Network, path: Path, *, precision: Precision, typical: NDArray[np.uint8] | None
) -> float:
    """Write a network as ONNX; return the difference from torch. ModelError as `export.to_onnx`."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return export.to_onnx(
            network.network, network.spec, network.head, path, precision=precision, typical=typical
        )
    except OSError as error:
        raise ModelError(
            f"{path} cannot be written ({error.strerror or error}). Free some room or choose "
            "another --out, then run the same command again."
        ) from error


def measure(
    table: Mapping[str, list[str]],
    folder: Path,
    training: NDArray[np.float32] | None,
    *,
    report: bool = True,
    about: Sequence[str] = (),
) -> dict[str, Any]:
    """Write predictions.csv and evaluation/ into a folder; return the metrics.

    training: labels that were trained on, for the trivial baselines. report: without it the
    predictions alone are written. about: see `evaluation.evaluate`.
    """
    predictions.write(folder / PREDICTIONS, table)
    metrics, read = evaluated(folder, training, about)
    if report:
        write_results(metrics, read, folder / EVALUATION)
    return metrics


def evaluated(
    folder: Path, training: NDArray[np.float32] | None, about: Sequence[str] = ()
) -> tuple[dict[str, Any], Predictions]:
    """Return the metrics of the predictions in a folder, and these."""
    read = read_predictions(folder / PREDICTIONS)
    known = None
    if training is not None:
        known = TrainingLabels("the training part", training.astype(np.float64), None)
    return evaluate(read, training=known, about=about), read


def figures(metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Return what model.json repeats of an evaluation; undefined is None."""
    model = metrics["model"]
    kept: dict[str, Any] = {
        "frames": metrics["frames"],
        "subjects": metrics["subjects"],
        "overlap": metrics["overlap"]["label"],
        "pooled": _some(model["pooled"]),
        "pooled_interval": _some(model["pooled_interval"]),
        "subject_mean": _some(model["subject_mean"]),
        "baselines": {name: _some(found["pooled"]) for name, found in metrics["baselines"].items()},
        "milliseconds": metrics["milliseconds"],
    }
    plain: dict[str, Any] = without_nan(kept)
    return plain


def describe(
    folder: Path,
    network: Network,
    fitted: Calibration,
    *,
    name: str,
    title: str,
    trained_on: Mapping[str, Any],
    measured: Mapping[str, Any],
) -> None:
    """Write model.json and MODEL_CARD.md beside model.onnx."""
    plain = json.dumps(trained_on, sort_keys=True).encode()
    try:
        export.write_card(
            folder,
            name=name,
            version=f"{wince.__version__}+{hashlib.sha256(plain).hexdigest()[:8]}",
            title=title,
            spec=network.spec,
            head=network.head,
            calibration=fitted,
            trained_on=trained_on,
            subjects_seen=network.meta["subjects_seen"],
            figures=without_nan(measured),
        )
    except OSError as error:
        raise DataError(
            f"model.json cannot be written to {folder} ({error.strerror or error}). Free some "
            "room, then run the same command again."
        ) from error
    model_card.write(folder)


def _some(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _rounded(values[key]) for key in FIGURES if key in values}


def _rounded(value: Any) -> Any:
    return [round(end, 4) for end in value] if isinstance(value, list) else round(value, 4)
