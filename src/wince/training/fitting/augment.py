"""Augmentation of a whole batch: images are turned, moved, mirrored, tinted, blurred, covered."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional


@dataclass(frozen=True, slots=True)
class Strength:
    """How far images are changed. Amounts are ends of uniform ranges around no change.

    Attributes:
        turn: Rotation in radians.
        zoom: Share of the crop's side.
        shift: Share of the crop's side.
        flip: Whether half of the images are mirrored.
        light: Brightness added, share of the full range.
        contrast: Change of contrast, share of it.
        tint: Change of each colour channel, share of it; half of the images keep their colours.
        noise: Largest standard deviation of the noise, on the 0-1 scale.
        blur: Probability that a batch is blurred.
        grey: Probability that an image loses its colours.
        cover: Probability that a rectangle covers part of an image.
    """

    turn: float = 0.25
    zoom: float = 0.15
    shift: float = 0.06
    flip: bool = True
    light: float = 0.18
    contrast: float = 0.35
    tint: float = 0.12
    noise: float = 0.05
    blur: float = 0.35
    grey: float = 0.5
    cover: float = 0.35


def centre_crop(crops: Tensor, size: int, margin: float) -> Tensor:
    """Return the middle of crops as the model sees it outside training.

    Args:
        crops: uint8 (N, 3, S, S), `margin` times as wide as the model's crop.
        size: Side of the result.
        margin: See `crops`.

    Returns:
        Images on the 0-1 scale (N, 3, size, size).
    """
    affine = _affine(torch.zeros(len(crops)), torch.full((len(crops), 1), 1 / margin))
    return _sample(crops, affine, size)


def augment(
    crops: Tensor, size: int, margin: float, strength: Strength, points: Tensor | None = None
) -> tuple[Tensor, Tensor | None]:
    """Return augmented crops and, with them, their points.

    Args:
        crops: uint8 (N, 3, S, S), `margin` times as wide as the model's crop.
        size: Side of the result.
        margin: See `crops`.
        strength: How far images are changed.
        points: (N, P, 2) in units of the crops' side, or None.

    Returns:
        Images on the 0-1 scale (N, 3, size, size), and their points in units of the result's side.
    """
    count = len(crops)
    turn, zoom = _around(count, strength.turn), 1 + _around(count, strength.zoom)[:, None]
    affine = _affine(turn, zoom / margin)
    affine[:, :, 2] = _around(2 * count, strength.shift).view(count, 2) * 2 / margin
    if strength.flip:
        affine[:, :, 0] *= torch.where(torch.rand(count, 1) < 0.5, -1.0, 1.0)
    images = _sample(crops, affine, size)
    return _recolour(images, strength), None if points is None else _moved(points, affine)


def _around(count: int, end: float) -> Tensor:
    """Return random numbers (count,) from -end to end."""
    return (torch.rand(count) * 2 - 1) * end


def _affine(turn: Tensor, scale: Tensor) -> Tensor:
    """Return matrices (N, 2, 3) from the result's [-1, 1] square to the crop's."""
    cos, sin = torch.cos(turn), torch.sin(turn)
    rotation = torch.stack([torch.stack([cos, -sin], 1), torch.stack([sin, cos], 1)], 1)
    return torch.cat([rotation * scale[:, None], torch.zeros(len(turn), 2, 1)], 2)


def _sample(crops: Tensor, affine: Tensor, size: int) -> Tensor:
    grid = functional.affine_grid(affine, [len(crops), 3, size, size], align_corners=False)
    return functional.grid_sample(crops.float() / 255, grid, align_corners=False)


def _moved(points: Tensor, affine: Tensor) -> Tensor:
    inverse = torch.linalg.inv(affine[:, :, :2])
    moved: Tensor = (points * 2 - 1 - affine[:, None, :, 2]) @ inverse.transpose(1, 2)
    return (moved + 1) / 2


def _recolour(images: Tensor, strength: Strength) -> Tensor:
    count, _, size, _ = images.shape
    grey = (torch.rand(count, 1, 1, 1) < strength.grey).float()
    images = images.mean(1, keepdim=True) * grey + images * (1 - grey)
    tinted = (torch.rand(count, 1) < 0.5).float() * strength.tint  # grey images are tinted too
    gain = 1 + (torch.rand(count, 3) * 2 - 1) * tinted
    contrast = 1 + _around(count, strength.contrast)
    light = _around(count, strength.light)
    images = (images * gain[:, :, None, None] - 0.5) * contrast.view(-1, 1, 1, 1)
    images = images + 0.5 + light.view(-1, 1, 1, 1)
    if torch.rand(()) < strength.blur:
        small = max(32, int(size * (0.3 + 0.5 * torch.rand(()).item())))
        images = _resize(_resize(images, small), size)
    images = images + torch.randn_like(images) * torch.rand(count, 1, 1, 1) * strength.noise
    return _covered(images.clamp(0, 1), strength.cover)


def _resize(images: Tensor, size: int) -> Tensor:
    return functional.interpolate(images, size=(size, size), mode="bilinear", antialias=True)


def _covered(images: Tensor, share: float) -> Tensor:
    """Paint a rectangle of one random shade over a share of the images."""
    count, _, size, _ = images.shape
    for index in torch.nonzero(torch.rand(count) < share).flatten().tolist():
        height, width = (torch.randint(size // 14, size // 3, (2,))).tolist()
        top, left = (torch.randint(0, size - size // 14, (2,))).tolist()
        images[index, :, top : top + height, left : left + width] = torch.rand(3, 1, 1)
    return images
