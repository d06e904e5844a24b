"""Export of a trained network to model.onnx, checked against torch."""

import shutil
import tempfile
from pathlib import Path
from typing import Literal

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

from wince import file_names, onnx_session
from wince.errors import ModelError
from wince.faces.spec import FaceSpec
from wince.files import replacing
from wince.training.export.output_head import Head
from wince.training.networks.network import ExportedNetwork

Precision = Literal["fp32", "fp16", "int8"]
OPSET = 18
AGREEMENT = 1e-4  # the most by which ONNX and torch may differ


def to_onnx(
    network: nn.Module,
    spec: FaceSpec,
    head: Head,
    path: Path,
    *,
    precision: Precision = "fp32",
    calibration_images: NDArray[np.uint8] | None = None,
) -> float:
    """Write a network as ONNX.

    Args:
        network: A network whose last layer is `fc`, see `ExportedNetwork`.
        spec: What the network sees.
        head: What its outputs are.
        path: Where the model is written.
        precision: Type of the weights; int8 also computes in 8 bits.
        calibration_images: RGB uint8 (N, size, size, 3), training images from which int8 takes its
            ranges. Needed for int8 only.

    Returns:
        The largest difference between torch and the fp32 graph.

    Raises:
        ModelError: ONNX and torch differ by more than 1e-4, or int8 has no calibration images.
            Nothing is written then.
        FileWriteError: The file cannot be written.
    """
    if precision == "int8" and calibration_images is None:
        raise ModelError(
            "int8 takes its ranges from training images. Name a prepared folder with --data."
        )
    exported = ExportedNetwork(network, spec.mean, spec.std, head.scales, head.offsets)
    exported = exported.float().eval()
    sample = torch.randint(0, 256, (2, spec.size, spec.size, 3), dtype=torch.uint8)
    with tempfile.TemporaryDirectory() as folder:
        fp32 = Path(folder) / "fp32.onnx"
        _trace(exported, sample, fp32)
        pixels = sample if calibration_images is None else torch.from_numpy(calibration_images[:8])
        difference = _difference(exported, fp32, pixels)
        if difference > AGREEMENT:
            raise ModelError(
                f"ONNX and torch differ by {difference:.1e}, more than {AGREEMENT:.0e}; nothing "
                "was written. Check that the network is a plain ResNet-18 with finite weights."
            )
        with replacing(path) as temporary:
            shutil.copyfile(_converted(fp32, precision, calibration_images), temporary)
    return difference


def convert(path: Path, precision: Precision, calibration_images: NDArray[np.uint8]) -> None:
    """Replace an fp32 model.onnx by one of another precision.

    Args:
        path: What `to_onnx` wrote with fp32.
        precision: Type of the weights; int8 also computes in 8 bits.
        calibration_images: As for `to_onnx`.

    Raises:
        FileWriteError: The file cannot be written.
    """
    with tempfile.TemporaryDirectory() as folder:
        fp32 = Path(folder) / "fp32.onnx"
        shutil.copyfile(path, fp32)
        with replacing(path) as temporary:
            shutil.copyfile(_converted(fp32, precision, calibration_images), temporary)


def scores(
    folder: Path, crops: NDArray[np.uint8]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the two outputs of a folder's model.onnx: scores (N, K) and maps (N, K, h, w)."""
    session = onnx_session.open_session(folder / file_names.MODEL, threads=2)
    batches = [session.run(None, {"pixels": crops[i : i + 64]}) for i in range(0, len(crops), 64)]
    scores_of_crops, maps = (np.concatenate(parts) for parts in zip(*batches, strict=True))
    return scores_of_crops, maps


def _converted(
    fp32: Path, precision: Precision, calibration_images: NDArray[np.uint8] | None
) -> Path:
    """Return the file of a model in another precision, written beside the fp32 one."""
    if precision == "fp16":
        return _with_half_weights(fp32)
    if precision == "int8":
        assert calibration_images is not None
        return _quantised(fp32, calibration_images)
    return fp32


def _trace(exported: nn.Module, sample: torch.Tensor, path: Path) -> None:
    torch.onnx.export(
        exported,
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
    # The exporter records source files, with their folders, for each node.
    for part in (model, model.graph, *model.graph.node, *model.graph.value_info):
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
    onnx.save(model, path)


def _difference(exported: nn.Module, path: Path, pixels: torch.Tensor) -> float:
    with torch.no_grad():
        by_torch = exported(pixels)
    by_onnx = onnx_session.open_session(path).run(None, {"pixels": pixels.numpy()})
    return max(float(np.abs(a.numpy() - b).max()) for a, b in zip(by_torch, by_onnx, strict=True))


def _with_half_weights(path: Path) -> Path:
    """Store the weights as float16, converted on loading: half the size, the same speed."""
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


class _CalibrationImages(CalibrationDataReader):  # type: ignore[misc]  # onnxruntime ships no types
    def __init__(self, images: NDArray[np.uint8]) -> None:
        self._batches = iter([images[i : i + 16] for i in range(0, len(images), 16)])

    def get_next(self) -> dict[str, NDArray[np.uint8]] | None:
        batch = next(self._batches, None)
        return None if batch is None else {"pixels": batch}


def _quantised(path: Path, images: NDArray[np.uint8]) -> Path:
    """Quantise to int8: U8 activations, S8 weights, per channel, QDQ; the head stays fp32."""
    ready, result = path.with_name("ready.onnx"), path.with_name("int8.onnx")
    shape_inference.quant_pre_process(str(path), str(ready), skip_symbolic_shape=True)
    nodes = onnx.load(ready).graph.node
    head = max(index for index, node in enumerate(nodes) if node.op_type == "Conv")
    quantize_static(
        str(ready),
        str(result),
        _CalibrationImages(images),
        quant_format=QuantFormat.QDQ,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        per_channel=True,
        op_types_to_quantize=["Conv", "Add", "MaxPool", "Relu"],
        nodes_to_exclude=[node.name for node in nodes[head:]],
    )
    return result
