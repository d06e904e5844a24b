"""Weights of an exported ResNet-18, loaded back into torch so that training can go on from them."""

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from torch import Tensor, nn

from wince.errors import ModelError

Convolution = tuple[NDArray[np.float32], NDArray[np.float32]]
"""Weight and bias."""


def restore(resnet: nn.Module, path: Path, inputs: Tensor) -> None:
    """Load the convolutions of an exported ResNet-18, and rebuild its BatchNorm layers.

    Export folds each BatchNorm layer into the convolution before it. A layer with the mean m and
    variance v of its inputs, the weight sqrt(v + eps) and the bias m + b adds only b, the folded
    bias, and in training it behaves as the original did. The last layer is not loaded.

    Args:
        resnet: A ResNet-18.
        path: A model.onnx, in any precision.
        inputs: Normalised images (N, 3, S, S), from which means and variances are measured.

    Raises:
        ModelError: The file is not a plain ResNet-18.
    """
    folded = _convolutions(path)
    pairs = [
        (conv, norm)
        for (_, conv), (_, norm) in itertools.pairwise(resnet.named_modules())
        if isinstance(conv, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d)
    ]
    remaining = list(folded)
    handles = []
    for conv, norm in pairs:
        # The graph may have a shortcut's convolution earlier; those of one shape keep their order.
        shape = tuple(conv.weight.shape)
        fitting = (index for index, (weight, _) in enumerate(remaining) if weight.shape == shape)
        index = next(fitting, None)
        if index is None or len(folded) != len(pairs):
            raise ModelError(
                f"{path} is not a plain ResNet-18, so training cannot start from its weights. Use "
                "the run that it was exported from, or --init imagenet or none."
            )
        weight, bias = remaining.pop(index)
        with torch.no_grad():
            conv.weight.copy_(torch.from_numpy(weight))
        handles.append(norm.register_forward_pre_hook(_rebuild(torch.from_numpy(bias))))
    resnet.eval()
    with torch.no_grad():
        resnet(inputs)
    for handle in handles:
        handle.remove()
    resnet.train()


def _convolutions(path: Path) -> list[Convolution]:
    """Return the convolutions of an exported ResNet-18 in the graph's order, without the head.

    Export stores weights as float32, float16 or int8.
    """
    graph = onnx.load(path).graph
    values: dict[str, Any] = {
        tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer
    }
    convolutions = []
    for node in graph.node:
        inputs: list[Any] = [values.get(name) for name in node.input]
        if node.op_type == "Cast" and inputs[0] is not None:
            values[node.output[0]] = inputs[0].astype(np.float32)
        elif node.op_type == "DequantizeLinear" and inputs[0] is not None:
            # Weights have a scale for each output channel and no offset; biases have one scale.
            scale = inputs[1].reshape(-1, *(1,) * (inputs[0].ndim - 1))
            values[node.output[0]] = inputs[0].astype(np.float32) * (
                scale if inputs[0].ndim > 1 else inputs[1]
            )
        elif node.op_type == "Conv" and len(inputs) > 2 and inputs[2] is not None:
            convolutions.append((inputs[1].astype(np.float32), inputs[2].astype(np.float32)))
    return convolutions


def _rebuild(bias: Tensor) -> Callable[[nn.Module, tuple[Tensor, ...]], None]:
    """Return the hook that sets a BatchNorm layer from its inputs and a folded bias."""

    def hook(norm: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        assert isinstance(norm, nn.BatchNorm2d)
        assert norm.running_mean is not None
        assert norm.running_var is not None
        variance, mean = torch.var_mean(inputs[0].float(), dim=(0, 2, 3), unbiased=False)
        norm.running_mean.copy_(mean)
        norm.running_var.copy_(variance)
        norm.weight.copy_(torch.sqrt(variance + norm.eps))
        norm.bias.copy_(mean + bias)

    return hook
