"""Networks by name, all of one form: a grid of features, its average, one linear layer.

With that form each output is exactly a sum over the grid, so every architecture can show where its
score comes from, and all are exported in the same way (see `network.ExportedNetwork`).
"""

from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn
from torchvision.models import ResNet18_Weights

from wince.errors import ModelError
from wince.faces.spec import FaceSpec
from wince.training.networks import network
from wince.training.networks.shallow import ShallowGrid

DEFAULT = "resnet18"
SHALLOW = "shallow_cnn"


@dataclass(frozen=True, slots=True)
class Architecture:
    """A network and the image sizes that it takes.

    Attributes:
        timm: Its name in timm, "" for those that are built here.
        smallest: The smallest side of an image.
        step: The side must be a multiple of this.
        reinitialise: Whether its random weights are replaced. Those of timm are so large that its
            normalisation layers need hundreds of steps to adapt.
    """

    timm: str
    smallest: int = 32
    step: int = 1
    reinitialise: bool = False


ARCHITECTURES: dict[str, Architecture] = {
    DEFAULT: Architecture(""),
    SHALLOW: Architecture(""),
    "resnet50": Architecture("resnet50.tv_in1k"),
    "efficientnet_b4": Architecture("efficientnet_b4.ra2_in1k"),
    "inception_v3": Architecture("inception_v3.tv_in1k", smallest=75, reinitialise=True),
    "vit_small": Architecture("vit_small_patch16_224.augreg_in21k_ft_in1k", step=16),
    "mobilenet": Architecture("mobilenetv2_100.ra_in1k"),
}
"""resnet18 is torchvision's, shallow_cnn is ours; the others are timm's. `mobilenet` is
MobileNetV2."""


class FeatureGrid(nn.Module):
    """A timm network without its head: images (N, 3, S, S) in, features (N, C, h, w) out."""

    def __init__(self, name: str, size: int, pretrained: bool) -> None:
        """Build the network.

        Args:
            name: Its name in timm.
            size: Side of the images.
            pretrained: Whether to load ImageNet weights.

        Raises:
            OSError: ImageNet weights are not available.
        """
        super().__init__()
        import timm

        transformer = name.startswith("vit_")
        options: dict[str, Any] = {"img_size": size} if transformer else {}
        model: Any = timm.create_model(
            name, pretrained=pretrained, num_classes=0, global_pool="", **options
        )
        self.model: nn.Module = model
        self.channels = int(model.num_features)
        self.prefix = int(model.num_prefix_tokens) if transformer else -1
        self.side = size // int(model.patch_embed.patch_size[0]) if transformer else 0

    def forward(self, images: Tensor) -> Tensor:
        """Return the last features as a grid; a transformer's tokens at their patches' places."""
        model: Any = self.model
        features: Tensor = model.forward_features(images)
        if self.prefix < 0:
            return features
        tokens = features[:, self.prefix :]
        # Not len(): the exporter would make the number of images a constant.
        shape = (tokens.shape[0], self.channels, self.side, self.side)
        return tokens.transpose(1, 2).reshape(shape)


class PooledNetwork(nn.Module):
    """A feature grid, averaged, and a linear layer, as `network.ExportedNetwork` expects."""

    def __init__(self, grid: FeatureGrid | ShallowGrid, outputs: int) -> None:
        """Put a linear layer with this many outputs on a feature grid."""
        super().__init__()
        self.body = grid
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(grid.channels, outputs)

    def forward(self, images: Tensor) -> Tensor:
        """Return scores (N, outputs) of normalised images (N, 3, S, S)."""
        scores: Tensor = self.fc(self.pool(self.body(images)).flatten(1))
        return scores


def build(name: str, outputs: int, size: int, *, pretrained: bool = False) -> nn.Module:
    """Return a network by name; its last layer is called `fc`.

    Args:
        name: A name of ARCHITECTURES.
        outputs: Number of outputs.
        size: Side of its images.
        pretrained: Whether to load ImageNet weights below the last layer.

    Raises:
        ModelError: The name is unknown, or the network cannot take the size.
        OSError: ImageNet weights are not available.
        RuntimeError: The download of the weights is damaged.
    """
    architecture = _named(name, size)
    if architecture.timm:
        pooled: nn.Module = PooledNetwork(FeatureGrid(architecture.timm, size, pretrained), outputs)
        if architecture.reinitialise and not pretrained:
            for layer in pooled.modules():
                if isinstance(layer, nn.Conv2d):
                    nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
        return pooled.to(memory_format=torch.channels_last)
    if name == SHALLOW:
        if pretrained:
            raise OSError(f"there are no ImageNet weights of {SHALLOW}")
        return PooledNetwork(ShallowGrid(), outputs).to(memory_format=torch.channels_last)
    resnet = network.build(outputs)
    if pretrained:
        weights = ResNet18_Weights.IMAGENET1K_V1.get_state_dict(progress=False, check_hash=True)
        body = {key: value for key, value in weights.items() if not key.startswith("fc.")}
        resnet.load_state_dict(body, strict=False)
    return resnet


def face_spec(name: str, spec: FaceSpec) -> FaceSpec:
    """Return the spec with the normalisation that an architecture's ImageNet weights expect.

    Raises:
        ModelError: The name is unknown, or the network cannot take the spec's size.
    """
    timm_name = _named(name, spec.size).timm
    if not timm_name:
        return spec
    import timm

    config = timm.get_pretrained_cfg(timm_name)
    if config is None:
        raise ModelError(f"This timm does not have {timm_name}. Install timm 1.0.15 or later.")
    mean, std = (tuple(float(value) for value in triple) for triple in (config.mean, config.std))
    return replace(spec, mean=mean, std=std)  # type: ignore[arg-type]  # three channels each


def _named(name: str, size: int) -> Architecture:
    if name not in ARCHITECTURES:
        raise ModelError(
            f"There is no architecture {name!r}; expected one of {', '.join(ARCHITECTURES)}."
        )
    architecture = ARCHITECTURES[name]
    if size < architecture.smallest or size % architecture.step:
        raise ModelError(
            f"{name} takes images of {architecture.smallest} pixels or more"
            + (f" in steps of {architecture.step}" if architecture.step > 1 else "")
            + f", found {size}. Choose another --size."
        )
    return architecture
