"""Rewrites the face detector's graph so that it runs faster and gives the same outputs.

    python -m tools.starter.widen_detector face_detector.onnx --write

The file is BlazeFace as converted from MediaPipe's bundle (see NOTICE). Its layers have 24, 28, 32,
36, 42 channels and so on, and eleven steps only add channels of zeros. onnxruntime computes BLOCK
channels at a time where the processor can, and converts the layers out of that order and back
around each such step. Here every layer gets the next multiple of BLOCK channels, the new ones with
weights of zero. Seven of the steps then disappear, and the other four become a convolution that
copies. The outputs of both graphs are compared on random images, and both are timed in turns.

The new graph takes images of any size whose sides are multiples of 16.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from benchmarks.assessment_path import in_turns, timed
from wince import onnx_session
from wince.faces import network
from wince.files import sha256

TARGET = network.detector_path()
BLOCK = 16  # float32 values of AVX-512; with AVX2 it is 8, a divisor of the same widths
TOLERANCE = 1e-4  # largest difference of the outputs, which reach some hundred

BLANK = np.zeros((1, network.INPUT_SIDE, network.INPUT_SIDE, 3), np.float32)

Weights = NDArray[np.float16]
Network = Callable[[NDArray[np.float32]], list[NDArray[np.float32]]]


class WidenedGraph:
    """The new graph, built from the nodes of the old one.

    Attributes:
        nodes: The new nodes.
        constants: The new constants by name.
    """

    def __init__(self, graph: onnx.GraphProto) -> None:
        """Convert all nodes of a graph."""
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, NDArray[np.generic]] = {}
        self._old_constants = {
            tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer
        }
        self._channels: dict[str, int] = {}  # of each output in the old graph
        self._replaced: dict[str, str] = {}  # output of a removed step -> what is used for it
        self._outputs = {node.input[0] for node in graph.node if node.op_type == "Transpose"}
        for node in graph.node:
            self._convert(node)

    def _convert(self, node: onnx.NodeProto) -> None:
        output = node.output[0]
        inputs = [self._replaced.get(name, name) for name in node.input]
        if node.op_type == "Cast" and node.input[0] in self._old_constants:
            self._old_constants[output] = self._old_constants[node.input[0]]  # stays float16
        elif node.op_type == "Conv":
            self._convolve(node, inputs[0])
        elif node.op_type == "Pad":
            self._pad(output, inputs[0], int(self._old_constants[node.input[1]][5]))
        else:
            channels = [self._channels[name] for name in node.input if name in self._channels]
            if channels:
                self._channels[output] = max(channels)
            self.constants.update(
                {name: self._old_constants[name] for name in inputs if name in self._old_constants}
            )
            self._add(node.op_type, inputs, output, node.attribute)

    def _convolve(self, node: onnx.NodeProto, source: str) -> None:
        output = node.output[0]
        kernel, bias = (self._old_constants[name] for name in node.input[1:])
        outputs = len(kernel) if output in self._outputs else _rounded_up(len(kernel))
        grouped = kernel.shape[1] == 1
        inputs = kernel.shape[1] if kernel.shape[1] in (1, 3) else _rounded_up(kernel.shape[1])
        self._channels[output] = len(kernel)
        attributes = [attribute for attribute in node.attribute if attribute.name != "group"]
        attributes.append(helper.make_attribute("group", outputs if grouped else 1))
        padded_kernel = _zero_padded(kernel, (outputs, inputs, *kernel.shape[2:]))
        weights = [
            self._weights(f"{output}_weight", padded_kernel),
            self._weights(f"{output}_bias", _zero_padded(bias, (outputs,))),
        ]
        self._add("Conv", [source, *weights], output, attributes)

    def _pad(self, output: str, source: str, added: int) -> None:
        before = self._channels[source]
        self._channels[output] = before + added
        if _rounded_up(before) == _rounded_up(before + added):
            self._replaced[output] = source
            return
        copies = np.zeros((_rounded_up(before + added), _rounded_up(before), 1, 1), np.float16)
        copies[np.arange(before), np.arange(before)] = 1
        shape = helper.make_attribute("kernel_shape", [1, 1])
        self._add("Conv", [source, self._weights(f"{output}_weight", copies)], output, [shape])

    def _weights(self, name: str, values: Weights) -> str:
        self.constants[f"{name}_half"] = values
        self.nodes.append(helper.make_node("Cast", [f"{name}_half"], [name], to=TensorProto.FLOAT))
        return name

    def _add(
        self,
        kind: str,
        inputs: list[str],
        output: str,
        attributes: Iterable[onnx.AttributeProto],
    ) -> None:
        node = helper.make_node(kind, inputs, [output], name=output)
        node.attribute.extend(attributes)
        self.nodes.append(node)


def widened(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return the same network with layers of whole blocks of channels."""
    graph = WidenedGraph(model.graph)
    result = onnx.ModelProto()
    result.CopyFrom(model)
    for part in (result.graph.node, result.graph.initializer, result.graph.value_info):
        del part[:]
    result.graph.node.extend(graph.nodes)
    result.graph.initializer.extend(
        numpy_helper.from_array(values, name) for name, values in graph.constants.items()
    )
    _free_size(result.graph)
    onnx.checker.check_model(result, full_check=True)
    return result


