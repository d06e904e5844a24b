"""Models of other scales than PSPI, made from the packaged one without training."""

import hashlib
import json
from pathlib import Path

import numpy as np

from wince.runtime.estimator import starter_folder
from wince.score_scale import Scale

NRS = Scale("NRS", 0.0, 10.0, "points", (3.5, 6.5), ("low", "middling", "high"))
"""A scale with three levels."""
VAS = Scale("VAS", 0.0, 100.0, "mm")
"""A scale without levels."""

_WEIGHTS = np.array([1.0, 0.5, 0.5, 0.5, 0.5, 1.0], np.float32)
"""Weights of the action units in the score: about PSPI, as one linear output."""


def write_model(folder: Path, scale: Scale) -> Path:
    """Write a model that gives one score on a scale; return its folder.

    It is the packaged network with a weighted sum of its action units as its only output.
    """
    import onnx
    from onnx import helper, numpy_helper

    folder.mkdir()
    manifest = json.loads((starter_folder() / "model.json").read_text())
    model = onnx.load(starter_folder() / manifest["file"])
    scores, maps = (output.name for output in model.graph.output)
    constants = {
        "weights": _WEIGHTS[:, None],
        "map_weights": _WEIGHTS[None, :, None, None],
        "map_axis": np.array([1], np.int64),
    }
    model.graph.initializer.extend(
        numpy_helper.from_array(values, name) for name, values in constants.items()
    )
    model.graph.node.extend(
        [
            helper.make_node("MatMul", [scores, "weights"], ["score"]),
            helper.make_node("Mul", [maps, "map_weights"], ["weighted_maps"]),
            helper.make_node("ReduceSum", ["weighted_maps", "map_axis"], ["score_map"], keepdims=1),
        ]
    )
    del model.graph.output[:]
    for name, shape in (("score", ["batch", 1]), ("score_map", ["batch", 1, "rows", "columns"])):
        value = helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape)
        model.graph.output.append(value)
    data = model.SerializeToString()
    (folder / "model.onnx").write_bytes(data)
    count = len(scale.cuts) + 1
    calibration = manifest["calibration"] | {
        "prior": [1 / count] * count,
        "score_map": {"raw": [0.0, 16.0], "score": [scale.low, scale.high]},
    }
    manifest |= {
        "name": f"{scale.name.lower()}-sample",
        "file": "model.onnx",
        "sha256": hashlib.sha256(data).hexdigest(),
        "head": "score",
        "scale": scale.to_dict(),
        "calibration": calibration,
    }
    (folder / "model.json").write_text(json.dumps(manifest))
    return folder
