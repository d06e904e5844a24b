"""From a photo to a score on one core: ours, in int8 and fp32, and written the usual way."""

import hashlib
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
from wince import images
from wince import onnx_session as wince_onnx
from wince.faces.align import align
from wince.faces.detect import detect
from wince.faces.spec import FaceSpec
from wince.runtime import quality
from wince.runtime.assessor import Assessor
from wince.runtime.estimator import starter_folder

SIDE = 1024  # of the square matrices that are multiplied
STAGES = ("decode", "find face", "align", "check", "score")

Marks = dict[str, float]
Call = Callable[[], Marks]


class Clock:
    """Milliseconds of this process's processor time between marks; every library has one thread."""

    def __init__(self) -> None:
        self.marks: Marks = {}
        self._last = time.process_time()

    def mark(self, name: str) -> None:
        """Give the time since the last mark a name."""
        now = time.process_time()
        self.marks[name] = 1000 * (now - self._last)
        self._last = now


def in_turns(calls: dict[str, Call], rounds: int) -> dict[str, Marks]:
    """Return the median of every mark of every call; the calls take turns, so load hits all."""
    torch.set_num_threads(1)
    for call in calls.values():
        call()
    found: dict[str, list[Marks]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            found[name].append(call())
    return {
        name: {key: statistics.median(one[key] for one in many) for key in many[0]}
        for name, many in found.items()
    }


def whole(assessor: Assessor, photo: bytes) -> Call:
    """Return a call of the whole path as everybody uses it."""

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
        picture = images.read(photo)
        clock.mark("decode")
        face = detect(picture.rgb)[0]
        clock.mark("find face")
        crop = align(picture.rgb, face, estimator.spec)
        clock.mark("align")
        quality.judge(quality.measure(picture.rgb, face, picture.scale))
        clock.mark("check")
        estimator.calibration(float(estimator(crop[None]).raw[0]))
        clock.mark("score")
        return clock.marks

    return call


def usual(photo: bytes, spec: FaceSpec, *, our_finder: bool = False) -> Call:
    """Return a call of the path as it is usually written, marks after each stage and `whole`.

    Pillow decodes in full, the same detector finds the face, Pillow cuts it out at the spec's size,
    torchvision turns it into a normalised tensor, and torchvision's ResNet-18 (weights at random:
    they cost the same) runs in eager torch without gradients. So does the detector, unless
    our_finder: then it runs in onnxruntime, as in ours.
    """
    network, finder = resnet18(num_classes=6).eval(), None if our_finder else BlazeFace()
    prepare = transforms.Compose([transforms.ToTensor(), transforms.Normalize(spec.mean, spec.std)])

    @torch.inference_mode()
    def call() -> Marks:
        begun, clock = time.process_time(), Clock()
        with Image.open(io.BytesIO(photo)) as file:
            rgb = np.asarray(ImageOps.exif_transpose(file).convert("RGB"))
        clock.mark("decode")
        with in_torch(finder) if finder else nullcontext():
            face = detect(rgb)[0]
        clock.mark("find face")
        crop = align(rgb, face, spec)
        clock.mark("align")
        network(prepare(Image.fromarray(crop))[None]).numpy()
        clock.mark("score")
        return {**clock.marks, "whole": 1000 * (time.process_time() - begun)}

    return call


def timed(work: Callable[[], object]) -> Call:
    """Return a call of one piece of work, marked `whole`."""

    def call() -> Marks:
        clock = Clock()
        work()
        clock.mark("whole")
        return clock.marks

    return call


def network_alone(assessor: Assessor) -> Callable[[], object]:
    """Return a run of the network alone, on one crop."""
    size = assessor.estimator.spec.size
    crop = np.random.default_rng(0).integers(0, 256, (1, size, size, 3)).astype(np.uint8)
    return lambda: assessor.estimator(crop)


def torch_alone(size: int) -> Callable[[], object]:
    """Return a run of torchvision's ResNet-18 alone, on one crop."""
    network, crop = resnet18(num_classes=6).eval(), torch.rand(1, 3, size, size)

    @torch.inference_mode()
    def run() -> object:
        return network(crop)

    return run


def multiplication(folder: Path, *, int8: bool) -> Callable[[], object]:
    """Return onnxruntime's product of two matrices of SIDE x SIDE, 2 SIDE**3 operations.

    int8: unsigned by signed bytes, as in the packaged network, else float32.
    """
    random = np.random.default_rng(0)
    left: NDArray[np.generic]
    right: NDArray[np.generic]
    if int8:
        left = random.integers(0, 256, (SIDE, SIDE)).astype(np.uint8)
        right = random.integers(-127, 128, (SIDE, SIDE)).astype(np.int8)
    else:
        left, right = random.normal(size=(2, SIDE, SIDE)).astype(np.float32)
    node = helper.make_node("MatMulInteger" if int8 else "MatMul", ["left", "right"], ["product"])
    taken = TensorProto.UINT8 if int8 else TensorProto.FLOAT
    given = TensorProto.INT32 if int8 else TensorProto.FLOAT
    graph = helper.make_graph(
        [node],
        "product",
        [helper.make_tensor_value_info("left", taken, [SIDE, SIDE])],
        [helper.make_tensor_value_info("product", given, [SIDE, SIDE])],
        [numpy_helper.from_array(right, "right")],
    )
    path = folder / f"product-{'int8' if int8 else 'fp32'}.onnx"
    opset = [helper.make_opsetid("", 18)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=10), path)
    session = wince_onnx.open_session(path)
    return lambda: session.run(None, {"left": left})


