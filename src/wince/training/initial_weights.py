"""Where training begins: ImageNet, the packaged model, nothing, or weights in a file."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from torch import Tensor, nn

from wince.errors import ModelError
from wince.faces.spec import FaceSpec
from wince.runtime.estimator import Estimator, starter_folder
from wince.training import architectures, checkpoints, network

HUB_FILE = "resnet18-f37072fd.pth"


@dataclass(frozen=True, slots=True)
class Start:
    """A network to begin with. words: what it begins from; subjects: whom that has seen."""

    network: nn.Module
    words: str
    subjects: tuple[str, ...] = ()
    warning: str = ""


def begin(
    init: str, architecture: str, outputs: int, spec: FaceSpec, typical: NDArray[np.uint8]
) -> Start:
    """Return the network that training begins from.

    init: "imagenet", "starter", "none", or the path of a checkpoint, a state dict or a run folder.
    typical: RGB uint8 (N, S, S, 3) training crops, from which the packaged model's normalisation
    layers are restored. When ImageNet weights cannot be had, random ones are used and
    `Start.warning` says so.

    Raises ModelError when a file cannot be used, or shows its network something else.
    """
    if init == "none":
        fresh = architectures.build(architecture, outputs, spec.size)
        return Start(fresh, "random weights")
    if init == "imagenet":
        return _imagenet(architecture, outputs, spec)
    if init == "starter":
        return _starter(architecture, outputs, spec, typical)
    return _file(Path(init), architecture, outputs, spec)


def _imagenet(architecture: str, outputs: int, spec: FaceSpec) -> Start:
    try:
        made = architectures.build(architecture, outputs, spec.size, pretrained=True)
    except (OSError, RuntimeError) as error:  # offline; RuntimeError: a damaged download
        reason = (str(error).splitlines() or [type(error).__name__])[0][:200]
        where = (
            f"put {HUB_FILE} into {torch.hub.get_dir()}/checkpoints"
            if architecture == architectures.DEFAULT
            else "fetch them once where there is a network"
        )
        return replace(
            begin("none", architecture, outputs, spec, np.empty((0,), np.uint8)),
            words="random weights, because ImageNet weights could not be had",
            warning=(
                f"ImageNet weights for {architecture} cannot be had here ({reason}). Training "
                f"begins from random weights instead. To have them, {where}, or name a file with "
                "--init FILE; --init starter needs no network."
            ),
        )
    return Start(made, "ImageNet weights")


def _starter(architecture: str, outputs: int, spec: FaceSpec, typical: NDArray[np.uint8]) -> Start:
    if architecture != architectures.DEFAULT:
        raise ModelError(
            f"The packaged model is a {architectures.DEFAULT}; its weights do not fit "
            f"{architecture}. Use --init imagenet or none."
        )
    packaged = Estimator()
    check_spec(packaged.spec, spec, "The packaged model")
    own = network.build(outputs)
    folded = _folded(starter_folder() / str(packaged.manifest["file"]))
    _unfold(own, folded, _normal(typical, spec))
    card = packaged.manifest
    return Start(
        own,
        f"{card['name']} {card['version']}, the packaged model",
        tuple(card.get("subjects_seen", ())),
    )


def _file(path: Path, architecture: str, outputs: int, spec: FaceSpec) -> Start:
    found = checkpoints.read_weights(path)
    if found.meta:
        if found.meta["architecture"] != architecture:
            raise ModelError(
                f"{found.path} is of a {found.meta['architecture']}, not of a {architecture}. "
                f"Use --architecture {found.meta['architecture']}, or another file."
            )
        check_spec(FaceSpec.from_dict(found.meta["face_spec"]), spec, str(found.path))
    made = architectures.build(architecture, outputs, spec.size)
    _load(made, found.weights, str(found.path))
    subjects = tuple(found.meta["subjects_seen"]) if found.meta else ()
    doubt = "" if found.meta else ", which do not say whom they have seen"
    warning = (
        ""
        if found.meta
        else (
            f"{found.path} does not say whom it was trained on: people it has seen cannot be kept "
            "out of the test. Figures may flatter."
        )
    )
    return Start(made, f"the weights in {_name(path)}{doubt}", subjects, warning)


def _name(path: Path) -> str:
    """Return a file's name, or that of the run folder: all their checkpoints are called alike."""
    return f"the run {path.name}" if path.is_dir() else path.name


def check_spec(found: FaceSpec, wanted: FaceSpec, name: str) -> None:
    """Raise ModelError unless weights for one spec may go on learning under another.

    The size may differ: a network goes on at a higher resolution as it is.
    """
    if replace(found, size=wanted.size) == wanted:
        return
    raise ModelError(
        f"{name} was trained on another view of faces ({_in_words(found)}) than this recipe shows "
        f"({_in_words(wanted)}). Use the recipe it was trained with, or other weights."
    )


