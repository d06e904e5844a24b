"""Initial weights of a training: ImageNet, random, an exported model, or weights in a file."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from wince import file_names, files
from wince.errors import ModelError
from wince.faces.spec import FaceSpec
from wince.runtime.estimator import Estimator, starter_folder
from wince.training.networks import architectures, checkpoints, network, weights_from_onnx

HUB_FILE = "resnet18-f37072fd.pth"
WITHOUT_VIEW = ("imagenet", "none")
"""Initial weights that were trained on no view of faces."""


@dataclass(frozen=True, slots=True)
class InitialNetwork:
    """A network to start training from.

    Attributes:
        network: The network.
        origin: Where its weights are from, in words.
        subjects: The subjects that the weights have seen.
        warning: What a user must know, "" for nothing.
    """

    network: nn.Module
    origin: str
    subjects: tuple[str, ...] = ()
    warning: str = ""


def load(
    init: str, architecture: str, outputs: int, spec: FaceSpec, images: NDArray[np.uint8]
) -> InitialNetwork:
    """Return the network that training starts from.

    When ImageNet weights are not available, random ones are used and `warning` says so.

    Args:
        init: "imagenet", "starter", "none", or the path of a checkpoint, state dict, run folder or
            exported model.
        architecture: Name of the architecture.
        outputs: Number of outputs.
        spec: What the network will see.
        images: RGB uint8 (N, S, S, 3), training crops from which an exported model's normalisation
            layers are restored. Used for an exported model only, such as "starter".

    Raises:
        ModelError: A file cannot be used, or its network was trained on another view of faces.
    """
    if init == "none":
        return _random(architecture, outputs, spec)
    if init == "imagenet":
        return _imagenet(architecture, outputs, spec)
    folder = exported_model(init)
    if folder is not None:
        return _exported(folder, architecture, outputs, spec, images)
    return _from_file(Path(init), architecture, outputs, spec)


def exported_model(init: str) -> Path | None:
    """Return the folder of the exported model that `init` names, None if it is something else.

    A run folder is one if it has no checkpoint, as a fold of a cross-validation.
    """
    if init == "starter":
        return starter_folder()
    path = Path(init)
    if init in WITHOUT_VIEW or (checkpoints.file_of(path).is_file() and path.suffix != ".onnx"):
        return None
    folder = path.parent if path.suffix == ".onnx" else path
    return folder if (folder / file_names.MODEL_MANIFEST).is_file() else None


def sha256(init: str) -> str | None:
    """Return the SHA-256 of the file of initial weights, None for weights without a file.

    Args:
        init: As for `load`.
    """
    folder = exported_model(init)
    if folder is not None:
        return str(Estimator(folder).manifest["sha256"])
    path = checkpoints.file_of(Path(init))
    return files.sha256(path) if init not in WITHOUT_VIEW and path.is_file() else None


def trained_view(init: str) -> FaceSpec | None:
    """Return what the initial weights were trained to see.

    Args:
        init: As for `load`.

    Returns:
        None for weights that do not state it, and for a file that does not exist.

    Raises:
        ModelError: The file cannot be used.
    """
    folder = exported_model(init)
    path = checkpoints.file_of(Path(init)) if folder is None else folder / file_names.MODEL_MANIFEST
    if init in WITHOUT_VIEW or not path.is_file():
        return None
    return _read_view(path, path.stat().st_mtime_ns, exported=folder is not None)


@lru_cache(maxsize=8)
def _read_view(path: Path, modified: int, *, exported: bool) -> FaceSpec | None:
    """Return the view of a model manifest or checkpoint; it is read once until it is `modified`."""
    if exported:
        return Estimator(path.parent).spec
    meta = checkpoints.read_weights(path).meta
    return FaceSpec.from_dict(meta["face_spec"]) if meta else None


def check_spec(trained: FaceSpec, requested: FaceSpec, name: str) -> None:
    """Raise ModelError unless weights trained with one spec may be trained on with another.

    The size may differ: a network can continue at a higher resolution.
    """
    if replace(trained, size=requested.size) == requested:
        return
    raise ModelError(
        f"{name} was trained on another view of faces ({_view(trained)}) than this recipe uses "
        f"({_view(requested)}). Use the recipe it was trained with, or other weights."
    )


def _random(architecture: str, outputs: int, spec: FaceSpec) -> InitialNetwork:
    return InitialNetwork(architectures.build(architecture, outputs, spec.size), "random weights")


def _imagenet(architecture: str, outputs: int, spec: FaceSpec) -> InitialNetwork:
    try:
        pretrained = architectures.build(architecture, outputs, spec.size, pretrained=True)
    except (OSError, RuntimeError) as error:  # offline; RuntimeError: a damaged download
        reason = (str(error).splitlines() or [type(error).__name__])[0][:200]
        remedy = (
            f"put {HUB_FILE} into {torch.hub.get_dir()}/checkpoints"
            if architecture == architectures.DEFAULT
            else "fetch them once where there is a network"
        )
        return replace(
            _random(architecture, outputs, spec),
            origin="random weights, because ImageNet weights were not available",
            warning=(
                f"ImageNet weights for {architecture} are not available here ({reason}). Training "
                f"begins from random weights instead. To use them, {remedy}, or name a file with "
                "--init FILE; --init starter needs no network."
            ),
        )
    return InitialNetwork(pretrained, "ImageNet weights")


def _exported(
    folder: Path, architecture: str, outputs: int, spec: FaceSpec, images: NDArray[np.uint8]
) -> InitialNetwork:
    is_packaged = folder == starter_folder()
    title = "The packaged model" if is_packaged else f"The exported model {folder}"
    if architecture != architectures.DEFAULT:
        raise ModelError(
            f"{title} can only start a {architectures.DEFAULT}; its weights do not fit "
            f"{architecture}. Use --init imagenet or none."
        )
    estimator = Estimator(folder)
    manifest = estimator.manifest
    check_spec(estimator.spec, spec, title)
    resnet = network.build(outputs)
    weights_from_onnx.restore(resnet, folder / str(manifest["file"]), normalised(images, spec))
    kind = "the packaged model" if is_packaged else "an exported model"
    return InitialNetwork(
        resnet,
        f"{manifest['name']} {manifest['version']}, {kind}",
        tuple(manifest.get("subjects_seen", ())),
    )


def _from_file(path: Path, architecture: str, outputs: int, spec: FaceSpec) -> InitialNetwork:
    checkpoint = checkpoints.read_weights(path)
    meta = checkpoint.meta
    if meta:
        if meta["architecture"] != architecture:
            raise ModelError(
                f"{checkpoint.path} is of a {meta['architecture']}, not of a {architecture}. "
                f"Use --architecture {meta['architecture']}, or another file."
            )
        check_spec(FaceSpec.from_dict(meta["face_spec"]), spec, str(checkpoint.path))
    initial = architectures.build(architecture, outputs, spec.size)
    _load_fitting(initial, checkpoint.weights, str(checkpoint.path))
    # The checkpoints of all runs have the same name.
    origin = (
        f"the weights in the run {path.name}" if path.is_dir() else f"the weights in {path.name}"
    )
    if meta:
        return InitialNetwork(initial, origin, tuple(meta["subjects_seen"]))
    warning = (
        f"{checkpoint.path} does not list the subjects it was trained on, so they cannot be kept "
        "out of the test. The results may be too good."
    )
    return InitialNetwork(initial, f"{origin}, which do not list their subjects", (), warning)


def _load_fitting(initial: nn.Module, weights: Mapping[str, Tensor], name: str) -> None:
    """Load all layers but the last, and the last one too where its shape fits."""
    expected = initial.state_dict()
    body = {key for key in expected if not key.startswith("fc.")}
    wrong = sorted(
        key for key in body if key not in weights or weights[key].shape != expected[key].shape
    )
    if wrong:
        raise ModelError(
            f"{name} does not fit the network: {len(wrong)} of its {len(body)} tensors are missing "
            f"or of another shape, such as {wrong[0]}. Is it of another architecture?"
        )
    fitting = {
        key: tensor
        for key, tensor in weights.items()
        if key in expected and tensor.shape == expected[key].shape
    }
    initial.load_state_dict(fitting, strict=False)


def normalised(images: NDArray[np.uint8], spec: FaceSpec) -> Tensor:
    """Return images (N, S, S, 3) as a network's input, float (N, 3, S, S)."""
    pixels = torch.from_numpy(np.ascontiguousarray(images)).permute(0, 3, 1, 2).float() / 255
    mean, std = (torch.tensor(triple).view(1, 3, 1, 1) for triple in (spec.mean, spec.std))
    return (pixels - mean) / std


def _view(spec: FaceSpec) -> str:
    if spec.kind == "whole":
        return "whole images"
    return f"aligned crops, side {spec.side:g}, centre {spec.centre:g}, mean {spec.mean[0]:g}"
