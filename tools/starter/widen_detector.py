"""Rewrites the face finder's graph so that it runs faster and says the same.

    python -m tools.starter.widen_detector face_detector.onnx --write

The file is BlazeFace as converted from MediaPipe's bundle (see NOTICE). Its layers have 24, 28, 32,
36, 42 channels and so on, and eleven steps that only add channels of zeros. onnxruntime computes
BLOCK channels at a time where the processor can, and takes the layers out of that order and back
around each such step. Here every layer gets the next multiple of BLOCK channels, the new ones with
weights of zero; seven of the steps are then nothing, the other four a convolution that copies. What
comes out is compared on random pictures, and both are timed in turns.
"""

import argparse
import hashlib
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from benchmarks.assessment_path import in_turns, once
from wince import onnx_session as wince_onnx
from wince.faces import detect

TARGET = detect.detector_path()
BLOCK = 16  # float32 of AVX-512; with AVX2 it is 8, for which these widths do as well
CLOSE = 1e-4  # how far the outputs may differ, which reach some hundred

BLANK = np.zeros((1, detect.INPUT_SIDE, detect.INPUT_SIDE, 3), np.float32)

Weights = NDArray[np.float16]
Network = Callable[[NDArray[np.float32]], list[NDArray[np.float32]]]


class Widened:
    """The graph while it is written anew, one node after the other."""

    def __init__(self, graph: onnx.GraphProto) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, NDArray[np.generic]] = {}
        self._given = {one.name: numpy_helper.to_array(one) for one in graph.initializer}
        self._channels: dict[str, int] = {}  # as before
        self._same: dict[str, str] = {}  # a step that is nothing any more: what stands for it
        self._last = {node.input[0] for node in graph.node if node.op_type == "Transpose"}
        for node in graph.node:
            self._take(node)

    def _take(self, node: onnx.NodeProto) -> None:
        name, inputs = node.output[0], [self._same.get(one, one) for one in node.input]
        if node.op_type == "Cast" and node.input[0] in self._given:
            self._given[name] = self._given[node.input[0]]  # kept as float16
        elif node.op_type == "Conv":
            self._convolve(node, inputs[0])
        elif node.op_type == "Pad":
            self._pad(name, inputs[0], int(self._given[node.input[1]][5]))
        else:
            known = [self._channels[one] for one in node.input if one in self._channels]
            if known:
                self._channels[name] = max(known)
            self.constants.update({one: self._given[one] for one in inputs if one in self._given})
            self._add(node.op_type, inputs, name, node.attribute)

    def _convolve(self, node: onnx.NodeProto, source: str) -> None:
        name = node.output[0]
        kernel, bias = (self._given[one] for one in node.input[1:])
        wide = len(kernel) if name in self._last else _up(len(kernel))
        grouped = kernel.shape[1] == 1
        deep = 1 if grouped else kernel.shape[1] if kernel.shape[1] == 3 else _up(kernel.shape[1])
        self._channels[name] = len(kernel)
        kernel = _filled(kernel, (wide, deep, *kernel.shape[2:]))
        attributes = [one for one in node.attribute if one.name != "group"]
        attributes.append(helper.make_attribute("group", wide if grouped else 1))
        weights = [
            self._weights(f"{name}_weight", kernel),
            self._weights(f"{name}_bias", _filled(bias, (wide,))),
        ]
        self._add("Conv", [source, *weights], name, attributes)

    def _pad(self, name: str, source: str, more: int) -> None:
        before = self._channels[source]
        self._channels[name] = before + more
        if _up(before) == _up(before + more):
            self._same[name] = source
            return
        copies = np.zeros((_up(before + more), _up(before), 1, 1), np.float16)
        copies[np.arange(before), np.arange(before)] = 1
        shape = helper.make_attribute("kernel_shape", [1, 1])
        self._add("Conv", [source, self._weights(f"{name}_weight", copies)], name, [shape])

    def _weights(self, name: str, values: Weights) -> str:
        self.constants[f"{name}_half"] = values
        self.nodes.append(helper.make_node("Cast", [f"{name}_half"], [name], to=TensorProto.FLOAT))
        return name

    def _add(self, kind: str, inputs: list[str], name: str, attributes: object) -> None:
        node = helper.make_node(kind, inputs, [name], name=name)
        node.attribute.extend(attributes)
        self.nodes.append(node)


def widened(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return the same network with layers of whole blocks of channels."""
    new = Widened(model.graph)
    found = onnx.ModelProto()
    found.CopyFrom(model)
    for part in (found.graph.node, found.graph.initializer, found.graph.value_info):
        del part[:]
    found.graph.node.extend(new.nodes)
    found.graph.initializer.extend(
        numpy_helper.from_array(values, name) for name, values in new.constants.items()
    )
    onnx.checker.check_model(found, full_check=True)
    return found


def _up(channels: int) -> int:
    return -(-channels // BLOCK) * BLOCK


def _filled(values: NDArray[np.generic], shape: tuple[int, ...]) -> Weights:
    found = np.zeros(shape, np.float16)
    found[tuple(slice(one) for one in values.shape)] = values
    assert np.array_equal(found[tuple(slice(one) for one in values.shape)], values)
    return found


def network(path: Path) -> Network:
    """Return a network's answer to a picture (1, INPUT, INPUT, 3), by onnxruntime."""
    session = wince_onnx.open_session(path)
    name = session.get_inputs()[0].name
    return lambda square: session.run(None, {name: square})


def farthest(before: Network, after: Network, rounds: int) -> float:
    """Return the largest difference of any output between two networks on random pictures."""
    random, worst = np.random.default_rng(0), 0.0
    for _ in range(rounds):
        square = random.uniform(-1, 1, BLANK.shape).astype(np.float32)
        said = zip(before(square), after(square), strict=True)
        worst = max(worst, *(float(np.abs(a - b).max()) for a, b in said))
    return worst


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("source", type=Path, help="the face finder as it was converted")
    parser.add_argument("--write", action="store_true", help=f"write {TARGET.name} of the package")
    parser.add_argument("--rounds", type=int, default=200, help="pictures and turns [200]")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=TARGET.parent) as folder:
        path = Path(folder) / TARGET.name
        onnx.save(widened(onnx.load(chosen.source)), path)
        before, after = network(chosen.source), network(path)
        difference = farthest(before, after, chosen.rounds)
        calls = {"before": once(partial(before, BLANK)), "after": once(partial(after, BLANK))}
        times = {name: marks["whole"] for name, marks in in_turns(calls, chosen.rounds).items()}
        data = path.read_bytes()
        print(f"largest difference of an output: {difference:.1e}")
        print(f"one core: {times['before']:.2f} ms before, {times['after']:.2f} ms after")
        print(f"{len(data)} bytes, sha256 {hashlib.sha256(data).hexdigest()}")
        if difference > CLOSE:
            print("It does not say the same, so nothing is written.", file=sys.stderr)
            return 1
        if chosen.write:
            path.replace(TARGET)
    return 0


if __name__ == "__main__":
    sys.exit(main())