def _free_size(graph: onnx.GraphProto) -> None:
    """Let a graph take images of any height and width."""
    height, width = graph.input[0].type.tensor_type.shape.dim[1:3]
    height.dim_param, width.dim_param = "height", "width"
    for output in graph.output:
        output.type.tensor_type.shape.dim[1].dim_param = "anchors"


def _rounded_up(channels: int) -> int:
    """Return the next multiple of BLOCK."""
    return -(-channels // BLOCK) * BLOCK


def _zero_padded(values: NDArray[np.generic], shape: tuple[int, ...]) -> Weights:
    padded = np.zeros(shape, np.float16)
    corner = tuple(slice(length) for length in values.shape)
    padded[corner] = values
    assert np.array_equal(padded[corner], values)
    return padded


def load(path: Path) -> Network:
    """Return a network: its outputs for an image (1, INPUT_SIDE, INPUT_SIDE, 3)."""
    session = onnx_session.open_session(path)
    name = session.get_inputs()[0].name
    return lambda square: session.run(None, {name: square})


def largest_difference(before: Network, after: Network, rounds: int) -> float:
    """Return the largest difference of any output between two networks on random images."""
    random, largest = np.random.default_rng(0), 0.0
    for _ in range(rounds):
        square = random.uniform(-1, 1, BLANK.shape).astype(np.float32)
        pairs = zip(before(square), after(square), strict=True)
        largest = max(largest, *(float(np.abs(a - b).max()) for a, b in pairs))
    return largest


def main() -> int:
    """Widen, compare, time, and write the file if asked to."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("source", type=Path, help="the face detector as it was converted")
    parser.add_argument("--write", action="store_true", help=f"write {TARGET.name} of the package")
    parser.add_argument("--rounds", type=int, default=200, help="images and turns [200]")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=TARGET.parent) as folder:
        path = Path(folder) / TARGET.name
        onnx.save(widened(onnx.load(options.source)), path)
        before, after = load(options.source), load(path)
        difference = largest_difference(before, after, options.rounds)
        calls = {"before": timed(partial(before, BLANK)), "after": timed(partial(after, BLANK))}
        times = {name: marks["whole"] for name, marks in in_turns(calls, options.rounds).items()}
        print(f"largest difference of an output: {difference:.1e}")
        print(f"one core: {times['before']:.2f} ms before, {times['after']:.2f} ms after")
        print(f"{path.stat().st_size} bytes, sha256 {sha256(path)}")
        if difference > TOLERANCE:
            print("The outputs differ, so nothing is written.", file=sys.stderr)
            return 1
        if options.write:
            path.replace(TARGET)
    return 0


if __name__ == "__main__":
    sys.exit(main())
