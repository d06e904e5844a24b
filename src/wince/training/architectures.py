"""Networks by name, all of one form: a grid of features, its average, one linear layer.

With that form each output is exactly a sum over the grid, so every architecture can show where its
score comes from, and all are exported in the same way (see `network.Shipped`).
"""

from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn
from torchvision.models import ResNet18_Weights

from wince.errors import ModelError
from wince.faces.spec import FaceSpec
from wince.training import network

DEFAULT = "resnet18"


@dataclass(frozen=True, slots=True)
class Architecture:
    """A network: what timm calls it ("" for our own), and the smallest picture it can be shown.

    step: its picture's side must be a multiple of this. restart: whether its own random weights are
    so large that it takes hundreds of steps until its normalisation layers have caught up.
    """

    timm: str
    least: int = 32
    step: int = 1
    restart: bool = False


ARCHITECTURES: dict[str, Architecture] = {
    DEFAULT: Architecture(""),
    "resnet50": Architecture("resnet50.tv_in1k"),
    "efficientnet_b4": Architecture("efficientnet_b4.ra2_in1k"),
    "inception_v3": Architecture("inception_v3.tv_in1k", least=75, restart=True),
    "vit_small": Architecture("vit_small_patch16_224.augreg_in21k_ft_in1k", step=16),
    "mobilenet": Architecture("mobilenetv2_100.ra_in1k"),
}
"""resnet18 is torchvision's; the others are timm's, `mobilenet` being MobileNetV2."""


class Grid(nn.Module):
    """A timm network without its head: pictures (N, 3, S, S) in, features (N, C, h, w) out."""

    def __init__(self, name: str, size: int, pretrained: bool) -> None:
        """Take timm's name and the side of the pictures; raise OSError when weights are away."""
        super().__init__()
        import timm

        transformer = name.startswith("vit_")
        options: dict[str, Any] = {"img_size": size} if transformer else {}
        made: Any = timm.create_model(
            name, pretrained=pretrained, num_classes=0, global_pool="", **options
        )
        self.model: nn.Module = made
        self.channels = int(made.num_features)
        self.prefix = int(made.num_prefix_tokens) if transformer else -1
        self.side = size // int(made.patch_embed.patch_size[0]) if transformer else 0

    def forward(self, picture: Tensor) -> Tensor:
        """Return the last features as a grid; a transformer's tokens in their places."""
        model: Any = self.model
        features: Tensor = model.forward_features(picture)
        if self.prefix < 0:
            return features
        tokens = features[:, self.prefix :]
        # Not len(): the exporter would take the number of pictures for a constant.
        shape = (tokens.shape[0], self.channels, self.side, self.side)
        return tokens.transpose(1, 2).reshape(shape)


class Pooled(nn.Module):
    """A grid of features, averaged, and a linear layer: the form that `network.Shipped` takes."""

    def __init__(self, grid: Grid, outputs: int) -> None:
        """Take the features and how many scores there are."""
        super().__init__()
        self.body = grid
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(grid.channels, outputs)

    def forward(self, picture: Tensor) -> Tensor:
        """Take normalised pictures (N, 3, S, S); return scores (N, outputs)."""
        scores: Tensor = self.fc(self.pool(self.body(picture)).flatten(1))
        return scores


def build(name: str, outputs: int, size: int, *, pretrained: bool = False) -> nn.Module:
    """Return a network by name; its last layer is called `fc`.

    size: side of its pictures. pretrained: with ImageNet weights below the last layer.

    Raises ModelError for an unknown name or a size it cannot take, and an OSError or RuntimeError
    when weights were asked for and cannot be had.
    """
    architecture = _named(name, size)
    if architecture.timm:
        made: nn.Module = Pooled(Grid(architecture.timm, size, pretrained), outputs)
        if architecture.restart and not pretrained:
            for layer in made.modules():
                if isinstance(layer, nn.Conv2d):
                    nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
        return made.to(memory_format=torch.channels_last)
    own = network.build(outputs)
    if pretrained:
        weights = ResNet18_Weights.IMAGENET1K_V1.get_state_dict(progress=False, check_hash=True)
        own.load_state_dict({k: v for k, v in weights.items() if k[:3] != "fc."}, strict=False)
    return own


def face_spec(name: str, spec: FaceSpec) -> FaceSpec:
    """Return the spec with the normalisation that an architecture's ImageNet weights expect."""
    timm_name = _named(name, spec.size).timm
    if not timm_name:
        return spec
    import timm

    known = timm.get_pretrained_cfg(timm_name)
    if known is None:
        raise ModelError(f"This timm does not know {timm_name}. Install timm 1.0.15 or later.")
    mean, std = (tuple(float(v) for v in triple) for triple in (known.mean, known.std))
    return replace(spec, mean=mean, std=std)  # type: ignore[arg-type]  # three channels each


def _named(name: str, size: int) -> Architecture:
    if name not in ARCHITECTURES:
        raise ModelError(
            f"There is no architecture {name!r}; expected one of {', '.join(ARCHITECTURES)}."
        )
    architecture = ARCHITECTURES[name]
    if size < architecture.least or size % architecture.step:
        raise ModelError(
            f"{name} takes pictures of {architecture.least} pixels or more"
            + (f" in steps of {architecture.step}" if architecture.step > 1 else "")
            + f", found {size}. Choose another --size."
        )
    return architecture
