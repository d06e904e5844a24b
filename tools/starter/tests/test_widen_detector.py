"""The face detector with channels in whole blocks gives the same outputs."""

import numpy as np
import onnx
import onnxruntime
from onnx import helper, numpy_helper

from tools.starter import widen_detector


def network_with_odd_channels():
    """Return a network with 5 and 18 channels, and two steps that add channels of zeros."""
    random = np.random.default_rng(0)
    weights = {
        "first": random.normal(size=(5, 3, 3, 3)),
        "deep": random.normal(size=(5, 1, 3, 3)),
        "wide": random.normal(size=(9, 5, 1, 1)),
        "wider": random.normal(size=(18, 9, 1, 1)),
        "last": random.normal(size=(2, 18, 1, 1)),
    }
    constants = [
        numpy_helper.from_array(part.astype(np.float16), f"{name}_{kind}")
        for name, kernel in weights.items()
        for kind, part in (("kernel_half", kernel), ("bias_half", random.normal(size=len(kernel))))
    ]
    constants += [
        numpy_helper.from_array(np.array([0, 0, 0, 0, 0, added, 0, 0]), f"more_{added}")
        for added in (4, 9)
    ]
    float32 = onnx.TensorProto.FLOAT
    nodes = [
        helper.make_node("Cast", [f"{name}_{part}_half"], [f"{name}_{part}"], to=float32)
        for name in weights
        for part in ("kernel", "bias")
    ]

    def convolve(name, source, **attributes):
        inputs = [source, f"{name}_kernel", f"{name}_bias"]
        return helper.make_node("Conv", inputs, [name], **attributes)

    nodes += [
        helper.make_node("Transpose", ["input"], ["turned"], perm=[0, 3, 1, 2]),
        convolve("first", "turned", pads=[1, 1, 1, 1], kernel_shape=[3, 3]),
        helper.make_node("Relu", ["first"], ["x"]),
        convolve("deep", "x", pads=[1, 1, 1, 1], kernel_shape=[3, 3], group=5),
        convolve("wide", "deep", kernel_shape=[1, 1]),
        helper.make_node("Pad", ["x", "more_4"], ["x9"]),
        helper.make_node("Add", ["x9", "wide"], ["y"]),
        convolve("wider", "y", kernel_shape=[1, 1]),
        helper.make_node("Pad", ["y", "more_9"], ["y18"]),
        helper.make_node("Add", ["y18", "wider"], ["z"]),
        convolve("last", "z", kernel_shape=[1, 1]),
        helper.make_node("Transpose", ["last"], ["output"], perm=[0, 2, 3, 1]),
    ]
    graph = helper.make_graph(
        nodes,
        "odd",
        [helper.make_tensor_value_info("input", float32, [1, 8, 8, 3])],
        [helper.make_tensor_value_info("output", float32, [1, 8, 8, 2])],
        constants,
    )
    opset = [helper.make_opsetid("", 17)]
    return helper.make_model(graph, opset_imports=opset, ir_version=8)


def test_a_widened_network_has_whole_blocks_of_channels_and_the_same_outputs():
    before = network_with_odd_channels()
    after = widen_detector.widened(before)
    kernels = {
        tensor.name.removesuffix("_weight_half"): tuple(tensor.dims)
        for tensor in after.graph.initializer
        if tensor.name.endswith("_weight_half")
    }
    assert kernels == {
        "first": (16, 3, 3, 3),
        "deep": (16, 1, 3, 3),
        "wide": (16, 16, 1, 1),
        "wider": (32, 16, 1, 1),
        "y18": (32, 16, 1, 1),
        "last": (2, 32, 1, 1),
    }
    square = np.random.default_rng(1).normal(size=(1, 8, 8, 3)).astype(np.float32)
    outputs = [
        onnxruntime.InferenceSession(model.SerializeToString()).run(None, {"input": square})[0]
        for model in (before, after)
    ]
    assert np.abs(outputs[0]).max() > 1
    np.testing.assert_allclose(outputs[1], outputs[0], rtol=1e-5, atol=1e-3)