def operations(path: Path) -> int:
    """Return the multiplications and additions of a graph's convolutions for one crop.

    Two for each weight and place of the output, as is usual; the rest of a ResNet is next to
    nothing.
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


def fp32_model(folder: Path) -> Path:
    """Write the packaged model with its weights widened to float32; return its folder.

    Weights and biases are multiplied out and the rounding between layers is dropped. Where the
    packaged graph cuts values below zero by rounding to unsigned bytes, the ReLU is put back.
    """
    source, target = starter_folder(), folder / "fp32"
    target.mkdir()
    card = json.loads((source / "model.json").read_text("utf-8"))
    model = onnx.load(source / card["file"])
    _dequantise(model.graph)
    path = target / card["file"]
    onnx.save(model, path)
    card["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    (target / "model.json").write_text(json.dumps(card), "utf-8")
    return target


def _dequantise(graph: onnx.GraphProto) -> None:
    constants = {one.name: numpy_helper.to_array(one) for one in graph.initializer}
    renamed: dict[str, str] = {}
    maker: dict[str, str] = {}
    nodes = []
    for node in graph.node:
        inputs = [renamed.get(name, name) for name in node.input]
        output = node.output[0]
        if node.op_type == "DequantizeLinear" and node.input[0] in constants:
            constants[output] = _multiplied_out(node, constants)
        elif node.op_type == "DequantizeLinear":
            renamed[output] = inputs[0]
        elif node.op_type == "QuantizeLinear":
            cuts = int(constants[node.input[2]]) == 0
            if cuts and maker.get(inputs[0]) in ("Conv", "Add"):
                nodes.append(helper.make_node("Relu", [inputs[0]], [output]))
            else:
                renamed[output] = inputs[0]
        else:
            del node.input[:]
            node.input.extend(inputs)
            maker[output] = node.op_type
            nodes.append(node)
    used = {name for node in nodes for name in node.input}
    for part in (graph.node, graph.initializer, graph.value_info):
        del part[:]
    graph.node.extend(nodes)
    graph.initializer.extend(
        numpy_helper.from_array(array, name) for name, array in constants.items() if name in used
    )


def _multiplied_out(
    node: onnx.NodeProto, constants: dict[str, NDArray[np.generic]]
) -> NDArray[np.float32]:
    values, scale, zero = (constants[name].astype(np.float64) for name in node.input)
    axis = next((one.i for one in node.attribute if one.name == "axis"), 1)
    if scale.ndim == 1:
        shape = [-1 if place == axis else 1 for place in range(values.ndim)]
        scale, zero = scale.reshape(shape), zero.reshape(shape)
    return np.asarray((values - zero) * scale, np.float32)


def farthest(one: Assessor, other: Assessor, photos: Sequence[Path]) -> float:
    """Return the largest difference in PSPI between two models on photos."""
    return max(abs(one.assess(path).pspi - other.assess(path).pspi) for path in photos)