def _in_words(spec: FaceSpec) -> str:
    if spec.kind == "whole":
        return "whole pictures"
    return f"aligned crops, side {spec.side:g}, centre {spec.centre:g}, mean {spec.mean[0]:g}"


def _load(made: nn.Module, weights: Mapping[str, Tensor], name: str) -> None:
    """Load all but the last layer, and that too where it fits."""
    own = made.state_dict()
    body = {key for key in own if not key.startswith("fc.")}
    wrong = sorted(
        key for key in body if key not in weights or weights[key].shape != own[key].shape
    )
    if wrong:
        raise ModelError(
            f"{name} does not fit the network: {len(wrong)} of its {len(body)} tensors are missing "
            f"or of another shape, such as {wrong[0]}. Is it of another architecture?"
        )
    fitting = {
        key: value
        for key, value in weights.items()
        if key in body or (key in own and value.shape == own[key].shape)
    }
    made.load_state_dict(fitting, strict=False)


def _normal(typical: NDArray[np.uint8], spec: FaceSpec) -> Tensor:
    picture = torch.from_numpy(np.ascontiguousarray(typical)).permute(0, 3, 1, 2).float() / 255
    mean, std = (torch.tensor(triple).view(1, 3, 1, 1) for triple in (spec.mean, spec.std))
    return (picture - mean) / std


def _folded(path: Path) -> list[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """Return weight and bias of each convolution of an exported ResNet-18 in order, head excluded.

    Export folds each normalisation layer into the convolution before it, stores weights as float16
    or int8, and leaves the order as it is.
    """
    graph = onnx.load(path).graph
    values: dict[str, Any] = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
    found = []
    for node in graph.node:
        inputs: list[Any] = [values.get(name) for name in node.input]
        if node.op_type == "Cast" and inputs[0] is not None:
            values[node.output[0]] = inputs[0].astype(np.float32)
        elif node.op_type == "DequantizeLinear" and inputs[0] is not None:
            # Weights are per output channel, without an offset.
            step = inputs[1].reshape(-1, *(1,) * (inputs[0].ndim - 1))
            values[node.output[0]] = inputs[0].astype(np.float32) * (
                step if inputs[0].ndim > 1 else inputs[1]
            )
        elif node.op_type == "Conv" and len(inputs) > 2 and inputs[2] is not None:
            found.append((inputs[1].astype(np.float32), inputs[2].astype(np.float32)))
    return found


def _unfold(
    own: nn.Module, folded: list[tuple[NDArray[np.float32], NDArray[np.float32]]], typical: Tensor
) -> None:
    """Load folded convolutions into a ResNet-18 and give its normalisation layers their work back.

    A layer that is told the mean m and variance v of what it gets, with weight sqrt(v + eps) and
    bias m + b, changes nothing but adds b, and in training it behaves as the original did.
    """
    pairs = [
        (conv, norm)
        for (_, conv), (_, norm) in itertools.pairwise(own.named_modules())
        if isinstance(conv, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d)
    ]
    waiting = list(folded)
    handles = []
    for conv, norm in pairs:
        # A graph may have a shortcut's convolution earlier; those of one shape keep their order.
        shape = tuple(conv.weight.shape)
        fits = (place for place, (one, _) in enumerate(waiting) if one.shape == shape)
        place = next(fits, None)
        if place is None or len(folded) != len(pairs):
            raise ModelError(
                "The packaged model is not a plain ResNet-18, so its weights cannot be used to "
                "begin with. Use --init imagenet or none."
            )
        weight, bias = waiting.pop(place)
        with torch.no_grad():
            conv.weight.copy_(torch.from_numpy(weight))
        handles.append(norm.register_forward_pre_hook(_restore(torch.from_numpy(bias))))
    own.eval()
    with torch.no_grad():
        own(typical)
    for handle in handles:
        handle.remove()
    own.train()


def _restore(bias: Tensor) -> Any:
    def hook(norm: nn.BatchNorm2d, inputs: tuple[Tensor]) -> None:
        variance, mean = torch.var_mean(inputs[0].float(), dim=(0, 2, 3), unbiased=False)
        assert norm.running_mean is not None
        assert norm.running_var is not None
        norm.running_mean.copy_(mean)
        norm.running_var.copy_(variance)
        norm.weight.copy_(torch.sqrt(variance + norm.eps))
        norm.bias.copy_(mean + bias)

    return hook
