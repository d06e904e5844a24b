"""Export: a trained network to model.onnx and model.json, checked against torch."""

import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnxruntime.quantization import (
    CalibrationDataReader,
    QuantFormat,
    QuantType,
    quantize_static,
    shape_inference,
)
from torch import nn

from wince import onnx_session as wince_onnx
from wince.errors import ModelError
from wince.faces.spec import FaceSpec
from wince.files import sha256
from wince.runtime.calibration import Calibration
from wince.runtime.estimator import FORMAT, Estimate, interpret
from wince.training.network import Shipped

Precision = Literal["fp32", "fp16", "int8"]
OPSET = 18
AGREEMENT = 1e-4
FILE = "model.onnx"


@dataclass(frozen=True, slots=True)
class Head:
    """What the network's outputs are: "pspi" or "action-units", and the lines to their ranges.

    scales: one factor for each output. offsets: added after that; empty for none.
    """

    kind: Literal["pspi", "action-units"]
    scales: tuple[float, ...]
    offsets: tuple[float, ...] = ()


def to_onnx(
    network: nn.Module,
    spec: FaceSpec,
    head: Head,
    path: Path,
    *,
    precision: Precision = "fp32",
    typical: NDArray[np.uint8] | None = None,
) -> float:
    """Write a network as ONNX; return the largest difference from torch of the fp32 graph.

    typical: RGB uint8 (N, size, size, 3), training crops from which int8 takes its ranges.

    Raises ModelError when ONNX and torch differ by more than 1e-4: nothing is written then.
    """
    shipped = Shipped(network, spec.mean, spec.std, head.scales, head.offsets).float().eval()
    sample = torch.randint(0, 256, (2, spec.size, spec.size, 3), dtype=torch.uint8)
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "fp32.onnx"
        _trace(shipped, sample, plain)
        pixels = sample if typical is None else torch.from_numpy(typical[:8])
        difference = _difference(shipped, plain, pixels)
        if difference > AGREEMENT:
            raise ModelError(
                f"ONNX and torch differ by {difference:.1e}, more than {AGREEMENT:.0e}; nothing "
                "was written. Check that the network is a plain ResNet-18 with finite weights."
            )
        result = plain
        if precision == "fp16":
            result = _with_half_weights(plain)
        elif precision == "int8":
            if typical is None:
                raise ModelError("int8 needs typical training crops to take its ranges from.")
            result = _quantised(plain, typical)
        aside = path.with_suffix(".part")
        shutil.copyfile(result, aside)
        aside.rename(path)
    return difference


def write_card(
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
    figures: Mapping[str, Any],
) -> None:
    """Write model.json beside model.onnx: all that using the model needs to know."""
    path = folder / FILE
    session = wince_onnx.open_session(path)
    tensors = {
        side: [
            {"name": t.name, "shape": t.shape, "type": t.type}
            for t in getattr(session, f"get_{side}")()
        ]
        for side in ("inputs", "outputs")
    }
    card = {
        "format": FORMAT,
        "name": name,
        "version": version,
        "title": title,
        "file": FILE,
        "sha256": sha256(path),
        "face_spec": spec.to_dict(),
        "head": head.kind,
        **tensors,
        "calibration": calibration.to_dict(),
        "trained_on": dict(trained_on),
        "figures": dict(figures),
        "subjects_seen": sorted(subjects_seen),
    }
    aside = folder / "model.json.part"
    aside.write_text(json.dumps(card, indent=1) + "\n", "utf-8")
    aside.rename(folder / "model.json")


def estimate(folder: Path, crops: NDArray[np.uint8], head: Head) -> Estimate:
    """Return what the model.onnx in a folder says about crops (N, S, S, 3), model.json or not."""
    return interpret(*scores(folder, crops), head.kind)


def scores(
    folder: Path, crops: NDArray[np.uint8]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the two outputs of a folder's model.onnx: scores (N, K) and maps (N, K, h, w)."""
    run = wince_onnx.open_session(folder / FILE, threads=2).run
    batches = [run(None, {"pixels": crops[i : i + 64]}) for i in range(0, len(crops), 64)]
    found, maps = (np.concatenate(parts) for parts in zip(*batches, strict=True))
    return found, maps


def typical(crops: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return up to 256 crops (N, S, S, 3), drawn at random, from which int8 takes its ranges."""
    return crops[np.random.default_rng(0).permutation(len(crops))[:256]]


def _trace(shipped: nn.Module, sample: torch.Tensor, path: Path) -> None:
    torch.onnx.export(
        shipped,
        (sample,),
        str(path),
        input_names=["pixels"],
        output_names=["scores", "maps"],
        dynamic_shapes={"pixels": {0: torch.export.Dim("n")}},
        opset_version=OPSET,
        dynamo=True,
        external_data=False,
        verbose=False,
    )
    model = onnx.load(path)
    # The exporter notes the lines of source, with their folders, that each node came from.
    for part in (model, model.graph, *model.graph.node, *model.graph.value_info):
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
    onnx.save(model, path)


def _difference(shipped: nn.Module, path: Path, pixels: torch.Tensor) -> float:
    with torch.no_grad():
        expected = shipped(pixels)
    session = wince_onnx.open_session(path)
    found = session.run(None, {"pixels": pixels.numpy()})
    return max(float(np.abs(a.numpy() - b).max()) for a, b in zip(expected, found, strict=True))


def _with_half_weights(path: Path) -> Path:
    """Store the weights as float16 and widen them on loading: half the size, the same speed."""
    model = onnx.load(path)
    casts = []
    for tensor in model.graph.initializer:
        array = onnx.numpy_helper.to_array(tensor)
        if array.dtype != np.float32 or array.size < 1024:
            continue
        half = onnx.numpy_helper.from_array(array.astype(np.float16), f"{tensor.name}.half")
        casts.append(
            onnx.helper.make_node("Cast", [half.name], [tensor.name], to=onnx.TensorProto.FLOAT)
        )
        tensor.CopyFrom(half)
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    result = path.with_name("fp16.onnx")
    onnx.save(model, result)
    return result


class _Crops(CalibrationDataReader):  # type: ignore[misc]  # onnxruntime ships no types
    def __init__(self, crops: NDArray[np.uint8]) -> None:
        self._batches = iter([crops[i : i + 16] for i in range(0, len(crops), 16)])

    def get_next(self) -> dict[str, NDArray[np.uint8]] | None:
        batch = next(self._batches, None)
        return None if batch is None else {"pixels": batch}


def _quantised(path: Path, typical: NDArray[np.uint8]) -> Path:
    """Quantise to int8: U8 activations, S8 weights, per channel, QDQ; the head stays fp32."""
    ready, result = path.with_name("ready.onnx"), path.with_name("int8.onnx")
    shape_inference.quant_pre_process(str(path), str(ready), skip_symbolic_shape=True)
    nodes = onnx.load(ready).graph.node
    head = max(place for place, node in enumerate(nodes) if node.op_type == "Conv")
    quantize_static(
        str(ready),
        str(result),
        _Crops(typical),
        quant_format=QuantFormat.QDQ,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        per_channel=True,
        op_types_to_quantize=["Conv", "Add", "MaxPool", "Relu"],
        nodes_to_exclude=[node.name for node in nodes[head:]],
    )
    return result
