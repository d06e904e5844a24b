"""A model of time as ONNX, in a model folder beside the network whose features it takes.

model.onnx        the network, with its features as a third output
time_model.onnx   the model of time, with the state as input and output
model.json        the network's manifest, and the member `over_time`
MODEL_CARD.md     the network's card, and a section on the model of time
"""

import json
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from wince import file_names, onnx_session
from wince.errors import ModelError
from wince.files import replacing, sha256, write_json, write_text
from wince.runtime import time_model
from wince.runtime.calibration import Calibration, ScoreMap
from wince.runtime.estimator import Estimator
from wince.runtime.network_outputs import OUTPUT_COUNTS
from wince.training.export.onnx_export import OPSET
from wince.training.over_time import feature_output, time_run
from wince.training.over_time.time_network import TimeNetwork
from wince.training.over_time.time_table import RESULTS
from wince.training.predictions import prediction_table, subject_calibration
from wince.training.predictions.cross_fitted import raw_fold_scores

TIME_MODEL = "time_model.onnx"
AGREEMENT = 1e-5  # the most by which ONNX, frame by frame, and torch, in one call, may differ
CHECKED_FRAMES = 100


@dataclass(frozen=True, slots=True)
class TimeExport:
    """What was exported.

    Attributes:
        kind: The model of time; None if only the network was exported.
        difference: Largest difference of ONNX from torch; None without a model of time.
        conclusion: Whether the model of time wins, in sentences.
        look_ahead: Frames that it needs after a frame.
    """

    kind: str | None
    difference: float | None
    conclusion: str
    look_ahead: int = 0


