"""model.json, the model manifest: everything that using a model.onnx needs to know."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from wince import file_names, onnx_session
from wince.evaluation import coverage
from wince.evaluation.report.result_files import without_nan
from wince.faces.spec import FaceSpec
from wince.files import sha256, write_json
from wince.runtime.calibration import Calibration
from wince.runtime.manifest import FORMAT
from wince.scale import Scale
from wince.training.export.output_head import Head

METRICS = (
    *("mae", "rmse", "bias", "wmae", "pcc", "icc", "ccc", "auc_1", "auc_2", "auc_3"),
    *("four_levels_accuracy", "four_levels_balanced_accuracy", "four_levels_kappa"),
    *("levels_accuracy", "levels_balanced_accuracy", "levels_kappa"),
    *("coverage", "interval_width", "calibration_error", "brier", "brier_prior"),
)
"""The metrics of the test part that model.json repeats, not rounded."""


def write(
    folder: Path,
    *,
    name: str,
    version: str,
    title: str,
    spec: FaceSpec,
    head: Head,
    calibration: Calibration,
    trained_on: Mapping[str, Any],
    subjects_seen: Sequence[str],
    metrics: Mapping[str, Any],
    made: Mapping[str, Any] | None = None,
) -> None:
    """Write model.json beside model.onnx.

    Args:
        folder: A folder with model.onnx.
        name: Name of the model.
        version: Its version.
        title: One sentence, shown where the model is used.
        spec: What the model sees.
        head: What its outputs are.
        calibration: From a raw score to a score on its scale, interval and level probabilities.
        trained_on: Data and settings of the training.
        subjects_seen: Subjects that the model was trained or chosen on.
        metrics: What was measured, plain data; NaN is written as null.
        made: Versions and hardware of its `training` and its `export`, see `run_record.made_with`.

    Raises:
        FileWriteError: The file cannot be written.
    """
    path = folder / file_names.MODEL
    session = onnx_session.open_session(path)
    tensors = {
        side: [
            {"name": tensor.name, "shape": tensor.shape, "type": tensor.type}
            for tensor in getattr(session, f"get_{side}")()
        ]
        for side in ("inputs", "outputs")
    }
    manifest = {
        "format": FORMAT,
        "name": name,
        "version": version,
        "title": title,
        "file": file_names.MODEL,
        "sha256": sha256(path),
        "face_spec": spec.to_dict(),
        "head": head.kind,
        "scale": calibration.scale.to_dict(),
        **tensors,
        "calibration": calibration.to_dict(),
        "trained_on": dict(trained_on),
        "figures": without_nan(metrics),
        "subjects_seen": sorted(subjects_seen),
        **({} if made is None else {"made": dict(made)}),
    }
    write_json(folder / file_names.MODEL_MANIFEST, manifest)


def read(folder: Path) -> dict[str, Any]:
    """Return the model.json of a folder that `write` wrote."""
    manifest: dict[str, Any] = json.loads((folder / file_names.MODEL_MANIFEST).read_text("utf-8"))
    return manifest


def selected_metrics(metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Return the part of an evaluation that model.json repeats; undefined numbers are None."""
    model = metrics["model"]
    repeated: dict[str, Any] = without_nan(
        {
            "frames": metrics["frames"],
            "subjects": metrics["subjects"],
            "not_scored": {
                name: metrics["not_scored"][name] for name in ("frames", "labelled", "reasons")
            },
            "as_errors": _pick((metrics["not_scored"]["as_errors"] or {}).get("pooled", {})),
            "overlap": metrics["overlap"]["label"],
            "about_interval": list(
                coverage.caveats(model, Scale.from_dict(metrics["data"]["scale"]))
            ),
            "pooled": _pick(model["pooled"]),
            "pooled_interval": _pick(model["pooled_interval"]),
            "subject_mean": _pick(model["subject_mean"]),
            "baselines": {
                name: _pick(baseline["pooled"]) for name, baseline in metrics["baselines"].items()
            },
            "milliseconds": metrics["milliseconds"],
        }
    )
    return repeated


def _pick(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: values[key] for key in METRICS if key in values}
