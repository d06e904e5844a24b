"""model.onnx of a trained network: written, scored with, and what its precision costs."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wince import onnx_session
from wince.evaluation.metrics import agreement, regression
from wince.runtime.estimator import Estimate, interpret
from wince.training.data.calibration_images import calibration_rows
from wince.training.data.folds import Rows, Split
from wince.training.data.pixel_cache import image_reader
from wince.training.data.prepared import ModelData
from wince.training.export import onnx_export
from wince.training.export.onnx_export import Precision
from wince.training.export.output_head import Head
from wince.training.export.trained_network import TrainedNetwork
from wince.training.predictions.frame_scores import Scorer, score_frames


def export_model(
    network: TrainedNetwork,
    path: Path,
    precision: Precision,
    data: ModelData | None = None,
    split: Split | None = None,
) -> dict[str, Any]:
    """Write model.onnx, and measure what a precision other than fp32 costs.

    Args:
        network: The trained network.
        path: Where the model is written.
        precision: Type of the weights.
        data: Prepared data. Without it nothing is measured, and int8 is refused.
        split: Rows of `data.frames`. The scores are compared on the test part, or on the validation
            part when there is no test part.

    Returns:
        `precision`, `difference` (of fp32 ONNX from torch) and `megabytes`. When another precision
        was compared with fp32 also `held_out` (which part was scored), `frames`, and `costs`, by
        precision: `mae`, `pcc`, `milliseconds` and `megabytes`.

    Raises:
        ModelError: ONNX and torch differ by more than 1e-4, or int8 is asked for without data.
        FileWriteError: The file cannot be written.
    """
    if data is None or split is None:
        return _export(network, path, precision, None)
    images = _calibration_images(network, data, split.train)
    fp32 = _export(network, path, "fp32", images)
    if precision == "fp32":
        return fp32
    part, rows = ("test", split.test) if len(split.test) else ("validation", split.validation)
    costs = {"fp32": _cost(network, path, data, rows)}
    onnx_export.convert(path, precision, images)
    costs[precision] = _cost(network, path, data, rows)
    return {
        "precision": precision,
        "difference": fp32["difference"],
        "megabytes": _megabytes(path),
        "held_out": part,
        "frames": len(rows),
        "costs": costs,
    }


def scorer(path: Path, head: Head) -> Scorer:
    """Return the function from crops to the estimate of a model.onnx."""
    session = onnx_session.open_session(path)

    def score(crops: NDArray[np.uint8]) -> Estimate:
        scores, maps = session.run(None, {"pixels": crops})
        return interpret(scores, maps, head.kind)

    return score


def _export(
    network: TrainedNetwork, path: Path, precision: Precision, images: NDArray[np.uint8] | None
) -> dict[str, Any]:
    """Write model.onnx; return `precision`, `difference` and `megabytes`."""
    difference = onnx_export.to_onnx(
        network.network,
        network.spec,
        network.head,
        path,
        precision=precision,
        calibration_images=images,
    )
    return {"precision": precision, "difference": difference, "megabytes": _megabytes(path)}


def _calibration_images(network: TrainedNetwork, data: ModelData, rows: Rows) -> NDArray[np.uint8]:
    """Return some training images as the model sees them, uint8 (M, size, size, 3)."""
    read_image = image_reader(data.prepared, network.spec)
    names = data.frames.image_names(network.spec)[calibration_rows(rows)]
    return np.stack([read_image(name) for name in names.tolist()])


def _cost(network: TrainedNetwork, path: Path, data: ModelData, rows: Rows) -> dict[str, float]:
    """Return what scoring with a model.onnx costs: error, time per image and size."""
    scores = score_frames(scorer(path, network.head), network.spec, data, rows)
    labels = data.frames.score[rows]
    predicted = network.scale.from_raw(scores.raw)
    return {
        "mae": regression.mae(labels, predicted),
        "pcc": agreement.pcc(labels, predicted),
        "milliseconds": float(np.median(scores.milliseconds)),
        "megabytes": _megabytes(path),
    }


def _megabytes(path: Path) -> float:
    return path.stat().st_size / 1e6