class _Step(nn.Module):
    """One step of a model of time, as it is exported."""

    def __init__(self, network: TimeNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, features: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        return self.network.step(features, state)


def export(run: Path, out: Path, *, keep: bool = False) -> TimeExport:
    """Write a model folder from a training of models of time.

    Args:
        run: A folder that `wince train --over-time` wrote.
        out: The model folder.
        keep: Whether the best model of time is kept although it does not win.

    Raises:
        ModelError: The run is not finished, its network is another one now, or ONNX and torch
            differ.
        FileWriteError: A file cannot be written.
    """
    config = time_run.read_config(run)
    results = _results(run)
    estimator = Estimator(Path(config["over_time"]["init"]))
    if estimator.manifest["sha256"] != config["network"]:
        raise ModelError(
            f"{estimator.folder} has another network now than when {run} was trained. Train over "
            "time again in another folder."
        )
    if results["winner"] is None and not keep:
        out.mkdir(parents=True, exist_ok=True)
        _copy_network(estimator, out)
        return TimeExport(None, None, str(results["verdict"]))
    kind = results["winner"] or _best(results)
    network = _network(run, kind, config, str(estimator.manifest["head"]))
    calibration, subjects = _calibration(run / kind)
    out.mkdir(parents=True, exist_ok=True)
    with replacing(out / TIME_MODEL) as temporary:
        difference = write_onnx(network, temporary)
    feature_output.write(estimator.folder / str(estimator.manifest["file"]), out / file_names.MODEL)
    section = {
        "file": TIME_MODEL,
        "sha256": sha256(out / TIME_MODEL),
        "kind": kind,
        "window": config["over_time"]["window"],
        "look_ahead": config["over_time"]["look_ahead"],
        "step": config["data"].get("step"),
        "wins": results["winner"] is not None,
        "verdict": results["verdict"],
        "trained_on": config["data"]["provenance"],
        "calibration": calibration.to_dict(),
    }
    _write_manifest(estimator, out, section, config["data"]["subjects"])
    _write_card(estimator.folder, out, section, subjects)
    return TimeExport(kind, difference, str(results["verdict"]), section["look_ahead"])


def is_training_over_time(folder: Path) -> bool:
    """Return whether a folder is of `wince train --over-time`."""
    try:
        time_run.read_config(folder)
    except ModelError:
        return False
    return True


def _results(run: Path) -> dict[str, Any]:
    try:
        results: dict[str, Any] = json.loads((run / RESULTS).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(
            f"{run} is not a finished training of models of time ({error}). Give its command again."
        ) from error
    return results


def _best(results: Mapping[str, Any]) -> str:
    return str(next(row["name"] for row in results["rows"] if row["is_over_time"]))


def _copy_network(estimator: Estimator, out: Path) -> None:
    """Copy the network alone, without a model of time that it may have."""
    names = {str(estimator.manifest["file"]): file_names.MODEL}
    names[file_names.MODEL_CARD] = file_names.MODEL_CARD
    for name, copy in names.items():
        if (estimator.folder / name).is_file():
            with replacing(out / copy) as temporary:
                shutil.copyfile(estimator.folder / name, temporary)
    manifest = {**estimator.manifest, "file": file_names.MODEL}
    manifest.pop(time_model.SECTION, None)
    write_json(out / file_names.MODEL_MANIFEST, manifest)
    (out / TIME_MODEL).unlink(missing_ok=True)


def _network(run: Path, kind: Any, config: Mapping[str, Any], head: str) -> TimeNetwork:
    weights = torch.load(run / kind / time_run.NETWORK_FILE, weights_only=True)
    network = TimeNetwork(
        kind, len(weights["mean"]), OUTPUT_COUNTS[head], config["over_time"]["window"]
    )
    network.load_state_dict(weights)
    return network.eval()


def write_onnx(network: TimeNetwork, path: Path) -> float:
    """Write a network as ONNX; return its largest difference from torch over a sequence."""
    features, state = torch.randn(2, len(network.mean)), torch.zeros(2, network.state_size)
    count = torch.export.Dim.DYNAMIC
    with tempfile.TemporaryDirectory() as folder:
        traced = Path(folder) / TIME_MODEL
        torch.onnx.export(
            _Step(network).eval(),
            (features, state),
            str(traced),
            input_names=list(time_model.INPUTS),
            output_names=list(time_model.OUTPUTS),
            dynamic_shapes={"features": {0: count}, "state": {0: count}},
            opset_version=OPSET,
            dynamo=True,
            external_data=False,
            verbose=False,
        )
        feature_output.remove_source_notes(traced)
        difference = _difference(network, traced)
        if difference > AGREEMENT:
            raise ModelError(
                f"Frame by frame ONNX differs from torch by {difference:.1e}, more than "
                f"{AGREEMENT:.0e}; nothing was written. Train again with another --seed."
            )
        shutil.copyfile(traced, path)
    return difference


def _difference(network: TimeNetwork, path: Path) -> float:
    """Return the largest difference of ONNX, frame by frame, from torch in one call."""
    noise = torch.randn(
        CHECKED_FRAMES, len(network.mean), generator=torch.Generator().manual_seed(0)
    )
    features = network.mean + network.deviation * noise
    with torch.no_grad():
        expected = network(features[None])[0].numpy()
    session = onnx_session.open_session(path)
    state, outputs = np.zeros((1, network.state_size), np.float32), []
    for frame in features.numpy():
        output, state = session.run(None, {"features": frame[None], "state": state})
        outputs.append(output[0])
    return float(np.abs(np.stack(outputs) - expected).max())


def _calibration(folder: Path) -> tuple[Calibration, int]:
    """Return the calibration on the scores of held-out subjects, and their number."""
    scores = raw_fold_scores(prediction_table.read(folder / file_names.PREDICTIONS))
    fitted = subject_calibration.fit(scores.raw, scores.rating, scores.subject, ScoreMap())
    return fitted, len(np.unique(scores.subject))


def _write_manifest(
    estimator: Estimator, out: Path, section: Mapping[str, Any], subjects: list[str]
) -> None:
    manifest = dict(estimator.manifest)
    outputs = [
        {"name": tensor.name, "shape": tensor.shape, "type": tensor.type}
        for tensor in onnx_session.open_session(out / file_names.MODEL).get_outputs()
    ]
    title = f"{manifest['title']} Scores over time: a {section['kind']}"
    title += "." if section["wins"] else ", which is not better than single frames."
    manifest |= {
        "title": title,
        "file": file_names.MODEL,
        "sha256": sha256(out / file_names.MODEL),
        "outputs": outputs,
        "subjects_seen": sorted({*manifest.get("subjects_seen", ()), *subjects}),
        time_model.SECTION: dict(section),
    }
    write_json(out / file_names.MODEL_MANIFEST, manifest)


def _write_card(source: Path, out: Path, section: Mapping[str, Any], subjects: int) -> None:
    card = source / file_names.MODEL_CARD
    text = card.read_text("utf-8") if card.is_file() else ""
    better = "" if section["wins"] else "**It does not win over single frames.** "
    addition = (
        f"## Over time\n\n{_use(section)} {better}{section['verdict']} Its training data: "
        f"{section['trained_on']}. Its scores were calibrated on {subjects} held-out subjects.\n"
    )
    write_text(out / file_names.MODEL_CARD, f"{text.rstrip()}\n\n{addition}".lstrip())


def _use(section: Mapping[str, Any]) -> str:
    """Return where the model of time is used and at which step, in sentences."""
    where = f"In videos and live, a {section['kind']} scores each frame with the frames before it."
    if section["look_ahead"]:
        where = (
            f"In video files, a {section['kind']} scores each frame with the frames before it and "
            f"the {section['look_ahead']} after it. It cannot be used with a camera."
        )
    if section["step"] is None:
        return f"{where} Each frame is a step."
    return f"{where} A step is {section['step']:.3g} s, whatever the rate of the frames."
