"""From a photo to a score on one core: by wince, in int8 and fp32, and written the usual way."""

import io
import json
import statistics
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from PIL import Image, ImageOps
from torchvision import transforms
from torchvision.models import resnet18

from benchmarks.torch_detector import BlazeFace, in_torch
from wince import images, onnx_session
from wince.faces.align import align
from wince.faces.detect import detect
from wince.faces.spec import FaceSpec
from wince.files import sha256
from wince.runtime import quality
from wince.runtime.assessor import Assessor
from wince.runtime.estimator import starter_folder

SIDE = 1024  # of the square matrices that are multiplied
STAGES = ("decode", "find face", "align", "check", "score")

Marks = dict[str, float]
Call = Callable[[], Marks]


class Clock:
    """Milliseconds of processor time of this process between marks.

    Attributes:
        marks: Milliseconds by name.
    """

    def __init__(self) -> None:
        """Start the clock."""
        self.marks: Marks = {}
        self._last = time.process_time()

    def mark(self, name: str) -> None:
        """Store the time since the last mark under a name."""
        now = time.process_time()
        self.marks[name] = 1000 * (now - self._last)
        self._last = now


def in_turns(calls: dict[str, Call], rounds: int) -> dict[str, Marks]:
    """Return the median of every mark of every call.

    The calls take turns, so that other load on the machine affects all. Every library has one
    thread.
    """
    torch.set_num_threads(1)
    for call in calls.values():
        call()
    results: dict[str, list[Marks]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            results[name].append(call())
    return {
        name: {key: statistics.median(marks[key] for marks in all_marks) for key in all_marks[0]}
        for name, all_marks in results.items()
    }


def whole(assessor: Assessor, photo: bytes) -> Call:
    """Return a call of the whole path, `Assessor.assess`."""

    def call() -> Marks:
        clock = Clock()
        assessor.assess(photo)
        clock.mark("whole")
        return clock.marks

    return call


def staged(assessor: Assessor, photo: bytes) -> Call:
    """Return a call of the same path with a mark after each stage."""
    estimator = assessor.estimator

    def call() -> Marks:
        clock = Clock()
        image = images.read(photo)
        clock.mark("decode")
        faces = detect(image.rgb)
        clock.mark("find face")
        crop = align(image.rgb, faces[0], estimator.spec)
        clock.mark("align")
        for face in faces:
            quality.judge(quality.measure(image.rgb, face, image.scale))
        clock.mark("check")
        estimator.calibration(float(estimator(crop[None]).raw[0]))
        clock.mark("score")
        return clock.marks

    return call


def usual(photo: bytes, spec: FaceSpec, *, our_detector: bool = False) -> Call:
    """Return a call of the path as it is usually written, with marks after each stage and `whole`.

    Pillow decodes the whole photo, the same detector finds the face, Pillow cuts it out at the
    spec's size, torchvision turns it into a normalised tensor, and torchvision's ResNet-18 (with
    random weights, which take the same time) runs in eager torch without gradients.

    Args:
        photo: The encoded photo.
        spec: Size and normalisation of the crop.
        our_detector: Whether the detector runs in onnxruntime, as in wince, not in torch.
    """
    network, detector = resnet18(num_classes=6).eval(), None if our_detector else BlazeFace()
    prepare = transforms.Compose([transforms.ToTensor(), transforms.Normalize(spec.mean, spec.std)])

    @torch.inference_mode()
    def call() -> Marks:
        begun, clock = time.process_time(), Clock()
        with Image.open(io.BytesIO(photo)) as file:
            rgb = np.asarray(ImageOps.exif_transpose(file).convert("RGB"))
        clock.mark("decode")
        with in_torch(detector) if detector else nullcontext():
            face = detect(rgb)[0]
        clock.mark("find face")
        crop = align(rgb, face, spec)
        clock.mark("align")
        network(prepare(Image.fromarray(crop))[None]).numpy()
        clock.mark("score")
        return {**clock.marks, "whole": 1000 * (time.process_time() - begun)}

    return call


def timed(work: Callable[[], object]) -> Call:
    """Return a call of a function, marked `whole`."""

    def call() -> Marks:
        clock = Clock()
        work()
        clock.mark("whole")
        return clock.marks

    return call


def network_alone(assessor: Assessor) -> Callable[[], object]:
    """Return a function that runs the network alone on one crop."""
    size = assessor.estimator.spec.size
    crop = np.random.default_rng(0).integers(0, 256, (1, size, size, 3)).astype(np.uint8)
    return lambda: assessor.estimator(crop)


def torch_alone(size: int) -> Callable[[], object]:
    """Return a function that runs torchvision's ResNet-18 alone on one crop."""
    network, crop = resnet18(num_classes=6).eval(), torch.rand(1, 3, size, size)

    @torch.inference_mode()
    def run() -> object:
        return network(crop)

    return run


def multiplication(folder: Path, *, int8: bool) -> Callable[[], object]:
    """Return onnxruntime's product of two matrices of SIDE x SIDE, 2 SIDE**3 operations.

    Args:
        folder: Where the graph is written.
        int8: Whether to multiply unsigned by signed bytes, as the packaged network does, not
            float32.
    """
    random = np.random.default_rng(0)
    first: NDArray[np.generic]
    second: NDArray[np.generic]
    if int8:
        first = random.integers(0, 256, (SIDE, SIDE)).astype(np.uint8)
        second = random.integers(-127, 128, (SIDE, SIDE)).astype(np.int8)
    else:
        first, second = random.normal(size=(2, SIDE, SIDE)).astype(np.float32)
    node = helper.make_node("MatMulInteger" if int8 else "MatMul", ["first", "second"], ["product"])
    input_type = TensorProto.UINT8 if int8 else TensorProto.FLOAT
    output_type = TensorProto.INT32 if int8 else TensorProto.FLOAT
    graph = helper.make_graph(
        [node],
        "product",
        [helper.make_tensor_value_info("first", input_type, [SIDE, SIDE])],
        [helper.make_tensor_value_info("product", output_type, [SIDE, SIDE])],
        [numpy_helper.from_array(second, "second")],
    )
    path = folder / f"product-{'int8' if int8 else 'fp32'}.onnx"
    opset = [helper.make_opsetid("", 18)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=10), path)
    session = onnx_session.open_session(path)
    return lambda: session.run(None, {"first": first})


def operations(path: Path) -> int:
    """Return the multiplications and additions of a graph's convolutions for one crop.

    Two for each weight and place of the output, as is usual. The rest of a ResNet is negligible.
    """
    model = onnx.load(path)
    model.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 1
    del model.graph.value_info[:]
    graph = onnx.shape_inference.infer_shapes(model, strict_mode=True, data_prop=True).graph
    shapes = {
        value.name: [dim.dim_value for dim in value.type.tensor_type.shape.dim]
        for value in (*graph.value_info, *graph.output)
    }
    weights = {tensor.name: list(tensor.dims) for tensor in graph.initializer}
    total = 0
    for node in graph.node:
        if node.op_type == "Conv":
            places = int(np.prod(shapes[node.output[0]][2:]))
            total += 2 * places * int(np.prod(weights[node.input[1]]))
    return total


def write_fp32_model(folder: Path) -> Path:
    """Write the packaged model with its weights converted to float32; return its folder.

    Weights and biases are dequantised and the rounding between layers is removed. Where the
    packaged graph removes values below zero by rounding to unsigned bytes, a ReLU is inserted.
    """
    source, target = starter_folder(), folder / "fp32"
    target.mkdir()
    manifest = json.loads((source / "model.json").read_text("utf-8"))
    model = onnx.load(source / manifest["file"])
    _dequantise(model.graph)
    path = target / manifest["file"]
    onnx.save(model, path)
    manifest["sha256"] = sha256(path)
    (target / "model.json").write_text(json.dumps(manifest), "utf-8")
    return target


def _dequantise(graph: onnx.GraphProto) -> None:
    constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    renamed: dict[str, str] = {}
    made_by: dict[str, str] = {}  # kind of the node by its output
    nodes = []
    for node in graph.node:
        inputs = [renamed.get(name, name) for name in node.input]
        output = node.output[0]
        if node.op_type == "DequantizeLinear" and node.input[0] in constants:
            constants[output] = _dequantised(node, constants)
        elif node.op_type == "DequantizeLinear":
            renamed[output] = inputs[0]
        elif node.op_type == "QuantizeLinear":
            cuts = int(constants[node.input[2]]) == 0
            if cuts and made_by.get(inputs[0]) in ("Conv", "Add"):
                nodes.append(helper.make_node("Relu", [inputs[0]], [output]))
            else:
                renamed[output] = inputs[0]
        else:
            del node.input[:]
            node.input.extend(inputs)
            made_by[output] = node.op_type
            nodes.append(node)
    used = {name for node in nodes for name in node.input}
    for part in (graph.node, graph.initializer, graph.value_info):
        del part[:]
    graph.node.extend(nodes)
    graph.initializer.extend(
        numpy_helper.from_array(array, name) for name, array in constants.items() if name in used
    )


def _dequantised(
    node: onnx.NodeProto, constants: dict[str, NDArray[np.generic]]
) -> NDArray[np.float32]:
    values, scale, zero = (constants[name].astype(np.float64) for name in node.input)
    axis = next((attribute.i for attribute in node.attribute if attribute.name == "axis"), 1)
    if scale.ndim == 1:
        shape = [-1 if place == axis else 1 for place in range(values.ndim)]
        scale, zero = scale.reshape(shape), zero.reshape(shape)
    return np.asarray((values - zero) * scale, np.float32)


def largest_difference(first: Assessor, second: Assessor, photos: Sequence[Path]) -> float:
    """Return the largest difference in PSPI between two models on photos."""
    differences = []
    for path in photos:
        scores = first.assess(path).pspi, second.assess(path).pspi
        if scores[0] is not None and scores[1] is not None:
            differences.append(abs(scores[0] - scores[1]))
    return max(differences)
